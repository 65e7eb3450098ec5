"""What is said of a run: what goes where before the first call, and how each latent came out."""

from collections.abc import Mapping, Sequence

from app.db.queries.answers import SourceInfo
from app.explain.budget import Estimate
from app.explain.journal import Journal
from app.explain.material import Material
from app.explain.request import ExplainRequest
from app.explain.run import Outcome
from app.explain.scoring import Scores
from app.text.formats import number
from models.statistics.verdicts import Interval, Rate


def plan_sentences(
    request: ExplainRequest,
    source: SourceInfo,
    materials: Sequence[Material],
    reasons: Mapping[int, str],
    need: Estimate,
    journal: Journal,
) -> list[str]:
    """What is sent to whom, how much of it, and which latents are left out."""
    corpus = source.build.corpus if source.build else ""
    n = len(materials)
    said = [f"Left out: {reason}" for _, reason in sorted(reasons.items())]
    if not n:
        return [*said, "Nothing is left to explain, so nothing is sent."]
    shown = max(len(material.shown) for material in materials)
    judged = max(len(material.judged) + len(material.marked) for material in materials)
    of = f"for {_latents(n)} of {source.slug}"
    promoted = " and promoted tokens" if request.plan.with_promoted else ""
    if not request.description:
        texts = f"Sends up to {shown} short texts of the corpus {corpus} with marked activations{promoted}"
        said.append(request.explainer.sentence(f"{texts} {of}"))
    what = "your description" if request.description else "the explanations"
    said.append(request.scorer.sentence(f"Sends {what} and up to {judged} short texts of the corpus {corpus} {of}"))
    known = f" ({len(journal.answers):,} answers are known from before)" if journal.answers else ""
    most = f"{request.budget:,} tokens" + ("" if request.max_calls is None else f" and {request.max_calls:,} calls")
    said.append(f"About {need.calls:,} calls and at most {need.tokens:,} tokens{known}; the budget is {most}.")
    return said


def outcome_sentence(outcome: Outcome) -> str:
    """How one latent came out, in a line."""
    scores = outcome.scores
    if scores is None:
        return (
            f"{outcome.index}: no explanation, {outcome.note}" if outcome.note else f"{outcome.index}: no explanation"
        )
    figures = ", ".join(figures_of(scores)) or "not measured"
    return f"{outcome.index}: {outcome.description} ({figures}, {scoring_note(scores)})"


def figures_of(scores: Scores) -> tuple[str, ...]:
    """The figures that were measured, each with its interval."""
    named = (
        ("detection", scores.detection),
        ("fuzzing", scores.fuzzing),
        ("recall", scores.recall),
        ("precision", scores.precision),
    )
    return tuple(f"{name} {with_interval(item)}" for name, item in named if item is not None)


def scoring_note(scores: Scores) -> str:
    """On how many texts, and how many answers said nothing."""
    unread = f", {scores.unread} of {scores.answers} answers unreadable" if scores.unread else ""
    return f"on {scores.n} texts{unread}"


def with_interval(item: Interval | Rate) -> str:
    """A figure with its interval: ``0.93 (0.85 to 0.97)``."""
    return f"{number(item.value, 2)} ({number(item.low, 2)} to {number(item.high, 2)})"


def _latents(n: int) -> str:
    return "1 latent" if n == 1 else f"{n:,} latents"
