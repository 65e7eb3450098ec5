"""The form above the table of latents, and its filters in words."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from urllib.parse import urlencode

from app.db.latent_table.filters import LatentQuery
from app.sources.table_ranges import RANGES, RefusedRange
from app.sources.views import ActiveFilter, ChoiceFilter, RangeFilter, TableFilters, TextFilter
from app.text.block_views import Choice
from app.text.tokens import plain
from models.statistics.label_tests import CAUSAL, FAILED, GUESS, TESTED

TEXTS = {
    "label": ("Label contains", "winter"),
    "top_token": ("Fires most on", "snow"),
    "promoted": ("Promotes", "cold"),
}
CHOICES = {
    "labelled": ("Labels", {"": "with or without", "yes": "with a label", "no": "without a label"}),
    "status": (
        "Status of the label",
        {
            "": "any",
            CAUSAL: "tested, and steers",
            TESTED: "tested",
            GUESS: "a guess",
            FAILED: "failed its test",
        },
    ),
    "dead": ("Dead latents", {"": "shown", "hide": "hidden", "only": "only dead ones"}),
}
WORDS = {
    "q": "“{}” in labels or tokens",
    "label": "label with “{}”",
    "top_token": "fires most on “{}”",
    "promoted": "promotes “{}”",
    ("labelled", "yes"): "with a label",
    ("labelled", "no"): "without a label",
    ("status", CAUSAL): "label tested, and steers",
    ("status", TESTED): "label tested",
    ("status", GUESS): "label a guess",
    ("status", FAILED): "label failed its test",
    ("dead", "hide"): "dead ones hidden",
    ("dead", "only"): "dead ones only",
}


def filters_view(
    query: LatentQuery,
    parameters: Mapping[str, str],
    refused: Sequence[RefusedRange],
    page_href: str,
    part_href: str,
    absent: Collection[str],
) -> TableFilters:
    """The form as it stands; ``parameters`` are the query string's, ``refused`` the ranges that are not in them;
    ``absent`` the filters that could match nothing here.
    """
    wrong = {item.name: item for item in refused}
    return TableFilters(
        q=query.q,
        ranges=tuple(
            _range(name, parameters, wrong.get(name)) for name in RANGES if name not in absent or name in wrong
        ),
        texts=tuple(TextFilter(name, title, getattr(query, name), hint) for name, (title, hint) in TEXTS.items()),
        choices=tuple(
            ChoiceFilter(
                name, title, tuple(Choice(value, text, getattr(query, name) == value) for value, text in texts.items())
            )
            for name, (title, texts) in CHOICES.items()
            if name not in absent
        ),
        active=tuple(_active(query, parameters, page_href, part_href)),
        is_open=bool(wrong or set(query.given()) - {"q"}),
        order=query.order,
    )


def _range(name: str, parameters: Mapping[str, str], wrong: RefusedRange | None) -> RangeFilter:
    title, hint = RANGES[name]
    if wrong:
        return RangeFilter(
            name, title, wrong.low, wrong.high, hint, wrong.is_low_wrong, wrong.is_high_wrong, wrong.error
        )
    return RangeFilter(name, title, parameters.get(f"min_{name}", ""), parameters.get(f"max_{name}", ""), hint)


def _active(
    query: LatentQuery, parameters: Mapping[str, str], page_href: str, part_href: str
) -> Iterator[ActiveFilter]:
    for text, names in _in_words(query, parameters):
        rest = urlencode({name: value for name, value in parameters.items() if name not in names})
        mark = "?" if rest else ""
        yield ActiveFilter(text, f"{page_href}{mark}{rest}", f"{part_href}{mark}{rest}")


def _in_words(query: LatentQuery, parameters: Mapping[str, str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """(a filter in words, the parameters it stands for)."""
    given = query.given()
    for name in ("q", *TEXTS):
        if name in given:
            yield WORDS[name].format(plain(getattr(query, name).strip())), (name,)
    for name, (title, _) in RANGES.items():
        low, high = parameters.get(f"min_{name}"), parameters.get(f"max_{name}")
        names = (f"min_{name}", f"max_{name}")
        if low is not None and high is not None:
            yield f"{title.lower()} from {low} to {high}", names
        elif low is not None:
            yield f"{title.lower()} at least {low}", names
        elif high is not None:
            yield f"{title.lower()} at most {high}", names
    for name in CHOICES:
        if name in given:
            yield WORDS[name, getattr(query, name)], (name,)
