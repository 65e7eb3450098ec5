"""The browser's files: always asked for again, and answered 304 while they are the same."""

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope


class CheckedStaticFiles(StaticFiles):
    """Static files with ``Cache-Control: no-cache``: a new version is seen at once."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file with its entity tag."""
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        return response
