"""Which latents fire on which token: several texts and several dictionaries of one model in shared forward passes.

Texts are rows, padded on the right, which changes nothing for a causal model; rows of very different length do not
share a pass. A pass ends at the deepest hook that is asked for. Only active (token, latent) pairs leave. Passes are as
large as the model's pace allows, and encoding goes on in steps after each (``models.running.pace``).
"""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.running.active import BLOCK_VALUES, LEAST_ROWS, active_steps
from models.running.dictionary import Dictionary
from models.running.language_model import LanguageModel
from models.running.pace import Pace, result_of
from models.sources import parse_hook

#: Tokens of one forward pass at most, padding included.
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
    pace = reading_pace(model, (d for asked in wanted for d in asked.values()))
    for group in shared_passes([len(row) for row in rows], lambda: pace.size):
        parts = result_of(latents_pass(model, [rows[place] for place in group], [wanted[place] for place in group]))
        for place, part in zip(group, parts, strict=True):
            found[place] = part
    return found


def latents_pass(
    model: LanguageModel, rows: Sequence[Sequence[int]], wanted: Sequence[Mapping[str, Dictionary]]
) -> Generator[None, None, list[dict[str, ActiveLatents]]]:
    """The same for rows of one forward pass, in steps: the pass, then encoding."""
    found: list[dict[str, ActiveLatents]] = [{} for _ in rows]
    states = _states(model, rows, [d for asked in wanted for d in asked.values()])
    for name, dictionary in {name: d for asked in wanted for name, d in asked.items()}.items():
        asking = [place for place in range(len(rows)) if name in wanted[place]]
        lengths = [len(rows[place]) for place in asking]
        h = yield from _real_tokens(dictionary, states[dictionary.hook_name], asking, lengths)
        pairs = yield from active_steps(dictionary, h)
        ends = np.cumsum(lengths)
        for place, end, length in zip(asking, ends.tolist(), lengths, strict=True):
            low, high = np.searchsorted(pairs.rows, (end - length, end))
            positions = pairs.rows[low:high] - (end - length)
            found[place][name] = ActiveLatents(length, positions, pairs.latents[low:high], pairs.values[low:high])
    return found


def read_one_latent(
    model: LanguageModel, rows: Sequence[Sequence[int]], wanted: Sequence[tuple[Dictionary, int]]
) -> list[NDArray[np.float32]]:
    """One latent's activations on every token of each row, arrays (n_tokens,); ``wanted``: dictionary and index."""
    found = [np.zeros(0, np.float32)] * len(rows)
    pace = reading_pace(model, (dictionary for dictionary, _ in wanted))
    for group in shared_passes([len(row) for row in rows], lambda: pace.size):
        parts = result_of(one_latent_pass(model, [rows[place] for place in group], [wanted[place] for place in group]))
        for place, part in zip(group, parts, strict=True):
            found[place] = part
    return found


def one_latent_pass(
    model: LanguageModel, rows: Sequence[Sequence[int]], wanted: Sequence[tuple[Dictionary, int]]
) -> Generator[None, None, list[NDArray[np.float32]]]:
    """The same for rows of one forward pass, in steps."""
    found = [np.zeros(0, np.float32)] * len(rows)
    states = _states(model, rows, [dictionary for dictionary, _ in wanted])
    asking: dict[tuple[int, int], list[int]] = {}
    for place, (dictionary, index) in enumerate(wanted):
        asking.setdefault((id(dictionary), index), []).append(place)
    for places in asking.values():
        dictionary, index = wanted[places[0]]
        lengths = [len(rows[place]) for place in places]
        h = yield from _real_tokens(dictionary, states[dictionary.hook_name], places, lengths)
        values = yield from latent_steps(dictionary, h, [index])
        for place, part in zip(places, np.split(values[:, 0].cpu().numpy(), np.cumsum(lengths)[:-1]), strict=True):
            found[place] = part
    return found


def latent_steps(dictionary: Dictionary, h: Tensor, indices: Sequence[int]) -> Generator[None, None, Tensor]:
    """Some latents' activations (n, len(indices)) in float32, in steps."""
    # Where latents compete all of them are encoded, which must not fill the memory.
    most = 8192 if dictionary.threshold is not None else max(LEAST_ROWS, BLOCK_VALUES // dictionary.d_sae)
    pace = dictionary.paces(f"{len(indices)} latents", least=LEAST_ROWS, most=most)
    parts: list[Tensor] = []
    for rows in pace.pieces(len(h)):
        with pace.timed(rows.stop - rows.start):
            parts.append(dictionary.some_latents(h[rows], indices).float())
        yield
    return torch.cat(parts) if parts else torch.zeros(0, len(indices))


def reading_pace(model: LanguageModel, dictionaries: Iterable[Dictionary]) -> Pace:
    """How many tokens a pass up to the deepest of the hooks takes in."""
    deepest = max((parse_hook(d.hook_name).layer for d in dictionaries), default=0)
    return model.paces(f"read up to layer {deepest}", most=PASS_TOKENS)


def shared_passes(lengths: Sequence[int], most: int | Callable[[], int] = PASS_TOKENS) -> Iterator[list[int]]:
    """Rows that share a forward pass: at most ``most`` tokens with padding, none under half of the longest.

    ``most`` may be a function, asked anew for every pass.
    """
    order = sorted(range(len(lengths)), key=lambda place: -lengths[place])
    group: list[int] = []
    room = 0
    for place in order:
        longest = lengths[group[0]] if group else 0
        if group and ((len(group) + 1) * longest > room or 2 * lengths[place] < longest):
            yield group
            group = []
        if not group:
            room = most if isinstance(most, int) else most()
        group.append(place)
    if group:
        yield group


def padded(rows: Sequence[Sequence[int]]) -> Tensor:
    """Token ids (rows, longest), padded on the right."""
    ids = torch.full((len(rows), max(len(row) for row in rows)), _PADDING, dtype=torch.long)
    for place, row in enumerate(rows):
        ids[place, : len(row)] = torch.tensor(row, dtype=torch.long)
    return ids


def _states(
    model: LanguageModel, rows: Sequence[Sequence[int]], dictionaries: Sequence[Dictionary]
) -> dict[str, Tensor]:
    ids = padded(rows)
    with reading_pace(model, dictionaries).timed(ids.numel()):
        return model.run_to_hooks(ids, sorted({dictionary.hook_name for dictionary in dictionaries}))


def _real_tokens(
    dictionary: Dictionary, state: Tensor, places: Sequence[int], lengths: Sequence[int]
) -> Generator[None, None, Tensor]:
    """What the dictionary reads (n, width) of the tokens of some rows, one row after another, without padding."""
    yield
    if not dictionary.needs_context:
        return torch.cat([state[place, :length] for place, length in zip(places, lengths, strict=True)])
    parts = []
    for place, length in zip(places, lengths, strict=True):
        parts.append(dictionary.read(state[place : place + 1, :length])[0])
        yield
    return torch.cat(parts)
