"""Which active latents a prediction rests on: all estimated, the strongest removed exactly, the rest bounded.

1. Estimate every active (position, latent) from gradients at a few points on the way to its removal
   (``models.causal.path_points``).
2. If removing all of them fits the budget, do that: nothing is left to estimate.
3. Else remove exactly, one by one: the largest estimates, the largest writes of each token, whatever their estimates,
   and a random sample of the rest. Estimates miss where the model is far from linear, and neither they nor their
   agreement on what they chose themselves can tell where; the sample can.
4. List the strongest of all that were removed, and bound the others (``models.causal.audit``).
"""

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.causal.attribution import Pairs, Prompt
from models.causal.audit import Audit, audit
from models.causal.path_points import estimate_steps
from models.causal.removal import ZERO, Removal
from models.causal.shortlist import BUDGET, POINTS_SHARE, choose, runs_within
from models.causal.trials import Trials, direct_effects, exact_steps, trials
from models.running.metrics import Metrics, Target, find_target, measure
from models.running.pace import telling


@dataclass(frozen=True)
class AblationPlan:
    """``top_k`` are listed; ``budget``: runs at most, ``None``: by the size of model and prompt."""

    top_k: int = 20
    removal: Removal = ZERO
    budget: int | None = None


@dataclass(frozen=True)
class LatentEffect:
    """What removing one latent at one position does: changes, in the units of each metric.

    ``estimate`` and ``exact`` are of the main metric; ``change`` has all of them; ``direct`` is the main metric's
    change through the direct path alone, ``None`` where that path is unknown.
    """

    position: int
    latent: int
    activation: float
    estimate: float
    exact: float
    change: Metrics
    direct: float | None


@dataclass(frozen=True)
class Ablation:
    """The strongest latents, by the size of their exact effect, and what the audit says of all others.

    ``correlation`` and ``largest_miss`` of estimates against exact effects are over the random sample, or over all
    pairs where all were removed; ``None`` for fewer than three.
    """

    target: Target
    baseline: Metrics
    n_active: int
    effects: tuple[LatentEffect, ...]
    audit: Audit
    correlation: float | None
    largest_miss: float | None
    point_rows: int


def ablate(
    prompt: Prompt, token: str | None, contrast: str | None, plan: AblationPlan
) -> Generator[tuple[int, int], None, Ablation]:
    """Estimates for all active pairs, exact effects for as many as the budget allows; yields (runs done, in all).

    Raises:
        InputRefused: the target or the contrast is not one token.
        Unsupported: the site can only be read.
    """
    target = find_target(prompt.model, token, contrast, int(prompt.logits[0].argmax()))
    baseline = measure(prompt.logits, target)[0]
    pairs = prompt.pairs
    rows = trials(pairs, plan.removal)
    budget = plan.budget or runs_within(prompt, BUDGET, plan.top_k)
    moved = Pairs(pairs.positions, pairs.latents, _mean_amounts(rows, len(pairs)))
    steps = estimate_steps(prompt, moved, target, int(POINTS_SHARE * budget))
    estimates = yield from telling((0, min(budget, len(rows))), steps)
    chosen = choose(pairs, rows, estimates, budget, plan.top_k)
    removed = np.concatenate([chosen.reasoned, chosen.sampled])
    part = trials(pairs.take(removed), plan.removal)
    total = len(part)
    counted = _counting(total, exact_steps(prompt, pairs.take(removed), part, target, baseline))
    changes = yield from counted
    exact = np.array([change.main(target) for change in changes])
    listed = np.argsort(-np.abs(exact), kind="stable")[: plan.top_k]
    shown = pairs.take(removed[listed])
    direct = direct_effects(prompt, shown, trials(shown, plan.removal), target, baseline)
    directly = yield from telling((total, total), direct)
    effects = tuple(
        LatentEffect(
            position=int(shown.positions[n]),
            latent=int(shown.latents[n]),
            activation=float(shown.values[n]),
            estimate=float(estimates.mean[removed[place]]),
            exact=float(exact[place]),
            change=changes[place],
            direct=directly[n],
        )
        for n, place in enumerate(listed.tolist())
    )
    unlisted = np.delete(exact, listed)
    sampled = exact[len(chosen.reasoned) :]
    found = audit(len(pairs), unlisted, sampled, len(pairs) - len(removed))
    judged = slice(len(chosen.reasoned) if found.n_exact < len(pairs) else 0, None)
    misses = np.abs(estimates.mean[removed[judged]] - exact[judged])
    return Ablation(
        target,
        baseline,
        len(pairs),
        effects,
        found,
        correlation(estimates.mean[removed[judged]], exact[judged]),
        float(misses.max()) if len(misses) >= 3 else None,
        estimates.rows,
    )


def correlation(a: NDArray[np.float64], b: NDArray[np.float64]) -> float | None:
    """Pearson's, ``None`` for fewer than three pairs or where one side is constant."""
    if len(a) < 3 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return None
    return float(np.corrcoef(a, b)[0, 1])


def _mean_amounts(rows: Trials, n: int) -> NDArray[np.float32]:
    return rows.mean(n, rows.amounts.astype(np.float64)).astype(np.float32)


def _counting(
    total: int, steps: Generator[int, None, list[Metrics]]
) -> Generator[tuple[int, int], None, list[Metrics]]:
    while True:
        try:
            done = next(steps)
        except StopIteration as end:
            found: list[Metrics] = end.value
            return found
        yield done, total
