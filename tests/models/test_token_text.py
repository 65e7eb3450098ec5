"""Display strings of tokens: characters spread over several tokens, stray bytes, unknown ids."""

import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from models.running.token_text import TokenText
from tests.models.tiny import save_tokenizer


def test_the_token_that_completes_a_character_shows_it(tiny_gpt2: Any) -> None:
    model = tiny_gpt2
    for text in ("naïve 猫 🙂!", "日本", "é"):
        ids = model.tokenize(text)
        assert "".join(model.token_strings(ids)) == text
    cat = model.tokenize("猫")
    assert model.token_strings(cat) == ["", "", "猫"]
    assert model.token_strings(cat[:2]) == ["⟨E7⟩", "⟨8C⟩"]
    assert model.token_strings([cat[0], *model.tokenize("a"), *cat]) == ["⟨E7⟩", "a", "", "", "猫"]
    assert model.token_strings([cat[1], cat[1]]) == ["⟨8C⟩", "⟨8C⟩"]


@given(st.lists(st.integers(0, 330), max_size=12), st.text(max_size=12))
def test_any_ids_have_strings_and_any_text_comes_back(ids: list[int], text: str) -> None:
    model = tokenizer_only()
    assert len(model.strings(ids)) == len(ids)
    assert "".join(model.strings(ids)) or not ids
    encoded = model._tokenizer(text, add_special_tokens=False, split_special_tokens=True)["input_ids"]
    assert "".join(model.strings(encoded)) == text


@cache
def tokenizer_only() -> TokenText:
    from transformers import AutoTokenizer

    with tempfile.TemporaryDirectory() as folder:
        save_tokenizer(Path(folder))
        return TokenText(AutoTokenizer.from_pretrained(folder))


def test_ids_beyond_the_vocabulary_show_their_number(tiny_gpt2: Any) -> None:
    assert tiny_gpt2.token_strings([5000]) == ["⟨5000⟩"]
