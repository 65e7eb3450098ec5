"""From accumulated statistics to one record per latent."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.records import TOP_BAND, Band, Example, LatentRecord, Neighbour, Sample, TokenMeans, TokenValue
from models.statistics.accumulator import BUCKETS, SourceStatistics
from models.statistics.bands import QUANTILES, Cells, Range, band_ranges, cells_of, choose
from models.statistics.histogram import linear_histogram
from models.statistics.kept import AFTER, BEFORE, KeptEvents
from models.statistics.selection import Selection

TOP_TOKENS = 50
_NO_FLOATS = np.zeros(0, np.float32)


@dataclass(frozen=True, eq=False)
class Geometry:
    """What the weights alone say of every latent, arrays (d_sae, k): direct logit effect and decoder neighbours.

    ``decoder_norms`` (d_sae,): what one unit of the latent writes, in units of the activation.
    """

    promoted_ids: NDArray[np.int64]
    promoted_values: NDArray[np.float32]
    suppressed_ids: NDArray[np.int64]
    suppressed_values: NDArray[np.float32]
    neighbour_ids: NDArray[np.int64]
    neighbour_cosines: NDArray[np.float32]
    decoder_norms: NDArray[np.float32]


def summarise(statistics: SourceStatistics, geometry: Geometry, context_size: int) -> Iterator[LatentRecord]:
    """One record per latent, in order of index; every prompt has ``context_size`` tokens."""
    return _Summary(statistics, geometry, context_size).records()


class _Summary:
    """The statistics, laid out so that each latent's part is a slice."""

    def __init__(self, statistics: SourceStatistics, geometry: Geometry, context_size: int) -> None:
        statistics.settle()
        statistics.token_counts.settle()
        self.context_size = context_size
        self.statistics = statistics
        self.geometry = geometry
        self.log: KeptEvents = statistics.log.whole()
        self.window_ends = np.cumsum(self.log.window_lengths, dtype=np.int64)
        self.top = self._by_latent(statistics.top, 1)
        self.sample = self._by_latent(statistics.sample, 1)
        self.buckets = self._by_latent(statistics.buckets, BUCKETS)
        self.mean = statistics.totals.mean
        self.density = statistics.totals.density

    def records(self) -> Iterator[LatentRecord]:
        for latent in range(self.statistics.d_sae):
            yield self._dead(latent) if self.statistics.totals.n_active[latent] == 0 else self._live(latent)

    def _dead(self, latent: int) -> LatentRecord:
        nothing = Sample(np.zeros(0, np.int32), np.zeros(0, np.int32), _NO_FLOATS)
        return LatentRecord(
            index=latent,
            n_active=0,
            density=0.0,
            max_activation=0.0,
            mean_activation=0.0,
            quantiles={},
            histogram_edges=_NO_FLOATS,
            histogram_counts=np.zeros(0, np.int64),
            bands=(),
            top_tokens=(),
            sample=nothing,
            promoted=self._promoted(latent),
            suppressed=self._suppressed(latent),
            neighbours=self._neighbours(latent),
            token_means=TokenMeans(0, ()),
            decoder_norm=float(self.geometry.decoder_norms[latent]),
        )

    def _live(self, latent: int) -> LatentRecord:
        totals, histograms = self.statistics.totals, self.statistics.histograms
        maximum, octave = float(totals.maximum[latent]), int(histograms.octave[latent])
        counts, below = histograms.counts[latent], int(histograms.below[latent])
        cells = Cells.of(counts, below, octave, maximum)
        edges, shown_counts = linear_histogram(counts, below, octave, maximum)
        tokens, distinct = self.statistics.token_counts.top(latent, TOP_TOKENS)
        return LatentRecord(
            index=latent,
            n_active=int(totals.n_active[latent]),
            density=float(self.density[latent]),
            max_activation=maximum,
            # No more precise than activations are: where tables are sorted, in memory, that is half the room.
            mean_activation=float(np.float32(self.mean[latent])),
            quantiles={f"{q:g}": cells.quantile(q) for q in QUANTILES},
            histogram_edges=edges,
            histogram_counts=shown_counts,
            bands=self._bands(latent, cells, octave),
            top_tokens=tuple(TokenValue(item.token_id, item.count) for item in tokens),
            sample=self._sample(latent),
            promoted=self._promoted(latent),
            suppressed=self._suppressed(latent),
            neighbours=self._neighbours(latent),
            token_means=TokenMeans(distinct, tuple(item.mean for item in tokens)),
            decoder_norm=float(self.geometry.decoder_norms[latent]),
        )

    def _promoted(self, latent: int) -> tuple[TokenValue, ...]:
        return _token_values(self.geometry.promoted_ids[latent], self.geometry.promoted_values[latent])

    def _suppressed(self, latent: int) -> tuple[TokenValue, ...]:
        return _token_values(self.geometry.suppressed_ids[latent], self.geometry.suppressed_values[latent])

    def _neighbours(self, latent: int) -> tuple[Neighbour, ...]:
        ids, cosines = self.geometry.neighbour_ids[latent], self.geometry.neighbour_cosines[latent]
        return tuple(Neighbour(int(i), float(c)) for i, c in zip(ids, cosines, strict=True))

    def _bands(self, latent: int, cells: Cells, octave: int) -> tuple[Band, ...]:
        log = self.log
        top = self.top[latent]
        strongest = tuple(self._example(int(n)) for n in top)
        first = Band(
            TOP_BAND,
            "top",
            strongest[-1].activation,
            strongest[0].activation,
            len(strongest) / cells.n,
            strongest,
        )
        # The uniform sample comes first: where it has members of a band, they are a fair draw from that band.
        candidates = np.concatenate((self.sample[latent], self.buckets[latent], top))
        _, at = np.unique(candidates, return_index=True)
        candidates = candidates[np.sort(at)]
        cell = cells_of(log.values[candidates].view(np.int32), octave).tolist()
        prompts = log.prompts[candidates].tolist()
        ranges = band_ranges(cells)
        shown = {e.prompt for e in strongest}
        found = [first]
        for view in ("quantile", "width"):
            of_view = [r for r in ranges if r.view == view]
            for band, members in zip(of_view, choose(of_view, cell, prompts, shown), strict=True):
                found.append(self._band(band, candidates[members] if members else candidates[:0]))
        return tuple(found)

    def _band(self, band: Range, numbers: NDArray[np.int64]) -> Band:
        examples = sorted((self._example(int(n)) for n in numbers), key=lambda e: (-e.activation, e.prompt))
        return Band(band.name, band.view, band.low, band.high, band.share, tuple(examples))

    def _example(self, number: int) -> Example:
        """The event with the latent's activations around it."""
        log = self.log
        end = int(self.window_ends[number])
        start = end - int(log.window_lengths[number])
        position, prompt = int(log.positions[number]), int(log.prompts[number])
        window_start = max(0, position - BEFORE)
        window = np.zeros(min(position + AFTER + 1, self.context_size) - window_start, np.float32)
        window[log.window_positions[start:end] - window_start] = log.window_values[start:end]
        return Example(prompt, position, float(log.values[number]), window_start, window)

    def _by_latent(self, selection: Selection, groups_per_latent: int) -> list[NDArray[np.int64]]:
        """Log numbers of a selection's members per latent, in order of key (of the hash, for buckets)."""
        log, numbers = self.log, selection.numbers
        latents = selection.groups // groups_per_latent
        order = np.lexsort((log.positions[numbers], log.prompts[numbers], selection.keys, latents))
        cuts = np.searchsorted(latents[order], np.arange(1, self.statistics.d_sae))
        return np.split(numbers[order], cuts)

    def _sample(self, latent: int) -> Sample:
        log = self.log
        numbers = self.sample[latent]
        numbers = numbers[np.lexsort((log.positions[numbers], log.prompts[numbers], -log.values[numbers]))]
        return Sample(
            log.prompts[numbers].astype(np.int32),
            log.positions[numbers].astype(np.int32),
            log.values[numbers],
        )


def _token_values(ids: NDArray[np.int64], values: NDArray[np.float32]) -> tuple[TokenValue, ...]:
    return tuple(TokenValue(int(i), float(v)) for i, v in zip(ids, values, strict=True))
