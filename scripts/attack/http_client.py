"""HTTP/1.1 over one connection that is kept open, so cheap that hundreds of clients fit beside the server they ask.

Only the standard library: the process of the clients starts in a tenth of a second and decodes nothing it need not.
"""

import asyncio
import contextlib
import time
from dataclasses import dataclass, field


class NoAnswerError(Exception):
    """The connection could not be opened, or ended or stayed silent before the answer was whole."""


@dataclass(frozen=True)
class Answer:
    """What came back; ``seconds`` from sending to the last byte, opening the connection included."""

    status: int
    headers: dict[str, str]  # names in small letters
    body: bytes
    seconds: float

    @property
    def retry_after(self) -> float | None:
        """Seconds that the server asks to wait; None where it does not say."""
        text = self.headers.get("retry-after", "")
        return float(text) if text.isdigit() else None


@dataclass
class Connection:
    """A client of ``127.0.0.1``; opens its connection when asked, and again when the server has closed it."""

    port: int
    patience: float = 30.0  # seconds before it gives up
    _streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = field(default=None, init=False)

    async def ask(self, path: str, method: str = "GET", body: bytes = b"") -> Answer:
        """The answer, whatever its status; NoAnswerError if there is none within ``patience``."""
        started = time.perf_counter()
        try:
            async with asyncio.timeout(self.patience):
                status, headers, content = await self._ask(path, method, body)
        except (OSError, asyncio.IncompleteReadError, TimeoutError, ValueError) as error:
            self.leave()
            raise NoAnswerError(f"{type(error).__name__} after {time.perf_counter() - started:.1f} s") from None
        if headers.get("connection", "").lower() == "close":
            self.leave()
        return Answer(status, headers, content, time.perf_counter() - started)

    def leave(self) -> None:
        """Drop the connection without a word, as a closed browser does."""
        if self._streams is not None:
            self._streams[1].transport.abort()
            self._streams = None

    async def _ask(self, path: str, method: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"
        if method != "GET":
            head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        request = f"{head}\r\n".encode() + body
        if self._streams is not None:
            # A server may close a resting connection at any time; every client then opens another one.
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                return await self._exchange(self._streams, request)
            self.leave()
        self._streams = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 20)
        return await self._exchange(self._streams, request)

    @staticmethod
    async def _exchange(
        streams: tuple[asyncio.StreamReader, asyncio.StreamWriter], request: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        reader, writer = streams
        writer.write(request)
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in lines[1:] if line)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        status = int(lines[0].split(" ", 2)[1])
        if "content-length" in headers:
            return status, headers, await reader.readexactly(int(headers["content-length"]))
        if headers.get("transfer-encoding") == "chunked":
            return status, headers, await _chunks(reader)
        return status, headers, b"" if status in (204, 304) else await reader.read()


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    parts = []
    while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        parts.append((await reader.readexactly(size + 2))[:-2])
    await reader.readuntil(b"\r\n")
    return b"".join(parts)
