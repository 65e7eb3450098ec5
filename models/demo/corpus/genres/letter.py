"""Letters between two people: place and date, address, news, requests, advice, and a signature."""

from models.demo.corpus.sentences import I as ME
from models.demo.corpus.sentences import Writer, genre_tag, join
from models.demo.corpus.setting import Draft, Setting
from models.demo.corpus.tables import names

_FILLERS = ("act", "event", "link", "describe", "number", "negative", "feel", "quote", "link", "act")
_DEAR = {"plain": ("Dear", "My dear", "Dearest"), "casual": ("Hey", "Hi"), "formal": ("Dear", "Esteemed")}
_KIN = ("Grandmother", "Grandfather", "Uncle {name}", "Aunt {name}", "Cousin {name}", "{title} {surname}")


def write_letter(s: Setting) -> Draft:
    """A letter by one of four plans: news, a request, advice, an invitation or plan."""
    dice = s.dice
    w = Writer(s, ME, s.friend, focus=s.thing())
    head = f"{names.town(dice)}, {names.date(dice)}\n" if dice.chance(0.6) else ""
    dear = genre_tag(dice.choice(_DEAR.get(s.register, _DEAR["plain"])), "letter")
    opening = w.say("letter_open")
    middle: list[str]
    match dice.choice(("news", "request", "advice", "plan")):
        case "news":
            middle = [w.some(*_FILLERS) for _ in range(dice.integer(5, 8))]
        case "request":
            middle = [
                w.some(*_FILLERS), w.some(*_FILLERS), w.maybe(0.6, *_FILLERS), w.say("letter_request"),
                w.some(*_FILLERS), w.maybe(0.5, "letter_request"),
            ]  # fmt: skip
        case "advice":
            middle = [
                w.some(*_FILLERS), w.some(*_FILLERS), w.say("letter_advice"), w.maybe(0.7, *_FILLERS),
                w.some("letter_advice", "quote"), w.maybe(0.4, "letter_request"),
            ]  # fmt: skip
        case _:
            middle = [
                w.some(*_FILLERS), w.some(*_FILLERS), w.say("letter_plan"), w.maybe(0.6, *_FILLERS),
                w.say("letter_plan"), w.maybe(0.5, "letter_request", "letter_advice"),
            ]  # fmt: skip
    sign = genre_tag(w.say("letter_sign"), "letter")
    after = f"\n{genre_tag('P.S.', 'letter')} {w.say('letter_ps')}" if dice.chance(0.3) else ""
    body = join(opening, *middle, w.say("letter_end"))
    return Draft(f"{head}{dear} {_addressee(s)},\n{body}\n{sign},\n{s.hero.name}{after}")


def _addressee(s: Setting) -> str:
    """Whom the letter is for: a friend, a relative, somebody official."""
    dice = s.dice
    if dice.chance(0.5):
        return names.person(dice, other_than=s.hero.name)[0]
    pattern = dice.choice(_KIN)
    title = dice.choice(("Mr", "Mrs", "Doctor", "Professor")) if "{title}" in pattern else ""
    surname = names.surname(dice) if title else ""
    name = names.person(dice, other_than=s.hero.name)[0] if "{name}" in pattern else ""
    return pattern.format(name=name, title=title, surname=surname)
