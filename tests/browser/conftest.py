"""A real Chromium on a real server with the fixture sources.

The browser is PERISCOPE_TEST_CHROMIUM, else /usr/bin/chromium. Without one these tests are skipped; with
PERISCOPE_TEST_REQUIRE_BROWSER=1 they fail instead.
"""

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect, sync_playwright

from app.main import create_app
from app.settings import Settings
from app.web.server import server_config
from scripts import fetch_assets

FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
#: Longer than the time between two pulses, on a busy machine.
expect.set_options(timeout=20_000)
REMEDY = "no Chromium: apt-get install chromium, or set PERISCOPE_TEST_CHROMIUM to its path"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


def give_up(reason: str) -> None:
    if os.environ.get("PERISCOPE_TEST_REQUIRE_BROWSER") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser for one file of tests.

    While Playwright runs, its event loop is the thread's running one, and nothing else there may call asyncio.run: so
    it ends with the file, whatever file the process turns to next.
    """
    path = os.environ.get("PERISCOPE_TEST_CHROMIUM", "/usr/bin/chromium")
    if not os.access(path, os.X_OK):
        give_up(REMEDY)
    if fetch_assets.main() != 0:
        give_up("the browser files are missing: make install")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@contextlib.contextmanager
def serving(settings: Settings, prepare: Callable[[FastAPI], None] = lambda app: None) -> Iterator[str]:
    """The address of a server in a thread; ``prepare`` may change the application first."""
    app = create_app(settings)
    prepare(app)
    config = server_config(app, settings.model_copy(update={"log_level": "critical"}))
    config.port, config.timeout_graceful_shutdown = 0, 1
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(timeout=10)


@pytest.fixture(scope="session")
def server(filled_folder: Path) -> Iterator[str]:
    """A server on the fixture sources; for reading only."""
    with serving(Settings(_env_file=None, data_dir=filled_folder)) as base:
        yield base


@pytest.fixture
def own_server(own_settings: Settings) -> Iterator[str]:
    """A server on the test's own copy of the fixture sources."""
    with serving(own_settings) as base:
        yield base


@dataclass
class Watch:
    """What went wrong in a browser while a test used it."""

    base: str
    expected: tuple[int, ...] = ()  # HTTP statuses that the test asks for on purpose
    problems: list[str] = field(default_factory=list)

    def follow(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.problems.append(f"page error: {error}"))
        page.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        # The browser's words, and htmx's.
        said = ("the server responded with a status of", "Response Status Error Code")
        if any(f"{words} {status}" in message.text for status in self.expected for words in said):
            return
        if message.type in ("error", "warning"):
            self.problems.append(f"console {message.type}: {message.text}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self.base, "data:", "blob:")):
            self.problems.append(f"request to another host: {request.url}")


@contextlib.contextmanager
def open_page(
    browser: Browser,
    base: str,
    width: int = 1280,
    scheme: str = "light",
    expected: tuple[int, ...] = (),
    **more: object,
) -> Iterator[Page]:
    """A page that fails its test on console errors, script errors and requests to other hosts."""
    context: BrowserContext = browser.new_context(
        base_url=base, viewport={"width": width, "height": 900}, color_scheme=scheme, **more  # type: ignore[arg-type]
    )  # fmt: skip
    context.set_default_timeout(10_000)
    watch = Watch(base, expected)
    page = context.new_page()
    watch.follow(page)
    try:
        yield page
    finally:
        context.close()
    assert watch.problems == []


@pytest.fixture
def page(chromium: Browser, server: str) -> Iterator[Page]:
    """A wide, light page on the fixture sources."""
    with open_page(chromium, server) as opened:
        yield opened
