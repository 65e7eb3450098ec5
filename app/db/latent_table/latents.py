"""The latents of one build by every quantity that the table can be sorted or filtered by."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from itertools import chain

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from app.db.index_cache import cache_of
from app.db.latent_table import reading
from app.db.latent_table.coded import order_of
from app.db.latent_table.order import IndexOrder, Order
from app.db.latent_table.postings import Postings
from app.db.latent_table.reading import NO_TOKEN
from app.db.latent_table.rest import Mask
from app.db.latent_table.texts import TextIndex
from app.db.queries.answers import BuildInfo, SourceInfo
from app.db.queries.texts import ALL_LABELS
from app.db.tables.sources import Token
from app.errors import NotBuilt
from app.memory import trim_heap
from models.causal.removal import DENSE
from models.statistics.label_tests import CAUSAL, FAILED, GUESS, TESTED

TOKEN = Token.__table__

#: Quantities that are numbers of ``latent``, and quantities that are texts.
NUMBERS = ("density", "max_activation", "mean_activation", "output_score")
LATENT_TEXTS = ("label", "top_token", "promoted")
#: What the leading label is worth: its status, and in each status its score; the score alone.
LABEL_SORTS = ("label_status", "label_score")
#: What is worth a look first: see ``LatentIndex._telling``.
TELLING = "telling"
#: A search that more tokens than this answer does not read their lists one by one, but keeps all lists in memory.
FEW_TOKENS = 64
#: Filters whose result is kept, packed to one bit per latent.
MAX_MASKS = 8
#: Quantities that may change after the build: their orders belong to a ``table_version``.
CHANGING = ("label", "label_status", "label_score", "output_score", TELLING)
#: Statuses from the least to the most.
STATUS_ORDER = (FAILED, GUESS, TESTED, CAUSAL)
FAILED_PLACE = STATUS_ORDER.index(FAILED)


class LabelIndex:
    """The leading labels of a source: ``latents`` (k,) ascending, their texts (k,), what each is worth, the place of
    its status in ``STATUS_ORDER`` (k,), and its score (k,), NaN where it has none.
    """

    def __init__(
        self, latents: NDArray[np.int32], texts: TextIndex, statuses: NDArray[np.int8], scores: NDArray[np.float64]
    ) -> None:
        self.latents = latents
        self.texts = texts
        self.statuses = statuses
        self.scores = scores

    @property
    def nbytes(self) -> int:
        """Bytes of memory."""
        return self.latents.nbytes + self.texts.nbytes + self.statuses.nbytes + self.scores.nbytes

    def containing(self, wanted: str, *, with_failed: bool = False) -> NDArray[np.int32]:
        """The latents whose label contains a text; a label that failed its test is looked at if that is wanted."""
        found = self.texts.containing(wanted)
        return self.latents[found if with_failed else found[self.named[found]]]

    @property
    def named(self) -> NDArray[np.bool_]:
        """Which of them are names (k,): what failed its test is none."""
        is_name: NDArray[np.bool_] = self.statuses != FAILED_PLACE
        return is_name

    def with_status(self, status: str) -> NDArray[np.int32]:
        """The latents whose leading label has a status."""
        found: NDArray[np.int32] = self.latents[self.statuses == STATUS_ORDER.index(status)]
        return found


@dataclass(frozen=True, eq=False)
class FirstTokens:
    """Of each latent (n,) the token that it fires on most and the one that it promotes most, or NO_TOKEN."""

    top: NDArray[np.uint32]
    promoted: NDArray[np.uint32]

    @property
    def nbytes(self) -> int:
        """Bytes of memory."""
        return self.top.nbytes + self.promoted.nbytes


@dataclass(eq=False)
class BuildArrays:
    """What is kept of one build; the parts are made when first needed, by one thread at a time."""

    n: int
    orders: dict[tuple[str, int], Order] = field(default_factory=dict)
    postings: Postings | None = None
    first_tokens: FirstTokens | None = None
    masks: OrderedDict[Hashable, tuple[NDArray[np.uint8], int]] = field(default_factory=OrderedDict)
    lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def nbytes(self) -> int:
        """Bytes of memory; what is not made yet is counted in, so that the bound of the cache holds later too."""
        made = sum(order.nbytes for order in list(self.orders.values()))
        masks = sum(mask.nbytes for mask, _ in list(self.masks.values()))
        first = self.first_tokens.nbytes if self.first_tokens else 0
        return max(made, 40 * self.n) + masks + first + (self.postings.nbytes if self.postings else 0)


class LatentIndex:
    """The build that pages show, in the present state of its source's labels and output scores (``table_version``)."""

    def __init__(self, source: SourceInfo, build: BuildInfo, kept: BuildArrays) -> None:
        self.source = source
        self.build_id = build.id
        self.n = kept.n
        self._kept = kept

    def order(self, session: Session, name: str) -> Order:
        """The latents in the order of a quantity."""
        key = (name, self.source.table_version if name in CHANGING else 0)
        orders = self._kept.orders
        if key not in orders:
            with self._kept.lock:
                if key not in orders:
                    made = self._make_order(session, name)
                    trim_heap()
                    for old in [other for other in orders if other[0] == name]:
                        del orders[old]
                    orders[key] = made
                return orders[key]
        return orders[key]

    def mask(self, key: Hashable, make: Callable[[], Mask]) -> tuple[Mask, int]:
        """(latents that pass a filter (n,); how many). ``make`` is called for a new ``key`` only."""
        key = (key, self.source.table_version)
        masks = self._kept.masks
        # One at a time: several at once would be no quicker, and take the memory of several.
        with self._kept.lock:
            if key not in masks:
                mask = make()
                masks[key] = np.packbits(mask), int(np.count_nonzero(mask))
                while len(masks) > MAX_MASKS:
                    masks.popitem(last=False)
            masks.move_to_end(key)
            packed, total = masks[key]
        return np.unpackbits(packed, count=self.n).view(np.bool_), total

    def labels(self, session: Session) -> LabelIndex:
        """The labels as they are now."""
        source = self.source
        return cache_of(session).get(("labels", source.labels_state), lambda: _read_labels(session, source))

    def first_tokens(self, session: Session) -> FirstTokens:
        """The first token that each latent fires on and promotes."""
        kept = self._kept
        if kept.first_tokens is None:
            with kept.lock:
                if kept.first_tokens is None:
                    top, promoted = (self._tokens(session, name) for name in ("top_token", "promoted"))
                    kept.first_tokens = FirstTokens(top, promoted)
        return kept.first_tokens

    def vocabulary(self, session: Session) -> TextIndex:
        """The display strings of the language model's tokens."""
        return vocabulary_index(session, self.source)

    def firing_on(self, session: Session, tokens: NDArray[np.int64]) -> Mask:
        """Whether a latent's top token is one of the tokens that contain a text, (n,)."""
        vocabulary = self.vocabulary(session)
        ranks = np.zeros(len(vocabulary), np.bool_)
        # Tokens of one rank differ in the white space around them only, which a search does not look at.
        ranks[vocabulary.ranks[tokens]] = True
        return self.order(session, "top_token").with_values(ranks)

    def mark_promoting(self, session: Session, tokens: NDArray[np.int64], mask: Mask) -> None:
        """Set ``mask`` (n,) where a promoted token of a latent is one of these."""
        self.order(session, "top_token")  # reads the rows of a build without packed columns, lists included
        if self._kept.postings is None:
            if len(tokens) <= FEW_TOKENS:
                sizes = reading.list_sizes(session, self.build_id, tokens.tolist())
                for part in reading.read_lists(session, self.build_id, sizes):
                    mask[part.latents] = True
                return
            with self._kept.lock:
                if self._kept.postings is None:
                    sizes = reading.list_sizes(session, self.build_id)
                    lists, total = reading.read_lists(session, self.build_id, sizes), int(sizes[:, 1].sum())
                    self._kept.postings = Postings.of(self.n, len(self.vocabulary(session)), total, lists)
                    trim_heap()
        self._kept.postings.mark(mask, tokens)

    def _make_order(self, session: Session, name: str) -> Order:
        if name == "index":
            return IndexOrder(self.n)
        if name == "label" or name in LABEL_SORTS:
            return self._label_order(session, name)
        if name == TELLING:
            values = self._telling(session)
            return order_of(values, values >= 0)
        if name in LATENT_TEXTS:
            tokens = self._tokens(session, name)
            ranks = np.append(self.vocabulary(session).ranks, np.int32(0))
            return order_of(ranks[np.minimum(tokens, len(ranks) - 1)], tokens != NO_TOKEN)
        numbers = self._numbers(session, name)
        is_known = ~np.isnan(numbers)
        if not is_known.any():
            return Order.unknown_to_all(self.n)
        return order_of(numbers, is_known)

    def _label_order(self, session: Session, name: str) -> Order:
        labels = self.labels(session)
        has_value = np.zeros(self.n, np.bool_)
        if name == "label":
            ranks = np.zeros(self.n, np.int32)
            ranks[labels.latents] = labels.texts.ranks
            has_value[labels.latents] = labels.named
            return order_of(ranks, has_value)
        values = np.zeros(self.n)
        if name == "label_score":
            values[labels.latents] = np.nan_to_num(labels.scores)
            has_value[labels.latents] = ~np.isnan(labels.scores)
        else:
            # Scores lie in [0, 1]: halved, they never reach the next status.
            values[labels.latents] = labels.statuses + np.nan_to_num(labels.scores) / 2
            has_value[labels.latents] = True
        return order_of(values, has_value) if has_value.any() else Order.unknown_to_all(self.n)

    def _telling(self, session: Session) -> NDArray[np.float64]:
        """How much there is to learn from a latent at first sight (n,).

        From 4 on: a label that was tested, by its score; from 2: a guess; from 1: no name, but a density of which one
        can say something, the denser the more there is to read; below: the very dense, about everything; -1: dead.
        """
        densities = self._numbers(session, "density")
        values = np.where(densities <= DENSE, 1 + densities, 1 - densities)
        values[~(densities > 0)] = -1
        labels = self.labels(session)
        named = labels.named & (values[labels.latents] >= 0)
        places = np.where(labels.statuses[named] == STATUS_ORDER.index(GUESS), 2.0, 4.0)
        values[labels.latents[named]] = places + np.nan_to_num(labels.scores[named])
        return values

    def _numbers(self, session: Session, name: str) -> NDArray[np.float64]:
        # Output scores may come after the build, so they are never packed with it.
        if name != "output_score":
            try:
                return reading.read_column(session, self.build_id, name, self.n)
            except LookupError:
                pass
        return reading.read_numbers(session, self.build_id, name, self.n)

    def _tokens(self, session: Session, name: str) -> NDArray[np.uint32]:
        """Token ids (n,): the ``top_token`` or the best ``promoted`` one of each latent, or NO_TOKEN."""
        try:
            return reading.read_column(session, self.build_id, name, self.n)
        except LookupError:
            top, promoted = reading.read_tokens(session, self.build_id, self.n)
            lists = reading.lists_of(promoted)
            n_tokens = len(self.vocabulary(session))
            self._kept.postings = Postings.of(self.n, n_tokens, len(lists.latents), [lists])
            return top if name == "top_token" else reading.first_promoted(promoted)


