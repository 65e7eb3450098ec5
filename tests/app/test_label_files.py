"""Labels in and out: the same ones come back, other formats are read, and nothing is half written."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.db import queries
from app.db.queries.answers import SourceInfo
from app.db.queries.sources import source_by_slug
from app.db.queries.texts import explanations, labels, leading_labels
from app.db.writes.explanations import add_explanation, add_label, withdraw_label
from app.errors import InvalidRequest, PeriscopeError
from app.labels.files.transfer import export_labels, import_labels, read_labels
from models.statistics.label_tests import GUESS, TAG, TESTED, Figure, LabelTest
from tests.app.db.support import built

HOSTILE = "<b>bold</b> {{ 7*7 }} \N{RIGHT-TO-LEFT OVERRIDE}x\0 \x1b[31m"


def write(path: Path, rows: list[Any]) -> Path:
    text = "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def load(session: Session, source: SourceInfo, path: Path, **options: Any) -> None:
    skip = options.pop("skip_broken", False)
    import_labels(session, source, read_labels(path, source, **options), skip_broken=skip)


def texts(session: Session, source: SourceInfo) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for index, item in queries.texts.every_explanation(session, source):
        found.setdefault(index, []).append(item.text)
    return found


def test_what_was_exported_comes_back_as_it_was(session: Session, tmp_path: Path) -> None:
    source = built(session)
    test = LabelTest(
        n=5000, precision=Figure(0.9, 0.85, 0.94), recall=Figure(0.8, 0.7, 0.88), auroc_token=Figure(0.9, 0.88, 0.92),
        auroc_text=Figure(0.97), chance=0.01, details={"steering": {"words": 0.5}}, is_causal=True,
    )  # fmt: skip
    add_explanation(session, source, 5, "tag", author="demo", method="m", kind=TAG, test=test, rule="a | b")
    first = add_label(session, source, 5, "person", "Ada")
    add_label(session, source, 5, "person again", "Ada")
    withdraw_label(session, source, 6, add_label(session, source, 6, "withdrawn", "Ben"))
    assert first
    path = tmp_path / "labels.jsonl"
    assert export_labels(session, source, path) == 4
    other = built(session, slug="other")
    load(session, other, path)
    again = tmp_path / "again.jsonl"
    export_labels(session, other, again)

    def rows(file: Path) -> list[dict[str, Any]]:
        return [json.loads(line) | {"source": ""} for line in file.read_text(encoding="utf-8").splitlines()]

    assert sorted(rows(again), key=str) == sorted(rows(path), key=str)
    assert leading_labels(session, other, [5])[5].status == "causal"
    assert not (tmp_path / "labels.jsonl.part").exists()


def test_importing_the_same_file_twice_changes_nothing(session: Session, tmp_path: Path) -> None:
    source = built(session)
    rows = [{"index": 1, "text": "boats", "kind": "human", "author": "Ada"}, {"index": 1, "text": "ships"}]
    path = write(tmp_path / "labels.jsonl", rows)
    for _ in range(2):
        load(session, source, path)
    assert sorted(texts(session, source)[1]) == ["boats", "ships"]


def test_the_status_follows_from_the_figures_and_not_from_what_the_file_says(session: Session, tmp_path: Path) -> None:
    source = built(session)
    interval = {"scores": {"intervals": {"precision": [0.8, 0.95], "recall": [0.7, 0.9]}}}
    rows = [
        {"index": 1, "text": "claims", "status": "tested"},
        {"index": 2, "text": "shows", "status": "guess", "n": 100, "precision": 0.9, "recall": 0.8, **interval},
        {"index": 3, "text": "fails", "status": "causal", "n": 100, "precision": 0.9, "recall": 0.1},
    ]
    load(session, source, write(tmp_path / "labels.jsonl", rows))
    found = leading_labels(session, source_by_slug(session, "tiny"), [1, 2, 3])
    assert {index: label.status for index, label in found.items()} == {1: GUESS, 2: TESTED, 3: "failed"}


def test_labels_of_other_weights_name_nothing_and_are_shown_as_such(session: Session, tmp_path: Path) -> None:
    source = built(session)
    load(session, source, write(tmp_path / "l.jsonl", [{"index": 4, "text": "old", "weights_hash": "b" * 64}]))
    [item] = explanations(session, source, 4)
    assert (item.is_current, item.weights_hash) == (False, "b" * 64)
    assert labels(session, source, [4]) == {}


@pytest.mark.parametrize("other", [{"model": "another"}, {"d_sae": 65}])
def test_labels_for_another_model_or_width_are_refused(session: Session, tmp_path: Path, other: dict[str, Any]) -> None:
    source = built(session)
    path = write(tmp_path / "l.jsonl", [{"index": 4, "text": "fine"}, {"index": 4, "text": "x", **other}])
    with pytest.raises(InvalidRequest, match=f"with {next(iter(other))}"):
        load(session, source, path)
    assert texts(session, source) == {}


def test_of_ten_thousand_lines_the_broken_ones_are_named_and_none_is_stored(session: Session, tmp_path: Path) -> None:
    source = built(session)
    rows: list[Any] = [{"index": i % 64, "text": f"label {i}", "author": str(i // 64)} for i in range(10_000)]
    rows[16], rows[407], rows[9_998] = (
        '{"index": 3, "text"',
        {"index": 64, "text": "outside"},
        {"index": 2, "text": " "},
    )
    path = write(tmp_path / "many.jsonl", rows)
    with pytest.raises(InvalidRequest) as caught:
        load(session, source, path)
    said = str(caught.value)
    assert said.startswith("3 of 10,000 labels cannot be read, so none was imported: ")
    for part in ("line 17 of many.jsonl: it is not JSON", "line 408 of many.jsonl: latent 64", "line 9,999", "empty"):
        assert part in said
    assert texts(session, source) == {}
    load(session, source, path, skip_broken=True)
    assert sum(map(len, texts(session, source).values())) == 9_997


@pytest.mark.parametrize(
    "line",
    [
        "[]", "7", "nonsense", '{"index": 1}', '{"text": "x"}', '{"index": -1, "text": "x"}',
        '{"index": true, "text": "x"}', '{"index": 1.5, "text": "x"}', '{"index": 1, "text": 5}',
        '{"index": 1, "text": "x", "kind": "god"}', '{"index": 1, "text": "x", "n": -3}',
        '{"index": 1, "text": "x", "n": 9, "precision": 1.5}', '{"index": 1, "text": "x", "n": 9, "recall": NaN}',
        '{"index": 1, "text": "x", "created": "yesterday"}', '{"index": 1, "text": "x", "ended": "never"}',
        '{"index": 1, "text": "x", "scores": []  , "n": 1, "precision": "good"}',
        '{"index": 1, "text": "%s"}' % ("x" * 2001),
        "[" * 100_000, '{"index": 1, "text": "x", "author": "%s"}' % ("x" * 81),
    ],
)  # fmt: skip
def test_each_broken_line_is_told_in_words(session: Session, tmp_path: Path, line: str) -> None:
    source = built(session)
    path = write(tmp_path / "l.jsonl", [line])
    with pytest.raises(InvalidRequest, match="1 of 1 labels cannot be read"):
        load(session, source, path)


def test_markup_and_control_characters_are_text(session: Session, tmp_path: Path) -> None:
    source = built(session)
    load(session, source, write(tmp_path / "l.jsonl", [{"index": 1, "text": HOSTILE, "author": HOSTILE[:20]}]))
    [item] = explanations(session, source, 1)
    assert "<b>bold</b>" in item.text
    assert "\0" not in item.text


def neuronpedia_row(index: object, text: str, **more: object) -> dict[str, object]:
    return {
        "modelId": "tiny", "layer": "2-res-jb", "index": index, "description": text, "embedding": "[0.1]",
        "typeName": "oai_token-act-pair", "explanationModelName": "gpt-4o-mini",
    } | more  # fmt: skip


def test_neuronpedias_batches_are_read_in_their_order(session: Session, tmp_path: Path) -> None:
    source = built(session)
    folder = tmp_path / "v1" / "tiny" / "2-res-jb" / "explanations"
    folder.mkdir(parents=True)
    write(folder / "batch-0.jsonl.gz", [neuronpedia_row("1", "first"), neuronpedia_row(2, "second")])
    write(folder / "batch-10.jsonl.gz", [neuronpedia_row("1", "of the tenth batch")])
    write(folder / "batch-2.jsonl", [neuronpedia_row("3", "not packed")])
    load(session, source, folder.parent)
    found = {index: list(explanations(session, source, index)) for index in (1, 2, 3)}
    assert [item.text for item in found[1]] == ["of the tenth batch"]
    assert [(item.author, item.kind, item.method, item.status) for item in found[2]] == [
        ("gpt-4o-mini", "machine", "oai_token-act-pair", GUESS)
    ]
    load(session, source, folder / "batch-0.jsonl.gz")
    assert [item.text for item in explanations(session, source, 1)] == ["first"]


def test_neuronpedias_explanations_of_another_model_are_refused(session: Session, tmp_path: Path) -> None:
    source = built(session)
    path = write(tmp_path / "batch-0.jsonl.gz", [neuronpedia_row("1", "x", modelId="gemma-2-2b")])
    with pytest.raises(InvalidRequest, match=r"gemma-2-2b.*tiny"):
        load(session, source, path)
    load(session, source, path, any_model=True)
    assert texts(session, source) == {1: ["x"]}
    write(path, [neuronpedia_row("1", "x"), neuronpedia_row("64", "outside"), neuronpedia_row("x", "no number")])
    with pytest.raises(InvalidRequest, match=r"2 of 3 .*line 2.*line 3"):
        load(session, source, path)


def windows(hits: int, misses: int, alarms: int, silent: int, garbage: int = 0) -> list[dict[str, object]]:
    parts = ((hits, True, True), (misses, True, False), (alarms, False, True), (silent, False, False))
    found = [{"activating": a, "prediction": p, "distance": 1} for n, a, p in parts for _ in range(n)]
    return [*found, *({"activating": True, "prediction": None} for _ in range(garbage))]


def delphi(folder: Path, hook: str, index: int, text: str, detection: object = None, fuzz: object = None) -> None:
    name = f"{hook}_latent{index}.txt"
    for inside, content in (("explanations", text), ("scores/detection", detection), ("scores/fuzz", fuzz)):
        if content is not None:
            (folder / inside).mkdir(parents=True, exist_ok=True)
            (folder / inside / name).write_text(json.dumps(content))


def test_delphis_results_are_read_with_their_scores(session: Session, tmp_path: Path) -> None:
    source = built(session)
    delphi(tmp_path, "layers.2", 7, "ships", windows(45, 5, 4, 46, garbage=3), windows(30, 20, 1, 49))
    delphi(tmp_path, "layers.2", 8, "wrong", windows(5, 45, 5, 45))
    delphi(tmp_path, "layers.2", 9, "not scored")
    (tmp_path / "run_config.json").write_text(json.dumps({"explainer_model": "judge-70b"}))
    load(session, source, tmp_path)
    [good] = explanations(session, source, 7)
    assert (good.author, good.method, good.kind, good.status, good.n) == ("judge-70b", "delphi", "machine", TESTED, 100)
    assert (good.precision, good.recall) == (pytest.approx(45 / 49), pytest.approx(0.9))
    assert good.scores["detection"]["unreadable"] == 3
    assert good.scores["fuzz"]["recall"] == pytest.approx(0.6)
    assert [explanations(session, source, index)[0].status for index in (8, 9)] == ["failed", GUESS]


def test_delphis_results_of_several_hooks_need_a_choice(session: Session, tmp_path: Path) -> None:
    source = built(session)
    delphi(tmp_path, "layers.1", 1, "one")
    delphi(tmp_path, "layers.2", 2, "two")
    with pytest.raises(InvalidRequest, match=r"layers\.1, layers\.2"):
        load(session, source, tmp_path)
    with pytest.raises(InvalidRequest, match="no results"):
        load(session, source, tmp_path, hook="layers.3")
    load(session, source, tmp_path, hook="layers.2")
    assert texts(session, source) == {2: ["two"]}


@pytest.mark.parametrize("content", ["{", "[1, 2]", '{"a": 1}', "5"])
def test_broken_files_of_delphi_are_named(session: Session, tmp_path: Path, content: str) -> None:
    source = built(session)
    delphi(tmp_path, "layers.2", 1, "fine", [])
    (tmp_path / "scores/detection/layers.2_latent1.txt").write_text(content)
    with pytest.raises(InvalidRequest, match=r"layers\.2_latent1\.txt"):
        load(session, source, tmp_path)


def test_what_is_no_file_of_labels_is_told(session: Session, tmp_path: Path) -> None:
    source = built(session)
    (tmp_path / "empty").mkdir()
    (tmp_path / "batch-1.jsonl.gz").write_bytes(gzip.compress(b'{"index": "1"}\n' * 50)[:40])
    (tmp_path / "plain.jsonl.gz").write_bytes(b"not packed")
    (tmp_path / "none.jsonl").write_bytes(b"")
    for name, said in (
        ("absent.jsonl", "no file or folder"), ("empty", "neither a run of delphi"), ("batch-1.jsonl.gz", "gzip"),
        ("plain.jsonl.gz", "gzip"), ("none.jsonl", "no label"),
    ):  # fmt: skip
        with pytest.raises(PeriscopeError, match=said):
            load(session, source, tmp_path / name)


def test_a_line_without_an_end_is_refused_before_it_fills_the_memory(session: Session, tmp_path: Path) -> None:
    source = built(session)
    path = tmp_path / "bomb.jsonl.gz"
    with gzip.open(path, "wb") as file:
        for _ in range(6):
            file.write(b"x" * (1 << 20))
    with pytest.raises(InvalidRequest, match="too long"):
        load(session, source, path)
