"""Keep the k events with the smallest key in every group: top examples and uniform samples are both this.

The members kept depend only on the set of events seen: ties are broken by (prompt, position). A group's k-th key is a
bound that later events must beat, so after the first batches almost nothing passes :meth:`Selection.candidates`. Where
a prompt may stand only once in a group, :func:`one_per_prompt` sees to that in each batch, which is of whole prompts.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from models.statistics.kept import KeptEvents

_LAST_KEY = np.uint32(0xFFFFFFFF)
_MIN_PENDING = 200_000


@dataclass(eq=False)
class Selection:
    """The ``k`` smallest keys in each of ``n_groups`` groups; members are ``groups``, ``keys``, log ``numbers`` (n,).

    ``bounds`` (n_groups,) uint32: no event with a larger key can become a member.
    """

    n_groups: int
    k: int
    bounds: NDArray[np.uint32] = field(init=False)
    groups: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    keys: NDArray[np.uint32] = field(default_factory=lambda: np.zeros(0, np.uint32))
    numbers: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    _pending: list[tuple[NDArray[np.int64], NDArray[np.uint32], NDArray[np.int64]]] = field(default_factory=list)
    _n_pending: int = 0

    def __post_init__(self) -> None:
        self.bounds = np.full(self.n_groups, _LAST_KEY)

    def candidates(self, groups: NDArray[np.int64], keys: NDArray[np.uint32]) -> NDArray[np.int64]:
        """Indices of the batch's events that may become members."""
        return np.flatnonzero(keys <= self.bounds[groups])

    def add(self, groups: NDArray[np.int64], keys: NDArray[np.uint32], numbers: NDArray[np.int64]) -> None:
        """Candidates that are now in the log under ``numbers``."""
        self._pending.append((groups, keys, numbers))
        self._n_pending += len(groups)

    @property
    def is_due(self) -> bool:
        """Whether enough candidates wait that sorting them pays."""
        return self._n_pending > max(_MIN_PENDING, len(self.groups) // 2)

    def settle(self, log: KeptEvents) -> None:
        """Sort members and candidates, keep k of each group, lower the bounds."""
        if not self._pending:
            return
        groups = np.concatenate([self.groups, *(p[0] for p in self._pending)])
        keys = np.concatenate([self.keys, *(p[1] for p in self._pending)])
        numbers = np.concatenate([self.numbers, *(p[2] for p in self._pending)])
        self._pending, self._n_pending = [], 0
        prompts, positions = log.prompts[numbers], log.positions[numbers]
        order = _by_group_then_key(groups, keys, prompts, positions)
        groups, keys, numbers = groups[order], keys[order], numbers[order]
        starts = np.flatnonzero(np.append(True, groups[1:] != groups[:-1])) if len(groups) else np.zeros(0, np.int64)
        sizes = np.diff(np.append(starts, len(groups)))
        rank = np.arange(len(groups)) - np.repeat(starts, sizes)
        full = starts[sizes >= self.k]
        self.bounds[groups[full]] = keys[full + self.k - 1]
        kept = rank < self.k
        self.groups, self.keys, self.numbers = groups[kept], keys[kept], numbers[kept]


def one_per_prompt(
    groups: NDArray[np.int64], prompts: NDArray[np.int64], keys: NDArray[np.uint32]
) -> NDArray[np.int64]:
    """Indices of the event with the smallest key of every (group, prompt), the first of equal ones; arrays (n,)."""
    if len(groups) == 0:
        return np.zeros(0, np.int64)
    first = prompts.min()
    pair = groups * (prompts.max() - first + 1) + (prompts - first)
    if (pair[1:] >= pair[:-1]).all():  # events come sorted by latent and prompt: no sort is needed
        return _smallest_of_runs(pair, keys)
    order = np.argsort(pair, kind="stable")
    return np.sort(order[_smallest_of_runs(pair[order], keys[order])])


def _smallest_of_runs(pair: NDArray[np.int64], keys: NDArray[np.uint32]) -> NDArray[np.int64]:
    """Index of the smallest key in every run of equal ``pair``, the first of equal ones."""
    starts = np.flatnonzero(np.append(True, pair[1:] != pair[:-1]))
    smallest = np.minimum.reduceat(keys, starts)
    lengths = np.diff(np.append(starts, len(pair)))
    reaches = np.flatnonzero(keys == np.repeat(smallest, lengths))
    runs = np.searchsorted(starts, reaches, side="right")
    return np.asarray(reaches[np.append(True, runs[1:] != runs[:-1])])


def _by_group_then_key(
    groups: NDArray[np.int64],
    keys: NDArray[np.uint32],
    prompts: NDArray[np.int64],
    positions: NDArray[np.int32],
) -> NDArray[np.int64]:
    """Order by (group, key, prompt, position); the last two only where the first two tie, since ties are rare."""
    if len(groups) == 0:
        return np.zeros(0, np.int64)
    code = (groups << 32) | keys.astype(np.int64)
    order = np.argsort(code)  # not stable, and quicker for it: ties are put right below
    ordered = code[order]
    tied = np.flatnonzero(ordered[1:] == ordered[:-1])
    if len(tied):
        inside = np.zeros(len(order), bool)
        inside[tied] = inside[tied + 1] = True
        places = np.flatnonzero(inside)
        members = order[places]
        order[places] = members[np.lexsort((positions[members], prompts[members], code[members]))]
    return order
