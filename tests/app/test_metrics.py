import asyncio
import time

from fastapi.testclient import TestClient

from app.web.metrics import WATCH_EVERY, WebMetrics


def test_requests_are_counted_by_route_and_not_by_address(own_client: TestClient) -> None:
    for index in (3, 4, 5):
        own_client.get(f"/sources/tiny-mid/latents/{index}")
    own_client.get("/nothing")
    text = own_client.get("/metrics").text
    route = 'method="GET",route="/sources/{source}/latents/{index}"'
    assert f'periscope_http_requests_total{{{route},status="200"}} 3.0' in text
    assert 'route="other",status="404"' in text
    assert "periscope_http_request_seconds_bucket" in text
    assert "/latents/3" not in text


def test_an_answer_says_how_long_the_server_took(own_client: TestClient) -> None:
    name, _, milliseconds = own_client.get("/healthz").headers["server-timing"].partition(";dur=")
    assert name == "app"
    assert 0 <= float(milliseconds) < 60_000


def test_a_blocked_event_loop_is_seen(own_client: TestClient) -> None:
    async def block() -> None:
        watching = asyncio.create_task(metrics.watch_loop())
        await asyncio.sleep(3 * WATCH_EVERY)
        time.sleep(0.2)
        await asyncio.sleep(3 * WATCH_EVERY)
        watching.cancel()

    metrics = WebMetrics()
    asyncio.run(block())
    buckets = {sample.labels["le"]: sample.value for sample in next(iter(metrics.late.collect())).samples
               if sample.name.endswith("_bucket")}  # fmt: skip
    assert buckets["+Inf"] - buckets["0.1"] >= 1
    assert "periscope_event_loop_late_seconds_bucket" in own_client.get("/metrics").text
