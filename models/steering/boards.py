"""From boards to changes of activations: one board per row of a batch, any number of terms, sites and layers.

1. ``Steering.rows(boards)`` resolves every term to its site: where the activation is changed, and where the encoder
   reads. Terms at one site are merged (``models.steering.site_edits``), whatever hook name they were given by.
2. ``RowEdits.attached(model, mask)`` is a context in which the model's forward passes are steered. Hooks are put on
   steered sites only, and only for its duration: the caller holds the model's lock.

Sites. The output of block N − 1 and the input of block N are one site. A transcoder's encoder reads its input as the
model computes it and the change goes to its output site. ``hook_resid_mid`` is no module's output in transformers: a
change there goes into the attention's output of the same block, which is the same sum, and whether it is the same is
checked once per block. ``hook_z`` is the flat concatenation of the heads.
"""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager

import numpy as np
import torch
from torch import Tensor

from models.errors import DimensionMismatch, SteeringError, Unsupported
from models.running.dictionary import Dictionary
from models.running.hook_map import Tap, attach
from models.running.language_model import LanguageModel
from models.running.microscope import PASS_TOKENS
from models.running.pace import result_of
from models.steering.site_edits import SiteEdit
from models.steering.site_parts import SiteParts
from models.steering.terms import Board, LatentSubject, SteerTerm, VectorSubject, check_board


class SiteSums(dict[str, tuple[float, float, float]]):
    """Of one row: hook -> (Σ‖δ‖, Σ‖h‖, number) over its steered tokens."""

    def include(self, other: "SiteSums") -> None:
        """Add the sums of more tokens of the same text."""
        for hook, sums in other.items():
            old = self.get(hook, (0.0, 0.0, 0.0))
            self[hook] = (old[0] + sums[0], old[1] + sums[1], old[2] + sums[2])

    def share(self) -> float:
        """mean‖δ‖ / mean‖h‖, the largest over the sites; 0 where nothing was steered."""
        return max((delta / h for delta, h, number in self.values() if number and h), default=0.0)


class RowEdits:
    """The changes for every row of a batch, and what they amounted to."""

    def __init__(self, sites: Sequence[SiteEdit], n_rows: int) -> None:
        self.sites = list(sites)
        self.n_rows = n_rows
        self._sums: dict[str, Tensor] = {}  # hook -> (3, rows)

    def drain(self) -> list[SiteSums]:
        """Per row, what has been injected since the last call."""
        found = [SiteSums() for _ in range(self.n_rows)]
        for hook, sums in self._sums.items():
            for row, (delta, h, number) in enumerate(sums.T.tolist()):
                if number:
                    found[row][hook] = (delta, h, number)
        self._sums = {}
        return found

    @contextmanager
    def attached(self, model: LanguageModel, mask: Tensor | None = None) -> Iterator[None]:
        """Within the block every forward pass of ``model`` is steered.

        Args:
            model: the model the edits were made for; the caller holds its lock.
            mask: (rows, pos), 1 where steering applies; ``None``: at every position of the steered rows.
        """
        found: dict[Tap, Tensor] = {}
        with ExitStack() as stack:
            for tap, function in self._functions(found, mask).items():
                stack.callback(attach(model.model, tap, function).remove)
            yield

    def _functions(self, found: dict[Tap, Tensor], mask: Tensor | None) -> dict[Tap, Callable[[Tensor], Tensor | None]]:
        """One function per tap: first the edits there, in order, then what others read of it."""
        wanted = {tap for site in self.sites for tap in site.reads()}
        by_tap: dict[Tap, list[SiteEdit]] = {tap: [] for tap in wanted}
        for site in self.sites:
            by_tap.setdefault(site.tap, []).append(site)

        def function(tap: Tap, edits: list[SiteEdit]) -> Callable[[Tensor], Tensor | None]:
            def run(activation: Tensor) -> Tensor | None:
                for site in edits:
                    activation = self._apply(site, activation, found, mask)
                if tap in wanted:
                    found[tap] = activation
                return activation if edits else None

            return run

        return {tap: function(tap, edits) for tap, edits in by_tap.items()}

    def _apply(self, site: SiteEdit, activation: Tensor, found: dict[Tap, Tensor], mask: Tensor | None) -> Tensor:
        rows, whole = site.rows, len(site.rows) == len(activation)
        part = (activation if whole else activation[rows]).float()
        h = part if site.carried is None else part + found[site.carried][rows].float()
        applies = None if mask is None else mask[rows].unsqueeze(-1).to(h)
        delta = site.change(h, found, applies)
        self._measure(site, h, delta, applies)
        steered = (part + delta).to(activation.dtype)
        return steered if whole else activation.index_copy(0, rows, steered)

    def _measure(self, site: SiteEdit, h: Tensor, delta: Tensor, mask: Tensor | None) -> None:
        sums = self._sums.get(site.hook)
        if sums is None:
            sums = self._sums[site.hook] = torch.zeros(3, self.n_rows, device=h.device)
        applies = torch.ones_like(h[..., 0]) if mask is None else mask.squeeze(-1)
        tokens = torch.stack([delta.norm(dim=-1), h.norm(dim=-1) * applies, applies])
        sums.index_add_(1, site.rows, tokens.sum(-1))


