"""The pages of the header. A page is one line here; it is shown as soon as its route exists."""

from fastapi import FastAPI
from starlette.routing import Match

from app.web.layout import NavItem

#: name (``active`` of the page), text, address, the key after g.
PAGES = (
    ("home", "Home", "/", "h"),
    ("microscope", "Microscope", "/microscope", "m"),
    ("steer", "Steer", "/steer", "s"),
    ("ablate", "Ablate", "/ablate", "a"),
    ("vectors", "Vectors", "/vectors", "v"),
    ("builds", "Builds", "/builds", "b"),
)


def navigation(app: FastAPI, active: str) -> tuple[NavItem, ...]:
    """The entries whose pages this application has; ``active`` is the one that is open."""
    known = _known(app)
    return tuple(NavItem(text, href, key, name == active) for name, text, href, key in PAGES if name in known)


def has_page(app: FastAPI, name: str) -> bool:
    """Whether the page of this name can be opened."""
    return name in _known(app)


def _known(app: FastAPI) -> frozenset[str]:
    """The names of the pages with a route; looked up once, since routes are added at the start only."""
    if not hasattr(app.state, "page_names"):
        app.state.page_names = frozenset(name for name, _, href, _ in PAGES if _answers(app, href))
    known: frozenset[str] = app.state.page_names
    return known


def _answers(app: FastAPI, path: str) -> bool:
    scope = {"type": "http", "method": "GET", "path": path, "root_path": "", "headers": [], "query_string": b""}
    return any(route.matches(dict(scope))[0] == Match.FULL for route in app.routes)
