"""Prompts through the model once, into a cache: many prompts of different lengths in one forward pass.

Prompts are padded on the left, so that the next token of every row stands in the same column. Positions count a row's
own tokens. Rows that nothing steers are run once per prompt and remembered. Many or
long prompts are run a few at a time, in steps.
"""

import inspect
from collections import OrderedDict
from collections.abc import Generator, Sequence
from contextlib import AbstractContextManager

import torch
from torch import Tensor

from models.running.kv_rows import KvRows
from models.running.language_model import LanguageModel
from models.running.microscope import PASS_TOKENS
from models.running.pace import Pace
from models.steering.boards import RowEdits, SiteSums, Steering
from models.steering.terms import Board

Prompt = tuple[int, ...]


class PromptMemory:
    """The last unsteered prompts of one model: cache and next-token logits, at most ``max_bytes`` together."""

    def __init__(self, max_bytes: int = 256 << 20) -> None:
        self.max_bytes = max_bytes
        self.used = 0
        self._kept: OrderedDict[Prompt, tuple[KvRows, Tensor, int]] = OrderedDict()

    def get(self, prompt: Prompt) -> tuple[KvRows, Tensor] | None:
        """Cache (one row) and logits (1, vocab), if remembered."""
        found = self._kept.get(prompt)
        if found is None:
            return None
        self._kept.move_to_end(prompt)
        return found[0], found[1]

    def put(self, prompt: Prompt, kv: KvRows, logits: Tensor) -> None:
        """Remember a prompt; the ones not used for longest go when it gets too much."""
        n_bytes = sum(keys.nbytes + values.nbytes for keys, values in kv.layers()) + logits.nbytes
        if prompt in self._kept or n_bytes > self.max_bytes:
            return
        self._kept[prompt] = (kv, logits, n_bytes)
        self.used += n_bytes
        while self.used > self.max_bytes:
            _, (_, _, freed) = self._kept.popitem(last=False)
            self.used -= freed


class Prefiller:
    """Runs prompts and single tokens of one model."""

    def __init__(self, model: LanguageModel, steering: Steering, memory: PromptMemory) -> None:
        self.model = model
        self.steering = steering
        self.memory = memory
        accepted = inspect.signature(model.model.forward).parameters
        self._keep_last = {"logits_to_keep": 1} if "logits_to_keep" in accepted else {}
        self._takes_positions = "position_ids" in accepted
        self.pace: Pace = model.paces("read prompts", most=PASS_TOKENS)

    def forward(self, ids: Tensor, kv: KvRows, positions: Tensor, steered: AbstractContextManager[None]) -> Tensor:
        """Append ``ids`` (rows, pos), already counted in ``kv.mask``, to the cache; the last logits (rows, vocab)."""
        where = {"position_ids": positions} if self._takes_positions else {}
        with self.model.lock, steered:
            output = self.model.model(
                input_ids=ids,
                attention_mask=kv.mask.long() if kv.padded else None,
                past_key_values=kv.cache,
                use_cache=True,
                **where,
                **self._keep_last,
            )
        logits: Tensor = output.logits[:, -1].float()
        return logits

    @torch.inference_mode()
    def steps(
        self, rows: Sequence[tuple[Prompt, Board | None]]
    ) -> Generator[None, None, tuple[KvRows, Tensor, list[SiteSums]]]:
        """Cache, next-token logits (rows, vocab) and what was injected, row by row; in steps of one pass.

        Identical unsteered prompts are run once.
        """
        boards = [prompt_board(board) for _, board in rows]
        order: list[int] = []  # per row, its place among the runs
        runs: list[tuple[Prompt, Board | None]] = []
        plain: dict[Prompt, int] = {}
        for (prompt, _), board in zip(rows, boards, strict=True):
            if board is None and prompt in plain:
                order.append(plain[prompt])
                continue
            if board is None:
                plain[prompt] = len(runs)
            order.append(len(runs))
            runs.append((prompt, board))
        kv, logits, sums = yield from self._run_distinct(runs)
        if order != list(range(len(runs))):
            kv, logits = kv.take(order), logits[order]
        return kv, logits, [sums[place] for place in order]

    def _run_distinct(
        self, runs: Sequence[tuple[Prompt, Board | None]]
    ) -> Generator[None, None, tuple[KvRows, Tensor, list[SiteSums]]]:
        remembered = {p: self.memory.get(prompt) for p, (prompt, board) in enumerate(runs) if board is None}
        known = {place: found for place, found in remembered.items() if found is not None}
        parts: list[KvRows] = []
        logits: list[Tensor] = []
        sums = [SiteSums() for _ in runs]
        where: dict[int, int] = {}  # run -> its row among the parts
        fresh = [place for place in range(len(runs)) if place not in known]
        while fresh:
            some = fresh[: self._fitting([len(runs[place][0]) for place in fresh])]
            fresh = fresh[len(some) :]
            with self.pace.timed(len(some) * max(len(runs[place][0]) for place in some)):
                kv, last, edits = self._compute([runs[place] for place in some])
                for row, (place, injected) in enumerate(zip(some, edits.drain(), strict=True)):
                    where[place] = len(where)
                    sums[place] = injected
                    if runs[place][1] is None:
                        self.memory.put(runs[place][0], kv.take([row]), last[row : row + 1].clone())
            parts.append(kv)
            logits.append(last)
            yield
        for place, (found_kv, found_logits) in known.items():
            # Copied, since the rows' cache goes on growing while the remembered one must not.
            where[place] = len(where)
            parts.append(found_kv.take([0]))
            logits.append(found_logits)
        joined, together = KvRows.joined(parts), torch.cat(logits)
        order = [where[place] for place in range(len(runs))]
        if order != list(range(len(runs))):
            joined, together = joined.take(order), together[order]
        return joined, together, sums

    def _fitting(self, lengths: Sequence[int]) -> int:
        """How many of these prompts, the first ones, are run in one step, padding included; at least one."""
        longest, size = 0, self.pace.size
        for n, length in enumerate(lengths):
            longest = max(longest, length)
            if n and (n + 1) * longest > size:
                return n
        return len(lengths)

    def _compute(self, runs: Sequence[tuple[Prompt, Board | None]]) -> tuple[KvRows, Tensor, RowEdits]:
        device, width = self.model.device, max(len(prompt) for prompt, _ in runs)
        ids = torch.tensor([[0] * (width - len(prompt)) + list(prompt) for prompt, _ in runs], device=device)
        starts = torch.tensor([width - len(prompt) for prompt, _ in runs], device=device).unsqueeze(1)
        columns = torch.arange(width, device=device).unsqueeze(0)
        real = columns >= starts
        steered = real.clone()
        for row, (prompt, board) in enumerate(runs):
            if prompt[0] == self.model.bos_token_id and not (board is not None and board.steer_bos):
                steered[row, width - len(prompt)] = False
        edits = self.steering.rows([board for _, board in runs])
        kv = KvRows.empty(self.model.facts.n_layers, real)
        positions = (columns - starts).clamp(min=0)
        return kv, self.forward(ids, kv, positions, edits.attached(self.model, steered)), edits


def prompt_board(board: Board | None) -> Board | None:
    """The board as far as the prompt is concerned; ``None`` when nothing of it applies there."""
    return None if board is None or board.is_idle or board.positions == "generated" else board


def generated_board(board: Board | None) -> Board | None:
    """The board as far as generated tokens are concerned."""
    return None if board is None or board.is_idle or board.positions == "prompt" else board
