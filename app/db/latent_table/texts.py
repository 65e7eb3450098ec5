"""Many short texts as one string of bytes: which of them contain a text is one pass over an array."""

import re
from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from app.db.display import searchable

#: So many of the first texts are kept as strings once they were asked for; in a vocabulary, these are used most.
#: Decoding the tokens of a page takes longer than all its questions to the database.
KNOWN = 1 << 16
#: Bytes of letters and digits, those of all letters beyond ASCII among them.
_OF_WORDS = np.array([byte >= 128 or chr(byte).isalnum() for byte in range(256)])
_NONE = np.zeros(0, np.int64)
Offsets = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class TextIndex:
    """Texts number 0 to n - 1: as they are shown and as a search compares them, joined, UTF-8.

    NUL stands between the texts: neither a stored text nor what is searched for has one.
    """

    shown: bytes
    shown_starts: Offsets  # (n + 1,)
    folded: NDArray[np.uint8]
    folded_starts: Offsets  # (n + 1,)
    ranks: NDArray[np.int32] = field(repr=False)  # (n,) place in the alphabet, equal for equal texts
    _known: list[str | None] = field(repr=False)  # (at most n,) texts that were asked for

    @classmethod
    def of(cls, texts: Iterable[str], fold: Callable[[str], str] = searchable) -> "TextIndex":
        """Put the texts together, one after the other: a whole vocabulary as Python's strings takes ten times this."""
        shown, folded = bytearray(), bytearray()
        shown_ends, folded_ends = array("q", [0]), array("q", [0])
        for text in texts:
            shown += text.encode() + b"\0"
            shown_ends.append(len(shown))
            folded += fold(text).encode() + b"\0"
            folded_ends.append(len(folded))
        starts = np.array(folded_ends, np.int32)
        data = bytes(folded)
        ranks = _ranks(data, starts)
        known: list[str | None] = [None] * min(len(ranks), KNOWN)
        return cls(bytes(shown), np.array(shown_ends, np.int32), np.frombuffer(data, np.uint8), starts, ranks, known)

    @property
    def nbytes(self) -> int:
        """Bytes of memory."""
        arrays = (self.shown_starts, self.folded, self.folded_starts, self.ranks)
        return len(self.shown) + 8 * len(self._known) + sum(array.nbytes for array in arrays)

    def __len__(self) -> int:
        return len(self.ranks)

    def text(self, number: int) -> str:
        """A text as it is shown; a number that none has reads ``<number>``."""
        if 0 <= number < len(self._known):
            text = self._known[number]
            if text is None:
                text = self._known[number] = self._read(number)
            return text
        return self._read(number) if 0 <= number < len(self) else f"<{number}>"

    def _read(self, number: int) -> str:
        start, end = self.shown_starts[number : number + 2].tolist()
        return self.shown[start : end - 1].decode()

    def texts(self, numbers: Iterable[int]) -> dict[int, str]:
        """The texts of these numbers."""
        return {number: self.text(number) for number in numbers}

    def containing(self, wanted: str) -> NDArray[np.int64]:
        """The numbers of the texts that contain ``wanted``, case ignored, ascending."""
        needle = searchable(wanted).encode()
        if not needle:
            return np.arange(len(self))
        last = len(self.folded) - len(needle)
        places = np.flatnonzero(self.folded[: last + 1] == needle[0]) if last >= 0 else np.zeros(0, np.int64)
        for step, byte in enumerate(needle[1:], 1):
            places = places[self.folded[places + step] == byte]
        found = np.searchsorted(self.folded_starts, places, "right") - 1  # ascending, as the places are
        is_first = np.append(True, found[1:] != found[:-1])[: len(found)]
        texts: NDArray[np.int64] = found[is_first]
        return texts

    def finding(self, wanted: str) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.float64]]:
        """The numbers (k,) of the texts that contain ``wanted``, whether one does so as a whole word, and the largest
        share of a text's bytes that it is.
        """
        needle = searchable(wanted).encode()
        found = (
            np.fromiter((m.start() for m in re.finditer(re.escape(needle), self.folded.data)), np.int64)
            if needle
            else _NONE
        )
        texts = np.searchsorted(self.folded_starts, found, "right") - 1
        # NUL before the first text and after the last: neither is a part of a word.
        before = np.where(found > 0, self.folded[np.maximum(found - 1, 0)], 0)
        after = self.folded[np.minimum(found + len(needle), len(self.folded) - 1)]
        is_whole = ~(_OF_WORDS[before] | _OF_WORDS[after])
        numbers = np.unique(texts)
        whole = np.zeros(len(numbers), np.bool_)
        whole[np.searchsorted(numbers, texts[is_whole])] = True
        lengths = self.folded_starts[numbers + 1] - self.folded_starts[numbers] - 1
        return numbers, whole, len(needle) / np.maximum(lengths, 1)


def _ranks(folded: bytes, starts: Offsets) -> NDArray[np.int32]:
    """Places in the alphabet by code points, surrounding white space apart; the databases' own orders differ."""
    keys = [folded[start : end - 1].decode().strip() for start, end in pairwise(starts.tolist())]
    places = {key: place for place, key in enumerate(sorted(set(keys)))}
    return np.fromiter((places[key] for key in keys), np.int32, len(keys))
