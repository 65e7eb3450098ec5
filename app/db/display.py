"""Texts as the database keeps them, as a search compares them and as a page shows them."""

import re
from collections.abc import Sequence

#: A byte of a token that is no character by itself, as ``models.running.token_text`` writes it.
RAW_BYTE = re.compile("⟨([0-9A-F]{2})⟩")


def displayable(text: str) -> str:
    """The text as every database takes it: NUL becomes its picture ␀, half a surrogate pair \\udXXX."""
    return text.replace("\0", "\N{SYMBOL FOR NULL}").encode("utf-8", "backslashreplace").decode("utf-8")


def whole_characters(texts: Sequence[str]) -> tuple[str, ...]:
    """Display strings of tokens in a row, with characters that several of them share put together.

    A byte that is no character by itself is stored as ``⟨E2⟩``. The token that completes the character shows
    it, the ones before show nothing; what stays incomplete stays as it is.
    """
    shown = list(texts)
    if "⟨" not in "".join(texts):
        return tuple(shown)
    pieces = [_token_bytes(text) for text in texts]
    place = 0
    while place < len(shown):
        end = place + 1
        if RAW_BYTE.search(texts[place]):
            end = _end_of_character(pieces, place)
            if end > place + 1:
                shown[place:end] = [""] * (end - place - 1) + [b"".join(pieces[place:end]).decode()]
        place = end
    return tuple(shown)


def _token_bytes(text: str) -> bytes:
    parts = RAW_BYTE.split(text)  # text, hex, text, hex, ..., text
    return b"".join(bytes.fromhex(part) if i % 2 else part.encode() for i, part in enumerate(parts))


def _end_of_character(pieces: Sequence[bytes], start: int) -> int:
    """The end of the shortest run of tokens from ``start`` on that is whole; ``start + 1`` if none is."""
    joined = pieces[start]
    for end in range(start + 1, len(pieces)):
        joined += pieces[end]
        try:
            joined.decode()
        except UnicodeDecodeError as error:
            if error.reason == "unexpected end of data":
                continue
            break
        return end + 1
    return start + 1


def searchable(text: str) -> str:
    """The text as it is compared in a search."""
    return displayable(text).lower()
