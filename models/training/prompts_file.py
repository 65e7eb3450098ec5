"""The prompts of a run on disk: token ids as they were cut from the corpus once, so that a resumed run reads the same.

The file is int32 rows of one length. It is written to one side and moved into place when it is whole. Its first rows
are held out.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.errors import CorpusError
from models.training.recipe import Recipe


@dataclass(frozen=True, eq=False)
class Prompts:
    """Prompts to train on, and those held out: token ids (n, context); ``uncounted``: ids that no SAE is trained on."""

    train: NDArray[np.int32]
    held_out: NDArray[np.int32]
    uncounted: NDArray[np.int64]

    @property
    def n_tokens(self) -> int:
        """Tokens to train on in one reading."""
        return int(self.counts().sum())

    def counts(self) -> NDArray[np.int64]:
        """Tokens to train on, by prompt (n,)."""
        return np.array([int((~np.isin(row, self.uncounted)).sum()) for row in self.train], dtype=np.int64)


def write_prompts(
    path: Path,
    found: Iterator[NDArray[np.int64]],
    recipe: Recipe,
    uncounted: NDArray[np.int64],
    tell: Callable[[int], None],
) -> None:
    """Take prompts until those after the held-out ones have ``recipe.tokens`` that count, or all that there are.

    ``tell`` gets the tokens so far. Raises the errors of the corpus, and OSError.
    """
    waiting = path.with_suffix(".part")
    left, n_counted = recipe.n_held_out, 0
    with waiting.open("wb") as file:
        for row in found:
            file.write(row.astype("<i4").tobytes())
            if left:
                left -= 1
                continue
            n_counted += int((~np.isin(row, uncounted)).sum())
            tell(n_counted)
            if n_counted >= recipe.tokens:
                break
    waiting.replace(path)


def read_prompts(path: Path, recipe: Recipe, uncounted: NDArray[np.int64]) -> Prompts:
    """What ``write_prompts`` wrote, mapped from the disk; ValueError for anything else."""
    ids: NDArray[np.int32] = np.memmap(path, dtype="<i4", mode="r")
    if len(ids) % recipe.context:
        raise ValueError(f"{path.name} is not whole")
    rows = ids.reshape(-1, recipe.context)
    n = recipe.n_held_out
    found = Prompts(rows[n:], rows[:n], uncounted)
    if found.n_tokens >= recipe.tokens:
        return found
    n = min(n, max(1, len(rows) // 10))  # a short corpus that is read again is mostly to train on
    return Prompts(rows[n:], rows[:n], uncounted)


def require_enough(prompts: Prompts, recipe: Recipe, corpus: str, *, repeat: bool) -> float:
    """How many times the corpus is read; CorpusError if it is too short for what is asked."""
    n, held = prompts.n_tokens, len(prompts.held_out) * recipe.context
    if n < 2 * recipe.step_tokens:
        raise CorpusError(
            f"The corpus {corpus} has {n:,} tokens to train on after the {held:,} held out, fewer than two steps of "
            f"{recipe.step_tokens:,}; give more text."
        )
    if n < recipe.tokens and not repeat:
        raise CorpusError(
            f"The corpus {corpus} has {n:,} tokens to train on after the {held:,} held out, and --tokens asks for "
            f"{recipe.tokens:,}; give more text, --tokens {n // 1000 * 1000 or n}, or --repeat to read it again."
        )
    return recipe.tokens / n
