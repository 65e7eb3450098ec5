"""Tokenizers with more entries than their model has embeddings."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from models.errors import TokenizerMismatch
from models.loading.checks import check_model_folder
from models.loading.opening import load_language_model
from models.loading.vocabulary import AddedToken, check_vocabulary
from tests.models.architectures import KINDS, VOCABULARY

GEMMA = next(kind for kind in KINDS if kind.name == "Gemma 3 270M and 1B")


def with_added(folder: Path, *tokens: tuple[str, bool], skipped: int = 0) -> Path:
    """A tiny Gemma 3 whose tokenizer has more entries than it has embeddings: (name, whether special)."""
    GEMMA.save(folder)
    path = folder / "tokenizer.json"
    state = json.loads(path.read_text())
    highest = max(state["model"]["vocab"].values())
    assert highest + 1 == VOCABULARY
    for number, (content, special) in enumerate(tokens, VOCABULARY + skipped):
        flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": special}
        state["added_tokens"].append({"id": number, "content": content, **flags})
    path.write_text(json.dumps(state))
    return folder


@pytest.mark.parametrize(
    "tokens",
    [
        [("<image_soft_token>", True)],
        [("[PAD]", True), ("<|fim|>", True)],
        [("<image>", False), ("<|video_pad|>", False)],
        [("<audio_soft_token>", False), ("</turn>", True)],
    ],
)
def test_entries_that_no_text_becomes_need_no_embedding(tmp_path: Path, tokens: list[tuple[str, bool]]) -> None:
    folder = with_added(tmp_path, *tokens)
    check_model_folder(folder)
    model = load_language_model(str(folder), "cpu")
    text = " ".join(name for name, _ in tokens) + " the cat"
    for special in (False, True):
        ids = model.tokenize(text, allow_special=special)
        assert max(ids) < model.facts.vocab_size == VOCABULARY
        assert "".join(model.token_strings(ids)) == text
    assert torch.isfinite(model.logits(torch.tensor([ids]))).all()


@pytest.mark.parametrize(
    ("tokens", "skipped"),
    [([("hello", False)], 0), ([("<image>", True), ("<think>", False)], 0), ([("<x>", True)], 10**6)],
)
def test_entries_that_a_text_can_become_are_refused(
    tmp_path: Path, tokens: list[tuple[str, bool]], skipped: int
) -> None:
    folder = with_added(tmp_path, *tokens, skipped=skipped)
    with pytest.raises(TokenizerMismatch, match=rf"tokens but the model only {VOCABULARY} embeddings.*can become"):
        load_language_model(str(folder), "cpu")


def test_the_entry_that_has_no_embedding_is_named() -> None:
    added = [AddedToken(9, "<x>", True), AddedToken(10, "<y>", True), AddedToken(11, "hello", False)]
    check_vocabulary(11, 10, "M", lambda: added)
    with pytest.raises(TokenizerMismatch, match="a text can become 'hello', which has none"):
        check_vocabulary(12, 10, "M", lambda: added)
    with pytest.raises(TokenizerMismatch, match="some that have none"):
        check_vocabulary(12, 8, "M", lambda: added[:2])


def test_a_marker_without_an_embedding_is_none(tmp_path: Path) -> None:
    folder = with_added(tmp_path, ("<|end|>", True))
    config = json.loads((folder / "tokenizer_config.json").read_text())
    (folder / "tokenizer_config.json").write_text(json.dumps(config | {"eos_token": "<|end|>"}))
    model: Any = load_language_model(str(folder), "cpu")
    assert model.tokenizer.eos_token_id == VOCABULARY
    assert model.eos_token_id is None
