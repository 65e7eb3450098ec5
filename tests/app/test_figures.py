import json

import numpy as np

from app.figures import Mark, activation_figure, density_figure
from tests.fixtures_source import DEAD, make_corpus, make_record


def test_the_density_figure_keeps_only_occupied_decades() -> None:
    edges = np.linspace(-8, 0, 65).tolist()
    counts = [0] * 64
    counts[42], counts[50] = 3, 7
    figure = density_figure(edges, counts, dead=2)
    bars = json.loads(figure.json)["data"][0]
    assert sum(bars["y"]) == 10
    assert -3 < bars["x"][0] < -2.8
    assert -1.2 < bars["x"][-1] < -1
    assert "10 latents" in figure.summary
    assert "Dead latents, not drawn: 2." in figure.summary


def test_the_density_figure_of_a_build_without_live_latents_is_empty_and_says_so() -> None:
    figure = density_figure(np.linspace(-8, 0, 65).tolist(), [0] * 64, dead=64)
    assert json.loads(figure.json)["data"][0]["y"] == []
    assert figure.summary == "No latent was ever active. Dead latents, not drawn: 64."


def test_the_activation_figure_has_every_active_token_and_draws_the_bands() -> None:
    record = make_record(make_corpus(), 5, seed=1)
    marks = (Mark(0.0, 2.0, "", "band-2"), Mark(2.0, record.max_activation, "50", "band-1"))
    figure = json.loads(activation_figure(record, marks).json)
    assert sum(figure["data"][0]["y"]) == record.n_active
    assert [shape["x0"] for shape in figure["layout"]["shapes"]] == [0.0, 2.0]
    assert [note["text"] for note in figure["layout"]["annotations"]] == ["50"]
    assert figure["bands"][1] == {"low": 2.0, "high": record.max_activation, "anchor": "band-1"}


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


def test_the_fixture_has_a_dead_latent() -> None:
    assert make_record(make_corpus(), DEAD, seed=1).n_active == 0
