import json

import pytest

from app.latents.figures import Mark, activation_figure
from tests.fixtures_source import make_corpus, make_record


def test_the_activation_figure_has_every_active_token_and_draws_the_bands() -> None:
    record = make_record(make_corpus(), 5, seed=1)
    marks = (
        Mark(0.0, 2.0, "", "band-2", "/low#band-2"),
        Mark(2.0, record.max_activation, "50", "band-1", "/high#band-1", is_chosen=True),
    )
    figure = json.loads(activation_figure(record, marks).json)
    assert sum(figure["data"][0]["y"]) == record.n_active
    assert [shape["x0"] for shape in figure["layout"]["shapes"]] == [0.0, 2.0]
    assert [shape["opacity"] for shape in figure["layout"]["shapes"]] == [0.6, 1]
    assert [note["text"] for note in figure["layout"]["annotations"]] == ["50"]
    assert figure["bands"][1] == {
        "low": 2.0, "high": record.max_activation, "anchor": "band-1", "href": "/high#band-1",
    }  # fmt: skip


@pytest.mark.parametrize(("scale", "kind"), [("log", "log"), ("linear", None)])
def test_counts_are_drawn_on_the_scale_that_was_asked_for(scale: str, kind: str | None) -> None:
    record = make_record(make_corpus(), 5, seed=1)
    axis = json.loads(activation_figure(record, (), scale).json)["layout"]["yaxis"]
    assert axis.get("type") == kind
    assert ("log" in axis["title"]["text"]) == (scale == "log")


def test_names_of_bands_that_would_overlap_are_left_out() -> None:
    record = make_record(make_corpus(), 5, seed=1)
    top = record.max_activation
    marks = (
        Mark(0.90 * top, top, "99", "a"),
        Mark(0.89 * top, 0.90 * top, "95", "b"),
        Mark(0.5 * top, 0.89 * top, "70", "c"),
    )
    notes = json.loads(activation_figure(record, marks).json)["layout"]["annotations"]
    assert [note["text"] for note in notes] == ["99", "70"]
