"""The form above the table of latents, and its filters in words."""

from collections.abc import Iterator, Mapping
from urllib.parse import urlencode

from app.db.queries import LatentQuery
from app.services.output_score_words import LIKELY
from app.views import ActiveFilter, Choice, ChoiceFilter, RangeFilter, TableFilters, TextFilter

#: Names of the numbers with what stands in their fields as a hint.
RANGES = {
    "density": ("Density", "share of tokens, 0 to 1"),
    "max_activation": ("Maximum", "activation"),
    "mean_activation": ("Mean", "activation"),
    "output_score": ("Output score", f"likely to steer from {LIKELY}"),
}
TEXTS = {
    "label": ("Label contains", "winter"),
    "top_token": ("Fires most on", "snow"),
    "promoted": ("Promotes", "cold"),
}
CHOICES = {
    "labelled": ("Labels", {"": "with or without", "yes": "with a label", "no": "without a label"}),
    "dead": ("Dead latents", {"": "shown", "hide": "hidden", "only": "only dead ones"}),
}
WORDS = {
    "q": "“{}” in labels or tokens",
    "label": "label with “{}”",
    "top_token": "fires most on “{}”",
    "promoted": "promotes “{}”",
    ("labelled", "yes"): "with a label",
    ("labelled", "no"): "without a label",
    ("dead", "hide"): "dead ones hidden",
    ("dead", "only"): "dead ones only",
}


def filters_view(
    query: LatentQuery, parameters: Mapping[str, str], page_href: str, part_href: str, has_scores: bool
) -> TableFilters:
    """The form as it stands; ``parameters`` are the query string's."""
    return TableFilters(
        q=query.q,
        ranges=tuple(
            RangeFilter(name, title, parameters.get(f"min_{name}", ""), parameters.get(f"max_{name}", ""), hint)
            for name, (title, hint) in RANGES.items()
            if has_scores or name != "output_score"
        ),
        texts=tuple(TextFilter(name, title, getattr(query, name), hint) for name, (title, hint) in TEXTS.items()),
        choices=tuple(
            ChoiceFilter(
                name, title, tuple(Choice(value, text, getattr(query, name) == value) for value, text in texts.items())
            )
            for name, (title, texts) in CHOICES.items()
        ),
        active=tuple(_active(query, parameters, page_href, part_href)),
        is_open=bool(set(query.given()) - {"q"}),
        sort=query.sort,
        order=query.order,
    )


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
            yield WORDS[name].format(getattr(query, name).strip()), (name,)
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
