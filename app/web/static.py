"""The browser's files: always asked for again, and answered 304 while they are the same."""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Message, Receive, Scope, Send

#: What is wrong with a Range header, by the status that Starlette answers in plain text.
RANGES = {
    400: "The header Range cannot be read; write bytes=FIRST-LAST, or leave it out.",
    416: "The file ends before the range that is asked for; Content-Range says how many bytes it has.",
}


class CheckedStaticFiles(StaticFiles):
    """Static files with ``Cache-Control: no-cache``: a new version is seen at once. Errors are raised, for the same
    problem documents as everywhere.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the file, or raise HTTPException."""

        async def checked(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] in RANGES:
                size = Headers(raw=message["headers"]).get("content-range")
                headers = {"Content-Range": size} if size is not None else {}
                raise HTTPException(message["status"], RANGES[message["status"]], headers)
            await send(message)

        await super().__call__(scope, receive, checked)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file with its entity tag."""
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        return response
