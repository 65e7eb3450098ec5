"""The JSON API has the shapes of the contract, and the numbers of the records."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.fixtures_source import D_SAE, DEAD, N_PROMPTS, make_corpus, make_record

ROOT = "/api/v1/sources"
BUILD = {
    "status", "progress", "tokens", "tokens_asked", "context_size", "l0", "explained_variance", "loss_recovered",
    "dead_fraction",
    "mean_residual_norm",
}  # fmt: skip
ITEM = {
    "index", "label", "label_status", "summary", "density", "max_activation", "mean_activation", "output_score",
    "top_token", "promoted",
}  # fmt: skip
LATENT = {
    "source", "index", "label", "label_status", "summary", "explanations", "n_explanations", "output_score", "n_active",
    "density", "max_activation", "mean_activation", "quantiles", "histogram", "promoted", "suppressed", "neighbours",
    "bands", "top_tokens", "distinct_tokens",
}  # fmt: skip
EXAMPLE = {"prompt", "position", "tokens", "activations", "activation", "focus"}


def get(client: TestClient, path: str) -> Any:
    response = client.get(path)
    assert response.status_code == 200, response.text
    return response.json()


def test_sources_have_their_shape_and_unknown_is_null(client: TestClient) -> None:
    answer = get(client, ROOT)
    assert set(answer) == {"sources"}
    by_slug = {source["source"]: source for source in answer["sources"]}
    shape = {"source", "model", "hook_name", "layer", "sae_kind", "d_in", "d_sae", "build"}
    assert all(set(source) == shape for source in by_slug.values())
    assert by_slug["other-mlp"]["build"] is None
    assert set(by_slug["tiny-mid"]["build"]) == BUILD
    assert by_slug["tiny-mid"]["build"]["l0"] == 5.31
    assert by_slug["tiny-late"]["build"]["l0"] is None


def test_a_list_of_latents_has_its_shape_and_begins_with_the_first(client: TestClient) -> None:
    answer = get(client, f"{ROOT}/tiny-mid/latents")
    assert set(answer) == {"latents", "next_cursor", "previous_cursor", "total"}
    assert answer["total"] == D_SAE
    assert all(set(item) == ITEM for item in answer["latents"])
    assert [item["index"] for item in answer["latents"]] == list(range(50))
    dead = answer["latents"][DEAD]
    assert (dead["density"], dead["top_token"]) == (0, None)


def test_pages_follow_each_other_by_their_cursor(client: TestClient) -> None:
    seen, cursor = [], ""
    while True:
        path = f"{ROOT}/tiny-mid/latents?sort=mean_activation&order=desc&limit=9&cursor={cursor}"
        answer = get(client, path)
        seen += [item["mean_activation"] for item in answer["latents"]]
        if answer["next_cursor"] is None:
            break
        cursor = answer["next_cursor"]
    assert len(seen) == D_SAE
    assert seen == sorted(seen, reverse=True)


def test_empty_parameters_are_no_filter(client: TestClient) -> None:
    path = f"{ROOT}/tiny-mid/latents"
    assert get(client, f"{path}?min_density=&max_density=&q=&cursor=") == get(client, path)


def test_a_filter_and_a_search_narrow_the_list(client: TestClient) -> None:
    answer = get(client, f"{ROOT}/tiny-mid/latents?q=winter&min_density=0.05&max_density=0.2")
    assert [item["index"] for item in answer["latents"]] == [5]
    assert answer["total"] == 1


def test_a_latent_has_its_shape_and_the_numbers_of_its_record(client: TestClient) -> None:
    answer, record = get(client, f"{ROOT}/tiny-mid/latents/5"), make_record(make_corpus(), 5, seed=1)
    assert set(answer) == LATENT
    assert (answer["source"], answer["index"], answer["label"]) == ("tiny-mid", 5, "winter")
    assert answer["n_active"] == record.n_active == sum(answer["histogram"]["counts"])
    assert len(answer["histogram"]["edges"]) == len(answer["histogram"]["counts"]) + 1 >= 41
    assert answer["quantiles"] == record.quantiles
    assert set(answer["promoted"][0]) == set(answer["suppressed"][0]) == {"token", "value"}
    assert set(answer["neighbours"][0]) == {"index", "cosine", "label", "label_status", "summary"}
    assert answer["explanations"][0]["scores"] == {"AUROC": 0.981}


def test_bands_are_the_top_and_six_quantile_bands_with_windows(client: TestClient) -> None:
    bands = get(client, f"{ROOT}/tiny-mid/latents/5")["bands"]
    names = ["top", "0.99-1", "0.95-0.99", "0.9-0.95", "0.7-0.9", "0.5-0.7", "0-0.5"]
    assert [band["name"] for band in bands] == names
    corpus = make_corpus()
    for band in bands:
        assert set(band) == {"name", "low", "high", "share_of_active", "examples"}
        for example in band["examples"]:
            assert set(example) == EXAMPLE
            assert len(example["tokens"]) == len(example["activations"])
            assert example["activations"][example["focus"]] == pytest.approx(example["activation"])
            token_id = int(corpus.ids[example["prompt"], example["position"]])
            assert example["tokens"][example["focus"]] == corpus.vocabulary[token_id]
            assert 0 <= example["prompt"] < N_PROMPTS


def test_a_dead_latent_has_empty_lists(client: TestClient) -> None:
    answer = get(client, f"{ROOT}/tiny-mid/latents/{DEAD}")
    assert answer["histogram"] == {"edges": [], "counts": []}
    assert (answer["bands"], answer["quantiles"], answer["n_active"]) == ([], {}, 0)


def test_builds_tell_their_progress(client: TestClient) -> None:
    builds = get(client, "/api/v1/builds")["builds"]
    assert [(build["source"], build["status"], build["progress"]) for build in builds] == [
        ("tiny-late", "complete", 1.0), ("tiny-mid", "complete", 1.0),
    ]  # fmt: skip


@pytest.mark.parametrize("prefix", ["", "/api/v1"])
def test_health_answers_at_both_addresses(client: TestClient, prefix: str) -> None:
    assert get(client, f"{prefix}/healthz") == {"status": "ok"}
    assert get(client, f"{prefix}/readyz") == {"status": "ready"}


def operations(client: TestClient) -> list[str]:
    """``GET /path`` of everything in the OpenAPI document."""
    paths = client.get("/openapi.json").json()["paths"]
    return [f"{method.upper()} {path}" for path, methods in paths.items() for method in methods]


def test_the_reference_lists_every_operation_of_the_openapi_document(client: TestClient) -> None:
    page = client.get("/docs").text
    found = operations(client)
    assert {
        "GET /api/v1/sources", "GET /api/v1/sources/{source}/latents", "GET /api/v1/sources/{source}/latents/{index}",
        "GET /api/v1/builds", "GET /healthz", "GET /readyz", "GET /metrics", "POST /api/v1/microscope",
        "POST /api/v1/sources/{source}/latents/{index}/activations", "GET /api/v1/models",
    } <= set(found)  # fmt: skip
    assert all(operation in page for operation in found)


def test_every_operation_has_a_heading_in_the_docs(client: TestClient) -> None:
    text = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
    assert [operation for operation in operations(client) if f"## `{operation}`" not in text] == []


def test_numbers_are_finite_json(client: TestClient) -> None:
    def refuse(name: str) -> None:
        raise AssertionError(name)

    for index in (0, 1, 2, 5):
        json.loads(client.get(f"{ROOT}/tiny-mid/latents/{index}").text, parse_constant=refuse)


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/sources?min_densty=1", "There is no parameter 'min_densty' here; it has none."),
        ("/sources/tiny-mid/latents/5?band=top", "There is no parameter 'band' here; it has none."),
        ("/builds?limit=3", "There is no parameter 'limit' here; it has none."),
    ],
)
def test_a_parameter_that_a_path_does_not_have_is_refused(client: TestClient, path: str, sentence: str) -> None:
    response = client.get(f"/api/v1{path}")
    assert (response.status_code, response.json()["detail"]) == (422, sentence)
    assert response.headers["content-type"] == "application/problem+json"


def test_the_refusal_names_the_parameters_that_there_are(client: TestClient) -> None:
    response = client.get(f"{ROOT}/tiny-mid/latents?density=1")
    assert response.status_code == 422
    assert re.search(r"'density' here; it has .*\bcursor, sort\b.*\bmin_density\b", response.json()["detail"])
    assert client.get("/sources/tiny-mid?utm_source=mail").status_code == 200
