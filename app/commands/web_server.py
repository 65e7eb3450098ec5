"""The web server as a process: opens the address, serves until it is told to stop, ends with status 0."""

import contextlib
import errno
import ipaddress
import signal
import socket
import sys
import threading
import webbrowser
from collections.abc import Iterator
from types import FrameType

import typer
import uvicorn

from app.errors import CannotServe
from app.memory import return_freed_memory, spare_the_collector
from app.settings import PREFIX, Settings

#: Seconds that a thread keeps Python's lock while others ask for it. By default it is five milliseconds, which the
#: event loop, and with it every client, waits again and again while a page is made.
TURN = 0.001


class BrowsingServer(uvicorn.Server):
    """Opens a page in the browser once it answers; without one on this machine nothing happens."""

    def __init__(self, config: uvicorn.Config, page: str) -> None:
        super().__init__(config)
        self.page = page

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to answer, then open the page; some browsers block, so in a thread of its own."""
        await super().startup(sockets)
        if self.started:
            threading.Thread(target=webbrowser.open, args=(self.page,), daemon=True).start()


def serve_app(settings: Settings, opened: socket.socket, open_browser: bool = False, path: str = "") -> None:
    """Serve on the open socket until the process is interrupted or terminated; ``path`` is what the browser opens."""
    from app.main import create_app
    from app.web.server import server_config

    return_freed_memory()
    sys.setswitchinterval(TURN)
    config = server_config(create_app(settings), settings)
    spare_the_collector()
    page = address(settings)
    server = BrowsingServer(config, page + path) if open_browser else uvicorn.Server(config)
    typer.echo(f"Periscope: {page} (Ctrl+C stops it)")
    with contextlib.suppress(KeyboardInterrupt), _terminate_as_interrupt():
        server.run(sockets=[opened])


def address(settings: Settings) -> str:
    """The URL to open in a browser on this machine."""
    host = settings.host.strip("[]")
    with contextlib.suppress(ValueError):
        if ipaddress.ip_address(host).is_unspecified:
            host = "127.0.0.1"
    return f"http://[{host}]:{settings.port}/" if ":" in host else f"http://{host}:{settings.port}/"


def bind(settings: Settings) -> socket.socket:
    """A socket on the host and port of the settings, so that a port in use is one sentence before all else."""
    host, port = settings.host.strip("[]"), settings.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, asyncio switches TCP_NODELAY on; without it, every answer on an open connection but the
    # first waits 40 ms for the browser's acknowledgement.
    opened = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind((host, port))
    except OSError as error:
        opened.close()
        raise CannotServe(_reason(error, host, port)) from None
    return opened


def _reason(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} of {host} is in use already; stop what uses it or choose another with --port."
    if error.errno == errno.EACCES:
        return f"Port {port} needs special rights; choose one above 1023 with --port."
    return f"Cannot listen on {host}, port {port} ({error.strerror}); check --host and {PREFIX}HOST."


@contextlib.contextmanager
def _terminate_as_interrupt() -> Iterator[None]:
    """Let SIGTERM end the server as Ctrl+C does: uvicorn sends itself the signal again when it has closed."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    former = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, former)
