"""Exact effects: every pair's value changed in rows of their own, the rest of the model run on.

Removed by zero or by its mean a pair takes one row; resampled, one for each value that it takes, and the effect is the
mean over them.
"""

from collections.abc import Generator
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from models.causal.attribution import Pairs, Prompt, direct_steps
from models.causal.removal import Removal
from models.running.metrics import Metrics, Target


@dataclass(frozen=True, eq=False)
class Trials:
    """Rows (r,): the pair ``owners`` changed by ``amounts``; ``weights`` of a pair's rows sum to 1."""

    owners: NDArray[np.int64]
    amounts: NDArray[np.float32]
    weights: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.owners)

    def mean(self, n: int, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Of ``values`` (r, …) of the rows, the mean of each of the ``n`` pairs, (n, …)."""
        found = np.zeros((n, *values.shape[1:]))
        np.add.at(found, self.owners, (values.T * self.weights).T)
        return found


def trials(pairs: Pairs, removal: Removal) -> Trials:
    """The rows that removing each pair takes; equal values of a pair share one."""
    amounts = removal.amounts(pairs)
    if amounts.shape[1] == 1:
        return Trials(np.arange(len(pairs)), amounts[:, 0], np.ones(len(pairs)))
    parts = [np.unique(row, return_counts=True) for row in amounts]
    owners = np.repeat(np.arange(len(pairs)), [len(values) for values, _ in parts])
    weights = np.concatenate([counts / counts.sum() for _, counts in parts])
    return Trials(owners, np.concatenate([values for values, _ in parts]), weights)


def changed(pairs: Pairs, rows: Trials) -> Pairs:
    """The pair of each row with the change of its value in place of the value."""
    return replace(pairs.take(rows.owners), values=rows.amounts)


def exact_steps(
    prompt: Prompt, pairs: Pairs, rows: Trials, target: Target, baseline: Metrics
) -> Generator[int, None, list[Metrics]]:
    """The change of every number about the target for each of the pairs (n,); yields rows done."""
    found: list[Metrics] = []
    edits = changed(pairs, rows)
    while len(found) < len(rows):
        part = edits.take(np.arange(len(found), min(len(rows), len(found) + prompt.rows_at_once())))
        places, positions = torch.arange(len(part)), torch.from_numpy(part.positions)
        found += prompt.measure_adding(len(part), places, positions, prompt.writes(part), target)
        yield len(found)
    table = np.array([_numbers(metrics.minus(baseline)) for metrics in found]).reshape(-1, 4)
    has_difference = baseline.logit_difference is not None
    return [
        Metrics(log_prob, probability, rank, difference if has_difference else None)
        for log_prob, probability, rank, difference in rows.mean(len(pairs), table).tolist()
    ]


def direct_effects(
    prompt: Prompt, pairs: Pairs, rows: Trials, target: Target, baseline: Metrics
) -> Generator[None, None, list[float | None]]:
    """The direct effect of each of the pairs (n,), None for all where no path is known."""
    found = yield from direct_steps(prompt, changed(pairs, rows), target, baseline)
    if not found or found[0] is None:
        return [None] * len(pairs)
    return list(rows.mean(len(pairs), np.array(found, float)).tolist())


def _numbers(change: Metrics) -> tuple[float, float, float, float]:
    difference = change.logit_difference
    return change.log_prob, change.probability, change.rank, 0.0 if difference is None else difference
