"""One token as a tokenizer makes it where a text goes on, and names that find their token again."""

from typing import Any

import pytest

from models.errors import InputMismatch, InputRefused
from models.running.metrics import continuing, name_of, one_token
from tests.models.made_tokenizers import KINDS, made_tokenizer, tokens_of
from tests.models.tiny import SENTENCES


@pytest.fixture(scope="module", params=KINDS)
def model(request: pytest.FixtureRequest) -> Any:
    return tokens_of(made_tokenizer(request.param))


def test_every_token_is_found_by_its_name(model: Any) -> None:
    for token_id in range(model.facts.vocab_size):
        assert one_token(model, name_of(model, token_id), "The target") == token_id


def test_the_next_token_of_a_text_can_be_named_as_it_shows(model: Any) -> None:
    for text in SENTENCES:
        ids = model.tokenize(text)
        for token_id, shown in list(zip(ids, model.token_strings(ids), strict=True))[1:]:
            if len(shown.strip()) > 1 and shown.isascii():
                assert one_token(model, shown, "The target") == token_id


@pytest.mark.parametrize("kind", ["byte-level", "sentencepiece"])
def test_a_space_in_front_belongs_to_the_token(kind: str) -> None:
    model: Any = tokens_of(made_tokenizer(kind))
    spaced = one_token(model, " the", "The target")
    assert model.token_strings([spaced]) == [" the"]
    assert continuing(model, "see the sea")[-2:-1] != []
    assert model.tokenize("on the")[-1] == spaced


def test_a_word_in_the_middle_of_another_is_not_the_word_at_its_beginning() -> None:
    model: Any = tokens_of(made_tokenizer("sentencepiece"))
    vocabulary = model.tokenizer.get_vocab()
    word = next(t[1:] for t in vocabulary if t.startswith("▁") and t[1:].isalpha() and t[1:] not in vocabulary)
    with pytest.raises(InputMismatch, match=rf"it splits into .*; with a space before it, ' {word}' is one"):
        one_token(model, word, "The target")
    assert one_token(model, f" {word}", "The target") == vocabulary[f"▁{word}"]


def test_the_rest_of_a_word_is_named_as_wordpiece_shows_it() -> None:
    model: Any = tokens_of(made_tokenizer("wordpiece"))
    rest = next(token for token in model.tokenizer.get_vocab() if token.startswith("##") and len(token) > 3)
    assert one_token(model, rest, "The target") == model.tokenizer.get_vocab()[rest]
    assert one_token(model, "CAT", "The target") == model.tokenizer.get_vocab()["cat"]


def test_special_tokens_count_as_one(model: Any) -> None:
    assert one_token(model, "</s>", "The target") == model.tokenizer.get_vocab()["</s>"]


def test_ids_beyond_the_tokenizer_are_named_by_their_number() -> None:
    model: Any = tokens_of(made_tokenizer("byte-level"), 5000)
    assert one_token(model, name_of(model, 4321), "The target") == 4321
    assert one_token(model, "⟨4321⟩", "The target") == 4321
    with pytest.raises(InputMismatch, match="not one token"):
        one_token(model, "⟨token 5000⟩", "The target")


def test_an_empty_target_is_refused(model: Any) -> None:
    with pytest.raises(InputRefused, match="is empty"):
        one_token(model, "", "The target")


def test_a_token_without_an_embedding_is_text() -> None:
    tokenizer = made_tokenizer("byte-level", ("<s>", "</s>"))
    n_rows = len(tokenizer)
    tokenizer.add_special_tokens({"additional_special_tokens": ["<image_soft_token>"]})
    model: Any = tokens_of(tokenizer, n_rows)
    text = "a<image_soft_token> b"
    for special in (False, True):
        ids, places = model.tokenize_with_places(text, allow_special=special)
        assert ids == model.tokenize(text, allow_special=special)
        assert max(ids) < n_rows
        assert "".join(model.token_strings(ids)) == text
        assert [start for start, _ in places] == sorted(start for start, _ in places)
    with pytest.raises(InputMismatch, match="not one token"):
        one_token(model, "<image_soft_token>", "The target")
