"""Every template gets exactly its view: nothing it does not have (StrictUndefined), nothing that is not used."""

import dataclasses
import inspect
import re
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.ablate.views import AblateView
from app.builds.views import BuildsView
from app.home.views import HomeView
from app.labels.views import RuleView
from app.latents.views import BandsView, LatentView, LaterBandsView
from app.microscope.views import MicroscopeView
from app.reference.views import ReferenceView
from app.sources import table_markup
from app.sources.views import LatentTable, SourceView
from app.spectrum.views import SpectrumView
from app.steer.views import SteerView
from app.text import name_markup, token_markup
from app.text.token_views import PromptView
from app.vectors.views import VectorsView
from app.web.error_view import ErrorView
from app.web.rendering import TEMPLATES
from tests.contexts import fields, view_classes, view_of, wrong_context, wrong_types

PAGES = {
    "/": HomeView,
    "/sources/tiny-mid": SourceView,
    "/sources/other-mlp": SourceView,
    "/sources/tiny-mid?min_density=x": SourceView,
    "/sources/tiny-mid/latents/5": LatentView,
    "/sources/tiny-mid/latents/0": LatentView,
    "/sources/tiny-mid/latents/5/prompts/3": PromptView,
    "/sources/tiny-mid/latents/5/spectrum": SpectrumView,
    "/sources/tiny-mid/latents/5/spectrum?rule=snow&where=near&name=cold": SpectrumView,
    "/sources/tiny-mid/latents/0/spectrum": SpectrumView,
    "/builds": BuildsView,
    "/microscope": MicroscopeView,
    "/steer": SteerView,
    "/ablate": AblateView,
    "/vectors": VectorsView,
    "/docs": ReferenceView,
    "/sources/nope": ErrorView,
}
PARTS = {
    "/parts/sources/tiny-mid/latents": LatentTable,
    "/parts/sources/tiny-mid/latents?min_density=x": LatentTable,
    "/parts/sources/tiny-mid/latents/5/rule?rule=snow": RuleView,
    "/parts/sources/tiny-mid/latents/5/bands": BandsView,
    "/parts/sources/tiny-mid/latents/0/bands": BandsView,
    "/parts/sources/tiny-mid/latents/5/later-bands": LaterBandsView,
    "/parts/sources/tiny-mid/latents/5/prompts/3": PromptView,
    "/parts/sources/nope/latents": ErrorView,
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
    view = ErrorView(404, "Title", "Detail")
    assert wrong_context("partials/_error.html", {"view": view}) == []
    assert wrong_context("partials/_error.html", {"view": view, "more": 1}) != []
    assert wrong_context("partials/_labels.html", {"view": view}) == ["partials/_labels.html is given a ErrorView"]


WRITTEN_IN_PYTHON = ("HeatText", "Piece", "TokenText", "TokenBar", "TokenRow", "ExampleView", "LatentTableRow")


@pytest.mark.parametrize("name", sorted(view_classes()))
def test_every_field_of_a_view_is_used_by_a_template(name: str) -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in TEMPLATES.rglob("*.html"))
    names = fields(view_classes()[name])
    assert names
    # The markup of tokens, examples and rows of the table is written in Python.
    modules = (name_markup, table_markup, token_markup) if name in WRITTEN_IN_PYTHON else ()
    written = "".join(map(inspect.getsource, modules))
    unused = [f for f in names if not re.search(rf"\.{f}\b", source) and not re.search(rf"\b{f}\b", written)]
    assert unused == []


def test_every_template_names_its_view() -> None:
    for path in [*(TEMPLATES / "pages").iterdir(), *(TEMPLATES / "partials").iterdir()]:
        assert view_of(path.relative_to(TEMPLATES).as_posix()).__name__ in view_classes()
