"""Sports reports: team games, tennis, cricket and races, with scores that agree through the text."""

from models.demo.corpus.genres.wording import Words, piece, say, sentences
from models.demo.corpus.marks import cap, tag
from models.demo.corpus.setting import Draft, Setting
from models.demo.corpus.tables import sport_words as w
from models.demo.corpus.tables.names import HE, SHE, SURNAMES, TOWNS, WEEKDAYS, ordinal

CONCEPT = "genre:sports"
_MATCH = tag("match", CONCEPT)
_RACE = tag("race", CONCEPT)
_ORDER = ("first", "second", "third", "fourth", "fifth")


def _team(s: Setting) -> str:
    """A team: its town and a nickname, which sometimes comes from the topic ("the Milford Anchors")."""
    if s.dice.chance(0.3):
        nick = s.things()
        while nick.count(" ") > 1:
            nick = s.things()
        nickname = " ".join(cap(word) for word in nick.split(" "))
    else:
        nickname = tag(s.draw("nicknames", w.NICKNAMES), CONCEPT)
    return f"{s.draw('towns', TOWNS)} {nickname}"


def _player(s: Setting, pool: tuple[str, ...]) -> str:
    """A player's first name, from ``pool``, and surname."""
    return f"{s.draw('player names', pool)} {s.draw('surnames', SURNAMES)}"


def _quote(s: Setting, patterns: tuple[str, ...], sayings: dict[str, tuple[str, ...]], **slots: Words) -> str:
    """Something a coach or a winner said, in the text's mood if it is one of theirs."""
    mood = s.mood if s.mood in ("cheerful", "gloomy") else "plain"

    def saying(end: str) -> str:
        line = piece(s, s.draw("sayings", sayings[mood]), CONCEPT)
        return cap(line) + end

    own: dict[str, Words] = {
        "say": lambda: saying(","),
        "say2": lambda: saying("."),
        "feeling": lambda: s.dice.choice(w.FEELINGS[mood]),
        "coach": lambda: s.draw("surnames", SURNAMES),
    }
    return say(s, patterns, CONCEPT, **own, **slots)


def _result(one: int, other: int) -> str:
    """A score with the higher number first."""
    return f"{max(one, other)}-{min(one, other)}"


def _ending(s: Setting, names: dict[str, Words], quotes: bool = True) -> list[str]:
    """The crowd, a quote and what comes next, some of them, in a free order but the last."""
    lines = [say(s, w.CROWD, CONCEPT, match=_MATCH)] if s.dice.chance(0.7) else []
    if quotes:
        lines.append(_quote(s, w.QUOTES, w.SAYINGS, **names))
    if s.dice.chance(0.7):
        lines.append(say(s, w.NEXT, CONCEPT, **names))
    return lines


def _names(s: Setting, sport: str, home: str, away: str, one: int, other: int) -> dict[str, Words]:
    """The slots every pattern about one match may ask for."""
    first, second = (home, away) if one >= other else (away, home)
    return {
        "sport": cap(tag(sport, CONCEPT)),
        "home": home,
        "away": away,
        "winner": first,
        "loser": second,
        "day": lambda: s.dice.choice(WEEKDAYS),
        "many": lambda: str(s.dice.integer(2, 60) * 100),
    }


