"""All statistics of one source, updated batch by batch.

1. The batch's active pairs come as one sorted list (events.py).
2. Totals, histograms and token counts take every event.
3. Three selections take the few events that beat their bounds: the largest (top examples, one per prompt), a uniform
   sample, and a small uniform sample from every quarter octave of activation, which covers rare high bands better
   than a single uniform sample of the same size could.
4. What a selection takes goes to one log, with the activations around it; the log is compacted when it has grown.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.statistics.events import ActiveEvents
from models.statistics.hashing import event_hashes, row_hashes
from models.statistics.histogram import Histograms
from models.statistics.kept import KeptEvents, Log
from models.statistics.selection import Selection, one_per_prompt
from models.statistics.token_counts import TokenCounts
from models.statistics.totals import Totals

TOP = 20
SAMPLE = 128
PER_BUCKET = 5
_BUCKET_SHIFT = 21  # exponent and two bits of mantissa: quarter octaves
_LOWEST_BUCKET = (127 - 16) << 2  # 2**-16
BUCKETS = 128  # up to 2**16
_NAMES = ("top", "sample", "buckets")


def buckets_of(float_bits: NDArray[np.int32]) -> NDArray[np.int64]:
    """Quarter octave of each activation, 0 .. BUCKETS - 1; the ends take what lies beyond."""
    bucket = (float_bits >> _BUCKET_SHIFT).astype(np.int64) - _LOWEST_BUCKET
    return np.clip(bucket, 0, BUCKETS - 1)


@dataclass(eq=False)
class SourceStatistics:
    """Everything a build accumulates about the latents of one source."""

    d_sae: int
    vocab_size: int
    seed: int
    totals: Totals = field(init=False)
    histograms: Histograms = field(init=False)
    token_counts: TokenCounts = field(init=False)
    log: Log = field(default_factory=Log)
    top: Selection = field(init=False)
    sample: Selection = field(init=False)
    buckets: Selection = field(init=False)

    def __post_init__(self) -> None:
        self.totals = Totals.empty(self.d_sae)
        self.histograms = Histograms.empty(self.d_sae)
        self.token_counts = TokenCounts(self.d_sae, self.vocab_size)
        self.top = Selection(self.d_sae, TOP)
        self.sample = Selection(self.d_sae, SAMPLE)
        self.buckets = Selection(self.d_sae * BUCKETS, PER_BUCKET)

    def update(self, events: ActiveEvents) -> None:
        """Take one batch, of whole prompts that no other batch has a part of."""
        self.totals.update(events)
        if len(events) == 0:
            return
        self.histograms.update(events)
        self.token_counts.update(events)
        hashes = event_hashes(events, row_hashes(events.tokens, self.seed))
        latents, bits = events.latents, events.float_bits
        largest_first = np.uint32(0x7FFFFFFF) - bits.view(np.uint32)
        cells = latents * BUCKETS + buckets_of(bits)
        proposals = (
            (self.top, latents, largest_first, True),
            (self.sample, latents, hashes, False),
            (self.buckets, cells, hashes, True),
        )
        passing: list[NDArray[np.int64]] = []
        chosen = np.zeros(len(events), bool)
        for selection, groups, keys, once in proposals:
            at = selection.candidates(groups, keys)
            if once:
                at = at[one_per_prompt(groups[at], events.tokens.prompts[events.rows[at]], keys[at])]
            chosen[at] = True
            passing.append(at)
        places = np.flatnonzero(chosen)
        if len(places) == 0:
            return
        numbers = np.zeros(len(events), np.int64)
        numbers[places] = self.log.append(KeptEvents.of(events, places)) + np.arange(len(places))
        for (selection, groups, keys, _), at in zip(proposals, passing, strict=True):
            selection.add(groups[at], keys[at], numbers[at])
        if any(s.is_due for s in self._selections):
            self.settle()

    @property
    def _selections(self) -> tuple[Selection, Selection, Selection]:
        return self.top, self.sample, self.buckets

    def settle(self) -> None:
        """Bring all selections up to date and drop from the log what none of them holds."""
        whole = self.log.whole()
        used = np.zeros(len(whole), bool)
        for selection in self._selections:
            selection.settle(whole)
            used[selection.numbers] = True
        renumber = self.log.compact(used)
        for selection in self._selections:
            selection.numbers = renumber[selection.numbers]

    def merge(self, other: "SourceStatistics") -> None:
        """Add what another run saw of other prompts; both must have the same shape and seed."""
        if (self.d_sae, self.vocab_size, self.seed) != (other.d_sae, other.vocab_size, other.seed):
            raise ValueError("only statistics of one source with one seed can be merged")
        self.settle()
        other.settle()
        self.totals.merge(other.totals)
        self.histograms.merge(other.histograms)
        self.token_counts.merge(other.token_counts)
        first = self.log.append(other.log.whole())
        for mine, theirs in zip(self._selections, other._selections, strict=True):
            mine.add(theirs.groups, theirs.keys, theirs.numbers + first)
        self.settle()

    def state(self) -> dict[str, NDArray[Any]]:
        """All that is needed to go on later, as plain arrays (for a checkpoint)."""
        self.settle()
        self.token_counts.settle()
        counts = self.token_counts
        arrays: dict[str, NDArray[Any]] = {
            "n_tokens": np.array(self.totals.n_tokens),
            "n_active": self.totals.n_active,
            "fixed_sum": self.totals.fixed_sum,
            "maximum": self.totals.maximum,
            "histogram_counts": self.histograms.counts,
            "histogram_below": self.histograms.below,
            "histogram_octave": self.histograms.octave,
            "token_codes": counts.codes,
            "token_counts": counts.counts,
            "token_sums": counts.sums,
        }
        if counts.table is not None and counts.sum_table is not None:
            arrays |= {"token_table": counts.table, "token_sum_table": counts.sum_table}
        arrays |= {f"log_{name}": column for name, column in self.log.whole().arrays().items()}
        for name, selection in zip(_NAMES, self._selections, strict=True):
            for column in ("bounds", "groups", "keys", "numbers"):
                arrays[f"{name}_{column}"] = getattr(selection, column)
        return arrays

    def restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take back what :meth:`state` gave."""
        self.totals = Totals(int(arrays["n_tokens"]), arrays["n_active"], arrays["fixed_sum"], arrays["maximum"])
        self.histograms = Histograms(arrays["histogram_counts"], arrays["histogram_below"], arrays["histogram_octave"])
        counts = self.token_counts
        counts.codes, counts.counts, counts.sums = arrays["token_codes"], arrays["token_counts"], arrays["token_sums"]
        if counts.table is not None:
            counts.table, counts.sum_table = arrays["token_table"], arrays["token_sum_table"]
        kept = KeptEvents(**{k.removeprefix("log_"): v for k, v in arrays.items() if k.startswith("log_")})
        self.log = Log([kept], len(kept))
        for name, selection in zip(_NAMES, self._selections, strict=True):
            for column in ("bounds", "groups", "keys", "numbers"):
                setattr(selection, column, arrays[f"{name}_{column}"])
