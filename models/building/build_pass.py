"""One streaming pass: prompts -> one forward for all SAEs of a model -> active latents -> statistics.

1. The first prompts are held out for the quality numbers (and for the median norm, if outliers are left out).
2. Every batch of prompts runs once, up to the deepest hook; each source reads its hook.
3. Its active (token, latent) pairs go to its accumulators as one sorted list.

The state is mergeable and independent of order, so a pass can stop after any batch and go on later.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.building.quality import HeldOut
from models.errors import CorpusError
from models.running.active import ActivePairs, encode_active
from models.running.dictionary import Dictionary
from models.running.language_model import LanguageModel
from models.statistics.accumulator import SourceStatistics
from models.statistics.checkpoint import check_state
from models.statistics.events import ActiveEvents, TokenRows

#: Share of the tokens asked for that is read first, for the quality numbers; at least and at most so many.
HELD_OUT_SHARE, HELD_OUT_LEAST, HELD_OUT_MOST = 0.01, 1024, 8192


@dataclass(frozen=True)
class PassPlan:
    """What a pass was asked to do. ``n_tokens``: tokens of the prompts that feed the statistics."""

    n_tokens: int
    context_size: int
    batch: int
    seed: int
    max_norm_ratio: float | None = None

    @property
    def n_prompts(self) -> int:
        """Prompts that feed the statistics."""
        return max(1, -(-self.n_tokens // self.context_size))

    @property
    def n_held_out(self) -> int:
        """Prompts read before them, for the quality numbers."""
        tokens = min(max(HELD_OUT_SHARE * self.n_tokens, HELD_OUT_LEAST), HELD_OUT_MOST)
        return max(1, round(tokens / self.context_size))


@dataclass(eq=False)
class BuildPass:
    """The state of one pass over the sources of one model, by slug."""

    model: LanguageModel
    dictionaries: Mapping[str, Dictionary]
    plan: PassPlan
    uncounted: NDArray[np.int64]
    statistics: dict[str, SourceStatistics] = field(init=False)
    held_out: list[NDArray[np.int64]] = field(default_factory=list)
    prompts: list[NDArray[np.int64]] = field(default_factory=list)  # blocks (n, context)
    n_prompts: int = 0
    norm_limits: dict[str, float] = field(default_factory=dict)
    is_whole: bool = True  # False while, or after an error in, a batch: some sources have it and some do not

    def __post_init__(self) -> None:
        vocabulary = self.model.facts.vocab_size
        self.statistics = {
            slug: SourceStatistics(dictionary.d_sae, vocabulary, self.plan.seed)
            for slug, dictionary in self.dictionaries.items()
        }

    def run(self, prompts: Iterator[NDArray[np.int64]]) -> Iterator[int]:
        """Read ``prompts`` from the corpus's beginning, skipping what is done; yields the prompts done per batch."""
        held_out = list(islice(prompts, self.plan.n_held_out))
        following = next(prompts, None)
        if following is None:  # too small a corpus to hold anything out: statistics come first
            held_out, rest = [], iter(held_out)
        else:
            rest = _chain(following, prompts)
        self.held_out = held_out
        if self.plan.max_norm_ratio is not None and not self.norm_limits:
            self.norm_limits = self._find_norm_limits(held_out)
        todo = islice(rest, self.n_prompts, self.plan.n_prompts)
        with ThreadPoolExecutor(len(self.dictionaries), "statistics") as pool:
            while batch := list(islice(todo, self.plan.batch)):
                self._step(np.stack(batch), pool)
                yield self.n_prompts

    def _step(self, token_ids: NDArray[np.int64], pool: Executor) -> None:
        """One batch. A source's statistics (numpy, one thread) are updated while the next source is encoded."""
        self.is_whole = False
        keep = counted(token_ids, self.uncounted)
        hooks = [d.hook_name for d in self.dictionaries.values()]
        found = self.model.run_to_hooks(torch.from_numpy(token_ids), hooks)
        rows = _token_rows(token_ids, keep, self.n_prompts)
        mask = torch.from_numpy(keep.reshape(-1))
        updates = []
        for slug, dictionary in self.dictionaries.items():
            h = dictionary.read(found[dictionary.hook_name]).flatten(0, 1)
            h = h if keep.all() else h[mask.to(h.device)]
            h, tokens = self._without_outliers(slug, h, rows)
            pairs = encode_active(dictionary, h)
            updates.append(pool.submit(_update, self.statistics[slug], tokens, pairs))
        for update in updates:
            update.result()
        self.prompts.append(token_ids)
        self.n_prompts += len(token_ids)
        self.is_whole = True

    def _without_outliers(self, slug: str, h: Tensor, tokens: TokenRows) -> tuple[Tensor, TokenRows]:
        limit = self.norm_limits.get(slug)
        if limit is None:
            return h, tokens
        width = self.dictionaries[slug].d_in
        usual = (h[:, :width].float().norm(dim=-1) <= limit).cpu()
        at = usual.numpy()
        return h[usual.to(h.device)], TokenRows(tokens.prompts[at], tokens.positions[at], tokens.token_ids[at])

    def _find_norm_limits(self, held_out: Sequence[NDArray[np.int64]]) -> dict[str, float]:
        """Largest norm that counts, per source: the ratio asked for times the median over held-out tokens."""
        ratio = self.plan.max_norm_ratio
        if ratio is None:
            return {}
        if not held_out:
            raise CorpusError(
                "--max-norm-ratio needs the median norm of a few held-out prompts, and the corpus has too few; give "
                "more text or leave the option out."
            )
        ids = np.stack(held_out)
        keep = torch.from_numpy(counted(ids, self.uncounted))
        hooks = [d.hook_name for d in self.dictionaries.values()]
        found = self.model.run_to_hooks(torch.from_numpy(ids), hooks)
        return {
            slug: ratio * float(found[d.hook_name][keep.to(found[d.hook_name].device)].float().norm(dim=-1).median())
            for slug, d in self.dictionaries.items()
        }

    def held_out_tokens(self) -> HeldOut:
        """The prompts that were kept out of the statistics."""
        width = self.plan.context_size
        ids = np.stack(self.held_out) if self.held_out else np.zeros((0, width), np.int64)
        return HeldOut(ids, counted(ids, self.uncounted))

    def state(self) -> dict[str, NDArray[Any]]:
        """Plain arrays for a checkpoint."""
        width = self.plan.context_size
        self.prompts = [np.concatenate(self.prompts)] if self.prompts else []
        arrays: dict[str, NDArray[Any]] = {
            "n_prompts": np.array(self.n_prompts),
            "prompts": self.prompts[0] if self.prompts else np.zeros((0, width), np.int64),
        }
        for slug, limit in self.norm_limits.items():
            arrays[f"{slug}/norm_limit"] = np.array(limit)
        for slug, statistics in self.statistics.items():
            arrays |= {f"{slug}/{name}": array for name, array in statistics.state().items()}
        return arrays

    def restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Go on from what :meth:`state` gave, of a pass with the same plan; ValueError for anything else."""
        check_state(self.state(), arrays, self.plan.context_size, self.model.facts.vocab_size)
        self.n_prompts = int(arrays["n_prompts"])
        self.prompts = [arrays["prompts"]] if self.n_prompts else []
        for slug, statistics in self.statistics.items():
            mine = {k.removeprefix(f"{slug}/"): v for k, v in arrays.items() if k.startswith(f"{slug}/")}
            limit = mine.pop("norm_limit", None)
            if limit is not None:
                self.norm_limits[slug] = float(limit)
            statistics.restore(mine)


def counted(token_ids: NDArray[np.int64], uncounted: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which tokens enter the statistics: all but BOS, separators and padding; same shape as ``token_ids``."""
    return ~np.isin(token_ids, uncounted)


def _update(statistics: SourceStatistics, tokens: TokenRows, pairs: ActivePairs) -> None:
    statistics.update(ActiveEvents.collect(tokens, pairs.rows, pairs.latents, pairs.values))


def _token_rows(token_ids: NDArray[np.int64], keep: NDArray[np.bool_], first_prompt: int) -> TokenRows:
    n, width = token_ids.shape
    flat = keep.reshape(-1)
    prompts = np.repeat(np.arange(first_prompt, first_prompt + n), width)[flat]
    positions = np.tile(np.arange(width), n)[flat]
    return TokenRows(prompts, positions, token_ids.reshape(-1)[flat])


def _chain(first: NDArray[np.int64], rest: Iterator[NDArray[np.int64]]) -> Iterator[NDArray[np.int64]]:
    yield first
    yield from rest
