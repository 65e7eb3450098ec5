"""The table is asked for in the same words everywhere: API, page, docs."""

from dataclasses import fields
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from fastapi.testclient import TestClient

from app.db.latent_table.filters import LatentQuery
from app.memory import return_freed_memory
from app.sources.table import TableRequest, plain

DOCS = Path(__file__).resolve().parents[2] / "docs" / "api.md"
NAMES = {field.name for field in fields(LatentQuery)}


def test_the_api_takes_and_explains_every_part_of_a_query(client: TestClient) -> None:
    operation = client.get("/openapi.json").json()["paths"]["/api/v1/sources/{source}/latents"]["get"]
    parameters = {item["name"]: item for item in operation["parameters"]}
    assert set(parameters) == NAMES | {"source", "limit", "cursor"}
    assert all(item.get("description") for name, item in parameters.items() if name != "source")
    text = DOCS.read_text(encoding="utf-8")
    section = text[text.index("## `GET /api/v1/sources/{source}/latents`") :].split("\n## ", 2)[0]
    assert [name for name in parameters if name != "source" and f"`{name}`" not in section] == []


def test_the_form_of_the_page_has_every_part_of_a_query(client: TestClient) -> None:
    page = BeautifulSoup(client.get("/sources/tiny-mid").text, "html.parser")
    named = {field["name"] for field in page.select("form.table-filters [name]")}
    # The fixture has no output scores, so there is nothing to filter by.
    assert named == NAMES - {"min_output_score", "max_output_score"}


@pytest.mark.parametrize("value", [0.05, 1e-7, 0.1 + 0.2, 12345678.9, 3.0, 1 / 3])
def test_a_number_in_a_link_is_exact(value: float) -> None:
    assert float(plain(value)) == value
    assert TableRequest(LatentQuery(min_mean_activation=value)).parameters()["min_mean_activation"] == plain(value)


def test_a_link_leaves_out_what_is_default() -> None:
    assert TableRequest().parameters() == {}
    request = TableRequest(LatentQuery("label", "asc", q="  ", dead="hide"))
    assert request.parameters(cursor="abc") == {"dead": "hide", "sort": "label", "order": "asc", "cursor": "abc"}


def test_asking_the_c_library_to_return_memory_is_harmless() -> None:
    return_freed_memory()
