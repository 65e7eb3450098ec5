"""What is known about a source and its build, in words: quality numbers, corpus, how to build it."""

from app.db.queries.answers import BuildInfo, SourceInfo
from app.hints import command, example_file
from app.text.block_views import Corpus, Statistic
from app.text.formats import count, moment, number, percent
from app.text.tokens import plain

#: How examples are chosen; models/statistics draws them, docs/statistics.md has the details.
SAMPLING = (
    "The strongest examples are the largest activations, one per prompt; the examples of the bands come from a "
    "uniform sample of the latent's active tokens. BOS, separators and padding are not counted."
)


def quality_statistics(build: BuildInfo) -> tuple[Statistic, ...]:
    """The quality numbers of a build, each with its meaning and its place in the glossary."""
    q = build.quality
    return (
        Statistic("L0", _number(q.l0), "latents active on a token, on average", "l0"),
        Statistic(
            "Explained variance", _percent(q.explained_variance), "of the activation, kept by the SAE",
            "explained_variance",
        ),
        Statistic(
            "Loss recovered", _percent(q.loss_recovered), "100 %: predicts as before; 0 %: as if the hook were zero",
            "loss_recovered",
        ),
        Statistic("Dead latents", _percent(q.dead_fraction), "never active in this build", "dead_fraction"),
        Statistic("Loss", _number(q.loss_clean), "of the model, per token", "loss_clean", "nats"),
        Statistic("Loss with the SAE", _number(q.loss_sae), "on its reconstruction, per token", "loss_sae", "nats"),
        Statistic("Mean norm", _number(q.mean_residual_norm), "of the vector at the hook", "mean_residual_norm"),
    )  # fmt: skip


def corpus_of(build: BuildInfo) -> Corpus:
    """What the build's numbers were counted on."""
    return Corpus(
        corpus=plain(build.corpus),
        tokens=count(build.tokens_done),
        context_size=build.context_size,
        sampling=SAMPLING,
        finished=moment(build.finished) if build.finished else "",
    )


def build_command(slug: str) -> str:
    """The command that builds a source."""
    return command(f"build {slug} --corpus {example_file('texts.txt')} --tokens 1000000")


def failure(source: SourceInfo) -> str:
    """Why the newest build of a source failed; empty if it did not."""
    latest = source.latest
    return (latest.error or "No reason was recorded.") if latest and latest.status == "failed" else ""


def _number(value: float | None) -> str | None:
    return None if value is None else number(value)


def _percent(value: float | None) -> str | None:
    return None if value is None else percent(value)
