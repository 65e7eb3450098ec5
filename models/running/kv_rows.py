"""Keys and values of a batch whose rows come and go.

Rows are right-aligned: shorter ones are padded on the left, and ``mask`` says which columns are tokens. A row's
positions count its own tokens, so padding changes nothing. Layers keep room to grow, so that a token does not copy
the whole cache; sliding-window models mask by distance, which padding on the left leaves as it is.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from transformers.cache_utils import Cache, DynamicLayer

#: Columns allotted beyond what is needed, at the least.
_ROOM = 64


class _RoomyLayer(DynamicLayer):  # type: ignore[misc]
    """Keys and values (rows, heads, pos, d_head) that are views of larger buffers."""

    def __init__(self) -> None:
        super().__init__()
        self._buffers: tuple[Tensor, Tensor] | None = None

    def fill(self, keys: Tensor, values: Tensor) -> None:
        """Start from these."""
        self.dtype, self.device = keys.dtype, keys.device
        self.keys, self.values = keys, values
        self._buffers = None
        self.is_initialized = True

    def update(self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
        """Append, and return all."""
        if not self.is_initialized:
            self.fill(key_states[:, :, :0], value_states[:, :, :0])
        old = self.keys.shape[-2]
        new = old + key_states.shape[-2]
        if self._buffers is None or self._buffers[0].shape[-2] < new:
            self._buffers = (self._grown(self.keys, new), self._grown(self.values, new))
        for buffer, added in zip(self._buffers, (key_states, value_states), strict=True):
            buffer[:, :, old:new] = added
        self.keys, self.values = (buffer[:, :, :new] for buffer in self._buffers)
        return self.keys, self.values

    @staticmethod
    def _grown(present: Tensor, needed: int) -> Tensor:
        rows, heads, old, d_head = present.shape
        buffer = present.new_empty(rows, heads, max(needed + _ROOM, needed * 5 // 4), d_head)
        buffer[:, :, :old] = present
        return buffer


class KvRows:
    """The cache of ``len(lengths)`` rows; ``mask`` (rows, columns) bool, ``lengths`` (rows,) tokens per row."""

    def __init__(self, layers: Sequence[tuple[Tensor, Tensor]], mask: Tensor) -> None:
        self.cache = Cache(layers=[_RoomyLayer() for _ in layers])
        for layer, (keys, values) in zip(self.cache.layers, layers, strict=True):
            layer.fill(keys, values)
        self.mask = mask
        self.lengths = mask.sum(1)
        self.padded = bool((self.lengths < mask.shape[1]).any())

    @classmethod
    def empty(cls, n_layers: int, mask: Tensor) -> "KvRows":
        """A cache to be filled by a forward pass over tokens of this mask."""
        made = cls([], mask)
        made.cache = Cache(layers=[_RoomyLayer() for _ in range(n_layers)])
        return made

    def layers(self) -> list[tuple[Tensor, Tensor]]:
        """Keys and values of every layer, (rows, heads, columns, d_head)."""
        return [(layer.keys, layer.values) for layer in self.cache.layers]

    def grow(self) -> None:
        """Count one more token in every row; called before the forward pass that adds it."""
        self.mask = torch.cat([self.mask, self.mask.new_ones(len(self.mask), 1)], dim=1)
        self.lengths = self.lengths + 1

    def take(self, rows: Sequence[int]) -> "KvRows":
        """A copy of some rows, in this order, repeats allowed; columns that none of them uses are dropped."""
        places = torch.tensor(list(rows), device=self.mask.device)
        mask = self.mask[places]
        first = int(mask.shape[1] - mask.sum(1).max())
        layers = [(keys[places, :, first:], values[places, :, first:]) for keys, values in self.layers()]
        return KvRows(layers, mask[:, first:])

    @classmethod
    def joined(cls, parts: Sequence["KvRows"]) -> "KvRows":
        """All rows of several caches, padded on the left to the longest."""
        if len(parts) == 1:
            return parts[0]
        width = max(part.mask.shape[1] for part in parts)

        def widened(value: Tensor, dim: int) -> Tensor:
            missing = width - value.shape[dim]
            if not missing:
                return value
            shape = list(value.shape)
            shape[dim] = missing
            return torch.cat([value.new_zeros(shape), value], dim=dim)

        mask = torch.cat([widened(part.mask, 1) for part in parts])
        layers = [
            (torch.cat([widened(k, 2) for k, _ in column]), torch.cat([widened(v, 2) for _, v in column]))
            for column in zip(*(part.layers() for part in parts), strict=True)
        ]
        return cls(layers, mask)
