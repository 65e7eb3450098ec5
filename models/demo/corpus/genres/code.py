"""Python snippets: short, valid programs whose names come from the topic."""

import keyword
import re
from collections.abc import Callable

from models.demo.corpus.marks import an, cap, change, plain, tag
from models.demo.corpus.setting import Draft, Setting
from models.demo.corpus.tables.names import HE, SHE

CONCEPT = "genre:code"
_KEYWORDS = re.compile(
    r"(?m)^(\s*)(def|return|for|if|elif|else|while|class|import|from|try|except|with|yield|assert|print|raise|continue|break)\b"
)


def name(word: str, s: Setting) -> str:
    """``word`` as an identifier, still marked as the topic's ("fishing net" -> "fishing_net")."""
    bare = re.sub(r"[^a-z0-9]+", "_", plain(word).lower().replace("'", "").replace("é", "e")).strip("_")
    bare = bare + "_item" if keyword.iskeyword(bare) or bare in ("print", "list", "len", "sum", "max") else bare
    return s.tag(f"n_{bare}" if bare[:1].isdigit() else bare)


def camel(word: str, s: Setting) -> str:
    """``word`` as a class name ("FishingNet")."""
    return s.tag("".join(part.capitalize() for part in plain(name(word, s)).split("_")))


def text(word: str) -> str:
    """``word`` as it may stand inside a string literal with double quotes."""
    return change(word, lambda piece: piece.replace('"', "'").replace("\\", ""))


def _comment(s: Setting) -> str:
    """A comment line that has to do with the topic."""
    d = s.dice
    options: tuple[Callable[[], str], ...] = (
        lambda: f"# TODO: {s.goal_base()}",
        lambda: f"# {cap(s.tip())}.",
        lambda: f"# Written by {s.hero.name} for {an(s.person())}.",
        lambda: f"# {cap(s.event())}, so we need this.",
        lambda: f"# FIXME: fails when {s.problem()}",
        lambda: f"# Used {s.place()}.",
        lambda: "# Keep this simple.",
        lambda: f"# See also: {s.things()}",
    )
    return d.choice(options)()


def _one(s: Setting) -> tuple[str, str]:
    """The singular and plural of a thing as identifiers."""
    one, many = s.thing_pair()
    single, several = name(one, s), name(many, s)
    return single, several if several != single else s.tag(f"all_{plain(single)}")


def _strings(s: Setting, low: int = 2, high: int = 4) -> list[str]:
    """Things as string literals."""
    return [f'"{text(s.thing())}"' for _ in range(s.dice.integer(low, high))]


def _counting(s: Setting) -> str:
    one, many = _one(s)
    word = s.dice.choice(("old", "new", "broken", "small", "lost", "ready"))
    start = s.dice.integer(0, 3)
    return (
        f"def count_{many}({many}):\n"
        f'    """Count the {word} {text(s.tag(plain(many).replace("_", " ")))}."""\n'
        f"    total = {start}\n"
        f"    for {one} in {many}:\n"
        f"        if {one}.{word}:\n"
        f"            total += 1\n"
        f"    return total"
    )


def _class(s: Setting) -> str:
    thing = s.thing()
    field = s.dice.choice(("weight", "price", "colour", "size", "owner", "age"))
    first, more = (
        s.dice.choice(("use", "open", "check", "move")),
        s.dice.choice(("describe", "report", "show")),
    )
    return (
        f"class {camel(thing, s)}:\n"
        f'    """{cap(an(text(thing)))} with {an(field)}."""\n\n'
        f"    def __init__(self, {field}):\n"
        f"        self.{field} = {field}\n"
        f"        self.{first}ed = False\n\n".replace("useed", "used").replace("moveed", "moved")
        + f"    def {first}(self):\n"
        + f"        self.{first}ed = True\n\n".replace("useed", "used").replace("moveed", "moved")
        + f"    def {more}(self):\n"
        + f'        print(f"{cap(text(thing))}: {{self.{field}}}")'
    )


def _prices(s: Setting) -> str:
    _, many = _one(s)
    rows = "".join(f"    {item}: {s.dice.integer(1, 99)},\n" for item in _strings(s, 3, 4))
    unit = s.dice.choice(("price", "weight", "number", "age"))
    return (
        f"{many} = {{\n{rows}}}\n\n"
        f"for item, {unit} in {many}.items():\n"
        f'    print(f"{{item}} has {an(unit)} of {{{unit}}}")'
    )


def _comprehension(s: Setting) -> str:
    one, many = _one(s)
    letters = s.dice.integer(3, 9)
    return (
        f"{many} = [{', '.join(_strings(s, 3, 4))}]\n"
        f"long_ones = [{one} for {one} in {many} if len({one}) > {letters}]\n"
        f'print(len(long_ones), "of", len({many}))'
    )


def _while(s: Setting) -> str:
    _, many = _one(s)
    start, step = s.dice.integer(5, 30), s.dice.integer(1, 4)
    return (
        f"{many} = {start}\n"
        f"while {many} > 0:\n"
        f'    print("{cap(text(s.place()))}:", {many})\n'
        f"    {many} -= {step}\n"
        f'print("No {text(s.tag(plain(many).replace("_", " ")))} left.")'
    )


def _try(s: Setting) -> str:
    one, many = _one(s)
    return (
        f"def load_{many}(path):\n"
        f'    """Read one {text(s.tag(plain(one).replace("_", " ")))} per line from a file."""\n'
        f"    try:\n"
        f"        with open(path) as file:\n"
        f"            return [line.strip() for line in file]\n"
        f"    except FileNotFoundError:\n"
        f'        print("Sorry, {text(s.problem())}.")\n'
        f"        return []"
    )


