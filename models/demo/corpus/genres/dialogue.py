"""Dialogues of two named speakers: greetings, exchanges that hang together, a farewell."""

import re

from models.demo.corpus.sentences import Writer
from models.demo.corpus.setting import Draft, Setting

_SPEAKER = re.compile(r"^([AB]): ", re.MULTILINE)


def write_dialogue(s: Setting) -> Draft:
    """A dialogue of three to seven exchanges, sometimes with a scene before and a greeting."""
    dice = s.dice
    w = Writer(s, focus=s.thing())
    parts: list[str] = []
    if dice.chance(0.35):
        parts.append(w.say("scene"))
    if dice.chance(0.6):
        parts.append(_named(s, w.say("hello"), False))
    for _ in range(dice.integer(3, 7)):
        text = w.say("exchange")
        spoke = parts[-1].rpartition("\n")[2].partition(": ")[0] if parts else ""
        parts.append(_named(s, text, spoke == s.hero.name))
    if dice.chance(0.6):
        parts.append(_named(s, w.say("goodbye"), False))
    return Draft("\n".join(parts))


def _named(s: Setting, text: str, swapped: bool) -> str:
    """``text`` with the speakers' names for "A:" and "B:", the other way round if ``swapped``."""
    a, b = (s.friend, s.hero) if swapped else (s.hero, s.friend)
    text = _SPEAKER.sub(lambda m: f"{(a if m.group(1) == 'A' else b).name}: ", text)
    return "\n".join(_capital(line) for line in text.split("\n"))


def _capital(line: str) -> str:
    """A line of speech with a capital after the speaker's name."""
    return re.sub(
        '^([^:\ue000]*: "?(?:\ue000[^\ue001]*\ue001)?)([a-z])',
        lambda m: m.group(1) + m.group(2).upper(),
        line,
    )
