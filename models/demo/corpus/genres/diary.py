"""Diary entries: a date, a day told by "I", a secret, a last line in the text's mood."""

from models.demo.corpus.sentences import I as ME
from models.demo.corpus.sentences import Writer, genre_tag, join
from models.demo.corpus.setting import Draft, Setting
from models.demo.corpus.tables import names

_FILLERS = (
    "act", "act", "event", "link", "link", "describe", "number", "negative", "feel", "wonder", "quote",
    "quote",
)  # fmt: skip
_ADDRESS = ("Dear Diary,", "Dear diary,", "My dear diary,", "Diary,")


def write_diary(s: Setting) -> Draft:
    """An entry by one of three plans: the day, the trouble, the secret."""
    w = Writer(s, ME, s.friend, focus=s.thing())
    dice = s.dice
    head = genre_tag(f"{names.weekday(dice)}, {names.date(dice)}", "diary")
    if dice.chance(0.75):
        head += "\n" + genre_tag(dice.choice(_ADDRESS), "diary")
    middle: list[str]
    match dice.choice(("day", "trouble", "secret")):
        case "day":
            middle = [w.some(*_FILLERS) for _ in range(dice.integer(6, 9))]
        case "trouble":
            middle = [
                w.some(*_FILLERS), w.some(*_FILLERS), w.say("diary_trouble"), w.say("feel"),
                w.maybe(0.5, "wonder"), w.some("quote", "link"), w.say("diary_fix"), w.maybe(0.6, *_FILLERS),
            ]  # fmt: skip
        case _:
            middle = [
                w.some(*_FILLERS), w.say("diary_secret"), w.some(*_FILLERS),
                w.some("quote", "feel", "wonder"), w.maybe(0.5, *_FILLERS), w.say("diary_secret"),
                w.some(*_FILLERS),
            ]  # fmt: skip
    sign = f"\n{s.hero.name}" if dice.chance(0.25) else ""
    return Draft(f"{head}\n{join(w.say('diary_open'), *middle, w.say('diary_end'))}{sign}")
