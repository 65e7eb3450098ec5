"""The form of the Ablate page: its modes, what can be chosen, and what was."""

from urllib.parse import urlencode

from app.ablate.query import METRICS, MODES, PATH, PLACES, AblateQuery, GroupQuery
from app.ablate.views import AblateView, AblationView, PatchView, SelectivityView, TextGroupField
from app.ablate.ways import WAYS
from app.corpus.labels import label_names
from app.db.queries.sources import all_sources
from app.engine.sources import Reader, source_picks
from app.text.block_views import Choice, Tab
from app.text.tokens import plain

#: Groups of texts that the form has room for at least and at most.
FEWEST, MOST = 2, 8
#: A longer prompt is not carried into another mode.
CARRIED = 2000
EXAMPLES: dict[str, tuple[tuple[str, dict[str, str]], ...]] = {
    "remove": (("The cat sat on the", {"text": "The cat sat on the"}),),
    "patch": (
        (
            "Arr, we found the gold, me – Well, we found the gold, the",
            {"text": "Arr, we found the gold, me", "other": "Well, we found the gold, the"},
        ),
    ),
    "selectivity": (),
}


def form_view(reader: Reader, query: AblateQuery, panel: AblationView | PatchView | SelectivityView) -> AblateView:
    """The page around its panel."""
    return AblateView(
        mode=query.mode,
        modes=tuple(_mode(query, mode) for mode in MODES),
        text=query.text,
        other=query.other,
        target=query.target,
        contrast=query.contrast,
        latents=query.latents,
        groups=_groups(query),
        label_names=_label_names(reader, query.source) if query.mode == "selectivity" else "",
        controls=query.controls,
        sources=source_picks(reader, (query.source,)),
        metrics=tuple(Choice(name, text, name == query.metric) for name, text in METRICS.items()),
        ways=tuple(Choice(name, text, name == query.by) for name, text in WAYS.items()),
        examples=tuple(_example(query, text, fields) for text, fields in EXAMPLES[query.mode]),
        panel=panel,
    )


def _mode(query: AblateQuery, mode: str) -> Tab:
    """The same prompt and source in another mode; ticked latents become those of a selectivity."""
    fields = [("mode", mode)] if mode != "remove" else []
    if query.text and mode != "selectivity" and len(query.text) <= CARRIED:
        fields.append(("text", query.text))
    if mode == "selectivity":
        picked = dict.fromkeys(index for index, _ in query.picks)
        latents = query.latents or ", ".join(map(str, picked))
        fields += [("latents", latents)] if latents else []
    fields += [("source", query.source)] if query.source else []
    return Tab(MODES[mode], f"{PATH}?{urlencode(fields)}" if fields else PATH, "", mode == query.mode)


def _example(query: AblateQuery, text: str, fields: dict[str, str]) -> Tab:
    mode = {"mode": query.mode} if query.mode != "remove" else {}
    return Tab(text, f"{PATH}?{urlencode(fields | mode)}", "", False)


def _groups(query: AblateQuery) -> tuple[TextGroupField, ...]:
    """The groups that were given and one more, so that there can be more."""
    given = [group for group in query.groups if group.name or not group.is_empty]
    n = min(MOST, max(FEWEST, len(given) + (len(given) >= FEWEST)))
    padded = [*given, *[GroupQuery("", "", "")] * max(0, n - len(given))]
    return tuple(
        TextGroupField(
            number,
            group.name,
            group.texts,
            group.rule,
            tuple(Choice(name, text, name == group.where) for name, text in PLACES.items()),
        )
        for number, group in enumerate(padded, 1)
    )


def _label_names(reader: Reader, slug: str) -> str:
    """The names of the labels of the build's corpus; empty if it has none."""
    with reader.sessions() as session:
        source = next((source for source in all_sources(session) if source.slug == slug), None)
    return plain(", ".join(label_names(source.build))) if source and source.build else ""
