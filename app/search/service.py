"""One search over the latents of all sources: what was asked for, the best latents, and why each was found."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from sqlalchemy.orm import Session

from app.db.queries.answers import SourceInfo
from app.db.queries.sources import all_sources, shown_source
from app.errors import InvalidRequest, NotBuilt, shorten
from app.hints import command
from app.search.meanings import Meanings
from app.search.scoring import Scored, by_meaning, by_words, labels_without_vector
from app.search.why import Reason, reasons
from models.building.search_words import query_words
from models.statistics.label_tests import STATUSES

WORDS, MEANING = "words", "meaning"
WAYS = (WORDS, MEANING)
MAX_QUERY, MAX_LIMIT, MAX_SOURCES = 200, 100, 100
#: Words of one search; the rest are left out.
MAX_WORDS = 12
#: Labels that a search by meaning reads before it begins, where nobody did: about a tenth of a second.
NEW_LABELS = 24


@dataclass(frozen=True)
class SearchQuery:
    """What is looked for, in which sources (none: all that are built), by words or by meaning."""

    q: str
    sources: tuple[str, ...] = ()
    by: str = WORDS
    limit: int = 20

    def __post_init__(self) -> None:
        if self.by not in WAYS:
            raise InvalidRequest(f"by is one of {', '.join(WAYS)}, not {shorten(self.by, 40)!r}.")
        if len(self.q) > MAX_QUERY:
            raise InvalidRequest(f"The search has {len(self.q)} characters; at most {MAX_QUERY} are read.")
        if not 1 <= self.limit <= MAX_LIMIT:
            raise InvalidRequest(f"limit is a number of latents from 1 to {MAX_LIMIT}, not {self.limit}.")
        if len(self.sources) > MAX_SOURCES:
            raise InvalidRequest(f"sources names {len(self.sources)} sources; at most {MAX_SOURCES} can be searched.")

    @property
    def words(self) -> list[str]:
        """Its words, as they are compared."""
        return query_words(self.q)[:MAX_WORDS]


@dataclass(frozen=True)
class FoundLatent:
    """A latent that answers a search; ``label`` and ``status`` are None where nobody named it."""

    source: str
    index: int
    label: str | None
    status: str | None
    score: float  # 0 to 1
    why: tuple[Reason, ...]


@dataclass(frozen=True)
class SearchFound:
    """The best latents, best first, and what could not be searched, in whole sentences."""

    latents: tuple[FoundLatent, ...]
    notes: tuple[str, ...]


def search(session: Session, meanings: Meanings, query: SearchQuery) -> SearchFound:
    """Raises UnknownSource and NotBuilt for a source that is named, NoMeaning where nothing has been made for it."""
    sources = _sources(session, query.sources)
    wanted = query.words
    if not wanted or not sources:
        return SearchFound((), ())
    if query.by == WORDS:
        scored = [by_words(session, source, wanted) for source in sources]
    else:
        scored = _by_meaning(session, meanings, query, sources)
    best = _best(scored, query.limit)
    found: dict[tuple[str, int], FoundLatent] = {}
    for item in scored:
        mine = {index: score for score, slug, index in best if slug == item.source.slug}
        if mine:
            found |= _described(session, item, mine, wanted)
    latents = tuple(found[slug, index] for _, slug, index in best)
    return SearchFound(latents, tuple(_notes(scored)))


def _sources(session: Session, slugs: Sequence[str]) -> list[SourceInfo]:
    if not slugs:
        return [source for source in all_sources(session) if source.build is not None]
    found = [shown_source(session, slug) for slug in dict.fromkeys(slugs)]
    for source in found:
        if source.build is None:
            raise NotBuilt(source.slug)
    return found


def _by_meaning(
    session: Session, meanings: Meanings, query: SearchQuery, sources: Sequence[SourceInfo]
) -> list[Scored]:
    vector = meanings.encode([query.q])[0]
    _read_new_labels(session, meanings, sources)
    stored = meanings.stored()
    try:
        nearness = stored.nearness(vector)
    except OSError:  # files were put together at this moment
        stored = meanings.stored()
        nearness = stored.nearness(vector)
    return [by_meaning(session, source, query.words, stored, nearness) for source in sources]


def _read_new_labels(session: Session, meanings: Meanings, sources: Sequence[SourceInfo]) -> None:
    """Labels that people wrote since ``search-index`` was run, a few at a time."""
    texts = [
        text for source in sources for text in labels_without_vector(session, source, meanings.stored(), NEW_LABELS)
    ]
    with suppress(OSError):  # a folder that cannot be written to: they are left out, which is said
        meanings.add(texts[:NEW_LABELS])


def _best(scored: Sequence[Scored], limit: int) -> list[tuple[float, str, int]]:
    """(score, source, latent) of the best of all sources, best first."""
    found = [
        (float(score), item.source.slug, int(latent))
        for item in scored
        for latent, score in zip(*item.best(limit), strict=True)
    ]
    return sorted(found, key=lambda row: (-row[0], row[1], row[2]))[:limit]


def _described(
    session: Session, scored: Scored, mine: dict[int, float], wanted: Sequence[str]
) -> dict[tuple[str, int], FoundLatent]:
    slug, texts = scored.source.slug, scored.named
    why = reasons(session, scored, list(mine), wanted)
    is_mine = texts.is_label & np.isin(texts.latents, list(mine))
    places = {int(texts.latents[place]): int(place) for place in np.flatnonzero(is_mine)}
    found = {}
    for index, score in mine.items():
        place = places.get(index)
        label = None if place is None else texts.texts.text(place)
        status = None if place is None else STATUSES[int(texts.statuses[place])]
        found[slug, index] = FoundLatent(slug, index, label, status, round(score, 4), tuple(why[index]))
    return found


def _notes(scored: Sequence[Scored]) -> list[str]:
    notes = []
    if unmade := [item.source.slug for item in scored if item.words is None]:
        notes.append(
            f"Of {_listed(unmade)} only labels were searched: it was built before there was this search. "
            f"`{command('search-index')}` makes what is missing."
        )
    if lacking := [item.source.slug for item in scored if item.lacks_vectors]:
        notes.append(
            f"Not all words and labels of {_listed(lacking)} have been read for their meaning. "
            f"`{command('search-index')}` reads the rest."
        )
    return notes


def _listed(slugs: Sequence[str]) -> str:
    shown = ", ".join(slugs[:3])
    return f"{shown} and {len(slugs) - 3} more sources" if len(slugs) > 3 else shown
