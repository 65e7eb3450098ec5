"""A text told in pieces is the whole text, cut before the first stop string; nothing told is ever taken back."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.openai.stopped_text import LENGTH, STOP, Likely, StoppedText, Told
from models.running.token_text import TokenText


class Bytes:
    """A tokenizer whose tokens are bytes; 256 ends a text."""

    added_tokens_decoder = {256: "<end>"}  # noqa: RUF012

    def __len__(self) -> int:
        return 256

    def convert_ids_to_tokens(self, token_id: int) -> str:
        return f"<0x{token_id:02X}>"


STRINGS = TokenText(Bytes()).strings


def tell(data: Sequence[int], stops: Sequence[str] = (), *, ends: bool = False, offset: int = 0) -> list[Told]:
    """The pieces of a text of these bytes, until it is over."""
    text = StoppedText(STRINGS, stops, offset)
    pieces = []
    for place, token in enumerate([*data, 256] if ends else data):
        is_last = place + 1 == len(data) + ends
        finish = ("eos" if ends else "length") if is_last else None
        pieces.append(text.take(token, Likely("", None, -1.0), (), finish))
        if pieces[-1].finish:
            break
    return pieces


def cut(whole: str, stops: Sequence[str]) -> str:
    return whole[: min([place for place in map(whole.find, stops) if place >= 0], default=len(whole))]


@given(st.binary(min_size=1, max_size=40), st.booleans())
def test_without_stops_the_pieces_are_the_display_strings(data: bytes, ends: bool) -> None:
    pieces = tell(list(data), ends=ends)
    assert "".join(piece.text for piece in pieces) == "".join(STRINGS(list(data)))
    assert pieces[-1].finish == (STOP if ends else LENGTH)
    assert sum(len(piece.tokens) for piece in pieces) == len(data) + ends


@given(
    st.lists(st.sampled_from(["a", "b", "ab", "é", "日", "\n"]), min_size=1, max_size=30),
    st.lists(st.text("abé日\n", min_size=1, max_size=4), max_size=4),
    st.booleans(),
)
def test_the_text_ends_before_the_first_stop_string(parts: list[str], stops: list[str], ends: bool) -> None:
    whole = "".join(parts)
    pieces = tell(list(whole.encode()), stops, ends=ends, offset=7)
    told = "".join(piece.text for piece in pieces)
    assert told == cut(whole, stops)
    is_cut = told != whole
    assert pieces[-1].finish == (STOP if is_cut or ends else LENGTH)
    tokens = [token for piece in pieces for token in piece.tokens]
    assert [token.token_id for token in tokens] == [*told.encode(), *([256] if ends and not is_cut else [])]
    done = 7
    for piece in pieces:
        assert all(token.offset <= done + len(piece.text) for token in piece.tokens)
        done += len(piece.text)


@pytest.mark.parametrize(("stops", "pieces"), [
    ([], ["a", "b", "c", "d"]), (["cx"], ["a", "b", "", "cd"]), (["bcd"], ["a", "", "", ""]),
    (["bcde"], ["a", "", "", "bcd"]),
])  # fmt: skip
def test_only_what_a_stop_may_begin_with_is_held_back(stops: list[str], pieces: list[str]) -> None:
    assert [piece.text for piece in tell(list(b"abcd"), stops)] == pieces


def test_a_character_is_told_when_it_is_whole_and_bytes_that_are_none_when_that_is_certain() -> None:
    assert [piece.text for piece in tell(list("aé日".encode()))] == ["a", "", "é", "", "", "日"]
    assert [piece.text for piece in tell([0x61, 0xE2, 0x62, 0xE2])] == ["a", "", "⟨E2⟩b", "⟨E2⟩"]
