"""Chats of a user with an assistant whose style varies: its formality, its length and its cheer."""

from collections.abc import Callable
from dataclasses import dataclass

from models.demo.corpus.genres.wording import Words, listing, piece, sentences
from models.demo.corpus.marks import change, parse, tag
from models.demo.corpus.setting import Draft, Setting
from models.demo.corpus.tables import chat_questions as q
from models.demo.corpus.tables.chat_styles import CHEER, FORMALITY, LENGTH, SYSTEM, SYSTEM_HEADS

Pair = tuple[str, str]  # a question and its answer as a clause in lower case
_TIMES = ("plus", "minus", "times")


@dataclass(frozen=True)
class Style:
    """How the assistant of one chat talks."""

    formality: str
    length: str
    cheer: str


def _part(s: Setting, pattern: str, **given: Words) -> str:
    """``pattern`` with the chat's usual slots."""
    usual: dict[str, Words] = {
        "goal": s.goal_base,
        "activity": s.activity_base,
        "act_past": s.activity_past,
        "topic": s.tag(s.topic.name.replace("_", " ")),
    }
    return piece(s, pattern, "genre:chat", **(usual | given))


def _phrase(s: Setting, concept: str, table: tuple[str, ...], **given: Words) -> str:
    """One of ``table`` with everything but its slots marked as ``concept``."""
    pattern = s.draw(f"{concept} {table[0]}", table)
    marked = []
    for at, bit in enumerate(pattern.replace("}", "{").split("{")):
        core = bit.strip(" ,.:!?")
        marked.append("{" + bit + "}" if at % 2 else bit.replace(core, tag(core, concept), 1) if core else bit)
    return _part(s, "".join(marked), **given)


# What the user asks, and the answer.


def _topical(s: Setting) -> Pair:
    return s.qa()


def _advice(s: Setting) -> Pair:
    return _part(s, s.dice.choice(q.ADVICE)), s.tip()


def _problem(s: Setting) -> Pair:
    fix = s.fix().base
    start = s.dice.choice(("you should", "it is best to", "you had better", "you could"))
    return _part(s, s.dice.choice(q.PROBLEMS)), f"{start} {fix}"


def _opinion(s: Setting) -> Pair:
    one, other = s.things(), s.things()
    liked = s.dice.choice((one, other))
    return _part(s, s.dice.choice(q.OPINIONS), one=one, other=other), _part(
        s, s.dice.choice(q.OPINION_CORES), one=liked
    )


def _plan(s: Setting) -> Pair:
    done = {"one": s.activity_base(), "two": s.activity_base(), "three": s.activity_base()}
    return _part(s, s.dice.choice(q.PLANS)), _part(s, s.dice.choice(q.PLAN_CORES), **done)


def _three(s: Setting) -> Pair:
    return _part(s, s.dice.choice(q.THREES)), listing([s.things(), s.things(), s.things()])


def _explain(s: Setting) -> Pair:
    return _part(s, s.dice.choice(q.EXPLAINS)), _part(s, s.dice.choice(q.EXPLAIN_CORES))


def _allowed(s: Setting) -> Pair:
    return _part(s, s.dice.choice(q.ALLOWED)), _part(s, s.dice.choice(q.ALLOWED_CORES))


def _sentence(s: Setting) -> Pair:
    things = s.thing_pair()
    person = s.person()
    question = _part(s, s.dice.choice(q.SENTENCES), thing=things[0], things=things[1], person=person)
    return question, _part(s, s.dice.choice(q.STORIES), thing=things[0], person=person)


def _small_talk(s: Setting) -> Pair:
    question, answer = s.draw("small talk", q.SMALL_TALK)
    return question, _part(s, answer)


def _sum(s: Setting) -> Pair:
    """Arithmetic with small numbers, bare or about things."""
    d = s.dice
    sign = d.choice(_TIMES)
    a, b = (d.integer(2, 9), d.integer(2, 9)) if sign == "times" else (d.integer(2, 20), d.integer(1, 12))
    a, b = (max(a, b + 1), min(a, b)) if sign == "minus" and a <= b else (a, b)
    result = {"plus": a + b, "minus": a - b, "times": a * b}[sign]
    if d.chance(0.5):
        return f"What is {a} {sign} {b}?", f"{a} {sign} {b} is {result}"
    one, things = s.thing_pair()
    if sign == "times":
        return f"{a} {s.people()} have {b} {things} each. How many is that?", f"that is {result} {things}"
    does = f"find {b} more" if sign == "plus" else f"lose {b} of them"
    noun = one if result == 1 else things
    return f"I have {a} {things} and {does}. How many do I have now?", f"you now have {result} {noun}"


def _rhyme(s: Setting) -> Pair:
    pair = s.draw("rhymes", q.RHYMES)
    word, other = pair if s.dice.chance(0.5) else pair[::-1]
    question = s.dice.choice(
        (f"Which word rhymes with {word}?", f"Find a rhyme for {word}.", f"What rhymes with {word}?")
    )
    return question, s.dice.choice((f"{other} rhymes with {word}", f"{word} rhymes with {other}"))


def _opposite(s: Setting) -> Pair:
    pair = s.draw("opposites", q.OPPOSITES)
    word, other = pair if s.dice.chance(0.5) else pair[::-1]
    return f"What is the opposite of {word}?", f"the opposite of {word} is {other}"


def _fact(s: Setting) -> Pair:
    return s.draw("facts", q.FACTS)


