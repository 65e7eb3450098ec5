"""uvicorn's HTTP/1.1 with limits for its clients: how many connections, and how slow they may be.

uvicorn itself closes a connection only that rests between two requests. It waits without end for a head or a body that
does not come, for a client that does not read its answer, and, once it has closed a connection, for the last of that
answer to be read.
"""

import logging
import sys
from asyncio import BaseTransport, Transport
from typing import Any, ClassVar, cast

import h11
from starlette.types import Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import STATUS_PHRASES, H11Protocol

from app.errors import Problem
from app.web.addresses import Proxies, network
from app.web.guests import Guests
from app.web.limits import ClientLimits
from app.web.security import HEADERS, HEALTH_PATHS, refusal

log = logging.getLogger("periscope.web")

#: What a connection is at: between requests; a head or a body is on its way; the rest of a body whose answer was sent
#: already; or the server works on an answer and sends it.
REST, HEAD, BODY, LEFTOVER, ANSWER = "rest", "head", "body", "leftover", "answer"
#: Bytes that are read at once.
STEP = 16 << 10
CLOSE = (b"connection", b"close")
FULL = Problem(
    503, "Too many connections", "The server has as many connections as it takes; try again soon.", retry_after=2
)
TOO_LONG = Problem(431, "Too large", "The head of this request is too long; shorten its address or its headers.")
LATE = "The {part} of this request came too slowly and the server stopped waiting for it; send the request at once."


