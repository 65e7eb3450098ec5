"""The largest entries of each row of a wide matrix, exactly, faster than a full top-k.

1. Columns are dealt into G strided groups (column c belongs to group c mod G); one pass takes each group's
   maximum.
2. The k largest entries lie in groups whose maximum is among the k largest maxima, so only those are looked
   at.
3. Equal values go to the smaller column. A row whose k-th value occurs outside what was looked at is sorted
   whole.
"""

import torch
from torch import Tensor

_GROUPS = 512


def largest_per_row(values: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Columns (n, k) int64 and values (n, k) of the k largest entries per row of ``values`` (n, m), largest
    first.

    Equal values are ordered by column, also at the k-th place. Raises ValueError when a row has fewer than k
    entries.
    """
    n, m = values.shape
    if not 0 < k <= m:
        raise ValueError(f"{k} largest of rows with {m} entries")
    if m < 4 * _GROUPS or k >= _GROUPS:
        return _sorted_whole(values, k)
    steps = m // _GROUPS
    maxima = values[:, : steps * _GROUPS].view(n, steps, _GROUPS).amax(1)
    rest = values[:, steps * _GROUPS :]
    maxima[:, : rest.shape[1]] = torch.maximum(maxima[:, : rest.shape[1]], rest)

    groups = maxima.topk(k, sorted=False).indices  # (n, k)
    strides = _GROUPS * torch.arange(steps + 1, device=values.device)
    columns = (groups.unsqueeze(-1) + strides).flatten(1)  # (n, k * (steps + 1))
    candidates = values.gather(1, columns.clamp(max=m - 1)).masked_fill_(columns >= m, -torch.inf)
    top, places = candidates.topk(k, sorted=True)
    columns = columns.gather(1, places)

    # Ties at the k-th value, inside the candidates or in groups not looked at, need the whole row.
    kth = top[:, -1:]
    tied = ((candidates >= kth).sum(1) > k) | ((maxima >= kth).sum(1) > k)
    top, columns = _order_ties(top, columns)
    if bool(tied.any()):
        rows = tied.nonzero().squeeze(1)
        columns[rows], top[rows] = _sorted_whole(values[rows], k)
    return columns, top


def _sorted_whole(values: Tensor, k: int) -> tuple[Tensor, Tensor]:
    top, columns = values.sort(dim=1, descending=True, stable=True)
    return columns[:, :k].clone(), top[:, :k].clone()


def _order_ties(top: Tensor, columns: Tensor) -> tuple[Tensor, Tensor]:
    """Order entries of equal value by column: two stable sorts, by column and then by value."""
    by_column = columns.argsort(dim=1)
    columns, top = columns.gather(1, by_column), top.gather(1, by_column)
    by_value = top.argsort(dim=1, descending=True, stable=True)
    return top.gather(1, by_value), columns.gather(1, by_value)
