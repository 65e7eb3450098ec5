"""Plain English turned into a register: words swapped, markers around sentences, a last line."""

import re
from collections.abc import Callable

from models.demo.corpus.dice import Dice
from models.demo.corpus.marks import plain, shout, tag
from models.demo.corpus.tables import names
from models.demo.corpus.tables.packed import words
from models.demo.corpus.tables.registers import REGISTERS

# First words that may follow "Verily," in lower case.
_LOWER = frozenset(
    words("""
    a; after; all; although; an; another; as; at; because; before; below; beside; both; by; down;
    each; even; every; everyone; everybody; few; for; from; he; her; here; his; how; if; in; inside; instead;
    it; its; just; last; later; many; most; much; my; near; next; no; nobody; not; nothing; of; on; once; one;
    only; our; out; over; perhaps; she; since; so; some; somebody; somehow; someone; something; sometimes;
    soon; still; suddenly; that; the; their; then; there; these; they; this; those; though; to; today; two;
    three; under; until; up; we; what; when; whenever; where; while; who; why; with; within; without; yet;
    you; your
    """)
)
_NAMES = frozenset((*names.SHE, *names.HE, *names.THEY, *names.TOWNS, *names.WEEKDAYS, *names.MONTHS, "I", "Mr", "Mrs"))
_SPLIT = re.compile(r"[.!?][\ue002]*\s+(?=\"?(?:\ue000[^\ue001]*\ue001)?[A-Z])|[.][\"\ue002]+\s+(?=\"?[A-Z])")
_LABEL = re.compile(r"^(?:[A-Z][\w'-]*(?: [A-Z][\w'-]*)?: |[-*] |\d+\. )")
_FIRST = re.compile(r'^("?)([A-Za-z\'-]+)')
_END = re.compile(r'([.!])("?)$')
_FULL_STOP = re.compile(r"(?<![A-Z][.][A-Z])(?<=[A-Za-z'\ue002])\.(?=[\s\"\ue002<]|$)")
_SWAPS = {
    name: re.compile(
        "|".join(
            rf"(?<!\w){re.escape(w)}(?![\w'])" if w[0] != "," else re.escape(w) + r"(?= \w)"
            for w in sorted(r.swaps, key=len, reverse=True)
        ),
        re.IGNORECASE,
    )
    for name, r in REGISTERS.items()
    if r.swaps
}


def say(dice: Dice, register: str, kind: str) -> str:
    """One of a register's ``before``, ``after``, ``closers`` or ``greetings``, marked unless it is plain."""
    phrase = dice.choice(getattr(REGISTERS[register], kind))
    return phrase if register == "plain" else tag(phrase, f"register:{register}")


def restyle(dice: Dice, text: str, register: str) -> str:
    """``text`` in ``register``: words swapped, about every second sentence with a marker, marks kept.

    A text that got no marker (a list, a heading) gets a last line in the register, others now and then.
    """
    if register == "plain":
        return text
    mark = f"register:{register}"
    if register in _SWAPS:
        swaps, pattern = REGISTERS[register].swaps, _SWAPS[register]

        def swap(match: re.Match[str]) -> str:
            new = swaps[match.group().lower()]
            return tag(new[:1].upper() + new[1:] if match.group()[0].isupper() else new, mark)

        text = _outside(text, lambda piece: pattern.sub(swap, piece))
    before = text.count(mark)
    lines: list[str] = []
    for line in text.split("\n"):
        goes_on = bool(lines) and plain(lines[-1])[-1:] not in ("", ".", "!", "?", '"')
        lines.append(_mark_line(dice, line, register, goes_on))
    text = "\n".join(lines)
    if text.count(mark) == before or dice.chance(0.35):
        end = "\n" if not plain(text).rstrip('"').endswith((".", "!", "?")) or "\n" in plain(text)[-90:] else " "
        text += end + say(dice, register, "closers")
    if register == "shouting":
        # The rest keeps its letters: a vocabulary this small spells words in capitals letter by letter, and a model
        # of this size does not learn that they mean the same.
        text = _FULL_STOP.sub("!", shout(text, mark))
    return text


def _outside(text: str, edit: Callable[[str], str]) -> str:
    """``edit`` applied to the pieces of ``text`` that are not marked."""
    return "".join(p if p.startswith("\ue000") else edit(p) for p in re.split("(\ue000[^\ue002]*\ue002)", text))


def _mark_line(dice: Dice, line: str, register: str, goes_on: bool) -> str:
    """One line with markers at about every second of its sentences; ``goes_on``: it begins inside of one."""
    label = _LABEL.match(line)
    start = label.end() if label else 0
    pieces, at = [line[:start]], start
    for gap in _SPLIT.finditer(line, start):
        pieces += [
            _mark_sentence(dice, line[at : gap.end()].rstrip(), register, goes_on and at == start),
            " ",
        ]
        at = gap.end()
    pieces.append(_mark_sentence(dice, line[at:], register, goes_on and at == start))
    return "".join(pieces)


def _mark_sentence(dice: Dice, sentence: str, register: str, goes_on: bool) -> str:
    """A sentence of some length with a marker at one end, half of the time; the last if it ``goes_on``."""
    clean = plain(sentence)
    if clean.count(" ") < 3 or clean.rstrip('"')[-1:] not in (".", "!", "?") or not dice.chance(0.5):
        return sentence
    book, mark = REGISTERS[register], f"register:{register}"
    first, end = _FIRST.match(sentence), _END.search(sentence)
    if end and dice.chance(0.45):
        return f"{sentence[: end.start()]}{tag(dice.choice(book.after), mark)}{end.group(1)}{end.group(2)}"
    if goes_on:
        return sentence
    word = first.group(2) if first else ""
    joins = word in _NAMES or word.lower() in _LOWER
    options = [b for b in book.before if joins or b[-1] in "!?"]
    if not options:
        return sentence
    lead = dice.choice(options)
    quote = '"' if sentence.startswith('"') else ""
    rest = sentence[len(quote) :]
    if lead[-1] not in "!?" and word not in _NAMES:
        rest = rest[:1].lower() + rest[1:]
    return f"{quote}{tag(lead, mark)} {rest}"
