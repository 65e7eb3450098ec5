"""Token ids as the strings a person reads.

A byte-level tokenizer may spread one character over several tokens. The token that completes the character
shows it and the ones before show the empty string, so that the strings of a text, put together, are the text.
Bytes that never become a character show as hexadecimal in angle brackets, ``⟨E2⟩``; ids beyond the vocabulary
as their number, ``⟨50300⟩``.
"""

import json
import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

#: Bytes and ids in angle brackets.
_HEX = re.compile("⟨([0-9A-F]{2})⟩")
_NUMBER = re.compile("⟨(?:token )?([0-9]{1,9})⟩")
_BYTE_TOKEN = re.compile(r"^<0x([0-9A-Fa-f]{2})>$")


@cache
def _byte_of_character() -> dict[str, int]:
    """GPT-2's table: the printable character that stands for each of the 256 bytes, turned round."""
    printable = [
        *range(ord("!"), ord("~") + 1),
        *range(ord("¡"), ord("¬") + 1),
        *range(ord("®"), ord("ÿ") + 1),
    ]
    table = {chr(byte): byte for byte in printable}
    others = (byte for byte in range(256) if byte not in set(printable))
    return table | {chr(256 + place): byte for place, byte in enumerate(others)}


class TokenText:
    """Turns ids of one tokenizer into display strings. Safe to share between threads."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._added = {int(i): str(token) for i, token in tokenizer.added_tokens_decoder.items()}
        self._byte_level = "ByteLevel" in _decoder_state(tokenizer)
        self._bytes: dict[int, bytes | None] = {}

    def strings(self, ids: Sequence[int]) -> list[str]:
        """One display string per id; see the module's text for characters that several tokens share."""
        shown = [""] * len(ids)
        unfinished: list[tuple[int, bytes]] = []  # the bytes of a character that has begun, token by token

        def give_up() -> None:
            for place, part in unfinished:
                shown[place] += _with_hex(part)
            unfinished.clear()

        for place, token_id in enumerate(ids):
            piece = self.bytes_of(int(token_id))
            if piece is None:
                give_up()
                shown[place] = f"⟨{int(token_id)}⟩"
                continue
            text, rest = _split_complete(b"".join(part for _, part in unfinished) + piece)
            if text is None and unfinished:
                give_up()
                text, rest = _split_complete(piece)
            shown[place] = _with_hex(piece) if text is None else text
            if rest and not text:
                unfinished.append((place, piece))
            else:
                unfinished = [(place, rest)] if rest else []
        give_up()
        return shown

    def bytes_of(self, token_id: int) -> bytes | None:
        """The bytes a token stands for, ``None`` for an id outside the vocabulary."""
        if token_id not in self._bytes:
            self._bytes[token_id] = self._compute_bytes(token_id)
        return self._bytes[token_id]

    def id_of(self, text: str) -> int | None:
        """The token that shows, on its own, as ``text``, or that ``numbered`` names; ``None`` if there is none."""
        for token in self._spellings(text):
            found = self._tokenizer.convert_tokens_to_ids(token)
            # What is not in the vocabulary is the unknown token.
            is_known = isinstance(found, int) and self._tokenizer.convert_ids_to_tokens(found) == token
            if is_known and self.strings([found]) == [text]:
                return int(found)
        number = _NUMBER.fullmatch(text)
        if number is None or (text != numbered(int(number[1])) and self.strings([int(number[1])]) != [text]):
            return None
        return int(number[1])

    def _spellings(self, text: str) -> Iterator[str]:
        """How a token that shows as ``text`` may be written in the vocabulary."""
        yield text  # added tokens, and vocabularies that write text as it is
        data = _without_hex(text)
        if self._byte_level:
            table = {byte: character for character, byte in _byte_of_character().items()}
            yield "".join(table[byte] for byte in data)
            return
        yield text.replace(" ", "▁")
        if len(data) == 1:
            yield f"<0x{data[0]:02X}>"

    def _compute_bytes(self, token_id: int) -> bytes | None:
        if token_id in self._added:
            return self._added[token_id].encode()
        token = self._tokenizer.convert_ids_to_tokens(token_id) if token_id < len(self._tokenizer) else None
        if token is None:
            return None
        if self._byte_level:
            table = _byte_of_character()
            if all(character in table for character in token):
                return bytes(table[character] for character in token)
            return str(token).encode()
        byte = _BYTE_TOKEN.match(token)
        return bytes([int(byte.group(1), 16)]) if byte else str(token).replace("▁", " ").encode()


def _split_complete(data: bytes) -> tuple[str | None, bytes]:
    """The complete characters, and the beginning of one that is not; ``(None, b"")`` if not UTF-8."""
    try:
        return data.decode(), b""
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data":
            return data[: error.start].decode(), data[error.start :]
        return None, b""


def _without_hex(text: str) -> bytes:
    """The bytes that ``_with_hex`` shows as ``text``."""
    parts = _HEX.split(text)  # text and hexadecimal numbers by turns
    return b"".join(bytes.fromhex(part) if n % 2 else part.encode("utf-8", "replace") for n, part in enumerate(parts))


def numbered(token_id: int) -> str:
    """The name of a token whose text is not enough to tell it from others."""
    return f"⟨token {token_id}⟩"


def _with_hex(data: bytes) -> str:
    """``data`` as text, with bytes that are not part of a character in hexadecimal."""
    text = data.decode("utf-8", errors="surrogateescape")
    return "".join(f"⟨{ord(c) - 0xDC00:02X}⟩" if 0xDC80 <= ord(c) <= 0xDCFF else c for c in text)


def _decoder_state(tokenizer: Any) -> str:
    """The tokenizer's decoder as JSON text, empty for tokenizers without a Rust backend."""
    decoder = getattr(getattr(tokenizer, "backend_tokenizer", None), "decoder", None)
    return json.dumps(json.loads(decoder.__getstate__())) if decoder is not None else ""
