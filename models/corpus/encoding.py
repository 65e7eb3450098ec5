"""Whether a text is in Latin-1 or its kin instead of UTF-8, told by the first line that has more than ASCII.

A few bytes that are wrong in a text of UTF-8 are replaced (models.corpus.repairs). A text in another encoding would
lose every letter with an accent that way, so it is refused, with the line.
"""

import re
from pathlib import Path

from models.errors import CorpusError

#: Bytes that are not UTF-8, as Python escapes them, and characters beyond ASCII that are.
_WRONG, _RIGHT = re.compile("[\udc80-\udcff]"), re.compile("[^\x00-\x7f\udc80-\udcff]")
#: What is left of a character of UTF-8 that was cut, or no letter in any encoding of single bytes.
_DAMAGE = re.compile("[\udcc0-\udcf4][\udc80-\udcbf]|[\udcfe\udcff]")


class EncodingCheck:
    """Looks at the lines of one reading until one says what they are."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._is_decided = False

    def look(self, line: str, number: int) -> None:
        """A line with bytes that are not UTF-8 escaped; CorpusError if it is in Latin-1."""
        if self._is_decided or line.isascii():
            return
        text = line.lstrip("\ufeff")
        wrong = _WRONG.search(text)
        self._is_decided = wrong is not None or _RIGHT.search(text) is not None
        if wrong is None or _RIGHT.search(text) or _DAMAGE.search(text):
            return
        byte = ord(wrong.group()) - 0xDC00
        letter = bytes([byte]).decode("cp1252", "replace")
        raise CorpusError(
            f"Line {number:,} of {self._path} is not UTF-8: it has the byte 0x{byte:02X}, which is {letter!r} in "
            f"Latin-1 and Windows-1252; convert the file: iconv -f WINDOWS-1252 -t UTF-8 {self._path.name} > NEW."
        )
