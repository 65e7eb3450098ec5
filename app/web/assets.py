"""Where the browser's files are, and whether the third-party ones were fetched (scripts/fetch_assets.py)."""

from app.places import FRONTEND

STATIC = FRONTEND / "static"
VENDOR = STATIC / "vendor"
#: Files that scripts/fetch_assets.py copies: the name in vendor/ and the place in node_modules/.
VENDOR_FILES = {
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "htmx-sse.js": "htmx-ext-sse/sse.js",
    "plotly-basic.min.js": "plotly.js-basic-dist-min/plotly-basic.min.js",
}


def missing_assets() -> tuple[str, ...]:
    """The third-party files that are not there."""
    return tuple(name for name in VENDOR_FILES if not (VENDOR / name).is_file())
