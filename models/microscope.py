"""Which latents fire on which token: several texts and several dictionaries of one model in shared forward passes.

Texts are rows, padded on the right, which changes nothing for a causal model; rows of very different length do not
share a pass. A pass ends at the deepest hook that is asked for. Only active (token, latent) pairs leave.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.active import encode_active
from models.dictionary import Dictionary
from models.language_model import LanguageModel

#: Tokens of one forward pass, padding included.
PASS_TOKENS = 8192
_PADDING = 0


@dataclass(frozen=True, eq=False)
class ActiveLatents:
    """The active latents of one text, sorted by position and within a position by value, largest first.

    Arrays (n_active,): ``values[i] > 0`` is the activation of latent ``latents[i]`` at token ``positions[i]``.
    """

    n_tokens: int
    positions: NDArray[np.int64]
    latents: NDArray[np.int64]
    values: NDArray[np.float32]


def read_latents(
    model: LanguageModel, rows: Sequence[Sequence[int]], wanted: Sequence[Mapping[str, Dictionary]]
) -> list[dict[str, ActiveLatents]]:
    """The active latents of each row in each dictionary it asks for.

    Args:
        model: the model of all the dictionaries.
        rows: token ids of each text.
        wanted: for each row, name -> dictionary.

    Raises:
        HookMismatch, ContextMismatch: see ``LanguageModel.run_to_hooks``.
    """
    found: list[dict[str, ActiveLatents]] = [{} for _ in rows]
    for group in shared_passes([len(row) for row in rows]):
        hooks = {d.hook_name for place in group for d in wanted[place].values()}
        states = model.run_to_hooks(padded([rows[place] for place in group]), sorted(hooks))
        for name, dictionary in {n: d for place in group for n, d in wanted[place].items()}.items():
            asking = [place for place in group if name in wanted[place]]
            h = _real_tokens(dictionary.read(states[dictionary.hook_name]), group, asking, rows)
            for place, latents in zip(asking, _split(dictionary, h, [len(rows[p]) for p in asking]), strict=True):
                found[place][name] = latents
    return found


def read_one_latent(
    model: LanguageModel, rows: Sequence[Sequence[int]], wanted: Sequence[tuple[Dictionary, int]]
) -> list[NDArray[np.float32]]:
    """One latent's activations on every token of each row, arrays (n_tokens,); ``wanted``: dictionary and index."""
    found = [np.zeros(0, np.float32)] * len(rows)
    for group in shared_passes([len(row) for row in rows]):
        hooks = sorted({wanted[place][0].hook_name for place in group})
        states = model.run_to_hooks(padded([rows[place] for place in group]), hooks)
        asking: dict[tuple[int, int], list[int]] = {}
        for place in group:
            asking.setdefault((id(wanted[place][0]), wanted[place][1]), []).append(place)
        for places in asking.values():
            dictionary, index = wanted[places[0]]
            h = _real_tokens(dictionary.read(states[dictionary.hook_name]), group, places, rows)
            values = dictionary.one_latent(h, index).float().cpu().numpy()
            ends = np.cumsum([len(rows[place]) for place in places])
            for place, part in zip(places, np.split(values, ends[:-1]), strict=True):
                found[place] = part
    return found


def shared_passes(lengths: Sequence[int], most: int = PASS_TOKENS) -> Iterator[list[int]]:
    """Rows that share a forward pass: at most ``most`` tokens with padding, none under half of the longest."""
    order = sorted(range(len(lengths)), key=lambda place: -lengths[place])
    group: list[int] = []
    for place in order:
        longest = lengths[group[0]] if group else 0
        if group and ((len(group) + 1) * longest > most or 2 * lengths[place] < longest):
            yield group
            group = []
        group.append(place)
    if group:
        yield group


def padded(rows: Sequence[Sequence[int]]) -> Tensor:
    """Token ids (rows, longest), padded on the right."""
    ids = torch.full((len(rows), max(len(row) for row in rows)), _PADDING, dtype=torch.long)
    for place, row in enumerate(rows):
        ids[place, : len(row)] = torch.tensor(row, dtype=torch.long)
    return ids


def _real_tokens(state: Tensor, group: list[int], asking: list[int], rows: Sequence[Sequence[int]]) -> Tensor:
    """Activations (n, width) of the tokens of the rows ``asking``, one row after another, without padding."""
    places = {row: number for number, row in enumerate(group)}
    return torch.cat([state[places[row], : len(rows[row])] for row in asking])


def _split(dictionary: Dictionary, h: Tensor, lengths: Sequence[int]) -> Iterator[ActiveLatents]:
    """Encode all rows at once, then give each its own pairs."""
    pairs = encode_active(dictionary, h)
    order = np.lexsort((pairs.latents, -pairs.values, pairs.rows))
    rows, latents, values = pairs.rows[order], pairs.latents[order], pairs.values[order]
    start = 0
    for length in lengths:
        low, high = np.searchsorted(rows, (start, start + length))
        yield ActiveLatents(length, rows[low:high] - start, latents[low:high], values[low:high])
        start += length
