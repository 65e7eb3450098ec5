"""A loaded language model: tokenise, run up to a hook, edit at hooks, losses and logits.

The computing is done by the plain transformers model with torch module hooks; hook names are
transformer_lens's (see ``models.running.hook_map``). Hooks live on modules that all threads share, so every run holds
the model's lock. Activations at ``attn.hook_z`` are flat, (batch, pos, heads * d_head).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from models.errors import ContextMismatch, HookMismatch, Unsupported, WeightsInvalid
from models.records import ModelFacts
from models.running.hook_map import Tap, attach, boot_bridge, missing_hook
from models.running.model_tokens import ModelTokens
from models.running.pace import Paces

#: Logits of one piece of the output layer stay below this many values (float32: 128 MiB).
_LOGITS_AT_ONCE = 1 << 25

Edits = Mapping[str, Callable[[Tensor], Tensor]]


class _AllRead(Exception):  # noqa: N818  (control flow, not an error)
    """Every hook asked for has been read: the rest of the forward pass is not needed."""


class LanguageModel(ModelTokens):
    """A transformers model with its tokenizer, read and edited at transformer_lens's hook names."""

    def __init__(self, model: Any, tokenizer: Any, taps: dict[str, Tap], facts: ModelFacts, dtype_reason: str) -> None:
        super().__init__(tokenizer, facts, getattr(model, "generation_config", None))
        self.model = model
        self.dtype_reason = dtype_reason
        self._taps = taps
        self._body = _body(model, taps)
        self._head_is_plain: bool | None = None
        parameter = next(model.parameters())
        self.device: torch.device = parameter.device
        self.dtype: torch.dtype = parameter.dtype
        #: How large steps of long work are on this model.
        self.paces = Paces(sum(parameter.numel() for parameter in model.parameters()), self.wait)

    # ---------------------------------------------------------------- hooks

    @property
    def hooks(self) -> list[str]:
        """Every hook name that can be read."""
        return list(self._taps)

    def tap(self, hook: str) -> Tap:
        """Where a hook lies in the transformers model.

        Raises:
            HookMismatch: the model has no such hook.
        """
        if hook not in self._taps:
            raise missing_hook(hook, self.facts.name, self._taps)
        return self._taps[hook]

    def width(self, hook: str) -> int:
        """The size of the activation's last dimension at ``hook``, found by running one token."""
        one_token = torch.zeros(1, 1, dtype=torch.long)
        return int(self.run_to_hooks(one_token, [hook])[hook].shape[-1])

    @torch.inference_mode()
    def run_to_hooks(
        self, token_ids: Tensor, hooks: Sequence[str], *, center: frozenset[str] = frozenset()
    ) -> dict[str, Tensor]:
        """The activations at ``hooks``, stopping as soon as the last of them has been read.

        Args:
            token_ids: (batch, pos), right-padded if need be: later tokens never change earlier ones.
            hooks: names of transformer_lens; duplicates are read once.
            center: those of ``hooks`` from which the mean over the width is subtracted.

        Returns:
            hook -> (batch, pos, width), in the model's number format, on its device.

        Raises:
            HookMismatch: a hook that the model does not have.
            ContextMismatch: more positions than the context holds.
        """
        ids = self._checked(token_ids)
        taps = {hook: self.tap(hook) for hook in hooks}
        found: dict[str, Tensor] = {}

        def keep(hook: str) -> Callable[[Tensor], None]:
            def read(activation: Tensor) -> None:
                self._require_rows(hook, activation, ids)
                is_last = len(found) == len(taps) - (hook not in found)
                # Some models (Falcon) add to it in place afterwards.
                found[hook] = activation if is_last else activation.clone()
                if is_last:
                    raise _AllRead

            return read

        if not taps:
            return {}
        with self.lock, ExitStack() as stack:
            for hook, tap in taps.items():
                stack.callback(attach(self.model, tap, keep(hook)).remove)
            with suppress(_AllRead):
                self._body(ids, use_cache=False)
        for hook, value in found.items():
            self.require_finite(value, f"at {hook}")
        return {
            hook: value - value.mean(-1, keepdim=True) if hook in center else value for hook, value in found.items()
        }

    def _keep(self, found: dict[str, Tensor], hook: str, ids: Tensor, activation: Tensor) -> None:
        self._require_rows(hook, activation, ids)
        found[hook] = activation.clone()  # which some models add to in place

    def _require_rows(self, hook: str, activation: Tensor, ids: Tensor) -> None:
        """Raise HookMismatch unless an activation is (batch, pos, width)."""
        if activation.dim() != 3 or activation.shape[:2] != ids.shape:
            raise HookMismatch(
                f"At {hook} {self.facts.architecture} has values of the shape {tuple(activation.shape)} for "
                f"{ids.shape[0]} texts of {ids.shape[1]} tokens, which Periscope does not take apart; use another hook "
                "of the block."
            )

    @contextmanager
    def edited(self, edits: Edits) -> Iterator[None]:
        """Within the block, each hook's activation (batch, pos, width) is replaced by what its function
        returns.

        Holds the lock. Raises HookMismatch for an unknown hook, Unsupported for one that can only be read.
        """
        taps = {hook: self.tap(hook) for hook in edits}
        for hook, tap in taps.items():
            if tap.end == "normalised":
                raise Unsupported(f"Hook {hook!r} can only be read; edit the norm's input or output instead.")
        with self.lock, ExitStack() as stack:
            for hook, tap in taps.items():
                stack.callback(attach(self.model, tap, _same_dtype(edits[hook])).remove)
            yield

    # ---------------------------------------------------------------- outputs

    @torch.inference_mode()
    def logits(self, token_ids: Tensor) -> Tensor:
        """Logits (batch, pos, vocab) in float32.

        Raises:
            ContextMismatch: more positions than the context holds.
        """
        ids = self._checked(token_ids)
        with self.lock:
            output: Tensor = self.model(ids, use_cache=False).logits
        return output.float()

    @torch.inference_mode()
    def next_token_logits(self, token_ids: Tensor, edits: Edits | None = None) -> Tensor:
        """Logits of the token after the last position, (batch, vocab), float32, optionally with edits.

        Rows must have equal lengths: there is no padding. Raises as ``token_nll``.
        """
        return self.last_logits(token_ids, edits or {})

    def last_logits(self, token_ids: Tensor, edits: Edits) -> Tensor:
        """The same in the caller's gradient mode."""
        ids = self._checked(token_ids)
        plain = self._plain_head(ids)
        with self.edited(edits):
            if not plain:
                logits: Tensor = self.model(ids, use_cache=False).logits[:, -1]
                return logits.float()
            hidden = self._body(ids, use_cache=False).last_hidden_state[:, -1]
        return self._head(hidden)

    @torch.inference_mode()
    def steered_logits(
        self, token_ids: Tensor, wanted: Tensor, steered: AbstractContextManager[None]
    ) -> Iterator[Tensor]:
        """Logits at the ``wanted`` positions, row by row, in pieces (n, vocab) in float32 that memory has room for.

        Args:
            token_ids: (batch, pos), right-padded if need be.
            wanted: (batch, pos), true where logits are wanted.
            steered: within it the forward pass runs; entered under the model's lock.

        Raises:
            ContextMismatch: more positions than the context holds.
        """
        ids = self._checked(token_ids)
        plain = self._plain_head(ids)
        with self.lock, steered:
            if plain:
                states: Tensor = self._body(ids, use_cache=False).last_hidden_state
            else:
                states = self.model(ids, use_cache=False).logits
        for piece in torch.split(states[wanted.to(states.device)], self._rows_at_once()):
            yield self._head(piece) if plain else piece.float()

    @torch.inference_mode()
    def read_whole(self, token_ids: Tensor, hooks: Sequence[str]) -> tuple[dict[str, Tensor], Tensor]:
        """One whole pass: the activations at ``hooks`` (batch, pos, width), and ``next_token_logits``."""
        ids = self._checked(token_ids)
        self._plain_head(ids)
        found: dict[str, Tensor] = {}
        with self.lock, ExitStack() as stack:
            for hook in dict.fromkeys(hooks):
                stack.callback(attach(self.model, self.tap(hook), partial(self._keep, found, hook, ids)).remove)
            logits = self.last_logits(ids, {})
        for hook, value in found.items():
            self.require_finite(value, f"at {hook}")
        self.require_finite(logits, "as logits")
        return found, logits

    @property
    def has_plain_head(self) -> bool | None:
        """Whether ``head`` is all that comes after the last norm; ``None`` before the first logits."""
        return self._head_is_plain

    def head(self, hidden: Tensor) -> Tensor:
        """Logits (n, vocab) in float32 of what the output layer reads, (n, d_model)."""
        return self._head(hidden.to(self.dtype))

    @torch.inference_mode()
    def token_nll(self, token_ids: Tensor, edits: Edits | None = None) -> Tensor:
        """−log p of each next token in nats, (batch, pos − 1), float32, optionally with activations replaced.

        The output layer runs in pieces, so that the full logits are never in memory at once.

        Raises:
            HookMismatch: an edit at a hook that the model does not have.
            ContextMismatch: more positions than the context holds.
        """
        ids = self._checked(token_ids)
        plain = self._plain_head(ids)
        with self.edited(edits or {}):
            if not plain:
                return self._nll_by_rows(ids)
            hidden = self._body(ids, use_cache=False).last_hidden_state[:, :-1]
        flat, targets = hidden.reshape(-1, hidden.shape[-1]), ids[:, 1:].reshape(-1)
        losses = [
            cross_entropy(self._head(piece), target, reduction="none")
            for piece, target in zip(
                torch.split(flat, self._rows_at_once()), torch.split(targets, self._rows_at_once()), strict=True
            )
        ]
        return torch.cat(losses).view(ids.shape[0], -1) if losses else torch.zeros(ids.shape[0], 0)

    def _nll_by_rows(self, ids: Tensor) -> Tensor:
        """The same through the whole model, a few prompts at a time, for unusual output layers."""
        rows = max(1, self._rows_at_once() // ids.shape[1])
        losses = []
        for piece in torch.split(ids, rows):
            logits = self.model(piece, use_cache=False).logits[:, :-1].float()
            losses.append(cross_entropy(logits.transpose(1, 2), piece[:, 1:], reduction="none"))
        return torch.cat(losses)

    def _head(self, hidden: Tensor) -> Tensor:
        """Logits (n, vocab) in float32 of final hidden states (n, d_model)."""
        logits: Tensor = self.model.get_output_embeddings()(hidden).float()
        cap = getattr(self.model.config, "final_logit_softcapping", None)
        return torch.tanh(logits / cap) * cap if cap else logits

    def _plain_head(self, ids: Tensor) -> bool:
        """Whether ``_head`` is all this architecture does after its last norm; tried once on a few tokens."""
        if self._head_is_plain is None:
            few = ids[:1, :4]
            with self.lock, torch.inference_mode():
                hidden = self._body(few, use_cache=False).last_hidden_state
                whole = self.model(few, use_cache=False).logits.float()
            self._head_is_plain = bool(torch.allclose(self._head(hidden), whole, atol=1e-3, rtol=1e-3))
        return self._head_is_plain

    def _rows_at_once(self) -> int:
        return max(1, _LOGITS_AT_ONCE // self.facts.vocab_size)

    # ---------------------------------------------------------------- weights

    def unembedding(self) -> Tensor:
        """The output layer's matrix (d_model, vocab), a view of the model's weights."""
        weight: Tensor = self.model.get_output_embeddings().weight
        return weight.detach().T

    @torch.inference_mode()
    def final_norm_gain(self) -> Tensor:
        """The gain of the norm before the output layer, (d_model,), float32; ones if there is none.

        An RMS norm maps a constant vector to its gain, whether the gain is stored as w (Llama) or as w − 1
        (Gemma).
        """
        ones = torch.ones(self.facts.d_model, device=self.device)
        tap = self._taps.get("ln_final.hook_in")
        if tap is None:
            return ones
        norm = self.model.get_submodule(tap.module)
        weight = getattr(norm, "weight", None)
        if weight is None:
            return ones
        if "rms" not in type(norm).__name__.lower():
            return weight.detach().float().clone()  # type: ignore[no-any-return]
        gain: Tensor = norm(1e4 * ones)  # large, so that the norm's epsilon vanishes
        return gain.float().clone()

    def residual_map(self, hook: str) -> Tensor | None:
        """What carries an activation at ``hook`` into the residual stream: (width, d_model), or ``None`` for
        identity.

        ``attn.hook_z`` goes through W_O of its layer, ``mlp.hook_post`` through W_out.

        Raises:
            Unsupported: what is at the hook does not reach the residual stream by a linear map.
        """
        tap = self.tap(hook)
        module = self.model.get_submodule(tap.module)
        end = hook.rpartition(".")[2]
        if end in ("hook_z", "hook_post") and tap.end == "in":
            weight: Tensor = module.weight.detach()
            # transformers' Conv1D (GPT-2) stores (in, out), nn.Linear (out, in).
            return weight.T if isinstance(module, nn.Linear) else weight
        if end.startswith("hook_resid") or end in ("hook_mlp_out", "hook_attn_out", "hook_embed"):
            return None
        raise Unsupported(
            f"What is written at {hook!r} has no direct path to the logits; its direct effect is unknown."
        )

    def require_finite(self, values: Tensor, where: str) -> None:
        """Raise WeightsInvalid if there is NaN or infinity among what the model computed ``where``.

        No comparison holds for NaN, so that nothing would seem to fire, and every text to be coherent.
        """
        if not is_finite(values):
            raise WeightsInvalid(f"{self.facts.location} computes NaN or infinity {where}; {self.way_out()}.")

    def way_out(self) -> str:
        """What to do when the model computes what is no number."""
        if self.dtype == torch.float32:
            return "its weights or its config.json are damaged: download it again"
        name = str(self.dtype).removeprefix("torch.")
        return f"{name} does not hold its activations: use float32 (PERISCOPE_DTYPE, or --dtype of a build)"

    def wait(self) -> None:
        """Until the device has done everything that it was asked for."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)

    def lens(self) -> Any:
        """A transformer_lens bridge on the same weights (one copy of q, k, v where the model joins them)."""
        return boot_bridge(self.model, self.facts.location)[0]

    def _checked(self, token_ids: Tensor) -> Tensor:
        """The ids on the model's device, refused when they do not fit the context."""
        if token_ids.dim() != 2 or token_ids.shape[1] == 0:
            raise ContextMismatch(f"Tokens must have the shape (prompts, positions ≥ 1), not {tuple(token_ids.shape)}.")
        if token_ids.shape[1] > self.facts.context_size:
            raise ContextMismatch(
                f"{token_ids.shape[1]} tokens were given, but the context of {self.facts.name} holds "
                f"{self.facts.context_size}; shorten the text."
            )
        return token_ids.to(self.device)


def _body(model: Any, taps: Mapping[str, Tap]) -> Any:
    """All of a model but its output layer."""
    for found in (model.base_model, model.get_decoder()):
        if found is not model:
            return found
    # Llama 4 has a name for it that leads nowhere: what holds the list of blocks.
    block = taps["blocks.0.hook_resid_pre"].module
    return model.get_submodule(block.rsplit(".", 2)[0])


def is_finite(values: Tensor) -> bool:
    """Whether no value is NaN or infinity."""
    if not values.numel():
        return True
    return bool(torch.stack(list(torch.aminmax(values))).isfinite().all())


def _same_dtype(function: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """The edit, its result in the activation's format: a float32 SAE may edit a bfloat16 model."""
    return lambda activation: function(activation).to(activation.dtype)
