"""Where a slider starts: a stored calibration, else a share of the residual norm; and what is refused."""

from types import SimpleNamespace
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sae_lens import SAE

from app.steer.strengths import Unit, start_of
from tests.app.engine_support import LABELLED, World, api, world
from tests.app.test_api_steer import maxima

__all__ = ["api", "world"]


def strength(api: TestClient, index: int, mode: str | None = None, source: str = "mid", status: int = 200) -> Any:
    asked = {} if mode is None else {"mode": mode}
    answer = api.get(f"/api/v1/sources/{source}/latents/{index}/strength", params=asked)
    assert answer.status_code == status, answer.text
    return answer.json()


def kept(recommended: float, low: float, high: float) -> Any:
    return SimpleNamespace(recommended=recommended, safe_low=low, safe_high=high)


def test_without_a_calibration_a_fifth_of_the_norm_is_added(api: TestClient, world: World) -> None:
    peak = maxima(world)[LABELLED]
    found = strength(api, LABELLED)
    assert (found["basis"], found["recommended"], found["safe_low"], found["safe_high"]) == ("norm", None, None, None)
    norm = api.get("/api/v1/sources").json()["sources"]
    mean_norm = next(s for s in norm if s["source"] == "mid")["build"]["mean_residual_norm"]
    length = float(SAE.load_from_disk(world.saes["mid"]).W_dec.detach()[LABELLED].norm())
    assert found["start"] == pytest.approx(0.2 * mean_norm / (peak * length), rel=0.06)  # two digits
    assert strength(api, LABELLED, "clamp")["start"] == found["start"]
    assert (strength(api, LABELLED, "scale")["start"], strength(api, LABELLED, "project")["start"]) == (3.0, 1.0)


def test_a_calibration_says_where_to_start() -> None:
    unit = Unit(4.0, 0.1)
    assert start_of(unit, "add", None) == (2.0, "norm")
    assert start_of(unit, "add", kept(1.5, -1, 2)) == (1.5, "calibration")
    assert start_of(unit, "add", kept(0.0, -1, 2)) == (2, "calibration")  # no effect anywhere: as far as it is safe
    assert start_of(unit, "scale", kept(1.0, 0, 1)) == (3.0, "norm")
    assert start_of(Unit(4.0, None), "add", None) == (1.0, "norm")
    assert start_of(Unit(4.0, 1e-9), "add", None) == (100.0, "norm")


def test_what_has_no_strength_is_one_sentence(api: TestClient) -> None:
    assert "has no latent 96" in strength(api, 96, status=404)["detail"]
    assert strength(api, 1, source="nope", status=404)["detail"].startswith("There is no source")
    assert strength(api, 1, "explode", status=422)["detail"].startswith("mode is one of add")
    assert "no finished build" in strength(api, 2, source="mlp", status=409)["detail"]
    assert strength(api, 2, "scale", source="mlp")["basis"] == "norm"
