"""What a search over latents reads: the words of a build, the latents of a word, and the texts that name latents."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from app.db import packing
from app.db.display import whole_characters
from app.db.index_cache import cache_of
from app.db.latent_table.latents import vocabulary_index
from app.db.latent_table.reading import ROWS_STEP, in_steps
from app.db.latent_table.texts import TextIndex
from app.db.queries.answers import SourceInfo
from app.db.queries.texts import in_parts
from app.db.tables.builds import Example as ExampleRow
from app.db.tables.builds import LatentDetail, Prompt
from app.db.tables.search import SearchPosting, SearchWord
from app.db.tables.steering import Explanation
from models.building.search_words import Window, fold
from models.statistics.label_tests import STATUSES

WORD = SearchWord.__table__
POSTING = SearchPosting.__table__
EXPLANATION = Explanation.__table__
DETAIL = LatentDetail.__table__
EXAMPLE = ExampleRow.__table__
PROMPT = Prompt.__table__

Postings = NDArray[np.void]
EXAMPLES_SHOWN = 20
STRONGEST: sa.Select[Any] = (
    sa.select(*[EXAMPLE.c[name] for name in ("latent_index", "position", "window_start", "window")], PROMPT.c.token_ids)
    .join(PROMPT, (PROMPT.c.build_id == EXAMPLE.c.build_id) & (PROMPT.c.prompt_index == EXAMPLE.c.prompt_index))
    .where(
        EXAMPLE.c.build_id == sa.bindparam("build_id"),
        EXAMPLE.c.latent_index.in_(sa.bindparam("indices", expanding=True)),
        EXAMPLE.c.band == 0,
        EXAMPLE.c.rank < EXAMPLES_SHOWN,
    )
    .order_by(EXAMPLE.c.latent_index, EXAMPLE.c.rank)
)
TOKENS: sa.Select[Any] = sa.select(DETAIL.c.latent_index, DETAIL.c.top_tokens, DETAIL.c.promoted).where(
    DETAIL.c.build_id == sa.bindparam("build_id"),
    DETAIL.c.latent_index.in_(sa.bindparam("indices", expanding=True)),
)


@dataclass(frozen=True, eq=False)
class Named:
    """The texts that say what latents of a source mean, for the weights that it has: (k,) each, oldest first."""

    latents: NDArray[np.int32]
    texts: TextIndex
    is_label: NDArray[np.bool_]  # the newest text of its latent
    statuses: NDArray[np.uint8]  # places in STATUSES

    @property
    def nbytes(self) -> int:
        """Bytes of memory."""
        return self.latents.nbytes + self.texts.nbytes + self.is_label.nbytes + self.statuses.nbytes


def has_search_words(session: Session, build_id: int) -> bool:
    """Whether all words of the build are written."""
    mark = sa.select(WORD.c.word_id).where(WORD.c.build_id == build_id, WORD.c.word_id == 0)
    return session.scalar(mark) is not None


def search_words(session: Session, source: SourceInfo) -> TextIndex | None:
    """The words of the shown build, each under its number; None where they are not all made."""
    if source.build is None or not has_search_words(session, source.build.id):
        return None
    build = source.build

    def read() -> TextIndex:
        query = sa.select(WORD.c.word_id, WORD.c.text).where(WORD.c.build_id == build.id)
        steps = in_steps(session, query, WORD.c.word_id, ROWS_STEP)
        return TextIndex.of(text for _, text in chain.from_iterable(steps))

    return cache_of(session).get(("search words", build.id, build.finished), read)


def postings(session: Session, build_id: int, words: Sequence[int]) -> dict[int, list[Postings]]:
    """Word -> its latents with their weights (``packing.POSTING``), in parts, ascending."""
    found: dict[int, list[Postings]] = {}
    query = sa.select(POSTING.c.word_id, POSTING.c.latents).where(
        POSTING.c.build_id == build_id, _is_one_of(session, POSTING.c.word_id)
    )
    query = query.order_by(POSTING.c.word_id, POSTING.c.part)
    for word, data in session.execute(query, {"listed": _listed(session, words)}):
        found.setdefault(word, []).append(packing.unpack_postings(data))
    return found


def named(session: Session, source: SourceInfo) -> Named:
    """The labels and explanations as they were when ``source`` was read."""
    return cache_of(session).get(("named", source.labels_state), lambda: _read_named(session, source))


def strongest_windows(session: Session, source: SourceInfo, indices: Iterable[int]) -> dict[int, list[Window]]:
    """The strongest examples of latents of the shown build, at most ``EXAMPLES_SHOWN`` each."""
    assert source.build is not None  # noqa: S101 (callers have found its latents)
    vocabulary = vocabulary_index(session, source)
    found: dict[int, list[Window]] = {}
    for part in in_parts(indices):
        wanted = {"build_id": source.build.id, "indices": part}
        for latent, position, start, packed, ids in session.execute(STRONGEST, wanted):
            values = packing.unpack_window(packed)
            shown = packing.unpack_token_ids(ids)[start : start + len(values)].tolist()
            texts = whole_characters([vocabulary.text(token) for token in shown])
            found.setdefault(latent, []).append(Window(texts, values, position - start))
    return found


def shown_tokens(
    session: Session, source: SourceInfo, indices: Iterable[int]
) -> dict[int, tuple[list[str], list[str]]]:
    """Latent -> (its top tokens, its promoted tokens), best first."""
    assert source.build is not None  # noqa: S101 (callers have found its latents)
    vocabulary = vocabulary_index(session, source)
    found: dict[int, tuple[list[str], list[str]]] = {}
    for part in in_parts(indices):
        for latent, *packed in session.execute(TOKENS, {"build_id": source.build.id, "indices": part}):
            top, promoted = (
                [vocabulary.text(item.token_id) for item in packing.unpack_token_values(data)] for data in packed
            )
            found[latent] = top, promoted
    return found


def _read_named(session: Session, source: SourceInfo) -> Named:
    own = EXPLANATION.c
    query = sa.select(own.id, own.latent_index, own.text, own.status, own.leads).where(
        own.source_id == source.id, own.weights_hash == source.facts.weights_hash, own.ended.is_(None)
    )
    latents: list[int] = []
    statuses: list[int] = []
    leads: list[bool] = []

    def texts() -> Iterator[str]:
        rows = chain.from_iterable(in_steps(session, query, own.id, ROWS_STEP))
        for _, index, text, status, is_first in rows:
            latents.append(index)
            statuses.append(STATUSES.index(status))
            leads.append(is_first)
            yield text

    index = TextIndex.of(texts(), fold)
    of_latent = np.array(latents, np.int32)
    return Named(of_latent, index, np.array(leads, np.bool_), np.array(statuses, np.uint8))


def _is_one_of(session: Session, column: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """One parameter however many: with one for each, every search would be a new large statement to keep."""
    if session.get_bind().dialect.name == "sqlite":
        listed = sa.func.json_each(sa.bindparam("listed")).table_valued("value")
        return column.in_(sa.select(listed.c.value))
    return column == sa.any_(sa.bindparam("listed", type_=sa.ARRAY(sa.Integer)))


def _listed(session: Session, numbers: Sequence[int]) -> Any:
    return json.dumps(list(numbers)) if session.get_bind().dialect.name == "sqlite" else list(numbers)
