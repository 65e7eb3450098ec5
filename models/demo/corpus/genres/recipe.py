"""Recipes: a title, ingredients with quantities, steps that use them."""

from models.demo.corpus.genres.wording import NUMBERS, Words, listing, say
from models.demo.corpus.marks import cap, tag
from models.demo.corpus.setting import Draft, Setting
from models.demo.corpus.tables.dishes import BASICS, COUNTED, FAMILIES, HANDFULS, LIQUIDS, PINCHED, SPOONED, WHOLE
from models.demo.corpus.tables.packed import words
from models.demo.corpus.tables.recipe_frames import CLOSINGS, OPENINGS, TITLES
from models.demo.corpus.tables.recipe_steps import STEPS

CONCEPT = "genre:recipe"
_SPOONS = ("1 tablespoon of", "2 tablespoons of", "3 tablespoons of", "1 teaspoon of", "2 teaspoons of")
_FEW = ("a handful of", "two handfuls of", "a small bunch of", "a little", "some")
_PLURALS = ("biscuits", "stars", "rolls", "pancakes", "noodles")
_LISTS = ("Ingredients:", "You need:", "Ingredients:", "For {n} people:", "Shopping for this dish:")
_METHODS = ("Method:", "Steps:", "How to make it:", "Method:", "What to do:")


def amount(s: Setting, item: str) -> str:
    """``item`` with a quantity that suits it ("300 g of flour", "2 eggs")."""
    name = tag(item, CONCEPT)
    if item in WHOLE:
        before, _, after = s.dice.choice(words(WHOLE[item].replace(",", "\x00"))).replace("\x00", ",").partition(item)
        return f"{before}{name}{after}" if before or after else name
    if item in COUNTED:
        return f"{s.dice.integer(2, 6)} {name}"
    if item in LIQUIDS:
        return f"{s.dice.integer(2, 18) * 50} ml of {name}"
    if item in SPOONED:
        return f"{s.dice.choice(_SPOONS)} {name}"
    if item in PINCHED:
        return f"a pinch of {name}"
    if item in HANDFULS:
        kinds = (
            _FEW if item not in ("raisins", "grapes", "ice", "breadcrumbs") else ("a handful of", "a cup of", "some")
        )
        return f"{s.dice.choice(kinds)} {name}"
    return f"{s.dice.integer(1, 9) * 50} g of {name}"


def _steps(s: Setting, family: str, slots: dict[str, list[str]]) -> list[str]:
    """The steps of the dish in order, with its ingredients in their slots."""
    named = {key: listing([f"the {tag(item, CONCEPT)}" for item in items]) for key, items in slots.items()}
    named["sweet0"] = tag(slots.get("sweet", ["sugar"])[0], CONCEPT)
    steps = []
    for patterns in STEPS[family]:
        numbers: dict[str, Words] = {
            "mins": lambda: str(s.dice.choice((3, 4, 5, 8, 10, 12, 15))),
            "long": lambda: str(s.dice.choice((20, 25, 30, 35, 40, 45, 50))),
            "degrees": lambda: str(s.dice.choice((160, 170, 180, 190, 200, 220))),
        }
        steps.append(say(s, patterns, CONCEPT, **numbers, **named))
    return steps


def write_recipe(s: Setting) -> Draft:
    """A recipe: full with a list and numbered steps, in prose, or as a card."""
    d = s.dice
    family = d.choice(tuple(FAMILIES))
    dish, packed = s.draw(f"dish {family}", FAMILIES[family])
    slots = {
        key.strip(): [item.strip() for item in items.split(",")]
        for key, items in (part.split(":", 1) for part in packed.split("|"))
    }
    people = NUMBERS[d.integer(2, 8)]
    name = tag(dish, CONCEPT)
    names: dict[str, Words] = {
        "dish": name,
        "Dish": cap(name),
        "n": people,
        "this": "these" if dish.split(" ")[-1] in _PLURALS else "this",
        "minutes": lambda: str(d.choice((30, 45, 60, 90))),
    }
    title = say(s, TITLES, CONCEPT, **names)
    items = [item for group in slots.values() for item in group]
    items += [item for item in BASICS[family] if item not in items]
    steps = _steps(s, family, slots)
    opening = say(s, OPENINGS, CONCEPT, **names)
    closing = say(s, CLOSINGS, CONCEPT) if d.chance(0.6) else ""
    plan = d.weighted({"numbered": 0.45, "prose": 0.3, "card": 0.25})
    if plan == "prose":
        needed = listing([amount(s, item) for item in items])
        start = d.choice(("You need", "Take", "For this you need", "Buy", f"For {people} people you need", "Get out"))
        between = [f"{d.choice(('First', 'To begin'))}, {steps[0][:1].lower()}{steps[0][1:]}", *steps[1:]]
        if not steps[0][:1].isalpha():
            between[0] = steps[0]
        text = f"{title}\n\n{opening} {start} {needed}. {' '.join(between)} {closing}".rstrip()
        return Draft(text)
    lines = [title, ""]
    if plan == "numbered" and d.chance(0.5):
        lines += [opening, ""]
    lines.append(d.choice(_LISTS).format(n=people))
    lines += [f"- {amount(s, item)}" for item in items]
    lines += ["", d.choice(_METHODS)]
    if plan == "numbered":
        lines += [f"{at}. {step}" for at, step in enumerate(steps, 1)]
    else:
        lines.append(" ".join(steps))
    if closing:
        lines += ["", closing]
    return Draft("\n".join(lines))
