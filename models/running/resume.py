"""Run the rest of a model from a layer on: the layers below are skipped, what they would give is put in place.

Exact removal of many latents changes nothing below their hook, so running the lower layers for every row would be
waste. The blocks below are replaced, for the length of the run, by ones that hand their input on, and the residual
stream before the layer by the one that was recorded once.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from torch import Tensor

from models.running.hook_map import attach
from models.running.language_model import Edits, LanguageModel
from models.sources import parse_hook


class Resumable:
    """A prompt whose residual stream before the layer of a hook has been recorded."""

    def __init__(self, model: LanguageModel, token_ids: Tensor, hook: str, also: Sequence[str] = ()) -> None:
        """Run ``token_ids`` (1, pos) once, as a whole, and keep what is needed to go on from the layer of ``hook``.

        Args:
            model: the model.
            token_ids: one prompt.
            hook: where runs will be changed.
            also: hooks to read in the same pass, into ``found``.

        Raises:
            HookMismatch, ContextMismatch: as ``LanguageModel.run_to_hooks``.
        """
        self.model, self.token_ids = model, token_ids
        self.entry = f"blocks.{parse_hook(hook).layer}.hook_resid_pre"
        self._blocks = self._below(parse_hook(hook).layer)
        self._gives_tuple = False
        entry = [self.entry] if self._blocks else []
        with model.lock, ExitStack() as stack:
            if self._blocks:
                stack.callback(self._blocks[0].register_forward_hook(self._look).remove)
            self.found, self.logits = model.read_whole(token_ids, [*also, *entry])
        # A copy made outside of inference mode, so that gradients may pass.
        self._resid = self.found[self.entry].clone() if self._blocks else None

    @property
    def share_of_layers(self) -> float:
        """The share of the model's layers that is run again."""
        return 1 - len(self._blocks) / self.model.facts.n_layers

    def _below(self, layer: int) -> list[Any]:
        """The blocks before ``layer``; none where the model does not name their inputs, which only costs time."""
        names = [f"blocks.{number}.hook_resid_pre" for number in range(layer + 1)]
        if any(name not in self.model.hooks or self.model.tap(name).end != "in" for name in names):
            return []
        return [self.model.model.get_submodule(self.model.tap(name).module) for name in names[:-1]]

    def _look(self, _module: Any, _args: Any, output: Any) -> None:
        self._gives_tuple = isinstance(output, tuple)

    def last_logits(self, rows: int, edits: Edits) -> Tensor:
        """Logits (rows, vocab) after the last position for ``rows`` copies of the prompt, with edits."""
        ids = self.token_ids.expand(rows, -1)
        with self.model.lock, self._skipping():
            return self.model.last_logits(ids, edits)

    @contextmanager
    def _skipping(self) -> Iterator[None]:
        if self._resid is None:
            yield
            return
        resid = self._resid
        handle = attach(self.model.model, self.model.tap(self.entry), lambda h: resid.expand(h.shape[0], -1, -1))
        for block in self._blocks:
            block.forward = self._hand_on
        try:
            yield
        finally:
            handle.remove()
            for block in self._blocks:
                del block.forward

    def _hand_on(self, *args: Any, **kwargs: Any) -> Any:
        hidden = args[0] if args else kwargs["hidden_states"]
        return (hidden,) if self._gives_tuple else hidden


def adding(rows: Tensor, positions: Tensor, vectors: Tensor) -> Callable[[Tensor], Tensor]:
    """The edit that adds ``vectors`` (n, width) at places (rows (n,), positions (n,)) of an activation."""

    def edit(h: Tensor) -> Tensor:
        changed = h.clone()
        place = (rows.to(h.device), positions.to(h.device))
        return changed.index_put_(place, vectors.to(h.device, h.dtype), accumulate=True)

    return edit
