"""Which texts a latent is explained by and tested on.

1. Prompts are dealt out to two sides, those in which the latent fires band by band: the explainer sees windows of one
   side, the scorer judges windows of the other, and no text that was shown.
2. From each quantile band of the latent's activations the same number of windows, by their largest activation.
3. Silent windows of three kinds, as many in all: with a token that the latent fires on elsewhere, with a latent that
   often fires together with it, and others.
4. For fuzzing, windows with the firing tokens marked, and as many with others marked: half of them in windows in which
   the latent fires, half in silent ones.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.db.display import whole_characters
from app.errors import Unfit
from app.explain.request import Plan
from app.text.formats import percent
from models.corpus.windows import Windows
from models.records import Band, IntArray, LatentRecord
from models.statistics.verdicts import Rate, share

#: Kinds of silent windows; the first two are hard: a description that is too wide says yes to them.
SAME_TOKEN, TOGETHER, OTHER = "same token", "fires together", "other silent"
SILENT = (SAME_TOKEN, TOGETHER, OTHER)
#: Windows in which a latent must fire, and in which it must be silent, to be explained and tested.
LEAST = 6
#: With fewer firing windows among those spread evenly, the bands' weights are their shares of tokens.
ENOUGH = 30
#: Tokens that a latent fires on most, and latents that fire together with it, that hard texts are looked for by.
TOP_TOKENS, COMPANIONS = 10, 5

#: Token ids -> their display strings.
Texts = Callable[[Collection[int]], Mapping[int, str]]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Text:
    """A window: display strings of its tokens, the latent's activations on them, and the stratum that it is from."""

    tokens: tuple[str, ...]
    values: tuple[float, ...]
    stratum: str

    @property
    def fires(self) -> bool:
        """Whether the latent is active on one of the tokens."""
        return max(self.values) > 0


@dataclass(frozen=True)
class MarkedText:
    """A window with some tokens marked; ``is_right``: they are the ones on which the latent fires."""

    tokens: tuple[str, ...]
    marks: tuple[bool, ...]
    is_right: bool


@dataclass(frozen=True)
class Material:
    """Everything that is said of one latent to explainer and scorer; ``weights``: of the strata, by name."""

    index: int
    max_activation: float
    shown: tuple[Text, ...]
    judged: tuple[Text, ...]
    marked: tuple[MarkedText, ...]
    weights: Mapping[str, float]
    firing: Rate  # the share of all windows in which it fires
    promoted: tuple[str, ...]


def material_of(windows: Windows, record: LatentRecord, plan: Plan, texts: Texts) -> Material:
    """The texts for one of the chosen latents; the same ones every time.

    Raises Unfit, with the reason, for a latent that fires in too few windows, or is silent in too few.
    """
    choice = _Choice(windows, record, plan)
    choice.require_enough()
    shown = choice.shown()
    judged = choice.judged(shown)
    marked = choice.marked(judged)
    ids = {int(i) for window in (*shown, *judged, *(m[0] for m in marked)) for i in windows.token_ids[window]}
    strings = texts(ids | {item.token_id for item in record.promoted})

    def tokens(window: int) -> tuple[str, ...]:
        return whole_characters([strings[i] for i in windows.token_ids[window].tolist()])

    def text(window: int) -> Text:
        values = windows.activations(record.index, window)
        return Text(tokens(window), tuple(values.tolist()), choice.stratum(window))

    return Material(
        index=record.index,
        max_activation=record.max_activation,
        shown=tuple(map(text, shown)),
        judged=tuple(map(text, judged)),
        marked=tuple(MarkedText(tokens(window), marks, is_right) for window, marks, is_right in marked),
        weights=choice.weights(),
        firing=share(int((choice.fires & windows.is_spread).sum()), max(1, int(windows.is_spread.sum()))),
        promoted=tuple(strings[item.token_id] for item in record.promoted) if plan.with_promoted else (),
    )


