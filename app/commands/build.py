"""``periscope build``: precompute what the pages of a source show."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.builds.request import BuildProgress, BuildRequest, Reporter
from app.commands.console import console, warn_of_unknown_settings
from app.errors import InvalidRequest
from app.hints import command
from app.settings import load_settings

if TYPE_CHECKING:
    from rich.progress import Progress

#: The status of a process that was stopped with Ctrl+C.
INTERRUPTED = 130

Slugs = Annotated[list[str], typer.Argument(metavar="SLUG...", help="Sources, all of one model.", show_default=False)]
Corpus = Annotated[
    str,
    typer.Option(help="A .txt, .jsonl, .csv or .parquet file, a Hugging Face data set, demo, or installed."),
]
Context = Annotated[int | None, typer.Option(help="Tokens of a prompt [default: as the SAE was trained].")]
Device = Annotated[str | None, typer.Option(help="auto, cpu, mps, cuda or cuda:N [default: PERISCOPE_DEVICE or auto].")]
Dtype = Annotated[
    str | None, typer.Option(help="auto, float32, bfloat16 or float16 [default: PERISCOPE_DTYPE or auto].")
]
Resume = Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint of the same request.")]
NormRatio = Annotated[
    float | None, typer.Option(help="Leave out tokens whose norm exceeds this many times the median.")
]

Separator = Annotated[
    str | None,
    typer.Option(
        help="Between documents: bos, eos, none, or a token by its name or number [default: as the SAE was trained]."
    ),
]
Labels = Annotated[
    list[str] | None,
    typer.Option(
        "--label", help="A column of the corpus to keep as a label of its texts; repeatable.", show_default=False
    ),
]
Prefix = Annotated[str, typer.Option(help="Text put before every document; special tokens in it are meant.")]
SpecialTokens = Annotated[
    bool, typer.Option("--special-tokens", help="Read special tokens that the corpus spells as such, not as text.")
]
Scores = Annotated[bool, typer.Option("--output-scores/--no-output-scores", help="Score how well every latent steers.")]


def build(
    slugs: Slugs,
    corpus: Corpus,
    tokens: Annotated[int, typer.Option(help="Tokens to read.")] = 1_000_000,
    context: Context = None,
    batch: Annotated[int, typer.Option(help="Prompts in one forward pass.")] = 16,
    device: Device = None,
    seed: Annotated[int, typer.Option(help="Seed of the uniform samples.")] = 0,
    resume: Resume = False,
    dtype: Dtype = None,
    max_norm_ratio: NormRatio = None,
    output_scores: Scores = True,
    separator: Separator = None,
    label: Labels = None,
    prefix: Prefix = "",
    special_tokens: SpecialTokens = False,
) -> None:
    """Precompute the pages of sources from a corpus.

    Sources of one model share its forward pass.
    """
    warn_of_unknown_settings()
    settings = load_settings()
    request = parse(
        slugs=tuple(slugs),
        corpus=corpus,
        tokens=tokens,
        context=context,
        batch=batch,
        device=device or settings.device,
        seed=seed,
        resume=resume,
        dtype=dtype or settings.dtype,
        max_norm_ratio=max_norm_ratio,
        output_scores=output_scores,
        separator=separator,
        labels=tuple(label or ()),
        prefix=prefix,
        special_tokens=special_tokens,
    )

    from app.builds.run import run_build

    try:
        with progress_bar() as bar:
            run_build(settings, request, report=reporter(bar, request.tokens), say=bar.console.print)
    except KeyboardInterrupt as stopped:
        typer.echo(str(stopped) or "Stopped.", err=True)
        raise typer.Exit(INTERRUPTED) from None
    console().print(f"Built {', '.join(slugs)}; see it with `{command('serve')}`.")


def parse(**options: Any) -> BuildRequest:
    """The request; a value that cannot be meant is wrong usage, as the other options have it."""
    try:
        return BuildRequest(**options)
    except InvalidRequest as error:
        raise typer.BadParameter(str(error)) from None


def progress_bar() -> "Progress":
    """A bar with the stage, tokens per second and the time left; plain lines where there is no terminal."""
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    return Progress(
        TextColumn("{task.fields[stage]}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[speed]}", markup=False),
        TimeRemainingColumn(),
        console=console(),
    )


def reporter(bar: "Progress", tokens: int) -> Reporter:
    """What a build calls to move the bar."""
    task = bar.add_task("build", total=1.0, stage="starting", speed=f"0 of {tokens:,} tokens")

    def report(progress: BuildProgress) -> None:
        speed = f"{progress.tokens_done:,} of {progress.tokens:,} tokens"
        if progress.tokens_per_second:
            speed += f", {progress.tokens_per_second:,.0f} tokens/s"
        bar.update(task, completed=progress.progress, stage=progress.stage, speed=speed)

    return report
