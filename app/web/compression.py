"""Whether an answer may be compressed, and the layer that does it."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import Receive, Scope, Send

#: Answers of fewer bytes are not worth it; the others are compressed quickly rather than well.
SHORT, LEVEL = 1000, 2


def accepts_gzip(headers: Headers) -> bool:
    """Whether the client takes gzip: it names it, without the weight 0 that refuses it (RFC 9110, 12.5.3)."""
    for item in headers.get("accept-encoding", "").lower().split(","):
        name, *parameters = (part.strip() for part in item.split(";"))
        if name == "gzip":
            return not any(part.startswith("q=") and not part.removeprefix("q=").strip("0.") for part in parameters)
    return False


class Compression(GZipMiddleware):
    """Starlette's, which looks for the letters alone: it would compress for who refuses with ``gzip;q=0``."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, compressed or not."""
        if scope["type"] == "http":
            coding = "gzip" if accepts_gzip(Headers(scope=scope)) else "identity"
            MutableHeaders(scope=scope)["Accept-Encoding"] = coding
        await super().__call__(scope, receive, send)