class _Choice:
    """The windows of one latent by band, kind of silence and side."""

    def __init__(self, windows: Windows, record: LatentRecord, plan: Plan) -> None:
        self.windows, self.record, self.plan = windows, record, plan
        self.random = np.random.default_rng((plan.seed, record.index))
        self.bands: Sequence[Band] = [band for band in record.bands if band.view == "quantile"]
        maxima = windows.maxima(record.index)
        self.fires: Mask = maxima > 0
        lows = np.array([band.low for band in self.bands[:-1]], np.float32)  # descending; the last band takes the rest
        band_of = (maxima[:, None] < lows).sum(1)
        self.kind = np.where(self.fires, band_of, len(self.bands) + self._silence())
        self.names = (*(band.name for band in self.bands), *SILENT)
        self.is_judged = self._sides()

    def _silence(self) -> IntArray:
        """(n,) which of ``SILENT`` a window would be."""
        tokens = [item.token_id for item in self.record.top_tokens[:TOP_TOKENS]]
        together = np.zeros(len(self.windows), np.bool_)
        for latent in self.windows.companions(self.record.index, COMPANIONS).tolist():
            together |= self.windows.maxima(latent) > 0
        return np.where(self.windows.has_tokens(tokens), 0, np.where(together, 1, 2))

    def _sides(self) -> Mask:
        """(n,) whether the window is of the side that is judged; prompts by their strongest band, in turn."""
        prompts, place = np.unique(self.windows.prompts, return_inverse=True)
        strongest = np.full(len(prompts), len(self.names))
        np.minimum.at(strongest, place, self.kind)
        order = np.lexsort((self.random.permutation(len(prompts)), strongest))
        is_judged = np.zeros(len(prompts), np.bool_)
        is_judged[order[::2]] = True
        return np.asarray(is_judged[place])

    def require_enough(self) -> None:
        """Raise Unfit where explaining or testing would rest on next to nothing."""
        index, n = self.record.index, len(self.windows)
        firing = int(self.fires.sum())
        if self.record.n_active == 0:
            raise Unfit(f"Latent {index} never fired in the build, so there is nothing to explain.")
        if firing < LEAST:
            raise Unfit(
                f"Latent {index} fires in {firing} of the {n:,} texts that were read, and {LEAST} are the least to "
                "explain and test it; read more with --tokens."
            )
        silent = n - firing
        if silent < LEAST:
            raise Unfit(
                f"Latent {index} fires in {percent(firing / n)} of the {n:,} texts that were read, so there is no "
                "silent text to test a description on."
            )

    def stratum(self, window: int) -> str:
        """Its name."""
        return self.names[int(self.kind[window])]

    def weights(self) -> dict[str, float]:
        """Of each band among the windows that fire, of each kind of silence among the others."""
        counts = np.bincount(self.kind[self.windows.is_spread], minlength=len(self.names)).astype(float)
        firing, silent = counts[: len(self.bands)], counts[len(self.bands) :]
        if firing.sum() < ENOUGH:
            firing = np.array([band.share_of_active for band in self.bands])
        both = (*(firing / max(firing.sum(), 1e-12)), *(silent / max(silent.sum(), 1.0)))
        return dict(zip(self.names, map(float, both), strict=True))

    def shown(self) -> list[int]:
        """Windows for the explainer, strongest band first, then silent ones."""
        found = [w for kind in range(len(self.bands)) for w in self._some(kind, False, self.plan.shown_per_band)]
        found.sort(key=lambda window: -float(self.windows.activations(self.record.index, window).max()))
        silent = self._silent(False, self.plan.shown_silent, ())
        return found + silent

    def judged(self, shown: Sequence[int]) -> list[int]:
        """Windows for the scorer, none with a text that was shown, in an order that tells nothing."""
        seen = {self.windows.token_ids[window].tobytes() for window in shown}
        n = self.plan.judged_per_band
        firing = [w for kind in range(len(self.bands)) for w in self._some(kind, True, n, seen)]
        silent = self._silent(True, n * len(self.bands), seen)
        return [int(window) for window in self.random.permutation([*firing, *silent])]

    def _silent(self, judged: bool, n: int, seen: Collection[bytes]) -> list[int]:
        """About as many of each kind, only of the prompts that are spread evenly."""
        found: list[int] = []
        by_size = sorted(range(len(SILENT)), key=lambda kind: int((self.kind == len(self.bands) + kind).sum()))
        for left, kind in zip(range(len(SILENT), 0, -1), by_size, strict=True):
            found += self._some(len(self.bands) + kind, judged, -(-(n - len(found)) // left), seen, only_spread=True)
        return found

    def _some(
        self, kind: int, judged: bool, n: int, seen: Collection[bytes] = (), only_spread: bool = False
    ) -> list[int]:
        """At most ``n`` windows of a stratum on one side, no two with the same text; spread ones first."""
        members = np.flatnonzero((self.kind == kind) & (self.is_judged == judged))
        members = self.random.permutation(members)
        is_spread = self.windows.is_spread[members]
        ordered = members[is_spread] if only_spread else np.concatenate([members[is_spread], members[~is_spread]])
        found: dict[bytes, int] = {}
        for window in ordered.tolist():
            text = self.windows.token_ids[window].tobytes()
            if len(found) < n and text not in seen:
                found.setdefault(text, window)
        return list(found.values())

    def marked(self, judged: Sequence[int]) -> list[tuple[int, tuple[bool, ...], bool]]:
        """(window, marks, whether they are right), in an order that tells nothing; empty where none could be wrong."""
        firing = [window for window in judged if self.fires[window]]
        active = {w: self.windows.activations(self.record.index, w) > 0 for w in judged}
        right = [(window, active[window], True) for window in firing]
        # Hard silent windows first: their wrong marks are on tokens that the latent fires on elsewhere.
        silent = sorted((w for w in judged if not self.fires[w]), key=lambda w: int(self.kind[w]))
        hosts = [w for w in self.random.permutation(firing).tolist() if not active[w].all()][: len(firing) // 2]
        hosts += silent[: len(firing) - len(hosts)]
        counts = self.random.permutation([int(active[window].sum()) for window in firing])
        wrong = [(w, self._wrong(w, active[w], int(n)), False) for w, n in zip(hosts, counts, strict=False)]
        if not wrong:
            return []
        both = [*right, *wrong]
        return [(both[i][0], tuple(both[i][1].tolist()), both[i][2]) for i in self.random.permutation(len(both))]

    def _wrong(self, window: int, active: Mask, n: int) -> Mask:
        """About ``n`` marks on tokens on which the latent is silent, likely ones first."""
        ids = self.windows.token_ids[window]
        likely = np.isin(ids, [item.token_id for item in self.record.top_tokens[:TOP_TOKENS]])
        order = np.lexsort((self.random.permutation(len(ids)), ~likely))
        free = [place for place in order.tolist() if not active[place]]
        marks = np.zeros(len(ids), np.bool_)
        marks[free[: max(1, n)]] = True
        return marks
