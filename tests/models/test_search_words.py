"""Words by which latents are found: read across tokens, folded, weighted by where the latent fires."""

import numpy as np
import pytest

from models.building.search_words import CONTEXT, Window, fold, latent_words, query_words, spoken, token_word, words_of


def window(tokens: list[str], focus: int, **active: float) -> Window:
    values = np.zeros(len(tokens), np.float32)
    values[focus] = 4
    for place, value in active.items():
        values[int(place[1:])] = value
    return Window(tokens, values, focus)


def texts(tokens: list[str]) -> list[str]:
    return [word.text for word in words_of(tokens)]


def test_a_word_is_read_across_its_tokens() -> None:
    found = words_of([" the", " oc", "ean", " don", "'t", " care"])
    assert [(w.text, w.first, w.end) for w in found] == [
        ("the", 0, 1), ("ocean", 1, 3), ("don't", 3, 5), ("care", 5, 6),
    ]  # fmt: skip


def test_signs_and_line_breaks_are_words_of_their_own() -> None:
    assert sorted(texts(["Why", "?", "\n\n", " ==", " x"])) == sorted(["why", "?", "\n", "==", "x"])


def test_a_special_token_is_not_read_as_words() -> None:
    assert texts(["<|im_start|>", "user", "\n"]) == ["<|im_start|>", "\n", "user"]


@pytest.mark.parametrize(
    ("typed", "same"), [("CAFÉ", "cafe"), ("ﬁre", "fire"), ("Straße", "strasse"), ("ΣΑΣ", "σας".replace("ς", "σ"))]
)
def test_case_accents_and_forms_do_not_matter(typed: str, same: str) -> None:
    assert fold(typed) == same


def test_a_dot_that_makes_another_letter_stays() -> None:
    assert fold("が") == "が"


def test_a_search_without_letters_is_for_its_signs() -> None:
    assert query_words("sea sea Ships!") == ["sea", "ships"]
    assert query_words(" ?? ") == ["??"]
    assert query_words("  ") == []


def test_a_token_that_is_no_single_word_names_nothing() -> None:
    assert [token_word(token) for token in (" sea", "?", "a-b", "  ", "\n", "x" * 99)] == ["sea", "?", "", "", "\n", ""]


def test_where_it_fires_counts_more_than_what_stands_beside_it() -> None:
    windows = [window([" cold", " snow", " fell", f" on{n}"], 1, p2=2.0) for n in range(3)]
    found = latent_words(windows, [], [], begins_with_space=True)
    assert found["snow"].examples == 1
    assert found["fell"].examples == pytest.approx(0.5)
    assert found["cold"].examples == pytest.approx(CONTEXT)


def test_examples_that_are_alike_count_once() -> None:
    alike = [window(["a", " deep", " sea"], 2)] * 9
    found = latent_words([*alike, window(["b", " tall", " tree"], 2)], [], [], begins_with_space=True)
    assert found["sea"].examples == pytest.approx(0.5)
    assert found["tree"].examples == pytest.approx(0.5)


def test_a_word_that_stands_beside_one_example_of_many_does_not_find_the_latent() -> None:
    windows = [window([f" w{n}", " snow"], 1) for n in range(20)]
    assert "w3" not in latent_words(windows, [], [], begins_with_space=True)


def test_what_is_far_from_the_focus_is_not_read() -> None:
    tokens = [" far", *[f" w{n}" for n in range(12)], " here"]
    assert "far" not in latent_words([window(tokens, 13)], [], [], begins_with_space=True)


def test_parts_of_words_are_no_words_where_spaces_begin_them() -> None:
    fires, promoted = [(" sea", 0.7), ("ing", 0.2)], [("ness", 2.0), (" deep", 1.0), (" low", -1.0)]
    found = latent_words([], fires, promoted, begins_with_space=True)
    assert set(found) == {"sea", "deep"}
    assert found["sea"].fires == pytest.approx(0.7)
    assert found["deep"].promoted == pytest.approx(0.5)
    assert "ing" in latent_words([], fires, promoted, begins_with_space=False)


def test_a_sign_is_read_to_the_model_by_its_name() -> None:
    assert spoken("?") == "question mark"
    assert spoken("\n") == "line break"
    assert spoken("snow") == "snow"
