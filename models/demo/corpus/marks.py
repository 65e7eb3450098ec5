"""Words that carry a concept through plain string building.

A genre builds its text with f-strings. ``tag("anchor", "topic:sea")`` wraps a word in private-use characters that
name the concept; ``parse`` takes them out again and gives the clean text with character spans. So that grammar code
stays readable, every helper here (``cap``, ``an``, ``shout``) looks through the marks.
"""

import re
from collections.abc import Callable

_OPEN, _MID, _CLOSE = "\ue000", "\ue001", "\ue002"
_TAG = re.compile(f"{_OPEN}([^{_MID}]*){_MID}([^{_CLOSE}]*){_CLOSE}")
_NAME = re.compile(f"{_OPEN}[^{_MID}]*{_MID}")


def tag(words: str, concept: str) -> str:
    """``words`` marked as coming from the table of ``concept``; marks inside ``words`` are dropped."""
    return f"{_OPEN}{concept}{_MID}{plain(words)}{_CLOSE}"


def plain(text: str) -> str:
    """``text`` without marks."""
    return _NAME.sub("", text).replace(_CLOSE, "")


def parse(text: str) -> tuple[str, tuple[tuple[int, int, str], ...]]:
    """The clean text and its spans ``(start, end, concept)``, in characters, ordered, not overlapping."""
    clean: list[str] = []
    spans: list[tuple[int, int, str]] = []
    length = at = 0
    for match in _TAG.finditer(text):
        before = text[at : match.start()]
        clean.append(before)
        length += len(before)
        words = match.group(2)
        spans.append((length, length + len(words), match.group(1)))
        clean.append(words)
        length += len(words)
        at = match.end()
    clean.append(text[at:])
    return "".join(clean), tuple(spans)


def change(text: str, edit: Callable[[str], str]) -> str:
    """Apply ``edit`` to every visible piece of ``text`` and leave the marks as they are."""
    pieces = re.split(f"({_OPEN}[^{_MID}]*{_MID}|{_CLOSE})", text)
    return "".join(p if p[:1] in (_OPEN, _CLOSE) else edit(p) for p in pieces)


def cap(text: str) -> str:
    """``text`` with its first visible letter in upper case."""
    name = _NAME.match(text)
    start = name.end() if name else 0
    return text[:start] + text[start : start + 1].upper() + text[start + 1 :]


def an(noun: str) -> str:
    """``noun`` with its indefinite article, by the first visible letter ("an old hat", "a uniform")."""
    word = plain(noun).lower()
    vowel = word[:1] in "aeiou" and not word.startswith(("uni", "use", "usu", "eu", "one", "ukulele"))
    vowel = vowel or word.startswith(("hour", "honest", "heir", "honour"))
    return f"{'an' if vowel else 'a'} {noun}"


def shout(text: str, concept: str) -> str:
    """``text`` with the words of ``concept`` in capitals."""
    return _TAG.sub(lambda m: tag(m[2].upper(), concept) if m[1] == concept else m[0], text)
