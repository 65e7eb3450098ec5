"""The table as CSV and JSON: the rows of the page, with its filters, harmless in a spreadsheet."""

import csv
import io
import json

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.db.latent_table.filters import LatentQuery
from app.db.queries.sources import source_by_slug
from app.db.writes.explanations import add_explanation
from app.sources import export as latent_export
from tests.fixtures_source import D_SAE, DEAD

EXPORT = "/exports/sources/tiny-mid/latents"


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_the_csv_has_every_latent_with_its_numbers(client: TestClient) -> None:
    answer = client.get(f"{EXPORT}.csv?sort=index&order=asc")
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="tiny-mid-latents.csv"'
    rows = rows_of(answer.text)
    listed = client.get("/api/v1/sources/tiny-mid/latents?limit=500").json()["latents"]
    assert len(rows) == D_SAE
    for row, item in zip(rows, listed, strict=True):
        assert int(row["index"]) == item["index"]
        for name in ("density", "max_activation", "mean_activation"):
            assert float(row[name]) == item[name]
        assert row["output_score"] == ""
        assert json.loads(row["promoted"]) == item["promoted"]
    assert rows[DEAD]["top_token"] == ""


def test_both_files_have_the_filters_and_the_order_of_the_page(client: TestClient) -> None:
    query = "q=the&dead=hide&min_density=0.01&sort=mean_activation&order=desc"
    listed = client.get(f"/api/v1/sources/tiny-mid/latents?{query}&limit=500").json()["latents"]
    expected = [item["index"] for item in listed]
    assert 0 < len(expected) < D_SAE
    assert [int(row["index"]) for row in rows_of(client.get(f"{EXPORT}.csv?{query}").text)] == expected
    data = client.get(f"{EXPORT}.json?{query}").json()
    assert data["source"] == "tiny-mid"
    assert [row["index"] for row in data["latents"]] == expected
    assert set(data["latents"][0]) == set(latent_export.COLUMNS)


FORMULAS = [
    "=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("http://x")',
    "＝1+1", "＋1", "－1", "＠SUM(A1)", "﹦1", "﹢1", "﹣1", "﹫A1", "⁼1", "₊1", "⁻1", "−1", "–1", "‑1", "⩵1",
    "\u200b=1", "\ufeff=1", "\u2060+1", "a\N{COMBINING ACUTE ACCENT}"[1:] + "=1",
]  # fmt: skip


@pytest.mark.parametrize(
    "label", [*FORMULAS, 'say "hi", then go', "a=b", "½ = 0.5", "“=1”", "e-mail", "·", "÷ 2", "é+1", "中=1"]
)
def test_a_text_that_a_spreadsheet_would_run_gets_an_apostrophe(
    own_client: TestClient, own_session: Session, label: str
) -> None:
    source = source_by_slug(own_session, "tiny-mid")
    add_explanation(own_session, source, 20, label, author="me", method="by hand")
    row = rows_of(own_client.get(f"{EXPORT}.csv?sort=index&order=asc").text)[20]
    assert row["label"] == (f"'{label}" if label in FORMULAS else label)
    exact = own_client.get(f"{EXPORT}.json?sort=index&order=asc").json()["latents"][20]
    assert exact["label"] == label


def test_no_cell_of_hostile_tokens_begins_like_a_formula(client: TestClient) -> None:
    for row in rows_of(client.get(f"{EXPORT}.csv").text):
        assert not row["top_token"].startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


@pytest.mark.parametrize(
    "text", ["\t=1", "\r1", "\n1", "  =1", "\u00a0=1", "\u3000＝1", " \x0b+1", "\x85-1", "\u2028@A1", "\x00=1", " \tx"]
)
def test_what_an_import_would_drop_hides_no_formula(text: str) -> None:
    assert latent_export.begins_formula(text)


@pytest.mark.parametrize("text", ["", " ", "word", " the", "3-4", "(=)", "'=1", "#=1"])
def test_other_texts_are_left_alone(text: str) -> None:
    assert not latent_export.begins_formula(text)


@pytest.mark.parametrize("piece", [10, 64, 1000])
def test_files_are_made_in_pieces(own_session: Session, monkeypatch: pytest.MonkeyPatch, piece: int) -> None:
    monkeypatch.setattr(latent_export, "PIECE", piece)
    pieces = {}
    for kind in ("csv", "json"):
        file = latent_export.export(own_session, "tiny-mid", LatentQuery(), kind)
        assert file.n_pieces == -(-D_SAE // piece)
        pieces[kind] = [file.piece(own_session, place) for place in range(file.n_pieces)]
    assert len(rows_of("".join(pieces["csv"]))) == D_SAE
    assert len(json.loads("".join(pieces["json"]))["latents"]) == D_SAE


def test_a_file_that_is_read_slowly_holds_no_connection(own_client: TestClient) -> None:
    pool = own_client.app.state.engine.pool  # type: ignore[attr-defined]
    with own_client.stream("GET", f"{EXPORT}.csv") as answer:
        for _ in answer.iter_raw(16):
            assert pool.checkedout() == 0


def test_an_empty_table_is_a_valid_file(client: TestClient) -> None:
    assert rows_of(client.get(f"{EXPORT}.csv?q=xyzzy").text) == []
    assert client.get(f"{EXPORT}.json?q=xyzzy").json() == {"source": "tiny-mid", "latents": []}


@pytest.mark.parametrize("query", ["min_densty=0.5", "q=the&nope=1", "cursor=abc"])
def test_a_parameter_that_a_file_does_not_obey_is_refused(client: TestClient, query: str) -> None:
    for kind in ("csv", "json"):
        answer = client.get(f"{EXPORT}.{kind}?{query}")
        assert answer.status_code == 422
        assert answer.headers["content-type"] == "application/problem+json"
        name = query.rpartition("&")[2].partition("=")[0]
        assert answer.json()["detail"].startswith(f"There is no parameter '{name}' here; it has sort, order, min_")


def test_a_source_without_a_build_and_one_that_does_not_exist_have_no_file(client: TestClient) -> None:
    assert client.get("/exports/sources/other-mlp/latents.csv").status_code == 409
    assert client.get("/exports/sources/nope/latents.json").status_code == 404
    assert client.get("/exports/sources/tiny-mid/latents.xlsx").status_code == 422
