"""Weather reports: by region, by day, by hour, warnings and tables."""

import re

from models.demo.corpus.genres.wording import Words, piece, say, sentences
from models.demo.corpus.marks import cap, tag
from models.demo.corpus.setting import Draft, Setting
from models.demo.corpus.tables import weather_words as w
from models.demo.corpus.tables.names import WEEKDAYS
from models.demo.corpus.tables.towns import REGIONS

CONCEPT = "genre:weather"
_ONE = re.compile(r"(?<![/\d])1 degrees")
_WINDY = {
    "fog": re.compile("light|no|weak"),
    "storm": re.compile("strong|fresh|gusts"),
    "snow": re.compile("cold|gusts|light"),
}
_WAYS = ("north", "south", "east", "west", "north-west", "south-west", "north-east", "south-east")


class Air:
    """The weather of one report: its season, its kind, and numbers that agree with them."""

    def __init__(self, s: Setting) -> None:
        self.s = s
        self.season = s.dice.choice(tuple(w.SEASONS))
        coldest, warmest, self.kinds = w.SEASONS[self.season]
        self.base = s.dice.integer(coldest, max(coldest, warmest - 6))
        if self.base < 1:
            self.kinds = {kind: weight for kind, weight in self.kinds.items() if kind != "rain"}
        self.kind = s.dice.weighted(self.kinds)
        self.region = s.draw("regions", REGIONS)
        self.first = s.dice.integer(0, 6)

    def day(self, after: int) -> str:
        """The weekday ``after`` days from the first."""
        return WEEKDAYS[(self.first + after) % 7]

    def words(self, table: str, kind: str) -> str:
        """A piece of a sentence about the sky, the wind or a danger."""
        s = self.s
        rows = {"wind": w.WINDS, "what": w.DANGERS[kind]}.get(table) or w.KINDS[kind][table]
        if table == "wind" and kind in _WINDY:
            rows = tuple(row for row in rows if _WINDY[kind].search(row))
        return piece(
            s,
            s.draw(f"weather {table} {kind}", rows),
            CONCEPT,
            way=lambda: s.dice.choice(_WAYS),
            kmh=lambda: str(s.dice.integer(5, 11) * 10),
            mm=lambda: str(s.dice.integer(2, 9) * 5),
            cm=lambda: str(s.dice.integer(2, 30)),
        )

    def line(self, patterns: tuple[str, ...], kind: str = "", **given: Words) -> str:
        """One pattern filled for ``kind`` of weather (the report's main one if empty)."""
        s, kind = self.s, kind or self.kind
        degrees = self.base + s.dice.integer(0, 6)
        table = w.COLD if degrees < 5 else w.COOL if degrees < 14 else w.WARM if degrees < 25 else w.HOT
        slots: dict[str, Words] = {
            "sky": lambda: self.words("sky", kind),
            "verb": lambda: self.words("verb", kind),
            "wind": lambda: self.words("wind", kind),
            "what": lambda: self.words("what", kind),
            "feel": lambda: tag(s.dice.choice(table), CONCEPT),
            "t": str(degrees),
            "low": lambda: str(self.base - s.dice.integer(1, 4)),
            "season": tag(self.season, CONCEPT),
            "ground": w.GROUND[kind],
            "day": self.day(5),
            "day2": self.day(1),
            "hour": lambda: str(s.dice.integer(6, 11)),
            "region": lambda: s.draw("regions", REGIONS),
        }
        return say(s, patterns, CONCEPT, **(slots | given))


def write_weather(s: Setting) -> Draft:
    """A weather report, by one of several plans."""
    air = Air(s)
    title = air.line(w.TITLES, day=air.day(0), region=air.region)
    plans = {_regions: 0.3, _days: 0.3, _warning: 0.15, _hours: 0.13, _table: 0.12}
    if air.kind == "sunny" and air.base < 18:
        plans[_warning] = 0  # nothing to warn of
    text = f"{title}\n\n{s.dice.weighted(plans)(s, air)}"
    return Draft(_ONE.sub("1 degree", text))


def _advice(s: Setting, air: Air) -> str:
    """One or two last sentences: what to do, and what it means for the topic."""
    rows = w.KINDS[air.kind]["advice"]
    lines = [say(s, rows[3:] if air.kind == "sunny" and air.base < 15 else rows, CONCEPT)]
    if s.dice.chance(0.6):
        lines.append(air.line(w.LOCAL))
    if s.dice.chance(0.5):
        lines.append(air.line(w.OUTLOOKS))
    return " ".join(lines)


def _regions(s: Setting, air: Air) -> str:
    """A forecast for several regions, each with its own sky."""
    lines = [air.line(w.OPENINGS, day=air.day(0))] if s.dice.chance(0.8) else []
    for at in range(s.dice.integer(3, 5)):
        lines.append(air.line(w.REGION_LINES, air.kind if at == 0 else s.dice.weighted(air.kinds)))
    if s.dice.chance(0.7):
        lines.append(air.line(w.NIGHTS))
    return f"{' '.join(lines)}{s.dice.choice((' ', chr(10)))}{_advice(s, air)}"


def _days(s: Setting, air: Air) -> str:
    """A forecast for the next days."""
    lines = [air.line(w.OPENINGS, day=air.day(0))]
    for after in range(s.dice.integer(3, 4)):
        kind = air.kind if after == 0 or s.dice.chance(0.5) else s.dice.weighted(air.kinds)
        lines.append(air.line(w.DAY_LINES, kind, day=air.day(after)))
        if s.dice.chance(0.3):
            lines.append(air.line(w.NIGHTS))
    return f"{' '.join(lines)} {_advice(s, air)}"


def _warning(s: Setting, air: Air) -> str:
    """A warning for one region with the danger and what to do."""
    lines = [
        air.line(w.WARNINGS, region=air.region),
        air.line(w.REGION_LINES, region=air.region),
        air.line(w.DAY_LINES, day=air.day(0)),
        air.line(w.REGION_LINES, s.dice.weighted(air.kinds)),
        say(s, w.KINDS[air.kind]["advice"], CONCEPT),
    ]
    return f"{' '.join(lines)} {_advice(s, air)}"


def _hours(s: Setting, air: Air) -> str:
    """What was seen during the day, hour by hour."""
    lines = [air.line(w.OPENINGS, day=air.day(0))]
    hour = s.dice.integer(5, 8)
    for _ in range(s.dice.integer(3, 4)):
        lines.append(air.line(w.HOUR_LINES, hour=str(hour)))
        hour = min(hour + s.dice.integer(1, 2), 12)
    return f"{' '.join(lines)} {air.line(w.NIGHTS)} {_advice(s, air)}"


def _table(s: Setting, air: Air) -> str:
    """A line for every day, then a sentence or two."""
    rows = []
    for after in range(s.dice.integer(4, 7)):
        kind = air.kind if after == 0 else s.dice.weighted(air.kinds)
        high = air.base + s.dice.integer(1, 6)
        sky = air.words("sky", kind)
        rows.append(f"{air.day(after)}: {high}/{high - s.dice.integer(3, 8)} degrees, {sky}")
    return sentences(f"{chr(10).join(rows)}\n\n{cap(air.line(w.OPENINGS, day=air.day(0)))} {_advice(s, air)}")
