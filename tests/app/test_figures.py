import json

import numpy as np

from app.text.figures import density_figure
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


def test_the_fixture_has_a_dead_latent() -> None:
    assert make_record(make_corpus(), DEAD, seed=1).n_active == 0