def _game(s: Setting, sport: str) -> str:
    """A team game with a running score."""
    d = s.dice
    words = w.TEAM_SPORTS[sport]
    home, away = _team(s), _team(s)
    pool = d.choice((SHE, HE))
    squads = {team: [_player(s, pool) for _ in range(2)] for team in (home, away)}
    points = {home: 0, away: 0}
    minute, goals = 0, []
    count = 4 if sport == "basketball" else d.integer(2, 5)
    for at in range(count):
        team = d.choice((home, away))
        rows = words["scores"]
        if sport == "basketball":
            points[team] += d.integer(18, 30)
            points[away if team == home else home] += d.integer(11, 17)
        else:
            kick = sport == "rugby" and d.chance(0.3)  # a penalty counts three, a try five
            points[team] += 3 if kick else 5 if sport == "rugby" else 1
            rows = (rows[:1] if kick else rows[1:]) if sport == "rugby" else rows
        minute += d.integer(3, 70 // count)
        goals.append((at, minute, team, f"{points[home]}-{points[away]}", rows))
    names = _names(s, sport, home, away, points[home], points[away])
    names["final"] = goals[-1][3]
    drawn = points[home] == points[away]
    names["result"] = _result(points[home], points[away])
    names["venue"] = lambda: piece(s, d.choice(words["venue"]), CONCEPT)
    lines = [say(s, w.DRAWS if drawn else w.OPENINGS, CONCEPT, **names)]
    if d.chance(0.3):
        lines.append(say(s, w.CROWD, CONCEPT, match=_MATCH))
    for at, now, team, score, rows in goals:
        rival = away if team == home else home
        slots: dict[str, Words] = {
            "a": team,
            "b": rival,
            "player": s.dice.choice(squads[team]),
            "min": ordinal(now),
            "minutes": str(now),
            "score": score,
            "quarter": _ORDER[at],
        }
        lines.append(say(s, rows, CONCEPT, **slots))
        if d.chance(0.25):
            lines.append(say(s, words["other"], CONCEPT, **slots))
    title = say(s, w.DRAW_TITLES if drawn else w.TITLES, CONCEPT, **names)
    return f"{title}\n\n{' '.join(lines + _ending(s, names))}"


def _tennis(s: Setting) -> str:
    """A tennis match in two or three sets."""
    d = s.dice
    pool = d.choice((SHE, HE))
    home, away = (_player(s, pool) for _ in range(2))
    winners = d.choice(((home, home), (home, away, home), (away, home, home)))
    games = [d.choice(("6-0", "6-1", "6-2", "6-3", "6-4", "7-5", "7-6")) for _ in winners]
    scores = ", ".join(g if who == home else g[::-1] for who, g in zip(winners, games, strict=True))
    names = _names(s, "tennis", home, away, 1, 0)
    names |= {
        "final": "beats",
        "result": scores,
        "venue": f"on {tag(d.choice(('grass', 'clay', 'centre court')), CONCEPT)}",
    }
    opening = d.choice(
        (
            f"{home} won against {away} {scores} {names['venue']}.",
            f"{home} is through to the next {tag('round', CONCEPT)}: {scores} against {away}.",
            f"On {d.choice(WEEKDAYS)} {home} beat {away} {scores} in {s.draw('towns', TOWNS)}.",
            f"A hard {tag('match', CONCEPT)} {names['venue']} ended {scores} for {home} against {away}.",
        )
    )
    lines = [opening]
    for at, (who, score) in enumerate(zip(winners, games, strict=True)):
        rival = away if who == home else home
        slots: dict[str, Words] = {"a": who, "b": rival, "nth": _ORDER[at], "games": score}
        lines.append(say(s, w.TENNIS_SETS, CONCEPT, **slots))
        if d.chance(0.5):
            lines.append(say(s, w.TENNIS_OTHER, CONCEPT, **slots))
    if d.chance(0.7):
        lines.append(say(s, w.CROWD, CONCEPT, match=_MATCH))
    lines.append(_quote(s, w.RACE_QUOTES, w.TENNIS_SAYINGS, first=home))
    title = d.choice(
        (
            f"{cap(tag('tennis', CONCEPT))}: {home} beats {away}",
            f"{home} wins",
            f"{cap(tag('tennis', CONCEPT))} report",
        )
    )
    return f"{title}\n\n{' '.join(lines)}"


def _cricket(s: Setting) -> str:
    """A one-day cricket match: two innings."""
    d = s.dice
    home, away = _team(s), _team(s)
    first = d.integer(121, 310)
    chased = d.chance(0.5)
    second = first + d.integer(1, 4) if chased else first - d.integer(5, 90)
    lost, left = d.integer(4, 10), d.integer(2, 8)
    margin = f"by {10 - left} {tag('wickets', CONCEPT)}" if chased else f"by {first - second} {tag('runs', CONCEPT)}"
    names = _names(s, "cricket", home, away, second if chased else first, first if chased else second)
    names |= {"final": "against", "result": margin, "venue": f"on a dry {tag('pitch', CONCEPT)}"}
    names |= {"winner": away if chased else home, "loser": home if chased else away}
    pool = d.choice((SHE, HE))
    batter, bowler = _player(s, pool), _player(s, pool)
    best = d.integer(41, min(first - 30, 120))
    taken = 10 if not chased else left
    lines = [
        say(s, tuple(row for row in w.OPENINGS if "ended" not in row), CONCEPT, **names),
        say(s, w.CRICKET[:1], CONCEPT, a=home),
        f"{home} made {first} {tag('runs', CONCEPT)} for {lost} {tag('wickets', CONCEPT)}.",
        say(s, w.CRICKET[1:2], CONCEPT, player=batter, runs=str(best)),
        f"{away} answered with {second} for {taken}.",
        say(s, w.CRICKET[2:], CONCEPT, bowler=bowler, wickets=str(d.integer(2, 4)), b=home),
        say(s, w.CRICKET_OTHER, CONCEPT, b=names["loser"]),
    ]
    title = say(s, (w.TITLES[2], w.TITLES[3], w.TITLES[4]), CONCEPT, **names)
    return f"{title}\n\n{' '.join(lines + _ending(s, names))}"


def _race(s: Setting, sport: str) -> str:
    """A race with the times of the first three."""
    d = s.dice
    words = w.RACES[sport]
    minutes, seconds = d.integer(1, 5) if sport == "swimming" else d.integer(3, 58), d.integer(0, 40)
    gaps = (0, d.integer(1, 9), d.integer(10, 19))
    times = [f"{minutes}:{seconds + gap:02d}" for gap in gaps]
    pool = d.choice((SHE, HE))
    racers = [_player(s, pool) for _ in range(3)]
    names: dict[str, Words] = {
        "sport": cap(tag(sport, CONCEPT)),
        "first": racers[0],
        "second": racers[1],
        "third": racers[2],
        "distance": tag(d.choice(words["distance"]), CONCEPT),
        "nth": lambda: d.choice(_ORDER[1:4]),
        "day": lambda: d.choice(WEEKDAYS),
        "time1": times[0],
        "time2": times[1],
        "time3": times[2],
    }
    title = say(s, w.RACE_TITLES, CONCEPT, **names)
    lines = [say(s, w.RACE_OPENINGS, CONCEPT, **names)]
    if d.chance(0.8):
        lines.append(say(s, w.CROWD[:6] + w.CROWD[7:], CONCEPT, match=_RACE))
    lines += [say(s, words["line"], CONCEPT, **names) for _ in range(d.integer(3, 5))]
    lines.append(say(s, words["end"], CONCEPT, **names))
    lines.append(_quote(s, w.RACE_QUOTES, w.RACE_SAYINGS, first=racers[0]))
    return f"{title}\n\n{' '.join(lines)}"


def write_sports(s: Setting) -> Draft:
    """A report of one match or race."""
    sport = s.dice.weighted(
        {
            "hockey": 4,
            "rugby": 4,
            "basketball": 4,
            "football": 1,
            "tennis": 4,
            "cricket": 3,
            "running": 3,
            "swimming": 3,
            "cycling": 2,
        }
    )
    if sport in w.TEAM_SPORTS:
        text = _game(s, sport)
    elif sport in w.RACES:
        text = _race(s, sport)
    else:
        text = _tennis(s) if sport == "tennis" else _cricket(s)
    return Draft(sentences(text))
