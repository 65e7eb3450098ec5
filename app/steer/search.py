"""What can be put on the steer board: latents of all sources of a model, and its saved vectors.

Latents with an output score come first, best first: it is measured whether they steer. Then those with a label, then
the rest. Without a search: labelled latents with the best scores.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from sqlalchemy.orm import Session

from app.db.display import searchable
from app.db.latent_table.filters import LatentQuery
from app.db.latent_table.lists import latent_page, latents_by_index
from app.db.queries.answers import LatentRow, SourceInfo
from app.db.queries.names import latent_name
from app.db.queries.sources import all_sources
from app.db.queries.vectors import vectors_of
from app.hints import command
from app.steer.query import PATH, VECTOR
from app.steer.views import FoundItem, FoundView
from app.text.formats import number, percent
from app.text.names import name_view, own_name
from app.text.output_scores import steer_words
from app.text.tokens import chip
from models.causal.removal import DENSE

#: Entries of one answer; vectors among them.
SHOWN, VECTORS, TO_TRY = 24, 8, 6
PROMOTED = 3
#: First word of the verdict on a score -> the tag it stands in.
KINDS = {"likely": "good", "may": "warn"}


@dataclass(frozen=True)
class Candidate:
    """A latent with its source."""

    source: SourceInfo
    row: LatentRow

    @property
    def rank(self) -> tuple[int, float]:
        """Scored before labelled before the rest; within each the best score, else the most frequent but dense."""
        if self.row.output_score is not None:
            return 0, -self.row.output_score
        # What fires on a tenth of all tokens stands for no subject.
        return (1 if self.row.label else 2), self.row.density if self.row.density >= DENSE else -self.row.density


def found(session: Session, model_id: int | None, typed: str) -> FoundView:
    """What a search finds; nothing typed: what one could try."""
    sources = [source for source in all_sources(session) if source.language_model_id == model_id]
    built = [source for source in sources if source.build is not None]
    vectors = vectors_of(session, model_id) if model_id is not None else ()
    wanted = typed.strip()
    if not wanted:
        return _to_try(session, sources, built, vectors)
    items = [_vector(*item) for item in vectors if searchable(wanted) in searchable(item[1])][:VECTORS]
    candidates = [item for source in built for item in _matching(session, source, LatentQuery(q=wanted, dead="hide"))]
    items += [_item(item) for item in sorted(candidates, key=lambda item: item.rank)]
    items = [*_by_number(session, sources, wanted), *items][:SHOWN]
    title = f"{len(items)} found" if len(items) < SHOWN else f"The first {SHOWN}"
    hint = "" if items else "Nothing on this model matches: try a part of a word, a token, or the number of a latent."
    return FoundView(title if items else "Nothing found", tuple(items), hint)


def _to_try(
    session: Session,
    sources: Sequence[SourceInfo],
    built: Sequence[SourceInfo],
    vectors: Sequence[tuple[int, str, str]],
) -> FoundView:
    items = [_vector(*item) for item in vectors[:TO_TRY]]
    candidates: list[Candidate] = []
    for query in (LatentQuery(labelled="yes", dead="hide"), LatentQuery(dead="hide")):
        if not candidates:
            candidates = [item for source in built for item in _matching(session, source, query)]
    seen: set[str] = set()
    for candidate in sorted(candidates, key=lambda item: item.rank):
        # Several latents can have the same label: one of each shows more.
        if (label := candidate.row.label or str(id(candidate))) not in seen and len(seen) < TO_TRY:
            seen.add(label)
            items.append(_item(candidate))
    if items:
        return FoundView("To try", tuple(items), "")
    if sources:
        building = command(f"build {sources[0].slug}")
        hint = f"None of this model's sources is built, so nothing can be searched: {building}. "
        return FoundView("Not built yet", (), f"{hint}The number of a latent can be typed.")
    return FoundView("No source", (), "")


def _matching(session: Session, source: SourceInfo, query: LatentQuery) -> list[Candidate]:
    """The best of a source: by score, then labelled ones, then the rest."""
    rows: dict[int, LatentRow] = {}
    for asked in (
        replace(query, sort="output_score", order="desc"),
        replace(query, sort="density", order="desc", labelled="yes", max_density=DENSE),
        replace(query, sort="density", order="desc", max_density=DENSE),
        replace(query, sort="density", order="asc", min_density=DENSE),
    ):
        if len(rows) < SHOWN:
            page = latent_page(session, source, asked, SHOWN, promoted=PROMOTED)
            keep = [row for row in page.rows if asked.sort != "output_score" or row.output_score is not None]
            rows.update({row.index: row for row in keep if row.index not in rows})
    return [Candidate(source, row) for row in rows.values()]


def _by_number(session: Session, sources: Sequence[SourceInfo], wanted: str) -> list[FoundItem]:
    """The latents with the number that was typed, whether built or not; ``source:number`` is one of them."""
    slug, _, digits = wanted.rpartition(":")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 10):
        return []
    items = []
    for source in sources:
        if int(digits) >= source.facts.d_sae or (slug and slug != source.slug):
            continue
        rows = latents_by_index(session, source, [int(digits)]) if source.build is not None else {}
        if rows:
            items.append(_item(Candidate(source, rows[int(digits)])))
        else:
            term = f"{source.slug}:{int(digits)}"
            where = f"{source.slug} · {int(digits)} · not built"
            name = name_view(int(digits), latent_name(session, source, int(digits)))
            items.append(FoundItem(term, _href(term), name, (), where, "", "", "", ""))
    return items


def _item(candidate: Candidate) -> FoundItem:
    source, row = candidate.source, candidate.row
    term = f"{source.slug}:{row.index}"
    tokens = dict.fromkeys([row.top_token] if row.top_token is not None else [])
    tokens |= dict.fromkeys(row.promoted[:PROMOTED])
    return FoundItem(
        term=term,
        add_href=_href(term),
        name=name_view(row.index, row.name),
        tokens=tuple(chip(text) for text in tokens if text is not None),
        where=f"{source.slug} · {row.index}",
        score="" if row.output_score is None else number(row.output_score, 2),
        words=(words := steer_words(row.output_score)),
        kind=KINDS.get(words.partition(" ")[0], ""),
        density=percent(row.density, 2),
    )


def _vector(number: int, name: str, hook_name: str) -> FoundItem:
    term = f"{VECTOR}{number}"
    where = f"vector at {hook_name}"
    return FoundItem(term, _href(term), own_name(name), (), where, "", "", "", "")


def _href(term: str) -> str:
    return f"/parts{PATH}/slider?{urlencode({'term': term})}"
