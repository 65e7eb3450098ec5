"""The groups of a spectrum as the address names them: a pattern and where it is looked for, or a corpus label."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.corpus.labels import LabelRule, label_names
from app.corpus.patterns import Pattern
from app.db.queries.answers import BuildInfo
from app.errors import InvalidRequest, shorten

MAX_GROUPS, MAX_NAME = 4, 60
NEAR = 16
LABEL = "label"
PLACES = {
    "token": "the token itself",
    "near": f"within {NEAR} tokens",
    "prompt": "anywhere in its prompt",
    LABEL: "in texts with this label of the corpus",
}


@dataclass(frozen=True)
class Rule:
    """A group: tokens at, near or in a prompt with a match of the pattern, or with a label of the corpus."""

    name: str
    text: str
    where: str


@dataclass(frozen=True)
class Asked:
    """A group as it was asked for, in its place in the form (from 1): what the rule says, or why it says nothing."""

    number: int
    rule: Rule
    pattern: Pattern | LabelRule | None
    error: str


def rules_of(names: Sequence[str], texts: Sequence[str], places: Sequence[str]) -> tuple[Rule, ...]:
    """The groups of a query string, whose three lists go together; rows without a pattern are left out."""
    rows = [
        Rule(
            (names[i].strip() if i < len(names) else "") or text.strip(),
            text.strip(),
            places[i] if i < len(places) else "token",
        )
        for i, text in enumerate(texts)
        if text.strip()
    ]
    return tuple(Rule(shorten(rule.name, MAX_NAME), rule.text, rule.where) for rule in rows)


def asked(rules: Sequence[Rule], build: BuildInfo) -> tuple[Asked, ...]:
    """Read as many rules as a spectrum shows. What is wrong with one is said at it, and the others are still shown."""
    return tuple(_asked(number, rule, build) for number, rule in enumerate(rules[:MAX_GROUPS], start=1))


def _asked(number: int, rule: Rule, build: BuildInfo) -> Asked:
    try:
        return Asked(number, rule, _parsed(rule, build), "")
    except InvalidRequest as error:
        return Asked(number, rule, None, str(error))


def too_many(rules: Sequence[Rule]) -> str:
    """A sentence, if there are more rules than a spectrum shows."""
    if len(rules) <= MAX_GROUPS:
        return ""
    return f"A spectrum shows at most {MAX_GROUPS} groups, not {len(rules)}; these are the first."


def _parsed(rule: Rule, build: BuildInfo) -> Pattern | LabelRule:
    if rule.where not in PLACES:
        raise InvalidRequest(f"A pattern is looked for at {', '.join(PLACES)}, not {shorten(rule.where)!r}.")
    return LabelRule.parse(rule.text, label_names(build)) if rule.where == LABEL else Pattern.parse(rule.text)
