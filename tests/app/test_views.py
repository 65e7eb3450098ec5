"""Every template gets exactly its view: nothing it does not have (StrictUndefined), nothing that is not used."""

import dataclasses
import inspect
import re
import typing
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app import views
from app.pages import table_markup, token_markup
from app.pages.rendering import TEMPLATES

PAGES = {
    "/": views.HomeView,
    "/sources/tiny-mid": views.SourceView,
    "/sources/other-mlp": views.SourceView,
    "/sources/tiny-mid?min_density=x": views.SourceView,
    "/sources/tiny-mid/latents/5": views.LatentView,
    "/sources/tiny-mid/latents/0": views.LatentView,
    "/sources/tiny-mid/latents/5/prompts/3": views.PromptView,
    "/sources/tiny-mid/latents/5/spectrum": views.SpectrumView,
    "/sources/tiny-mid/latents/5/spectrum?rule=snow&where=near&name=cold": views.SpectrumView,
    "/sources/tiny-mid/latents/0/spectrum": views.SpectrumView,
    "/builds": views.BuildsView,
    "/docs": views.ReferenceView,
    "/sources/nope": views.ErrorView,
}
PARTS = {
    "/parts/sources/tiny-mid/latents": views.LatentTable,
    "/parts/sources/tiny-mid/latents?min_density=x": views.LatentTable,
    "/parts/sources/tiny-mid/latents/5/bands": views.BandsView,
    "/parts/sources/tiny-mid/latents/0/bands": views.BandsView,
    "/parts/sources/tiny-mid/latents/5/prompts/3": views.PromptView,
    "/parts/sources/nope/latents": views.ErrorView,
}


def context_of(client: TestClient, path: str) -> dict[str, object]:
    """What the template was given; compression hides it from the test client's own way to tell."""
    seen: list[dict[str, object]] = []
    templates = client.app.state.templates  # type: ignore[attr-defined]
    render = templates.TemplateResponse
    templates.TemplateResponse = lambda request, name, context, **more: (
        seen.append(context) or render(request, name, dict(context), **more)  # type: ignore[func-returns-value]
    )
    try:
        client.get(path)
    finally:
        del templates.TemplateResponse
    assert len(seen) == 1
    return seen[0]


@pytest.mark.parametrize(("path", "kind"), PAGES.items())
def test_a_page_is_rendered_from_its_view_and_the_layout(client: TestClient, path: str, kind: type) -> None:
    context = context_of(client, path)
    assert set(context) == {"view", "layout"}
    assert type(context["view"]) is kind
    assert type(context["layout"]) is views.Layout


@pytest.mark.parametrize(("path", "kind"), PARTS.items())
def test_a_panel_is_rendered_from_its_view(client: TestClient, path: str, kind: type) -> None:
    context = context_of(client, path)
    assert set(context) == {"view"}
    assert type(context["view"]) is kind


@pytest.mark.parametrize(("path", "kind"), {**PAGES, **PARTS}.items())
def test_every_value_in_a_context_has_the_declared_type(client: TestClient, path: str, kind: type) -> None:
    problems = list(_wrong_types(context_of(client, path)["view"], path))
    assert problems == []


def _wrong_types(value: object, where: str) -> Iterator[str]:
    hints = typing.get_type_hints(type(value))
    for name in _fields(type(value)):
        found = getattr(value, name)
        items = found if isinstance(found, tuple) and not hasattr(found, "_fields") else (found,)
        allowed = tuple(_leaves(hints[name]))
        for item in items:
            if not isinstance(item, allowed):
                yield f"{where}.{name} is {type(item).__name__}"
            elif _fields(type(item)):
                yield from _wrong_types(item, f"{where}.{name}")


def _fields(kind: Any) -> list[str]:
    """The names of a dataclass's fields or of a named tuple's, of which a page has very many; none of another type."""
    if dataclasses.is_dataclass(kind):
        return [field.name for field in dataclasses.fields(kind)]
    return list(getattr(kind, "_fields", ()))


def _leaves(hint: object) -> Iterator[type]:
    parts = typing.get_args(hint)
    if not parts:
        yield hint  # type: ignore[misc]
    for part in parts:
        if part is not Ellipsis:
            yield from _leaves(part)


WRITTEN_IN_PYTHON = ("HeatText", "Piece", "TokenText", "TokenBar", "TokenRow", "ExampleView", "LatentTableRow")


@pytest.mark.parametrize("name", sorted(views.__all__))
def test_every_field_of_a_view_is_used_by_a_template(name: str) -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in TEMPLATES.rglob("*.html"))
    fields = _fields(getattr(views, name))
    assert fields
    # The markup of tokens, examples and rows of the table is written in Python.
    written = inspect.getsource(token_markup) + inspect.getsource(table_markup) if name in WRITTEN_IN_PYTHON else ""
    unused = [f for f in fields if not re.search(rf"\.{f}\b", source) and not re.search(rf"\b{f}\b", written)]
    assert unused == []


def test_every_template_names_its_view() -> None:
    for path in [*(TEMPLATES / "pages").iterdir(), *(TEMPLATES / "partials").iterdir()]:
        first = path.read_text(encoding="utf-8").splitlines()[0]
        named = re.fullmatch(r"\{# view: (\w+) #\}", first)
        assert named, f"{path.name} begins with {first}"
        assert named[1] in views.__all__
