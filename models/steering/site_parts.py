"""The terms of one site, collected row by row and then laid out as tensors."""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from models.errors import SteeringError, Unsupported
from models.running.dictionary import Dictionary
from models.running.hook_map import Tap
from models.steering.site_edits import Latents, Projections, SiteEdit
from models.steering.terms import LatentSubject, SteerTerm, VectorSubject

_PAST = {"clamp": "clamped", "scale": "scaled", "ablate": "ablated"}


@dataclass(eq=False)
class _Group:
    """The steered latents of one source: column of each latent, and (row, column, gain, offset) of each term."""

    dictionary: Dictionary
    read: Tap | None
    columns: dict[int, int] = field(default_factory=dict)
    entries: list[tuple[int, int, float, float]] = field(default_factory=list)

    def add(self, row: int, index: int, gain: float, offset: float) -> None:
        column = self.columns.setdefault(index, len(self.columns))
        self.entries.append((row, column, gain, offset))


@dataclass(eq=False)
class SiteParts:
    """What has been asked for at one site so far."""

    hook: str
    tap: Tap
    carried: Tap | None
    device: torch.device
    groups: dict[int, _Group] = field(default_factory=dict)
    fixed: list[tuple[int, Tensor]] = field(default_factory=list)
    projected: list[tuple[int, Tensor, Tensor, float]] = field(default_factory=list)  # row, unit, read, strength

    def add_vector(self, row: int, term: SteerTerm) -> None:
        """δ = s·v, or v's direction projected out."""
        if not isinstance(term.subject, VectorSubject):
            raise TypeError("not a vector")
        values = torch.tensor(term.subject.values, dtype=torch.float32, device=self.device)
        if term.mode == "add":
            self.fixed.append((row, term.strength * values))
        else:
            unit = values / values.norm()
            self.projected.append((row, unit, unit, term.strength))

    def add_latent(self, row: int, term: SteerTerm, dictionary: Dictionary, read: Tap | None) -> None:
        """A change along a decoder row; ``read`` is where a transcoder's encoder reads."""
        subject, s = term.subject, term.strength
        if not isinstance(subject, LatentSubject):
            raise TypeError("not a latent")
        if term.mode == "project":
            self._add_projection(row, subject, s, dictionary)
            return
        peak = s * (subject.maximum or 0.0)
        by_mode = {"add": (0.0, peak), "clamp": (-1.0, peak), "scale": (s - 1, 0.0), "ablate": (-1.0, 0.0)}
        gain, offset = by_mode[term.mode]
        if gain and dictionary.needs_context:
            raise Unsupported(
                f"{subject.source} is a temporal SAE: the value of its latents depends on all tokens before, so they "
                f"can be added to and projected out while a text is written, but not {_PAST[term.mode]}."
            )
        group = self.groups.setdefault(id(dictionary), _Group(dictionary, read))
        group.add(row, subject.index, gain, offset)

    def _add_projection(self, row: int, subject: LatentSubject, strength: float, dictionary: Dictionary) -> None:
        direction = dictionary.W_dec[subject.index].float().to(self.device)
        if not bool(direction.any()):
            raise SteeringError(f"The decoder row of latent {subject.index} of {subject.source} is zero: no direction.")
        unit = direction / direction.norm()
        # The h of an SAE of a centred model is the centred activation: (h − mean h)·û = h·(û − mean û).
        centred = dictionary.facts.centre and not dictionary.is_transcoder
        self.projected.append((row, unit, unit - unit.mean() if centred else unit, strength))

    def finish(self, n_rows: int) -> SiteEdit | None:
        """The edit of a batch of ``n_rows`` rows; ``None`` when nothing changes."""
        fixed = self._sum_fixed(n_rows)
        latents: list[tuple[Tap | None, Latents]] = []
        for group in self.groups.values():
            gain, offset = (torch.zeros(n_rows, len(group.columns), device=self.device) for _ in range(2))
            for row, column, by_value, constant in group.entries:
                gain[row, column] += by_value
                offset[row, column] += constant
            part = Latents.of(group.dictionary, list(group.columns), gain, offset)
            if part.offset is not None and not part.scales:
                constant_part = part.offset @ part.W_dec
                fixed = constant_part if fixed is None else fixed + constant_part
                part = Latents.of(group.dictionary, list(group.columns), gain, torch.zeros_like(offset))
            if part.gain is not None or part.offset is not None:
                latents.append((group.read, part))
        touched = {row for row, _ in self.fixed} | {row for row, *_ in self.projected}
        touched |= {row for group in self.groups.values() for row, *_ in group.entries}
        if not touched:
            return None
        rows = torch.tensor(sorted(touched), device=self.device)
        whole = SiteEdit(
            self.hook,
            self.tap,
            torch.arange(n_rows, device=self.device),
            fixed,
            tuple(latents),
            self._stack_projections(n_rows),
            self.carried,
        )
        return whole.take(rows)

    def _sum_fixed(self, n_rows: int) -> Tensor | None:
        if not self.fixed:
            return None
        total = torch.zeros(n_rows, len(self.fixed[0][1]), device=self.device)
        for row, value in self.fixed:
            total[row] += value
        return total

    def _stack_projections(self, n_rows: int) -> Projections | None:
        if not self.projected:
            return None
        strengths = torch.zeros(n_rows, len(self.projected), device=self.device)
        for place, (row, _, _, strength) in enumerate(self.projected):
            strengths[row, place] = strength
        return Projections(
            torch.stack([unit for _, unit, _, _ in self.projected]),
            torch.stack([read for _, _, read, _ in self.projected]),
            strengths,
        )
