"""Numbers for Prometheus: requests by route, how long they took, steps of models. One registry per application.

Each answer also says itself how long it took until its head was sent, in the header ``Server-Timing``.
"""

import asyncio
import time

from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Seconds between two looks at the event loop, and the bounds of the histogram of how late it was.
WATCH_EVERY = 0.01
LATE = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)
#: Bounds of the histogram of steps, in seconds.
STEPS = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class WebMetrics:
    """The counters of one application."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ["method", "route"]
        self.requests = Counter(
            "periscope_http_requests", "Requests answered.", [*labels, "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "periscope_http_request_seconds", "Time to the end of the answer.", labels, registry=self.registry
        )
        self.late = Histogram(
            "periscope_event_loop_late_seconds",
            "How much later than asked the event loop went on: while it is blocked, no client hears anything.",
            buckets=LATE,
            registry=self.registry,
        )

        self.steps = Histogram(
            "periscope_engine_step_seconds",
            "Steps of a model's work, by kind of job: other work of the model comes in between.",
            ["job"],
            buckets=STEPS,
            registry=self.registry,
        )

    def stepped(self, job: str, seconds: float) -> None:
        """A step of a model's work took so long; from any thread."""
        self.steps.labels(job).observe(seconds)

    async def watch_loop(self) -> None:
        """Measure the event loop until cancelled. Who is awake less often misses the beginning of each block."""
        while True:
            due = time.perf_counter() + WATCH_EVERY
            await asyncio.sleep(WATCH_EVERY)
            self.late.observe(time.perf_counter() - due)


class MeasureRequests:
    """Counts every request under its route's pattern, so that ids make no new series."""

    def __init__(self, app: ASGIApp, metrics: WebMetrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, and count it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status = 500
        began = time.perf_counter()

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                spent = f"app;dur={1000 * (time.perf_counter() - began):.1f}"
                MutableHeaders(scope=message).append("Server-Timing", spent)
            await send(message)

        try:
            await self.app(scope, receive, watched)
        finally:
            route = getattr(scope.get("route"), "path", "other")
            method = scope["method"] if scope["method"] in ("GET", "HEAD", "POST", "DELETE") else "other"
            self.metrics.requests.labels(method, route, str(status)).inc()
            self.metrics.seconds.labels(method, route).observe(time.perf_counter() - began)
