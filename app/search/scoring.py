"""How well each latent of a source answers a search.

A word finds the latents in whose strongest examples it is what they fire on, or of which it is a top or a promoted
token (``models.building.search_words``), and those whose label or explanation has it. Let v be how much it stands for
a latent,
0.6 of examples + 0.3 of top tokens + 0.1 of promoted ones.

By words: per word of the search, the sum of v over words that are it (its plural counts 0.9) or, only where none is,
over words that it is a part of, times the share of the word that it is. Whole words come before parts.

By meaning: the sum of r v over the words whose vectors are near that of the whole search, where r grows from 0 at a
cosine of ``FLOOR`` to 1 at 1; labels are compared as whole texts.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from app.db.index_cache import cache_of
from app.db.latent_table.texts import TextIndex
from app.db.queries.answers import SourceInfo
from app.db.queries.search import Named, Postings, named, postings, search_words
from app.search.meanings import MISSING, Floats, Stored
from models.statistics.label_tests import STATUSES

#: What the weights of a word count: in examples, as a top token, as a promoted token.
SHARES = {"examples": 0.6, "fires": 0.3, "promoted": 0.1}
#: What a label counts, by its status, and a label beside the one that leads.
LABEL = {"guess": 0.6, "tested": 1.0, "failed": 0.15, "causal": 1.0}
BESIDE = 0.3
PLURAL = 0.9
#: Words that contain a part, and words of like meaning, that are looked at: the nearest ones.
MAX_PARTS, MAX_NEAR = 64, 160
#: Words and labels that are less near than this have nothing to do with each other.
FLOOR, LABEL_FLOOR = 0.42, 0.38
#: A search by meaning is not whole while more than this share of the words has no vector.
MAY_LACK = 0.02


@dataclass(frozen=True, eq=False)
class Lists:
    """The latents of the words that a search looks at, in one source."""

    words: dict[int, float]  # number -> how much the word counts
    postings: dict[int, list[Postings]]


@dataclass(eq=False)
class Scored:
    """The scores of a source's latents, with what they are made of."""

    source: SourceInfo
    words: TextIndex | None  # None: they are not made yet
    named: Named
    scores: Floats
    #: Lists of each word of the search, or one for all that is near it.
    lists: list[Lists] = field(default_factory=list)
    #: Texts that answer the search: places in ``named``.
    texts: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    lacks_vectors: bool = False

    def best(self, limit: int) -> tuple[NDArray[np.int64], Floats]:
        """(latents (k,), scores (k,)), best first; equal ones by index."""
        found = np.flatnonzero(self.scores > 0)
        if len(found) > limit:
            least = np.partition(self.scores[found], -limit)[-limit]
            found = found[self.scores[found] >= least]
        order = found[np.lexsort((found, -self.scores[found]))][:limit]
        return order, self.scores[order]


def by_words(session: Session, source: SourceInfo, wanted: Sequence[str]) -> Scored:
    """Scores 0 to 1 of all latents: the mean over the words of the search."""
    scored = _empty(session, source)
    texts: list[NDArray[np.int64]] = []
    for word in wanted:
        whole, parts = np.zeros_like(scored.scores), np.zeros_like(scored.scores)
        if scored.words is not None:
            same, containing = _numbers(scored.words, word)
            for found, sums in ((same, whole), (containing, parts)):
                lists = Lists(found, postings(session, _build(source), list(found)))
                scored.lists.append(lists)
                _add(sums, lists)
        for form, counts in _forms(word).items():
            places, is_whole, shares = scored.named.texts.finding(form)
            value = _label_values(scored.named, places) * (0.5 + 0.5 * shares) * counts
            mine = scored.named.latents[places]
            np.maximum.at(whole, mine[is_whole], value[is_whole].astype(np.float32))
            if counts == 1:
                np.maximum.at(parts, mine[~is_whole], value[~is_whole].astype(np.float32))
            texts.append(places)
        scored.scores += np.where(whole > 0, 1 + np.minimum(whole, 1), np.minimum(parts, 0.99))
    scored.scores /= np.float32(2 * max(1, len(wanted)))
    scored.texts = np.unique(np.concatenate(texts)) if texts else scored.texts
    return scored


