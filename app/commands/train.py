"""``periscope train``: an SAE of one's own, from a model and a corpus to a source."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.commands.build import INTERRUPTED, Device, Dtype, Prefix, SpecialTokens
from app.commands.console import console, warn_of_unknown_settings
from app.commands.sources import Model, building, model_folder
from app.errors import InvalidRequest
from app.hints import command
from app.settings import Settings, load_settings
from app.trainings.request import Reporter, TrainProgress, TrainRequest
from models.errors import TrainingRefused
from models.training.recipe import DEFAULT_KIND, KINDS, Wishes

if TYPE_CHECKING:
    from rich.progress import Progress

    from app.trainings.outcome import Trained

Hooks = Annotated[
    list[str],
    typer.Option("--hook", help="Hook of the model, such as blocks.6.hook_resid_post; repeatable.", show_default=False),
]
Corpus = Annotated[str, typer.Option(help="Text to train on, as for build.", show_default=False)]
DSae = Annotated[int | None, typer.Option("--d-sae", help="Latents of the SAE [default: 8 times the model's width].")]
Kind = Annotated[str, typer.Option(help=f"One of {', '.join(KINDS)}.")]
K = Annotated[
    int | None,
    typer.Option("--k", help="Latents active per token; of jumprelu, aimed at [default: 64, less on narrow models]."),
]
L1 = Annotated[float | None, typer.Option("--l1", help="Weight of the L1 penalty of standard and gated.")]
Tokens = Annotated[int | None, typer.Option(help="Tokens to train on [default: by the model's size and the device].")]
Context = Annotated[int | None, typer.Option(help="Tokens of a prompt [default: 256, more for large models].")]
Bos = Annotated[bool | None, typer.Option("--bos/--no-bos", help="Begin prompts with BOS [default: if there is one].")]
StepTokens = Annotated[int | None, typer.Option(help="Tokens of a training step [default: 128 to 4096, by --tokens].")]
Batch = Annotated[int | None, typer.Option(help="Prompts in one forward pass [default: 4096 tokens].")]
Rate = Annotated[float | None, typer.Option("--lr", help="Learning rate [default: 1e-4 to 1e-3, by --d-sae].")]
Repeat = Annotated[bool, typer.Option("--repeat", help="Read a corpus again that has fewer than --tokens.")]
Slug = Annotated[
    str | None, typer.Option("--slug", "--add", help="Name of the source, or of several what they begin with.")
]
NoAdd = Annotated[bool, typer.Option("--no-add", help="Save the SAE without registering a source.")]
Build = Annotated[bool, typer.Option("--build", help="Build the source from the same corpus afterwards.")]
Out = Annotated[str | None, typer.Option(help="Folder of the SAE [default: saes/SLUG in the data folder].")]
Plan = Annotated[bool, typer.Option("--plan", help="Say what the training would be and need, and do nothing.")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on from the last state of the same training.")]


def train(
    model: Model,
    hook: Hooks,
    corpus: Corpus,
    d_sae: DSae = None,
    kind: Kind = DEFAULT_KIND,
    k: K = None,
    l1: L1 = None,
    tokens: Tokens = None,
    context: Context = None,
    bos: Bos = None,
    step_tokens: StepTokens = None,
    batch: Batch = None,
    lr: Rate = None,
    seed: Annotated[int, typer.Option(help="Seed of the first weights and of the order of the text.")] = 0,
    repeat: Repeat = False,
    prefix: Prefix = "",
    special_tokens: SpecialTokens = False,
    slug: Slug = None,
    no_add: NoAdd = False,
    out: Out = None,
    build: Build = False,
    device: Device = None,
    dtype: Dtype = None,
    plan: Plan = False,
    resume: Resume = False,
) -> None:
    """Train SAEs on hooks of a model and register them as sources.

    Several hooks share the model's forward passes.
    """
    warn_of_unknown_settings()
    settings = load_settings()
    request = _parse(
        {
            "kind": kind,
            "d_sae": d_sae,
            "k": k,
            "l1": l1,
            "tokens": tokens,
            "context": context,
            "prepend_bos": bos,
            "step_tokens": step_tokens,
            "batch": batch,
            "lr": lr,
            "seed": seed,
        },
        hooks=tuple(hook),
        corpus=corpus,
        slug=slug,
        out=out,
        add=not no_add,
        build=build,
        device=device or settings.device,
        dtype=dtype or settings.dtype,
        repeat=repeat,
        prefix=prefix,
        special_tokens=special_tokens,
        resume=resume,
        model=model,
    )
    from dataclasses import replace

    request = replace(request, model=model_folder(model, settings))
    if plan:
        from app.trainings.run import plan_training

        plan_training(settings, request, console().print)
        return
    found = _train(settings, request)
    _tell(found)
    if build:
        _build(settings, request, [one.slug for one in found if one.slug], found[0].tokens)


def _parse(wishes: dict[str, Any], **options: Any) -> TrainRequest:
    """The request; a value that cannot be meant is wrong usage, as the other options have it."""
    try:
        # What the numbers are is looked at before how they fit each other.
        TrainRequest(**options, wishes=Wishes(**{n: v for n, v in wishes.items() if n not in ("kind", "k", "l1")}))
        return TrainRequest(**options, wishes=Wishes(**wishes))
    except (InvalidRequest, TrainingRefused) as error:
        raise typer.BadParameter(str(error)) from None


def _train(settings: Settings, request: TrainRequest) -> "list[Trained]":
    from app.trainings.run import run_training

    try:
        with _progress_bar() as bar:
            return run_training(settings, request, _reporter(bar), bar.console.print)
    except KeyboardInterrupt as stopped:
        typer.echo(str(stopped) or "Stopped.", err=True)
        raise typer.Exit(INTERRUPTED) from None


def _progress_bar() -> "Progress":
    """A bar with the stage, the numbers of the last step, the speed and the time left."""
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    return Progress(
        TextColumn("{task.fields[stage]}", markup=False),
        BarColumn(bar_width=20),
        TaskProgressColumn(),
        TextColumn("{task.fields[speed]}", markup=False),
        TimeRemainingColumn(),
        console=console(),
    )


def _reporter(bar: "Progress") -> Reporter:
    task = bar.add_task("train", total=1.0, stage="starting", speed="")
    stage = ""

    def report(progress: TrainProgress) -> None:
        nonlocal stage
        if progress.stage != stage:  # the time left is that of a stage
            stage = progress.stage
            bar.reset(task, stage=stage, speed="")
        speed = f"{progress.tokens_per_second:,.0f} tokens/s, " if progress.tokens_per_second else ""
        bar.update(task, completed=progress.progress, stage=stage, speed=speed + progress.figures())

    return report


def _tell(found: "list[Trained]") -> None:
    from rich.table import Table

    out = console()
    table = Table("hook", "L0", "explained variance", "loss recovered", "dead", "folder", box=None, pad_edge=False)
    for one in found:
        q = one.quality
        table.add_row(
            one.hook,
            _number(q.l0, ".1f"),
            _number(q.explained_variance, ".3f"),
            _number(q.loss_recovered, ".3f"),
            _number(q.dead_fraction, ".1%"),
            str(one.folder),
        )
    out.print("On the text that was held out:")
    out.print(table)
    for one in found:
        if one.slug:
            out.print(f"Registered {one.slug}. Next: {building(one.slug)}")


def _number(value: float | None, form: str) -> str:
    return "not measured" if value is None else f"{value:{form}}"


def _build(settings: Settings, request: TrainRequest, slugs: list[str], tokens: int) -> None:
    from app.builds.request import BuildRequest
    from app.builds.run import run_build
    from app.commands.build import progress_bar, reporter

    asked = BuildRequest(
        tuple(slugs),
        request.corpus,
        tokens=tokens,
        device=request.device,
        dtype=request.dtype,
        seed=request.wishes.seed,
        prefix=request.prefix,
        special_tokens=request.special_tokens,
    )
    try:
        with progress_bar() as bar:
            run_build(settings, asked, report=reporter(bar, tokens), say=bar.console.print)
    except KeyboardInterrupt as stopped:
        typer.echo(str(stopped) or "Stopped.", err=True)
        raise typer.Exit(INTERRUPTED) from None
    console().print(f"Built {', '.join(slugs)}; see it with `{command('serve')}`.")