KINDS: dict[Callable[[Setting], Pair], float] = {
    _topical: 6, _advice: 3, _problem: 2, _opinion: 2, _plan: 1.5, _three: 1.5, _explain: 2, _allowed: 2,
    _sentence: 1.5, _small_talk: 1.5, _sum: 1.5, _rhyme: 1, _opposite: 1, _fact: 1,
}  # fmt: skip
_CLAUSES = (_topical, _problem, _opinion, _sum, _opposite, _fact, _rhyme, _explain)


def _more(s: Setting, style: Style) -> str:
    """A further sentence about the topic."""
    question, fact = s.qa()
    slots: dict[str, Words] = {"q": question, "a": fact, "tip": s.tip}
    slots["q_low"] = change(question, lambda text: text[:1].lower() + text[1:])
    return _phrase(s, f"formality:{style.formality}", FORMALITY[style.formality]["more"], **slots)


def answer(s: Setting, style: Style, core: str, clause: bool, last: bool = True, single: bool = True) -> str:
    """The assistant's answer ``core`` in its style.

    ``clause``: it can follow "that"; ``last``: the chat ends with it; ``single``: it is the only one.
    """
    d = s.dice
    formality, cheer = FORMALITY[style.formality], CHEER[style.cheer]
    formal, cheerful, long = f"formality:{style.formality}", f"cheer:{style.cheer}", f"length:{style.length}"
    terse = style.length == "terse"
    parts = []
    led = terse and d.chance(0.45)  # "In short: ..." in place of a formal or casual frame
    if led or d.chance(0.3 if terse else 0.6):
        parts.append(_phrase(s, formal, formality["openers"]))
    cheered = bool(cheer["openers"]) and d.chance(0.5)
    if cheered:
        parts.append(_phrase(s, cheerful, cheer["openers"]))
    introduced = not terse and d.chance(0.6)
    if introduced:
        parts.append(_phrase(s, long, LENGTH["wordy"]["lead"]))
    if led:
        parts.append(f"{_phrase(s, long, LENGTH['terse']['lead'])} {core}.")
    else:
        parts.append(_phrase(s, formal, formality["frames" if clause else "colon"], core=core))
    if cheer["remarks"] and (not cheered or d.chance(0.6)):
        parts.append(_phrase(s, cheerful, cheer["remarks"]))
    if not terse:
        parts.append(_more(s, style))
        if not introduced or d.chance(0.5):
            parts.append(_phrase(s, long, LENGTH["wordy"]["link"]))
        if single or d.chance(0.4):
            parts.append(_more(s, style))
        if last and d.chance(0.6 if single else 0.4):
            parts.append(_phrase(s, long, LENGTH["wordy"]["end"]))
    elif not led and d.chance(0.3):
        parts.append(_phrase(s, long, LENGTH["terse"]["end"]))
    if last and cheer["closers"] and d.chance(0.5):
        parts.append(_phrase(s, cheerful, cheer["closers"]))
    if last and d.chance(0.3 if terse else 0.5):
        parts.append(_phrase(s, formal, formality["closers"]))
    return sentences(" ".join(parts))


def _follow(s: Setting, style: Style, core: str, last: bool) -> Pair:
    """A question that refers back to the last answer, and its answer."""
    if s.dice.chance(0.5):
        return s.dice.choice(q.MORE), answer(s, style, s.tip(), False, last, False)
    sure = s.dice.choice(("yes, I am sure", "yes, that is true", "yes, there is no doubt about it"))
    return s.dice.choice(q.DOUBTS), answer(s, style, f"{sure}: {core}", False, last, False)


def _greeted(greeting: str, question: str) -> str:
    """``question`` after a greeting, in lower case where the sentence goes on."""
    if greeting.endswith(",") and not question.startswith("I "):
        question = change(question, lambda text: text[:1].lower() + text[1:])
    return f"{greeting} {question}"


def _system(s: Setting, style: Style) -> str:
    """A system message that names the style wanted, or most of it."""
    wanted = s.dice.sample([style.formality, style.length, style.cheer], s.dice.integer(2, 3))
    head = [_part(s, s.dice.choice(SYSTEM_HEADS), cheer=style.cheer)] if s.dice.chance(0.5) else []
    return " ".join(head + [s.dice.choice(SYSTEM[name]) for name in wanted])


def write_chat(s: Setting) -> Draft:
    """One to three turns of questions and answers in one style."""
    d = s.dice
    style = Style(
        d.choice(("formal", "casual")),
        d.choice(("terse", "wordy")),
        d.choice(("cheerful", "gloomy", "neutral")),
    )
    messages = [("system", _system(s, style))] if d.chance(0.2) else []
    turns = d.weighted({1: 0.55, 2: 0.45} if style.length == "wordy" else {1: 0.1, 2: 0.4, 3: 0.5})
    core = ""
    for turn in range(turns):
        last = turn == turns - 1
        if turn and d.chance(0.3):
            question, reply = _follow(s, style, core, last)
        else:
            kind = d.weighted(KINDS)
            question, core = kind(s)
            reply = answer(s, style, core, kind in _CLAUSES, last, turns == 1)
        if d.chance(0.35 if turn == 0 else 0.25):
            question = _greeted(d.choice(q.AGAIN if turn else q.GREETINGS), question)
        messages += [("user", sentences(question)), ("assistant", reply)]
    text = "".join(f"<|{role}|>\n{content}<|end|>\n" for role, content in messages)
    plain = tuple({"role": role, "content": parse(content)[0]} for role, content in messages)
    return Draft(text, {"formality": style.formality, "length": style.length, "cheer": style.cheer}, plain)
