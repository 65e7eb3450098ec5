"""What the Ablate page says of the latents that it does not list."""

from app.ablate import schemas as answers
from app.ablate.metric_names import METRIC_NAMES
from app.ablate.query import LENGTHS, AblateQuery
from app.ablate.service import AUDIT_RUNS, MAX_BUDGET
from app.ablate.views import AuditView
from app.text.formats import count, number, percent
from models.causal.removal import DRAWS


def audit_view(found: answers.AblateAnswer, query: AblateQuery) -> AuditView | None:
    """None where no latent is active."""
    audit = found.audit
    if not audit.n_pairs:
        return None
    metric, unit = METRIC_NAMES.get(found.metric, (found.metric.replace("_", " "), ""))
    is_whole = audit.n_exact == audit.n_pairs
    listed = len(found.latents)
    runs = audit.n_pairs * (DRAWS if found.by == "resample" else 1)
    return AuditView(
        said=_said(audit, listed, metric, unit),
        how=_how(audit, listed),
        assumes="" if is_whole else _assumes(audit, unit),
        estimates=_estimates(found, unit),
        longer=0 if listed == audit.n_pairs else next((n for n in LENGTHS if n > query.top_k), 0),
        all=0 if is_whole or runs > MAX_BUDGET else max(runs, query.top_k + AUDIT_RUNS),
        all_said="" if is_whole else f"Remove all {count(audit.n_pairs)} exactly",
    )


def _said(audit: answers.AuditAnswer, listed: int, metric: str, unit: str) -> str:
    if listed == audit.n_pairs:
        return "All active latents are listed."
    rest = count(audit.n_pairs - listed)
    sure = "all of them were removed" if audit.confidence == 1 else f"at {percent(audit.confidence)} confidence"
    return (
        f"None of the {rest} that are not listed changes the {metric} by more than {number(audit.bound)} {unit}: "
        f"{sure}."
    )


def _how(audit: answers.AuditAnswer, listed: int) -> str:
    if audit.n_exact == audit.n_pairs:
        return (
            f"{count(audit.n_pairs)} latents are active, each was removed exactly, and the {count(listed)} strongest "
            "are listed."
        )
    reasoned = count(audit.n_exact - audit.n_sample)
    return (
        f"{count(audit.n_exact)} of {count(audit.n_pairs)} active latents were removed exactly: {reasoned} with the "
        f"largest estimates or the largest writes of their token, and {count(audit.n_sample)} drawn at random from "
        f"the rest. The {count(listed)} strongest of these are listed."
    )


def _assumes(audit: answers.AuditAnswer, unit: str) -> str:
    unknown = count(audit.n_pairs - audit.n_exact)
    return (
        "The confidence rests on effects falling off no slower than the power law that the largest of the random "
        f"sample show. Without that: at most {count(audit.n_above or 0)} of the {unknown} that were not removed exceed "
        f"{number(audit.largest_sampled or 0.0)} {unit}, the largest of the sample."
    )


def _estimates(found: answers.AblateAnswer, unit: str) -> str:
    """How far estimates were off where they had no part in the choice."""
    if found.largest_miss is None:
        return ""
    where = "all of them" if found.audit.n_exact == found.audit.n_pairs else "the random sample"
    agree = "" if found.correlation is None else f" correlate at {found.correlation:.3f} and"
    return f"Over {where}, estimate and exact{agree} differ by up to {number(found.largest_miss)} {unit}."
