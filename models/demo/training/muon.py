"""Muon in float32: momentum whose matrix updates are made orthogonal by a Newton-Schulz iteration.

Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/. torch.optim.Muon does the iteration in bfloat16, which
a CPU without bf16 instructions emulates some fifty times slower than float32; that is the only reason for this file.
"""

from collections.abc import Iterable

import torch
import torch.distributed as dist

_A, _B, _C = 3.4445, -4.7750, 2.0315


def orthogonalise(update: torch.Tensor, steps: int = 5) -> torch.Tensor:
    """The nearest semi-orthogonal matrix to ``update`` (m, n), roughly: singular values end between 0.7 and 1.2."""
    x: torch.Tensor = update.T if update.shape[0] > update.shape[1] else update
    x = x / (x.norm() + 1e-7)
    for _ in range(steps):
        gram = x @ x.T
        x = _A * x + (_B * gram + _C * gram @ gram) @ x
    return x.T if update.shape[0] > update.shape[1] else x


class Muon(torch.optim.Optimizer):
    """Nesterov momentum, orthogonalised, scaled to the root mean square of an Adam step (0.2 sqrt(max(m, n))).

    With torch.distributed at work every process makes its share of the matrices orthogonal and they exchange the
    results: for rows of a few hundred tokens that iteration is a third of a step.
    """

    def __init__(
        self, params: Iterable[torch.Tensor], lr: float, momentum: float = 0.95, weight_decay: float = 0.0
    ) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """One update of every matrix."""
        for group in self.param_groups:
            matrices = group["params"]
            for matrix, update in zip(matrices, self._updates(matrices, group["momentum"]), strict=True):
                matrix.mul_(1 - group["lr"] * group["weight_decay"])
                matrix.add_(update, alpha=-group["lr"] * 0.2 * max(matrix.shape) ** 0.5)

    def _updates(self, matrices: list[torch.Tensor], momentum: float) -> list[torch.Tensor]:
        rank, world = (dist.get_rank(), dist.get_world_size()) if dist.is_initialized() else (0, 1)
        updates = []
        for number, matrix in enumerate(matrices):
            gradient = torch.zeros_like(matrix) if matrix.grad is None else matrix.grad
            velocity = self.state[matrix].setdefault("velocity", torch.zeros_like(matrix))
            velocity.lerp_(gradient, 1 - momentum)
            mine = number % world == rank
            updates.append(orthogonalise(gradient.lerp(velocity, momentum)) if mine else torch.zeros_like(matrix))
        if world == 1:
            return updates
        flat = torch.cat([update.flatten() for update in updates])
        dist.all_reduce(flat)
        pieces = torch.split(flat, [update.numel() for update in updates])
        return [piece.view_as(update) for piece, update in zip(pieces, updates, strict=True)]
