"""The forward pass behind ``models.corpus.windows``: what fires in the windows of some prompts, in steps."""

from collections.abc import Collection, Generator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.corpus.windows import Firings, Windows
from models.records import IntArray
from models.running.dictionary import Dictionary
from models.running.language_model import LanguageModel
from models.running.microscope import ActiveLatents, latents_pass, reading_pace, shared_passes
from models.running.uncounted import uncounted_ids

#: What the one dictionary is called in a pass.
_NAME = "source"


def window_steps(
    model: LanguageModel,
    dictionary: Dictionary,
    prompts: Mapping[int, IntArray],
    *,
    spread: Collection[int],
    chosen: Collection[int],
    width: int,
) -> Generator[tuple[int, int], None, Windows]:
    """The windows of the prompts; yields how many prompts are done and how many there are.

    Args:
        model: the model of the dictionary.
        dictionary: whose latents are read.
        prompts: token ids of each prompt by its number, with BOS where the dictionary wants it.
        spread: which of the prompts are spread evenly over the corpus.
        chosen: the latents of which each token's activation is kept.
        width: tokens of a window; a rest of a prompt that is shorter is left out.

    Tokens that no statistic counts (BOS, separators) never fire here. Raises HookMismatch or ContextMismatch.
    """
    uncounted = uncounted_ids(model)
    numbers = [number for number in sorted(prompts) if len(prompts[number]) > width]
    first = 1 if dictionary.facts.prepend_bos else 0
    collected = _Collected(width, first, np.array(sorted(chosen), np.int64))
    rows = [prompts[number].tolist() for number in numbers]
    pace = reading_pace(model, [dictionary])
    done = 0
    for group in shared_passes([len(row) for row in rows], lambda: pace.size):
        steps = latents_pass(model, [rows[place] for place in group], [{_NAME: dictionary}] * len(group))
        while True:
            try:
                next(steps)
            except StopIteration as end:
                found = end.value
                break
            yield done, len(rows)
        for place, part in zip(group, found, strict=True):
            collected.add(numbers[place], prompts[numbers[place]], uncounted, part[_NAME])
        done += len(group)
        yield done, len(rows)
    return collected.windows(set(spread))


class _Collected:
    """Windows as they come, prompt by prompt, in any order of prompts."""

    def __init__(self, width: int, first: int, chosen: IntArray) -> None:
        self.width, self.first, self.chosen = width, first, chosen
        self.n = 0
        self.token_ids: list[IntArray] = []
        self.prompts: list[IntArray] = []
        self.pairs: list[tuple[IntArray, IntArray, NDArray[np.float32]]] = []
        self.tokens: list[tuple[IntArray, IntArray, IntArray, NDArray[np.float32]]] = []

    def add(self, number: int, ids: IntArray, uncounted: IntArray, active: ActiveLatents) -> None:
        """The windows of one prompt."""
        n = (len(ids) - self.first) // self.width
        end = self.first + n * self.width
        inside = (active.positions >= self.first) & (active.positions < end)
        inside &= ~np.isin(ids, uncounted)[active.positions]
        positions, latents, values = active.positions[inside], active.latents[inside], active.values[inside]
        windows = (positions - self.first) // self.width + self.n
        self.pairs.append(_largest(windows, latents, values))
        is_chosen = np.isin(latents, self.chosen)
        places = (positions - self.first) % self.width
        self.tokens.append((latents[is_chosen], windows[is_chosen], places[is_chosen], values[is_chosen]))
        self.token_ids.append(np.asarray(ids[self.first : end], np.int64).reshape(n, self.width))
        self.prompts.append(np.full(n, number, np.int64))
        self.n += n

    def windows(self, spread: Collection[int]) -> Windows:
        """All of them."""
        prompts = _joined(self.prompts, np.int64)
        pairs = [_joined([part[i] for part in self.pairs], dtype) for i, dtype in enumerate((int, int, np.float32))]
        order = np.lexsort((pairs[0], pairs[1]))
        tokens = [_joined([part[i] for part in self.tokens], d) for i, d in enumerate((int, int, int, np.float32))]
        return Windows(
            token_ids=np.concatenate(self.token_ids) if self.token_ids else np.zeros((0, self.width), np.int64),
            prompts=prompts,
            is_spread=np.isin(prompts, list(spread)),
            pair_windows=pairs[0][order],
            pair_latents=pairs[1][order],
            pair_maxima=pairs[2][order],
            firings={latent: _firings(latent, tokens) for latent in self.chosen.tolist()},
        )


def _largest(
    windows: IntArray, latents: IntArray, values: NDArray[np.float32]
) -> tuple[IntArray, IntArray, NDArray[np.float32]]:
    """The largest value of each latent in each window."""
    order = np.lexsort((-values, latents, windows))
    windows, latents, values = windows[order], latents[order], values[order]
    is_first = np.ones(len(windows), np.bool_)
    is_first[1:] = (windows[1:] != windows[:-1]) | (latents[1:] != latents[:-1])
    return windows[is_first], latents[is_first], values[is_first]


def _firings(latent: int, tokens: Sequence[NDArray[np.generic]]) -> Firings:
    mine = np.asarray(tokens[0] == latent)
    windows, places, values = (np.asarray(column[mine]) for column in tokens[1:])
    order = np.lexsort((places, windows))
    return Firings(windows[order].astype(np.int64), places[order].astype(np.int64), values[order].astype(np.float32))


def _joined(parts: Sequence[NDArray[Any]], dtype: type) -> NDArray[Any]:
    return np.concatenate(parts) if parts else np.zeros(0, dtype)
