"""How uvicorn runs the application."""

import logging
from dataclasses import replace

import uvicorn
from starlette.types import ASGIApp

from app.settings import Settings
from app.web.addresses import Proxies
from app.web.limits import ClientLimits
from app.web.open_files import room_for
from app.web.protocol import limited

log = logging.getLogger("periscope.web")

#: How long open streams may go on after the server is told to stop, in seconds.
GRACE = 5


def server_config(app: ASGIApp, settings: Settings, limits: ClientLimits | None = None) -> uvicorn.Config:
    """The server's configuration; ``limits`` takes the place of the connections that the settings allow."""
    limits = limits or ClientLimits(settings.max_connections, settings.max_connections_per_address)
    room, backlog = room_for(limits.connections + limits.spare)
    room -= min(limits.spare, room // 2)
    if room < limits.connections:
        sentence = "This process may open too few files for %d connections and takes %d; raise its limit (ulimit -n)."
        log.warning(sentence, limits.connections, room)
        limits = replace(limits, connections=room)
    return uvicorn.Config(
        app,
        log_level=settings.log_level,
        timeout_graceful_shutdown=GRACE,
        timeout_keep_alive=limits.rest,
        server_header=False,
        http=limited(limits, Proxies(settings.trusted_proxies)),
        ws="none",  # or a connection that asks for a web socket leaves the limits
        backlog=backlog,
        h11_max_incomplete_event_size=limits.head_bytes,
        proxy_headers=False,  # app.web.forwarded reads them
    )
