"""Shopping lists: bullets with quantities and prices, by kind of shop, sometimes with a note."""

from models.demo.corpus.genres.wording import Words, listing, say
from models.demo.corpus.marks import an, cap, tag
from models.demo.corpus.setting import Draft, Setting
from models.demo.corpus.tables import shop_words as w
from models.demo.corpus.tables.names import WEEKDAYS, in_words

CONCEPT = "genre:shopping"
_MARKS = ("- ", "* ", "[ ] ", "", "+ ")


def _item(s: Setting, shop: str, in_full: bool = False) -> tuple[str, str]:
    """One line of a list with its quantity, and the bare name of a plural item ("" for others)."""
    d = s.dice
    kind = d.weighted({"count": 0.3, "kilo": 0.22, "pack": 0.24, "one": 0.24})
    table = w.SHOPS[shop][kind]
    if len(table) < 3:
        kind, table = "one", w.SHOPS[shop]["one"]
    bare = s.draw(f"shop {kind}", table)
    name = tag(bare, CONCEPT)
    if kind == "count":
        number = d.integer(2, 12)
        return f"{in_words(number) if in_full else number} {name}", name
    if kind == "kilo":
        amount = d.choice(("1 kilo of", "2 kilos of", "3 kilos of", "half a kilo of", "500 g of", "5 kilos of"))
        return f"{amount} {name}", ""
    if kind == "pack":
        amount = d.choice(("a packet of", "two packets of", "three packets of", "a box of", "two boxes of", "some"))
        return f"{amount} {name}", ""
    return name, ""


def _price(pence: int) -> str:
    """``pence`` as pounds ("£2.50")."""
    return f"£{pence // 100}.{pence % 100:02d}"


def write_shopping(s: Setting) -> Draft:
    """A shopping list, by one of several plans."""
    d = s.dice
    shop = d.choice(tuple(w.SHOPS))
    shop_name = tag(shop, CONCEPT)
    slots: dict[str, Words] = {
        "shop": shop_name,
        "shop_cap": cap(shop_name),
        "a_noun": lambda: an(s.noun(0.6)),
        "day": lambda: d.choice(WEEKDAYS),
        "last": tag("bags", CONCEPT),
        "she": "he" if d.chance(0.5) else "she",
    }
    plan = d.weighted({"list": 0.3, "prices": 0.3, "groups": 0.2, "prose": 0.2})
    if plan == "prose":
        return _prose(s, shop, slots)
    lines = [say(s, w.TITLES, CONCEPT, **slots)]
    if d.chance(0.6):
        lines.append(say(s, w.NOTES, CONCEPT, **slots))
    lines.append("")
    mark = d.choice(_MARKS)
    if plan == "groups":
        for shop_now in [shop, *d.sample([other for other in w.SHOPS if other != shop], d.integer(1, 2))]:
            lines.append(f"{cap(tag(shop_now, CONCEPT))}:")
            lines += [f"{mark}{_item(s, shop_now)[0]}" for _ in range(d.integer(3, 5))]
            lines.append("")
        own = d.chance(0.5)
        lines += [f"{mark}{an(s.noun())}", ""] if own else []
        lines += [say(s, w.ENDS, CONCEPT, **slots)]
        return Draft("\n".join(lines))
    total = 0
    for _ in range(d.integer(6, 10)):
        item, bare = _item(s, shop)
        if bare:
            slots["last"] = bare
        if plan == "prices":
            pence = d.integer(2, 19) * 50 - d.choice((0, 1, 5))
            total += pence
            lines.append(f"{mark}{item}: {_price(pence)}")
        else:
            lines.append(f"{mark}{item}")
    if d.chance(0.7):
        things = an(s.noun(0.5)) if d.chance(0.5) else f"{d.integer(2, 6)} {s.things()}"
        pence = d.integer(2, 40) * 50
        total += pence
        lines.append(f"{mark}{things}" + (f": {_price(pence)}" if plan == "prices" else ""))
    lines.append("")
    if plan == "prices":
        lines.append(say(s, w.SUMS, CONCEPT, total=_price(total)))
    if plan == "list" or d.chance(0.5):
        lines.append(" ".join(say(s, w.ENDS, CONCEPT, **slots) for _ in range(d.integer(1, 2))))
    return Draft("\n".join(lines))


def _prose(s: Setting, shop: str, slots: dict[str, Words]) -> Draft:
    """A short account of a trip to the shop."""
    d = s.dice
    first = say(s, w.STORIES, CONCEPT, **slots)
    items = [_item(s, shop, in_full=True) for _ in range(d.integer(4, 6))]
    plurals = [bare for _, bare in items if bare]
    slots["last"] = plurals[0] if plurals else slots["last"]
    slots["total"] = lambda: _price(d.integer(400, 9900))
    start = d.choice(("On the list were", "In the basket went", "We needed", "The list said:", "There I found"))
    lines = [first, f"{start} {listing([item for item, _ in items])}."]
    lines += [say(s, w.ASKS, CONCEPT, **slots) for _ in range(d.integer(2, 3))]
    lines.append(say(s, w.ENDS[:1] if d.chance(0.2) else w.NOTES, CONCEPT, **slots))
    return Draft(" ".join(lines))
