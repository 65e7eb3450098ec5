"""Templates: one environment per application, one variable ``view`` per template."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from fastapi.templating import Jinja2Templates
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.hints import command, example_file, install_again
from app.places import FRONTEND
from app.text import formats, token_markup
from app.text.name_markup import named, worth
from app.web.assets import missing_assets
from app.web.definitions import definitions
from app.web.layout import Layout
from app.web.navigation import navigation
from app.web.sessions import SESSION_KEY

#: Functions of app.text.token_markup that templates call.
MARKUP = ("chip", "bars", "token_rows", "window", "examples")
TEMPLATES = FRONTEND / "templates"


def make_templates(*markup: Callable[..., Any], folder: Path = TEMPLATES) -> Jinja2Templates:
    """The templates; a name that a view does not have is an error, and everything is escaped.

    ``markup``: functions of rooms that write what a page has hundreds of; templates call them by their names.
    """
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,  # or every page looks up the times of a dozen files
    )
    environment.globals["NOT_RECORDED"] = formats.NOT_RECORDED
    environment.globals["definitions"] = definitions
    environment.globals |= {"named": named, "worth": worth} | {function.__name__: function for function in markup}
    environment.globals |= {hint.__name__: hint for hint in (command, example_file, install_again)}
    environment.globals |= {name: getattr(token_markup, name) for name in MARKUP}
    return Jinja2Templates(env=environment)


def page(request: Request, name: str, view: Any, *, active: str = "", status: int = 200) -> HTMLResponse:
    """A full page: ``pages/NAME.html`` with its view and the layout around it."""
    templates: Jinja2Templates = request.app.state.templates
    nav = navigation(request.app, active)
    signed_in = SESSION_KEY in request.scope
    layout = Layout(request.app.version, nav, assets_missing=bool(missing_assets()), can_sign_out=signed_in)
    context = {"view": view, "layout": layout}
    return templates.TemplateResponse(request, f"pages/{name}.html", context, status_code=status)


def part(request: Request, name: str, view: Any, *, status: int = 200) -> HTMLResponse:
    """One panel: ``partials/_NAME.html`` with its view."""
    templates: Jinja2Templates = request.app.state.templates
    return templates.TemplateResponse(request, f"partials/_{name}.html", {"view": view}, status_code=status)


def render_part(templates: Jinja2Templates, name: str, view: Any) -> str:
    """The text of one panel, for an event stream."""
    return templates.env.get_template(f"partials/_{name}.html").render(view=view)