def _branches(s: Setting) -> str:
    one, _ = _one(s)
    low, gap = s.dice.integer(2, 20), s.dice.integer(3, 40)
    return (
        f"def judge({one}):\n"
        f"    if {one} < {low}:\n"
        f'        return "{text(s.adjective())}"\n'
        f"    elif {one} < {low + gap}:\n"
        f'        return "{text(s.adjective())}"\n'
        f"    else:\n"
        f'        return "{text(s.adjective())}"'
    )


def _average(s: Setting) -> str:
    _, many = _one(s)
    numbers = [s.dice.integer(1, 12) for _ in range(3)]
    return (
        f"def total_{many}(numbers):\n"
        f'    """Add up the {text(s.tag(plain(many).replace("_", " ")))} of every day."""\n'
        f"    result = 0\n"
        f"    for number in numbers:\n"
        f"        result = result + number\n"
        f"    return result\n\n\n"
        f"print(total_{many}({numbers}))  # prints {sum(numbers)}"
    )


def _random(s: Setting) -> str:
    one, many = _one(s)
    who = s.dice.choice((SHE, HE)[s.dice.integer(0, 1)])
    return (
        f"import random\n\n"
        f"{many} = [{', '.join(_strings(s, 3, 4))}]\n"
        f"{one} = random.choice({many})\n"
        f'print("{who} chose the", {one})'
    )


def _sorting(s: Setting) -> str:
    one, many = _one(s)
    field = s.dice.choice(("weight", "price", "age", "size", "name", "length"))
    end = s.dice.choice(("", ", reverse=True"))
    best = s.dice.choice(("first", "best", "last"))
    return (
        f"def {best}_{one}({many}):\n"
        f'    """The {best} {text(s.tag(plain(one).replace("_", " ")))} by {field}, or None."""\n'
        f"    if not {many}:\n"
        f"        return None\n"
        f"    ordered = sorted({many}, key=lambda {one}: {one}.{field}{end})\n"
        f"    return ordered[{'-1' if best == 'last' else '0'}]"
    )


def _generator(s: Setting) -> str:
    one, many = _one(s)
    step = s.dice.integer(2, 9)
    return (
        f"def every_{one}({many}, step={step}):\n"
        f"    # {cap(s.tip())}.\n"
        f"    for number, {one} in enumerate({many}):\n"
        f"        if number % step == 0:\n"
        f"            yield {one}"
    )


def _countdown(s: Setting) -> str:
    activity = s.activity_base()
    start = s.dice.integer(3, 12)
    return (
        f"def countdown(number):\n"
        f"    if number == 0:\n"
        f'        print("Time to {text(activity)}!")\n'
        f"        return\n"
        f"    print(number)\n"
        f"    countdown(number - 1)\n\n\n"
        f"countdown({start})"
    )


def _test(s: Setting) -> str:
    one, many = _one(s)
    a, b = s.dice.integer(1, 20), s.dice.integer(2, 9)
    return (
        f"def double_{many}({one}, times={b}):\n"
        f"    return {one} * times\n\n\n"
        f"def test_double_{many}():\n"
        f"    assert double_{many}({a}) == {a * b}\n"
        f"    assert double_{many}(0) == 0"
    )


def _answers(s: Setting) -> str:
    question, answer = s.qa()
    return (
        f"answers = {{\n"
        f'    "{text(question)}": "{text(answer)}",\n'
        f"}}\n\n"
        f"for question, answer in answers.items():\n"
        f"    print(question)\n"
        f"    print(answer)"
    )


def _steps(s: Setting) -> str:
    verbs = [name(s.verb_base().split(" ")[0], s) for _ in range(2)]
    one, many = _one(s)
    return (
        f"def prepare({many}):\n"
        f'    """Prepare everything, for {text(an(s.person()))} who wants to {text(s.goal_base())}."""\n'
        f"    done = []\n"
        f"    for {one} in {many}:\n"
        f'        print("{cap(text(verbs[0]))} the", {one})\n'
        f"        done.append({one})\n"
        f"    return done"
    )


SHAPES: tuple[Callable[[Setting], str], ...] = (
    _counting, _class, _prices, _comprehension, _while, _try, _branches, _average, _random, _sorting,
    _generator, _countdown, _test, _answers, _steps,
)  # fmt: skip


def _head(s: Setting) -> str:
    """The first line of a file: a docstring or a comment."""
    d = s.dice
    if d.chance(0.5):
        return _comment(s)
    options: tuple[Callable[[], str], ...] = (
        lambda: f'"""Helps {text(an(s.person()))} to {text(s.goal_base())}."""',
        lambda: f'"""Tools for {text(s.people())} who work {text(s.place())}."""',
        lambda: f'"""Keeps track of {text(s.things())} and {text(s.things())}."""',
        lambda: f'"""A small script about {text(s.things())}, by {s.friend.name}."""',
    )
    return d.choice(options)()


def write_code(s: Setting) -> Draft:
    """One to three pieces of Python that belong to the topic."""
    d = s.dice
    count = d.integer(2, 3)
    parts = [shape(s) for shape in d.sample(SHAPES, count)]
    imports = "import random\n\n"
    head = [_head(s)] if d.chance(0.75) else []
    if any(part.startswith(imports) for part in parts):
        parts = [part.removeprefix(imports) for part in parts]
        head.append("import random")
    if d.chance(0.4):
        at = d.integer(0, len(parts) - 1)
        parts[at] = f"{_comment(s)}\n{parts[at]}"
    code = "\n".join(head) + "\n\n" * bool(head) + "\n\n\n".join(parts)
    return Draft(_KEYWORDS.sub(lambda m: m.group(1) + tag(m.group(2), CONCEPT), code))
