"""Bedtime stories: somebody wants something, something goes wrong, and it ends in the text's mood."""

from models.demo.corpus.marks import cap
from models.demo.corpus.sentences import Writer, join
from models.demo.corpus.setting import Draft, Setting

_HOMES = (
    "in a small house", "at the edge of a forest", "high up on a hill", "in a far country", "in an old tower",
    "in a village by the river", "behind seven hills", "in a crooked cottage",
    "in a narrow street", "on a small island",
)  # fmt: skip
_FILLERS = (
    "act", "event", "link", "describe", "number", "negative", "feel",
    "wonder", "quote", "quote", "link", "act",
)  # fmt: skip
_SAD = ("gloomy", "angry", "fearful")


def write_story(s: Setting) -> Draft:
    """A bedtime story by one of several plans, sometimes with a title."""
    w = Writer(s, focus=s.thing(), role=s.person(), home=s.dice.choice(_HOMES))
    title = ""
    if s.dice.chance(0.25):
        title = cap(w.say("story_title", hero=s.hero.name, friend=s.friend.name)) + "\n\n"
    plan = s.dice.weighted({_quest: 0.42, _lost: 0.22, _guest: 0.18, _asking: 0.18})
    first, last = plan(w)
    return Draft(f"{title}{first}{s.dice.choice((' ', chr(10)))}{last}")


def _quest(w: Writer) -> tuple[str, str]:
    """A wish, a trouble, attempts, an idea, an end."""
    w.fixed["goal"] = w.s.goal()
    first = join(
        w.say("story_open"),
        w.maybe(0.5, "describe", "act", "number"),
        w.say("story_wish"),
        w.maybe(0.5, *_FILLERS),
        w.say("story_trouble"),
        w.maybe(0.5, "feel", "wonder", "quote"),
    )
    tries = [w.say("story_try") for _ in range(w.s.dice.integer(1, 2))]
    won = not (w.s.mood in _SAD and w.s.dice.chance(0.6))
    last = join(
        *tries,
        w.maybe(0.6, *_FILLERS),
        w.say("story_idea" if won else "story_fail"),
        w.say("story_reward") if won else w.say("feel"),
        w.say("story_end"),
    )
    return first, last


def _lost(w: Writer) -> tuple[str, str]:
    """A treasure is lost, looked for and found, or not."""
    first = join(
        w.say("story_open"),
        w.say("lost_own"),
        w.maybe(0.6, *_FILLERS),
        w.say("lost_gone"),
        w.maybe(0.5, "feel", "wonder"),
    )
    w.focus_chance = 0
    searches = [w.say("lost_search") for _ in range(w.s.dice.integer(2, 3))]
    found = not (w.s.mood in _SAD and w.s.dice.chance(0.5))
    last = join(
        *searches,
        w.maybe(0.5, "quote", "event", "link"),
        w.say("lost_found")
        if found
        else w.expand("The {focus} was never found[, although {N} {act.past} every {weekday}]."),
        w.say("story_end"),
    )
    return first, last


def _guest(w: Writer) -> tuple[str, str]:
    """A stranger comes, asks for something and goes again."""
    first = join(
        w.say("story_open"),
        w.maybe(0.5, "act", "describe", "number"),
        w.say("guest_come"),
        w.say("guest_say"),
        w.maybe(0.5, "feel", "quote"),
    )
    last = join(
        w.some("act", "link"),
        w.say("story_trouble"),
        w.maybe(0.6, *_FILLERS),
        w.say("story_idea"),
        w.say("guest_leave"),
        w.say("story_end"),
    )
    return first, last


def _asking(w: Writer) -> tuple[str, str]:
    """A question that is answered in the end."""
    question, answer = w.s.qa()
    first = join(
        w.say("story_open"),
        w.maybe(0.5, *_FILLERS),
        w.say("ask_start", question=question),
        *[w.say("ask_wrong") for _ in range(w.s.dice.integer(1, 2))],
    )
    last = join(
        *[w.some(*_FILLERS) for _ in range(w.s.dice.integer(1, 2))],
        w.say("ask_right", answer=answer),
        w.maybe(0.6, "feel", "act", "quote"),
        w.say("story_end"),
    )
    return first, last
