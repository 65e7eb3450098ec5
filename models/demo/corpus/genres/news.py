"""News items: a headline, where and when, what happened, who said what, what comes next."""

from models.demo.corpus.sentences import Writer, genre_tag, join
from models.demo.corpus.setting import Draft, Person, Setting
from models.demo.corpus.tables import names

_TITLES = ("Mayor", "Inspector", "Professor", "Doctor", "Captain", "Councillor", "Minister")
_FILLERS = ("news_detail", "news_detail", "news_detail", "news_quote", "news_quote")


def write_news(s: Setting) -> Draft:
    """A short report, with or without a headline and the name of the paper."""
    dice = s.dice
    official = _official(s)
    witness = Person(f"{s.hero.full}", s.hero.she, s.hero.her, s.hero.poss, s.hero.hers, s.hero.herself)
    w = Writer(s, witness, s.friend, official=official, E=s.friend, focus=s.thing())
    head = s.headline() + "\n" if dice.chance(0.8) else ""
    source = ""
    if dice.chance(0.35):
        source = f"{genre_tag(w.say('news_source'), 'news')}, {names.date(dice)}\n"
    line = genre_tag(f"{names.town(dice).upper()} -", "news") + " " if dice.chance(0.5) else ""
    middle = [w.some(*_FILLERS) for _ in range(dice.integer(4, 6))]
    if dice.chance(0.6):
        at = dice.integer(0, len(middle) - 1)
        middle.insert(at, w.some("event", "link", "describe", "number"))
    return Draft(f"{source}{head}{line}{join(w.say('news_lead'), *middle, w.say('news_end'))}")


def _official(s: Setting) -> str:
    """Somebody with a title or a role: "Mayor Fox", "lighthouse keeper Anna Bell"."""
    if s.dice.chance(0.5):
        return f"{s.dice.choice(_TITLES)} {s.friend.surname}"
    return f"{s.person()} {s.friend.full}"
