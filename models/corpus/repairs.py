"""What of a corpus was no text: characters that are no Unicode are replaced by U+FFFD, places without a text left out;
both are counted and said with their first place.
"""

import re
from dataclasses import dataclass

#: Halves of surrogate pairs: JSON can spell one, and Python gives one for a byte that is not UTF-8.
_HALF = re.compile("[\ud800-\udfff]")


@dataclass
class Repairs:
    """Counts of one reading of a corpus, whose places come in their order. ``unit``: what they are called."""

    name: str
    unit: str  # line, row or text
    n_characters: int = 0
    n_skipped: int = 0
    _first_skipped: int = 0
    _n_places: int = 0
    _first: int = 0
    _last: int = 0

    def begin(self) -> None:
        """A new reading from the beginning."""
        self.n_characters = self._n_places = self._first = self._last = 0
        self.n_skipped = self._first_skipped = 0

    def skip(self, place: int) -> None:
        """There was no text at the place."""
        self.n_skipped += 1
        self._first_skipped = self._first_skipped or place

    def add(self, place: int, n: int) -> None:
        """So many characters were replaced at the place, counted from 1."""
        if n:
            self.n_characters += n
            self._first = self._first or place
            self._n_places += place != self._last
            self._last = place

    def valid(self, text: str, place: int) -> str:
        """The text with U+FFFD for every half of a surrogate pair."""
        if text.isascii():
            return text
        try:
            text.encode()
        except UnicodeEncodeError:
            text, n = _HALF.subn("\ufffd", text)
            self.add(place, n)
        return text

    def sentence(self) -> str:
        """What was replaced or left out; empty if nothing was."""
        return " ".join(said for said in (self._replaced(), self._left_out()) if said)

    def _left_out(self) -> str:
        if not self.n_skipped:
            return ""
        if self.n_skipped == 1:
            return f"Of the corpus {self.name}, {self.unit} {self._first_skipped:,} was left out: it holds no text."
        return (
            f"Of the corpus {self.name}, {self.n_skipped:,} {self.unit}s were left out, first {self.unit} "
            f"{self._first_skipped:,}: they hold no text."
        )

    def _replaced(self) -> str:
        if not self.n_characters:
            return ""
        characters = "1 character" if self.n_characters == 1 else f"{self.n_characters:,} characters"
        places = f"{self.unit} {self._first:,}"
        if self._n_places > 1:
            places = f"{self._n_places:,} {self.unit}s, first in {places}"
        return f"Of the corpus {self.name}, {characters} that are not Unicode were replaced by U+FFFD, in {places}."
