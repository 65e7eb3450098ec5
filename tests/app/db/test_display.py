"""Texts as they are kept, compared and shown."""

from hypothesis import given
from hypothesis import strategies as st

from app.db.display import displayable, searchable, whole_characters


@given(st.text(st.characters(codec=None)))
def test_every_text_can_be_stored(text: str) -> None:
    kept = displayable(text)
    assert "\0" not in kept
    kept.encode()


def test_nul_and_half_a_surrogate_stay_visible() -> None:
    assert displayable("a\0b\ud800") == "a␀b\\ud800"


def test_a_search_ignores_case() -> None:
    assert searchable("ÜNÏ\0") == "ünï␀"


def test_the_token_that_completes_a_character_shows_it() -> None:
    assert whole_characters(["caf", "⟨C3⟩", "⟨A9⟩", " au"]) == ("caf", "", "é", " au")
    assert whole_characters(["⟨F0⟩⟨9F⟩", "⟨98⟩", "⟨80⟩!"]) == ("", "", "😀!")


def test_bytes_that_never_become_a_character_stay_hexadecimal() -> None:
    assert whole_characters(["⟨C3⟩", "x", "⟨A9⟩"]) == ("⟨C3⟩", "x", "⟨A9⟩")
    assert whole_characters(["⟨50300⟩", "⟨"]) == ("⟨50300⟩", "⟨")


@given(st.text(max_size=20), st.randoms(use_true_random=False))
def test_a_text_cut_anywhere_comes_together_again(text: str, rng: object) -> None:
    text = displayable(text)
    data = text.encode()
    cuts = [i for i in range(1, len(data)) if rng.random() < 0.4]  # type: ignore[attr-defined]
    pieces = [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]
    shown = [
        "".join(
            f"⟨{ord(c) - 0xDC00:02X}⟩" if 0xDC80 <= ord(c) <= 0xDCFF else c
            for c in piece.decode(errors="surrogateescape")
        )
        for piece in pieces
    ]
    assert "".join(whole_characters(shown)) == text
