"""How much memory a build will need, stated before it starts, and what the machine has left.

An upper estimate, in bytes: it counts every reservoir as full unless the run is too short to fill it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from models.building.output_score import ROWS
from models.errors import MemoryRefused
from models.running.active import BLOCK_VALUES
from models.running.dictionary import Dictionary
from models.running.language_model import LanguageModel
from models.statistics.accumulator import BUCKETS, PER_BUCKET, SAMPLE, TOP
from models.statistics.histogram import BINS
from models.statistics.token_counts import DENSE_CELLS

_KEPT_EVENT = 26 + 20 + 96  # columns, selection columns, and a window of a dozen active neighbours
_OCCUPIED_BUCKETS = 30  # of BUCKETS, in practice: activations of one latent span a few octaves
_SETTLING = 2.2  # sorting makes a copy
_ACTIVATION_COPIES = 12  # tensors of (batch, pos, d_model) alive at once in a forward pass, the MLP's counted as 4
_LOGIT_COPIES = 4  # of a row's next-token logits: the model's, in float32, as probabilities, compared
_NEUTRAL_TOKENS = 16  # more than the neutral prompt of the output scores has in any tokenizer


@dataclass(frozen=True)
class MemoryNeed:
    """Bytes needed on top of what is loaded already, and bytes left."""

    statistics: int
    forward: int
    available: int

    @property
    def total(self) -> int:
        """Bytes needed."""
        return self.statistics + self.forward

    def sentence(self) -> str:
        """For the terminal, before the run."""
        return (
            f"Memory: up to {_gib(self.total)} on top of the weights "
            f"({_gib(self.statistics)} for statistics), {_gib(self.available)} available."
        )

    def require_fit(self) -> None:
        """Raise MemoryRefused, with the numbers and the remedy, if it would not fit."""
        if self.total > 0.9 * self.available:
            raise MemoryRefused(
                f"This build needs up to {_gib(self.total)} of memory and {_gib(self.available)} are available: "
                "build fewer sources at once, use a smaller --batch or fewer --tokens, or free memory."
            )


def estimate(
    model: LanguageModel,
    dictionaries: Mapping[str, Dictionary],
    l0: Mapping[str, float],
    *,
    n_tokens: int,
    batch: int,
    context_size: int,
    output_scores: bool = False,
) -> MemoryNeed:
    """The need of a build over ``n_tokens`` tokens; ``l0`` is the mean number of active latents, by source."""
    vocabulary = model.facts.vocab_size
    statistics = 8 * n_tokens  # the prompts' token ids
    for slug, dictionary in dictionaries.items():
        events = int(l0[slug] * n_tokens) + 1
        kept = min(dictionary.d_sae * (TOP + SAMPLE + PER_BUCKET * _OCCUPIED_BUCKETS), events * 3)
        cells = dictionary.d_sae * vocabulary
        counts = 12 * cells if cells <= DENSE_CELLS else 48 * min(events, cells)
        fixed = dictionary.d_sae * (4 * BINS + 4 * BUCKETS + 64)
        statistics += fixed + counts + int(kept * _KEPT_EVENT * _SETTLING)
    width = model.facts.d_model * _ACTIVATION_COPIES * 4
    events_per_batch = int(sum(l0.values()) * batch * context_size)
    forward = batch * context_size * width + 6 * BLOCK_VALUES * 4 + events_per_batch * 120
    if output_scores:  # after the pass, whose forward memory is free again by then
        forward = max(forward, ROWS * (vocabulary * _LOGIT_COPIES * 4 + _NEUTRAL_TOKENS * width))
    return MemoryNeed(statistics, forward, available_memory())


def available_memory() -> int:
    """Bytes that can still be taken: the machine's, or the container's if that is less."""
    machine = int(psutil.virtual_memory().available)
    limit, used = _cgroup("memory.max"), _cgroup("memory.current")
    return machine if limit is None else max(0, min(machine, limit - (used or 0)))


def _cgroup(name: str) -> int | None:
    try:
        text = (Path("/sys/fs/cgroup") / name).read_text().strip()
    except OSError:
        return None
    return int(text) if text.isdigit() else None


def _gib(n: int) -> str:
    return f"{n / 2**30:.1f} GiB"