class Steering:
    """Turns boards into row edits, for one model and those of its dictionaries that are loaded (slug -> SAE)."""

    def __init__(self, model: LanguageModel, dictionaries: Mapping[str, Dictionary]) -> None:
        self.model = model
        self.dictionaries = dictionaries
        self._widths: dict[str, int] = {}
        self._middles: dict[str, Tap] = {}

    def check(self, board: Board) -> None:
        """Refuse a board that this model and its dictionaries cannot do.

        Raises:
            SteeringError, Unsupported, HookMismatch, DimensionMismatch: with the reason.
        """
        self.rows([board])

    @torch.inference_mode()
    def rows(self, boards: Sequence[Board | None]) -> RowEdits:
        """The edits of a batch with one board per row, ``None`` for a row that is left alone.

        Raises:
            SteeringError: a term is malformed, its source is not loaded, or it has no such latent.
            Unsupported: the mode or the site cannot be steered.
            HookMismatch, DimensionMismatch: a vector that does not fit the hook it names.
        """
        parts: dict[str, SiteParts] = {}
        for row, board in enumerate(boards):
            if board is None:
                continue
            check_board(board)
            for term in board.terms:
                for hook in self._hooks(term):
                    self._add(parts, row, hook, term)
        # An attention's output is changed before the residual that it is a part of.
        order = sorted(parts.values(), key=lambda part: part.carried is not None)
        sites = [site for part in order if (site := part.finish(len(boards))) is not None]
        return RowEdits(sites, len(boards))

    def shares(self, board: Board, ids: Sequence[int]) -> list[float]:
        """``share_steps`` in one go."""
        return result_of(self.share_steps(board, ids))

    @torch.inference_mode()
    def share_steps(self, board: Board, ids: Sequence[int]) -> Generator[None, None, list[float]]:
        """Per term alone, mean‖δ‖ / mean‖h‖ over the tokens of a text (a leading BOS left out); a pass over some terms
        per step.

        Raises as ``rows`` does, and ContextMismatch for a text that is empty or too long.
        """
        pace = self.model.paces("shares", most=PASS_TOKENS)
        found: list[float] = []
        while len(found) < len(board.terms):
            terms = board.terms[len(found) : len(found) + max(1, pace.size // max(1, len(ids)))]
            with pace.timed(len(terms) * len(ids)):
                found += self._shares(Board(terms, steer_bos=board.steer_bos), ids)
            yield
        return found

    def _shares(self, board: Board, ids: Sequence[int]) -> list[float]:
        tokens = torch.tensor([list(ids)] * len(board.terms), device=self.model.device)
        mask = torch.ones(tokens.shape, dtype=torch.bool, device=self.model.device)
        mask[:, 0] = board.steer_bos or not len(ids) or ids[0] != self.model.bos_token_id
        edits = self.rows([Board((term,), steer_bos=board.steer_bos) for term in board.terms])
        with self.model.lock, edits.attached(self.model, mask):
            self.model.run_to_hooks(tokens, self._last_hooks())
        return [sums.share() for sums in edits.drain()]

    def unit_share(self, subject: LatentSubject | VectorSubject, mean_norm: float) -> float:
        """What adding at strength 1 injects, as a share of ``mean_norm`` (mean‖h‖ at the site, from the build).

        For SAEs that normalise every token this is in normalised units, so ``shares`` on a text is the honest number.
        """
        if isinstance(subject, VectorSubject):
            return float(np.linalg.norm(subject.values)) / mean_norm
        row = self._dictionary(subject).W_dec[subject.index]
        return (subject.maximum or 0.0) * float(row.float().norm()) / mean_norm

    def _last_hooks(self) -> list[str]:
        """A hook behind every block, so that the output layer need not run."""
        return [f"blocks.{self.model.facts.n_layers - 1}.hook_resid_post"]

    def site(self, hook: str) -> str:
        """The one name of a site: a block's input is the output of the block before it."""
        parts = hook.split(".")
        if len(parts) == 3 and parts[0] == "blocks" and parts[2] in ("hook_resid_pre", "hook_in") and parts[1] != "0":
            before = f"blocks.{int(parts[1]) - 1}.hook_resid_post"
            return before if before in self.model.hooks else hook
        return hook

    def _hooks(self, term: SteerTerm) -> list[str]:
        subject = term.subject
        if isinstance(subject, LatentSubject):
            return [self._dictionary(subject).hook_out]
        if not term.everywhere:
            return [subject.hook_name]
        known = set(self.model.hooks)
        layers = range(self.model.facts.n_layers)
        names = ["blocks.0.hook_resid_pre"]
        names += [f"blocks.{n}.{end}" for n in layers for end in ("hook_resid_mid", "hook_resid_post")]
        return [name for name in names if name in known]

    def _dictionary(self, subject: LatentSubject) -> Dictionary:
        dictionary = self.dictionaries.get(subject.source)
        if dictionary is None:
            known = ", ".join(list(self.dictionaries)[:5]) or "none"
            raise SteeringError(f"Source {subject.source!r} does not belong to this model; loaded are: {known}.")
        if not 0 <= subject.index < dictionary.d_sae:
            raise SteeringError(
                f"{subject.source} has no latent {subject.index}; its latents are 0 to {dictionary.d_sae - 1}."
            )
        if dictionary.is_transcoder and dictionary.hook_out == dictionary.hook_name:
            raise Unsupported(
                f"Transcoder {subject.source} does not say which hook it writes to, so it cannot be steered; "
                "add hook_name_out to the metadata of its cfg.json."
            )
        return dictionary

    def _add(self, parts: dict[str, SiteParts], row: int, hook: str, term: SteerTerm) -> None:
        tap = self.model.tap(hook)
        if tap.end == "normalised":
            raise Unsupported(
                f"{hook} can be read but not changed: what follows it is the norm's gain; steer a source on the "
                "residual stream, an MLP's or an attention's output instead."
            )
        site = self.site(hook)
        key = str(self.model.tap(site)) + (site if site.endswith("resid_mid") else "")
        part = parts.get(key)
        if part is None:
            carried = self.model.tap(hook.replace("resid_mid", "resid_pre")) if site.endswith("resid_mid") else None
            where = self._middle(site) if carried is not None else self.model.tap(site)
            part = parts[key] = SiteParts(site, where, carried, self.model.device)
        if isinstance(term.subject, VectorSubject):
            self._require_width(term.subject, hook)
        if term.is_idle:
            return  # checked, and exactly nothing
        if isinstance(term.subject, VectorSubject):
            part.add_vector(row, term)
            return
        dictionary = self._dictionary(term.subject)
        read = self.model.tap(dictionary.hook_name) if dictionary.is_transcoder else None
        part.add_latent(row, term, dictionary, read)

    def _require_width(self, vector: VectorSubject, hook: str) -> None:
        if hook not in self._widths:
            self._widths[hook] = self.model.width(hook)
        if len(vector.values) != self._widths[hook]:
            raise DimensionMismatch(
                f"Vector {vector.name!r} has {len(vector.values)} values, but {self.model.facts.name} has "
                f"{self._widths[hook]} at {hook}; use it at the hook it was made for."
            )

    def _middle(self, hook: str) -> Tap:
        """Where a change of the residual between attention and MLP is made; checked once per block."""
        if hook not in self._middles:
            start, attention = hook.replace("resid_mid", "resid_pre"), hook.replace("resid_mid", "attn_out")
            ids = torch.arange(4).unsqueeze(0) % self.model.facts.vocab_size
            found = self.model.run_to_hooks(ids, [start, attention, hook])
            total = found[start].float() + found[attention].float()
            if not torch.allclose(total, found[hook].float(), atol=1e-2, rtol=1e-2):
                raise Unsupported(
                    f"In {self.model.facts.architecture} the residual at {hook} is not the block's input plus its "
                    "attention's output, so it cannot be changed there."
                )
            self._middles[hook] = self.model.tap(attention)
        return self._middles[hook]
