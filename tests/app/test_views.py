"""Every template gets exactly its view: nothing it does not have (StrictUndefined), nothing that is not used."""

import dataclasses
import inspect
import re
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app import views
from app.pages import name_markup, table_markup, token_markup
from app.pages.rendering import TEMPLATES
from tests.contexts import fields, view_of, wrong_context, wrong_types

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
    "/microscope": views.MicroscopeView,
    "/steer": views.SteerView,
    "/ablate": views.AblateView,
    "/vectors": views.VectorsView,
    "/docs": views.ReferenceView,
    "/sources/nope": views.ErrorView,
}
PARTS = {
    "/parts/sources/tiny-mid/latents": views.LatentTable,
    "/parts/sources/tiny-mid/latents?min_density=x": views.LatentTable,
    "/parts/sources/tiny-mid/latents/5/rule?rule=snow": views.RuleView,
    "/parts/sources/tiny-mid/latents/5/bands": views.BandsView,
    "/parts/sources/tiny-mid/latents/0/bands": views.BandsView,
    "/parts/sources/tiny-mid/latents/5/later-bands": views.LaterBandsView,
    "/parts/sources/tiny-mid/latents/5/prompts/3": views.PromptView,
    "/parts/sources/nope/latents": views.ErrorView,
}


@pytest.mark.parametrize(("path", "kind"), {**PAGES, **PARTS}.items())
def test_an_address_is_rendered_from_its_view(
    client: TestClient, contexts: dict[str, dict[str, Any]], path: str, kind: type
) -> None:
    client.get(path)
    (context,) = contexts.values()  # whose types the fixture looks at
    assert type(context["view"]) is kind


@dataclasses.dataclass(frozen=True)
class Wrong:
    """Declares a text and a list of numbers."""

    text: str
    numbers: tuple[int, ...]


def test_what_is_not_of_the_declared_type_is_found() -> None:
    assert list(wrong_types(Wrong("a", (1, 2)), "x")) == []
    assert list(wrong_types(Wrong(None, (1, "2")), "x")) == ["x.text is NoneType", "x.numbers is str"]  # type: ignore[arg-type]
    view = views.ErrorView(404, "Title", "Detail")
    assert wrong_context("partials/_error.html", {"view": view}) == []
    assert wrong_context("partials/_error.html", {"view": view, "more": 1}) != []
    assert wrong_context("partials/_labels.html", {"view": view}) == ["partials/_labels.html is given a ErrorView"]


WRITTEN_IN_PYTHON = ("HeatText", "Piece", "TokenText", "TokenBar", "TokenRow", "ExampleView", "LatentTableRow")


@pytest.mark.parametrize("name", sorted(views.__all__))
def test_every_field_of_a_view_is_used_by_a_template(name: str) -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in TEMPLATES.rglob("*.html"))
    names = fields(getattr(views, name))
    assert names
    # The markup of tokens, examples and rows of the table is written in Python.
    modules = (name_markup, table_markup, token_markup) if name in WRITTEN_IN_PYTHON else ()
    written = "".join(map(inspect.getsource, modules))
    unused = [f for f in names if not re.search(rf"\.{f}\b", source) and not re.search(rf"\b{f}\b", written)]
    assert unused == []


def test_every_template_names_its_view() -> None:
    for path in [*(TEMPLATES / "pages").iterdir(), *(TEMPLATES / "partials").iterdir()]:
        assert view_of(path.relative_to(TEMPLATES).as_posix()).__name__ in views.__all__
