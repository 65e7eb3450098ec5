"""Many short texts as one string of bytes: which of them contain a text is one pass over an array."""

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from app.db.display import searchable

#: So many of the first texts are kept as strings once they were asked for; in a vocabulary, these are used most.
#: Decoding the tokens of a page takes longer than all its questions to the database.
KNOWN = 1 << 16
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
    def of(cls, texts: Iterable[str]) -> "TextIndex":
        """Put the texts together, one after the other: a whole vocabulary as Python's strings takes ten times this."""
        shown, folded = bytearray(), bytearray()
        shown_ends, folded_ends = array("q", [0]), array("q", [0])
        for text in texts:
            shown += text.encode() + b"\0"
            shown_ends.append(len(shown))
            folded += searchable(text).encode() + b"\0"
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


def _ranks(folded: bytes, starts: Offsets) -> NDArray[np.int32]:
    """Places in the alphabet by code points, surrounding white space apart; the databases' own orders differ."""
    keys = [folded[start : end - 1].decode().strip() for start, end in pairwise(starts.tolist())]
    places = {key: place for place, key in enumerate(sorted(set(keys)))}
    return np.fromiter((places[key] for key in keys), np.int32, len(keys))