class LimitedProtocol(H11Protocol):
    """One connection. ``limited`` makes the class of one server, all of whose connections share ``guests``."""

    guests: ClassVar[Guests]

    def connection_made(self, transport: BaseTransport) -> None:
        """Take a place."""
        super().connection_made(cast(Transport, transport))
        self.transport = cast(Transport, GentleTransport(self.transport, self.conn))
        self._at = (HEAD, 0)  # and the number of requests answered before
        self._since = self._heard = self.guests.now()
        self._received = self._received_before = self._n_answered = 0
        self._unread: Unread | None = None
        self._address = network(self.client[0]) if self.client else "unknown"
        self._open_app = self.app
        if not self.guests.admit(self, self._address):
            self.app = self._answer_in_spare_place

    def connection_lost(self, exc: Exception | None) -> None:
        """Give the place back. uvicorn would keep a connection that was reset until its rest would have ended."""
        self.guests.leave(self)
        super().connection_lost(exc)
        self._unset_keepalive_if_required()

    def data_received(self, data: bytes) -> None:
        """Note that the client goes on. h11 limits the head that it has so far: it is given little at once."""
        self._received += len(data)
        self._heard = self.guests.now()
        # Of a connection that is being closed nothing is read any more.
        for start in range(0, len(data), STEP):
            if not self.transport.is_closing():
                super().data_received(data[start : start + STEP])

    def on_response_complete(self) -> None:
        """Note that the next request is another one."""
        self._n_answered += 1
        super().on_response_complete()

    def look(self, now: float, is_crowded: bool) -> None:
        """End what is too slow. ``now``: seconds of the clock of ``Guests``."""
        limits = self.guests.limits
        if self._reads_too_slowly(now, limits):
            self.drop()
            return
        part = self._part()
        if self._at != (part, self._n_answered):
            self._at, self._since, self._received_before = (part, self._n_answered), now, self._received
        spent = now - self._since
        patience = limits.crowded if is_crowded else None
        if part is HEAD and spent > (patience or limits.head):
            self._end_late("head")
        elif part is BODY and self._sends_too_slowly(now, limits, patience or limits.silence):
            self._end_late("body")
        elif part is REST and patience and spent > patience:
            self.shutdown()
        elif part is LEFTOVER and spent > (patience or limits.linger) and not self._unread:
            self.drop()

    def drop(self) -> None:
        """End at once, whatever was not sent yet."""
        self.transport.abort()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no request of HTTP/1.1; ``msg`` is uvicorn's, called while it handles h11's own error."""
        error = sys.exc_info()[1]
        if isinstance(error, h11.RemoteProtocolError) and error.error_status_hint == 431:
            self._refuse(TOO_LONG)
        else:
            said = f" ({error})" if isinstance(error, h11.RemoteProtocolError) else ""
            self._refuse(Problem(400, "Cannot be read", f"This is not a request of HTTP/1.1{said}."))

    async def _answer_in_spare_place(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI: as ever if a place has become free, else say only how the server is, and close the connection."""

        async def closing(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], CLOSE]
            await send(message)

        if self.guests.move_up(self):
            self.app = self._open_app
            await self.app(scope, receive, send)
        elif scope["path"] in HEALTH_PATHS:
            await self._open_app(scope, receive, closing)
        else:
            self.guests.refuse(self._address)
            await refusal(FULL, HEADERS)(scope, receive, closing)

    def _part(self) -> str:
        theirs = self.conn.their_state
        if self.transport.is_closing():
            return LEFTOVER
        if theirs is h11.IDLE:
            has_begun = self._n_answered == 0 or self.conn.trailing_data[0]
            return HEAD if has_begun else REST
        if theirs is h11.SEND_BODY:
            return LEFTOVER if self.cycle.response_complete else BODY
        return ANSWER

    def _sends_too_slowly(self, now: float, limits: ClientLimits, silence: float) -> bool:
        if self.flow.read_paused or self.cycle.waiting_for_100_continue:
            # It is the server that keeps the client waiting.
            self._at = (ANSWER, self._n_answered)
            return False
        spent, received = now - self._since, self._received - self._received_before
        is_silent = now - max(self._heard, self._since) > silence
        return is_silent or spent > min(limits.body, limits.silence + received / limits.rate)

    def _reads_too_slowly(self, now: float, limits: ClientLimits) -> bool:
        n_unsent = self.transport.get_write_buffer_size()
        is_done = self.transport.is_closing() or self.cycle is None or self.cycle.response_complete
        if not n_unsent or not (is_done or self.flow.write_paused):
            # Nothing waits for the client; only in the other case nothing is added to what is unsent.
            self._unread = None
            return False
        if self._unread is None:
            self._unread = Unread(now, n_unsent)
        return self._unread.is_late(now, n_unsent, limits)

    def _end_late(self, part: str) -> None:
        log.info("%s: the %s of a request came too slowly", self.client, part)
        if part == "head" and not self.conn.trailing_data[0]:
            self.shutdown()  # nothing was asked
        else:
            self._refuse(Problem(408, "Too slow", LATE.format(part=part)))

    def _refuse(self, problem: Problem) -> None:
        """Answer, if no answer has begun, and close; who works on the request learns that the client is gone."""
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self.conn.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            self.drop()
            return
        response = refusal(problem, HEADERS)
        headers = [*self.server_state.default_headers, *response.raw_headers, CLOSE]
        for event in (
            h11.Response(status_code=problem.status, headers=headers, reason=STATUS_PHRASES[problem.status]),
            h11.Data(data=bytes(response.body)),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()


class GentleTransport:
    """A transport that is not closed while the client still sends: that would reset the connection, and the client
    would lose the answer. What it sends is read and forgotten until it has the answer and closes, or is late.
    """

    def __init__(self, transport: Transport, conn: h11.Connection) -> None:
        self._transport = transport
        self._conn = conn
        self._is_half_closed = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def close(self) -> None:
        """Close once all is sent and the client is done; at once when called again."""
        theirs = self._conn.their_state
        is_sending = theirs in (h11.SEND_BODY, h11.ERROR) or (theirs is h11.IDLE and self._conn.trailing_data[0])
        if self.is_closing() or not is_sending or not self._transport.can_write_eof():
            self._transport.close()
            return
        self._is_half_closed = True
        self._transport.write_eof()
        self._transport.resume_reading()

    def is_closing(self) -> bool:
        """Whether nothing more is read or sent."""
        return self._is_half_closed or self._transport.is_closing()


class Unread:
    """What a client has not read yet of an answer to which nothing is added."""

    def __init__(self, now: float, n_unsent: int) -> None:
        self.since = self.moved = now
        self.first = self.last = n_unsent

    def is_late(self, now: float, n_unsent: int, limits: ClientLimits) -> bool:
        """Whether the client reads too slowly, with so many bytes unsent now."""
        if n_unsent < self.last:
            self.moved = now
        elif n_unsent > self.last:
            self.first += n_unsent - self.last  # a further short answer
        self.last = n_unsent
        return now > min(
            self.moved + limits.silence, self.since + limits.silence + (self.first - n_unsent) / limits.rate
        )


def limited(limits: ClientLimits, proxies: Proxies) -> type[LimitedProtocol]:
    """The protocol of one server."""
    return type("ServerProtocol", (LimitedProtocol,), {"guests": Guests(limits, proxies)})