def by_meaning(session: Session, source: SourceInfo, wanted: Sequence[str], stored: Stored, nearness: Floats) -> Scored:
    """Scores 0 to 1 of all latents; ``nearness``: of every stored vector with that of the search."""
    scored = _empty(session, source)
    if scored.words is not None:
        rows = _word_rows(session, source, scored.words, stored)
        scored.lacks_vectors = bool(np.count_nonzero(rows == MISSING) > MAY_LACK * len(rows))
        near = {number: value for number, value in _near(nearness, rows, FLOOR).items() if number}
        for word in wanted:
            for number, counts in _numbers(scored.words, word)[0].items():
                near[number] = max(near.get(number, 0.0), counts)
        lists = Lists(near, postings(session, _build(source), list(near)))
        scored.lists.append(lists)
        _add(scored.scores, lists)
    rows = _label_rows(session, source, scored.named, stored)
    scored.lacks_vectors |= bool((rows == MISSING).any())
    close = _near(nearness, rows, LABEL_FLOOR, len(rows))
    places = np.fromiter(close, np.int64, len(close))
    values = np.fromiter(close.values(), np.float32, len(close)) * _label_values(scored.named, places)
    labels = np.zeros_like(scored.scores)
    np.maximum.at(labels, scored.named.latents[places], values.astype(np.float32))
    scored.scores += labels
    scored.scores /= 1 + scored.scores
    scored.texts = places
    return scored


def worth(rows: Postings) -> Floats:
    """v of each row."""
    total = sum(share * rows[name].astype(np.float32) for name, share in SHARES.items())
    return np.asarray(total / 255, np.float32)


def _empty(session: Session, source: SourceInfo) -> Scored:
    zeros = np.zeros(source.facts.d_sae, np.float32)
    return Scored(source, search_words(session, source), named(session, source), zeros)


def _build(source: SourceInfo) -> int:
    assert source.build is not None  # noqa: S101 (its words were found)
    return source.build.id


def _add(sums: Floats, lists: Lists) -> None:
    for word, parts in lists.postings.items():
        for rows in parts:
            sums[rows["latent"]] += np.float32(lists.words[word]) * worth(rows)


def _forms(word: str) -> dict[str, float]:
    """The word, and its plural or singular as far as an s tells."""
    forms = {word: 1.0}
    if len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        forms[word[:-1]] = PLURAL
    elif len(word) > 2 and word[-1:].isalpha():
        forms[f"{word}s"] = PLURAL
    return forms


def _numbers(words: TextIndex, word: str) -> tuple[dict[int, float], dict[int, float]]:
    """(words that are this one, words that contain it), each with how much it counts."""
    same: dict[int, float] = {}
    containing: dict[int, float] = {}
    for form, counts in _forms(word).items():
        numbers, _, shares = words.finding(form)
        is_same = shares == 1
        same.update((number, counts) for number in numbers[is_same].tolist())
        if counts == 1:
            order = np.argsort(-shares, kind="stable")[: MAX_PARTS + 1]
            containing.update(zip(numbers[order].tolist(), shares[order].tolist(), strict=True))
    return same, {number: share for number, share in containing.items() if number not in same}


def _near(nearness: Floats, rows: NDArray[np.int32], floor: float, most: int = MAX_NEAR) -> dict[int, float]:
    """Place among the rows -> r, of those above the floor; at most so many, the nearest."""
    values = np.where(rows == MISSING, -1, nearness[rows] if len(nearness) else np.float32(-1))
    found = np.flatnonzero(values > floor)
    if len(found) > most:
        found = found[np.argpartition(-values[found], most)[:most]]
    counts = np.minimum((values[found] - floor) / (1 - floor), 1)
    return dict(zip(found.tolist(), counts.tolist(), strict=True))


def _label_values(texts: Named, places: NDArray[np.int64]) -> Floats:
    by_status = np.array([LABEL[status] for status in STATUSES], np.float32)
    values = by_status[texts.statuses[places]]
    return np.where(texts.is_label[places], values, np.float32(BESIDE) * values).astype(np.float32)


def labels_without_vector(session: Session, source: SourceInfo, stored: Stored, most: int) -> list[str]:
    """At most so many texts about latents that have no vector yet, the newest first."""
    texts = named(session, source)
    rows = _label_rows(session, source, texts, stored)
    return [texts.texts.text(place) for place in np.flatnonzero(rows == MISSING)[::-1][:most].tolist()]


class _Rows:
    """Rows of vectors, as the cache keeps them."""

    def __init__(self, rows: NDArray[np.int32]) -> None:
        self.rows = rows
        self.nbytes = rows.nbytes


def _word_rows(session: Session, source: SourceInfo, words: TextIndex, stored: Stored) -> NDArray[np.int32]:
    key = ("word rows", source.build and (source.build.id, source.build.finished), stored.version)
    return cache_of(session).get(key, lambda: _Rows(_rows(words, stored))).rows


def _label_rows(session: Session, source: SourceInfo, texts: Named, stored: Stored) -> NDArray[np.int32]:
    key = ("label rows", source.labels_state, stored.version)
    return cache_of(session).get(key, lambda: _Rows(_rows(texts.texts, stored))).rows


def _rows(texts: TextIndex, stored: Stored) -> NDArray[np.int32]:
    return stored.rows(texts.text(number) for number in range(len(texts)))
