"""A source in Neuronpedia's layout: every field is what the database has, and the labels come back."""

import gzip
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.db.queries.answers import SourceInfo
from app.db.queries.latents import latent_details
from app.db.queries.sources import source_by_slug
from app.db.queries.texts import explanations
from app.db.writes.explanations import add_explanation, add_label, withdraw_label
from app.db.writes.sources import register_source
from app.errors import InvalidRequest, NotBuilt
from app.labels.files.transfer import import_labels, read_labels
from app.sources import neuronpedia
from app.sources.neuronpedia import export_source, names_of
from models.statistics.label_tests import FAILED, Figure, LabelTest
from tests.app.db.support import built
from tests.records import VOCABULARY, make_facts

HOSTILE = "<b>bold</b> \N{RIGHT-TO-LEFT OVERRIDE}x"


def rows(folder: Path, kind: str) -> list[dict[str, Any]]:
    paths = sorted((folder / kind).iterdir(), key=lambda path: int(path.name.split("-")[1].split(".")[0]))
    return [json.loads(line) for path in paths for line in gzip.decompress(path.read_bytes()).splitlines()]


@pytest.fixture
def source(session: Session) -> SourceInfo:
    made = built(session)
    add_label(session, made, 5, "boats", "Ada")
    add_explanation(session, made, 5, HOSTILE, author="a-model", method="detection")
    withdraw_label(session, made, 6, add_label(session, made, 6, "withdrawn", "Ben"))
    bad = LabelTest(n=500, precision=Figure(0.1, 0.05, 0.2), recall=Figure(0.1, 0.05, 0.2))
    assert bad.status == FAILED
    add_explanation(session, made, 7, "failed", author="demo", method="rule", test=bad)
    return made


def test_every_field_is_what_the_database_has(
    session: Session, source: SourceInfo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neuronpedia, "BATCH", 10)
    told: list[tuple[int, int]] = []
    done = export_source(session, source, tmp_path, tell=lambda now, total: told.append((now, total)))
    model, name = names_of(source)
    n = source.facts.d_sae
    assert done.folder == tmp_path / "v1" / model / name
    assert told[-1] == (n, n)
    assert len(list((done.folder / "features").iterdir())) == -(-n // 10)
    features, activations = rows(done.folder, "features"), rows(done.folder, "activations")
    assert [row["index"] for row in features] == [str(index) for index in range(n)]
    assert done.counts == {kind: len(rows(done.folder, kind)) for kind in neuronpedia.KINDS}
    assert len({row["id"] for row in activations}) == len(activations)
    for row in features:
        details = latent_details(session, source, int(row["index"]))
        record = details.record
        assert (row["modelId"], row["layer"], row["hookName"]) == (model, name, source.facts.hook_name)
        assert (row["maxActApprox"], row["frac_nonzero"]) == (record.max_activation, record.density)
        assert row["pos_str"] == [details.tokens[item.token_id] for item in record.promoted]
        assert row["pos_values"] == [item.value for item in record.promoted]
        assert row["neg_values"] == [item.value for item in record.suppressed]
        assert row["topkCosSimIndices"] == [item.index for item in record.neighbours]
        heights, middles = row["freq_hist_data_bar_heights"], row["freq_hist_data_bar_values"]
        assert heights == record.histogram_counts.tolist()
        bins = list(pairwise(record.histogram_edges.tolist()))
        assert all(low < middle < high for (low, high), middle in zip(bins, middles, strict=True))
        bands = [band for band in record.bands if band.view != "width"]
        shown = [(band, example) for band in bands for example in band.examples]
        mine = [item for item in activations if item["index"] == row["index"]]
        for found, (band, example) in zip(mine, shown, strict=True):
            assert found["values"] == example.window.tolist()
            assert found["values"][found["qualifyingTokenIndex"]] == pytest.approx(example.activation)
            assert found["maxValue"] == found["values"][found["maxValueTokenIndex"]] == example.window.max()
            assert len(found["tokens"]) == len(found["values"])
            assert found["dataIndex"] == str(example.prompt)
            bounds = (found["binMin"], found["binMax"], found["binContains"])
            assert bounds == ((-1, -1, -1) if band.view == "top" else (band.low, band.high, band.share_of_active))


def test_labels_come_back_without_those_that_ended_or_failed(
    session: Session, source: SourceInfo, tmp_path: Path
) -> None:
    done = export_source(session, source, tmp_path, "gpt2-small", "6-res")
    assert done.folder == tmp_path / "v1/gpt2-small/6-res"
    found = rows(done.folder, "explanations")
    wanted = {("5", item.text, item.author) for item in explanations(session, source, 5)}
    assert {(row["index"], row["description"], row["explanationModelName"]) for row in found} == wanted
    assert len(wanted) == 2
    other = built(session, slug="other")
    import_labels(session, other, read_labels(done.folder, other, any_model=True))
    assert {item.text for item in explanations(session, other, 5)} == {text for _, text, _ in wanted}
    assert not explanations(session, other, 6)
    assert not explanations(session, other, 7)


def test_the_same_source_gives_the_same_bytes(session: Session, source: SourceInfo, tmp_path: Path) -> None:
    one, two = (export_source(session, source, tmp_path / name).folder for name in ("one", "two"))
    paths = list(one.rglob("*.gz"))
    assert len(paths) == 3
    assert all(path.read_bytes() == (two / path.relative_to(one)).read_bytes() for path in paths)


@pytest.mark.parametrize(("model", "name", "said"), [("../up", "", "the name of a model"), ("", "a/b", "of a source")])
def test_a_name_is_no_path(
    session: Session, source: SourceInfo, tmp_path: Path, model: str, name: str, said: str
) -> None:
    with pytest.raises(InvalidRequest, match=said):
        export_source(session, source, tmp_path, model, name)
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_written_is_one_sentence_and_leaves_nothing(
    session: Session, source: SourceInfo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export_source(session, source, tmp_path)
    with pytest.raises(InvalidRequest, match="exists already; remove it"):
        export_source(session, source, tmp_path)
    (tmp_path / "file").write_text("x")
    with pytest.raises(InvalidRequest, match="cannot be written"):
        export_source(session, source, tmp_path / "file")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(neuronpedia, "_write_batch", full)
    with pytest.raises(InvalidRequest, match="No space left"):
        export_source(session, source, tmp_path / "again")
    assert not [path for path in (tmp_path / "again").rglob("*") if path.is_file()]


def test_a_source_without_a_build_says_so(session: Session, tmp_path: Path) -> None:
    register_source(session, "new", make_facts(), VOCABULARY)
    with pytest.raises(NotBuilt):
        export_source(session, source_by_slug(session, "new"), tmp_path)