def index_of(session: Session, source: SourceInfo) -> LatentIndex:
    """The index of the build that pages show, in the present state of labels and scores; NotBuilt without one."""
    if source.build is None:
        raise NotBuilt(source.slug)
    key = ("latents", source.build.id, source.build.finished)
    kept = cache_of(session).get(key, lambda: BuildArrays(source.facts.d_sae))
    return LatentIndex(source, source.build, kept)


def vocabulary_index(session: Session, source: SourceInfo) -> TextIndex:
    """The display strings of the vocabulary of the source's language model, numbered by token id."""

    def read() -> TextIndex:
        return TextIndex.of(_vocabulary(session, source.language_model_id))

    return cache_of(session).get(("vocabulary", source.vocabulary), read)


def _vocabulary(session: Session, language_model_id: int) -> Iterator[str]:
    """The display strings of tokens 0, 1, ...; one that is missing reads as its number."""
    query = sa.select(TOKEN.c.token_id, TOKEN.c.text).where(TOKEN.c.language_model_id == language_model_id)
    # A bound on the rows in memory: what Python's own heap has once taken it hardly gives back.
    number = 0
    parts = reading.in_steps(session, query, TOKEN.c.token_id, reading.ROWS_STEP)
    for token_id, text in chain.from_iterable(parts):
        yield from (f"<{missing}>" for missing in range(number, token_id))
        yield text
        number = token_id + 1


def _read_labels(session: Session, source: SourceInfo) -> LabelIndex:
    wanted = {"source_id": source.id, "weights_hash": source.facts.weights_hash}
    rows = session.execute(ALL_LABELS, wanted)
    found = sorted(
        (index, text, STATUS_ORDER.index(status), np.nan if score is None else score)
        for index, text, _, status, score in rows
        if 0 <= index < source.facts.d_sae
    )
    latents, texts, statuses, scores = zip(*found, strict=True) if found else ((), (), (), ())
    return LabelIndex(
        np.array(latents, np.int32), TextIndex.of(texts), np.array(statuses, np.int8), np.array(scores, np.float64)
    )
