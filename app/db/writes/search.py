"""The words by which a search finds the latents of a build, made from its rows once they are written."""

from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from app.db import packing
from app.db.display import displayable, whole_characters
from app.db.latent_table.latents import vocabulary_index
from app.db.latent_table.reading import in_steps
from app.db.latent_table.texts import TextIndex
from app.db.queries.latents import prompts
from app.db.queries.search import has_search_words
from app.db.queries.sources import source_by_slug
from app.db.tables.builds import Build, Example, Latent, LatentDetail
from app.db.tables.search import SearchPosting, SearchWord
from app.db.tables.sources import Source
from app.db.writes.bulk import delete_rows, insert_rows, rolled_back_on_error
from models.building.search_words import REACH, Weights, Window, latent_words
from models.records import TokenValue

#: Latents read at once, and latents of one part of a word's list: what is held in memory.
READ_STEP, PART = 256, 1 << 16
#: Is told how many latents are done, of how many, before what was done is committed.
Tell = Callable[[int, int], None]

LATENT = Latent.__table__
DETAIL = LatentDetail.__table__
EXAMPLE = Example.__table__
#: A latent's strongest examples are the first of its bands.
TOP = 0
ROWS = (
    sa.select(LATENT.c.latent_index, LATENT.c.n_active, DETAIL.c.top_tokens, DETAIL.c.promoted)
    .join(DETAIL, (DETAIL.c.build_id == LATENT.c.build_id) & (DETAIL.c.latent_index == LATENT.c.latent_index))
    .where(LATENT.c.build_id == sa.bindparam("build_id"))
)
STRONGEST = (
    sa.select(*[EXAMPLE.c[name] for name in ("latent_index", "prompt_index", "position", "window_start", "window")])
    .where(
        EXAMPLE.c.build_id == sa.bindparam("build_id"),
        EXAMPLE.c.latent_index.between(sa.bindparam("first"), sa.bindparam("last")),
        EXAMPLE.c.band == TOP,
    )
    .order_by(EXAMPLE.c.latent_index, EXAMPLE.c.rank)
)


@dataclass(eq=False)
class _Part:
    """Words of a range of latents, as they come: numbers of words, latents, weights of 255."""

    words: "array[int]" = field(default_factory=lambda: array("i"))
    latents: "array[int]" = field(default_factory=lambda: array("i"))
    weights: "array[int]" = field(default_factory=lambda: array("B"))

    def add(self, word: int, latent: int, weights: Weights) -> None:
        self.words.append(word)
        self.latents.append(latent)
        for weight in (weights.examples, weights.fires, weights.promoted):
            # Something is never nothing.
            self.weights.append(min(255, max(round(255 * weight), int(weight > 0))))

    def lists(self) -> Iterator[tuple[int, bytes]]:
        """Each word with its packed latents, ascending."""
        if not self.words:  # no latent of them ever fired
            return
        words = np.frombuffer(self.words, np.intc)
        order = np.argsort(words, kind="stable")
        rows = np.empty(len(words), packing.POSTING)
        rows["latent"] = np.array(self.latents, np.int32)[order]
        weights: NDArray[np.uint8] = np.array(self.weights, np.uint8).reshape(-1, 3)[order]
        rows["examples"], rows["fires"], rows["promoted"] = weights.T
        distinct, starts = np.unique(words[order], return_index=True)
        ends = np.append(starts[1:], len(words))
        for word, first, end in zip(distinct.tolist(), starts.tolist(), ends.tolist(), strict=True):
            yield word, rows[first:end].tobytes()


def write_search_words(session: Session, build_id: int, tell: Tell | None = None) -> bool:
    """Make the words of a build whose latents are all written, in pieces that are committed; False: there were all.

    What an interrupted run left is made again. ``tell`` may raise to stop it.
    """
    if has_search_words(session, build_id):
        return False
    with rolled_back_on_error(session):
        delete_rows(session, build_id, (SearchWord, SearchPosting))
        source_id = sa.select(Build.source_id).where(Build.id == build_id).scalar_subquery()
        slug, d_sae = session.execute(sa.select(Source.slug, Source.d_sae).where(Source.id == source_id)).one()
        vocabulary = vocabulary_index(session, source_by_slug(session, slug))
        begins_with_space = vocabulary.containing(" ").size > len(vocabulary) // 20
        numbers: dict[str, int] = {}
        part, place, n_written = _Part(), 0, 0
        for latent, words in _words_of_latents(session, build_id, vocabulary, begins_with_space):
            if latent // PART != place:
                n_written = _store(session, build_id, place, part, numbers, n_written)
                part, place = _Part(), latent // PART
            for word, weights in words.items():
                part.add(numbers.setdefault(word, len(numbers) + 1), latent, weights)
            if tell is not None and latent % READ_STEP == 0:
                tell(latent, d_sae)
                session.commit()
        _store(session, build_id, place, part, numbers, n_written)
        insert_rows(session, SearchWord, ("build_id", "word_id", "text"), [(build_id, 0, "")])
        session.commit()
    return True


def _store(session: Session, build_id: int, place: int, part: _Part, numbers: dict[str, int], n_written: int) -> int:
    """Insert the words that are new, and the lists of a part; gives how many words are stored then."""
    new = list(numbers.items())[n_written:]
    rows = [(build_id, number, displayable(word)) for word, number in new]
    insert_rows(session, SearchWord, ("build_id", "word_id", "text"), rows)
    lists = [(build_id, word, place, data) for word, data in part.lists()]
    insert_rows(session, SearchPosting, ("build_id", "word_id", "part", "latents"), lists)
    session.commit()
    return len(numbers)


def _words_of_latents(
    session: Session, build_id: int, vocabulary: TextIndex, begins_with_space: bool
) -> Iterator[tuple[int, dict[str, Weights]]]:
    """The latents that are not dead, ascending, each with its words."""
    for rows in in_steps(session, ROWS.params(build_id=build_id), LATENT.c.latent_index, READ_STEP):
        windows = _windows(session, build_id, rows[0][0], rows[-1][0], vocabulary)
        for latent, n_active, top_tokens, promoted in rows:
            if n_active == 0:
                continue
            fires = [(vocabulary.text(t.token_id), t.value / n_active) for t in _tokens(top_tokens)]
            effects = [(vocabulary.text(t.token_id), t.value) for t in _tokens(promoted)]
            mine = windows.get(latent, [])
            yield latent, latent_words(mine, fires, effects, begins_with_space=begins_with_space)


def _tokens(data: bytes) -> tuple[TokenValue, ...]:
    return packing.unpack_token_values(data)


def _windows(session: Session, build_id: int, first: int, last: int, vocabulary: TextIndex) -> dict[int, list[Window]]:
    """The strongest examples of the latents from ``first`` to ``last``."""
    rows = session.execute(STRONGEST, {"build_id": build_id, "first": first, "last": last}).all()
    ids = prompts(session, build_id, {row[1] for row in rows})
    found: dict[int, list[Window]] = {}
    for latent, prompt, position, start, packed in rows:
        if prompt not in ids:
            continue  # its text is not kept
        # What is further from the focus is not looked at.
        low = max(0, position - start - REACH)
        activations = packing.unpack_window(packed)[low : position - start + REACH + 1]
        shown = ids[prompt][start + low : start + low + len(activations)].tolist()
        texts = whole_characters([vocabulary.text(token) for token in shown])
        found.setdefault(latent, []).append(Window(texts, activations, position - start - low))
    return found
