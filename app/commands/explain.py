"""``periscope explain``: labels by a language model, tested before they are stored."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.build import INTERRUPTED, progress_bar
from app.commands.console import console, warn_of_unknown_settings
from app.errors import InvalidRequest
from app.explain.budget import DEFAULT_BUDGET, Budget
from app.explain.endpoint import Endpoint, find_key, make_endpoint
from app.explain.request import (
    ANSWER_TOKENS,
    MAX_ANSWER_TOKENS,
    ExplainRequest,
    Patience,
    Plan,
    check_numbers,
    parse_latents,
)
from app.settings import PREFIX, Settings, load_settings

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

    from app.explain.run import Progress
    from app.explain.source_run import Told

#: The longest text that is scored in place of an explanation.
MAX_TEXT = 500

Slug = Annotated[str, typer.Argument(metavar="SLUG", help="The source.", show_default=False)]
Latents = Annotated[
    str | None, typer.Option(help="Indices and ranges such as 3,17,40-49 [default: --top 10].", show_default=False)
]
Top = Annotated[
    int | None,
    typer.Option(
        help="Of the latents on at most a tenth of all tokens, so many that fire most often.", show_default=False
    ),
]
Url = Annotated[
    str | None,
    typer.Option(
        "--endpoint", help="An OpenAI-compatible API, http://HOST:PORT/v1 [default: PERISCOPE_EXPLAIN_ENDPOINT]."
    ),
]
Model = Annotated[str | None, typer.Option(help="The model there that explains [default: PERISCOPE_EXPLAIN_MODEL].")]
KeyFile = Annotated[
    Path | None,
    typer.Option(help="A file with the key [default: PERISCOPE_EXPLAIN_KEY, else OPENAI_API_KEY]."),
]
ScorerUrl = Annotated[
    str | None, typer.Option("--scorer-endpoint", help="Another API that scores [default: the same].")
]
ScorerModel = Annotated[str | None, typer.Option(help="Another model that scores [default: the same].")]
ScorerKeyFile = Annotated[
    Path | None,
    typer.Option(help="A file with the key for --scorer-endpoint [default: PERISCOPE_EXPLAIN_SCORER_KEY]."),
]
BudgetOption = Annotated[int, typer.Option(help="Tokens, sent and received, that the run may take.")]
MaxCalls = Annotated[int | None, typer.Option(help="Calls that the run may take.", show_default=False)]
Description = Annotated[
    str, typer.Option(help="Score this text for one latent in place of an explanation.", show_default=False)
]


def explain(
    slug: Slug,
    latents: Latents = None,
    top: Top = None,
    endpoint: Url = None,
    model: Model = None,
    key_file: KeyFile = None,
    scorer_endpoint: ScorerUrl = None,
    scorer_model: ScorerModel = None,
    scorer_key_file: ScorerKeyFile = None,
    budget: BudgetOption = DEFAULT_BUDGET,
    max_calls: MaxCalls = None,
    tokens: Annotated[int, typer.Option(help="Tokens of the corpus to read for texts.")] = 50_000,
    per_band: Annotated[int, typer.Option(help="Texts of each band of activation that are scored.")] = 5,
    promoted: Annotated[bool, typer.Option("--promoted", help="Tell the explainer the promoted tokens too.")] = False,
    parallel: Annotated[int, typer.Option(help="Calls at once.")] = 4,
    timeout: Annotated[float, typer.Option(help="Seconds to wait for an answer.")] = 120.0,
    retries: Annotated[int, typer.Option(help="Times that a call which failed is made again.")] = 4,
    answer_tokens: Annotated[
        int, typer.Option(help="Tokens of an answer; a model that thinks first needs thousands.")
    ] = (ANSWER_TOKENS),
    seed: Annotated[int, typer.Option(help="Seed of the choice of texts.")] = 0,
    description: Description = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be sent, and send nothing.")] = False,
) -> None:
    """Explain latents by a language model, and score what it says.

    Texts of the corpus are sent to the endpoint. What was answered is kept, so that the same command goes on where it
    was stopped.
    """
    warn_of_unknown_settings()
    settings = load_settings()
    explainer, scorer = _endpoints(
        settings, (endpoint, model, key_file), (scorer_endpoint, scorer_model, scorer_key_file)
    )
    check_numbers(
        {
            "--tokens": (tokens, 1000, 10_000_000),
            "--per-band": (per_band, 1, 100),
            "--parallel": (parallel, 1, 64),
            "--timeout": (timeout, 1, 3600),
            "--retries": (retries, 0, 20),
            "--answer-tokens": (answer_tokens, 16, MAX_ANSWER_TOKENS),
            "--seed": (seed, 0, 2**31 - 1),
        }
    )
    Budget(budget, max_calls)  # refused before anything is read
    if latents is not None and top is not None:
        raise InvalidRequest("--latents and --top both choose the latents; give one of them.")
    named = None if latents is None else parse_latents(latents)
    text = " ".join(description.split())
    if len(text) > MAX_TEXT:
        raise InvalidRequest(f"--description has at most {MAX_TEXT} characters, not {len(text):,}.")
    if text and (named is None or len(named) != 1):
        raise InvalidRequest("--description is about one latent; name it with --latents.")

    def request_for(chosen: tuple[int, ...]) -> ExplainRequest:
        return ExplainRequest(
            slug=slug,
            latents=chosen,
            explainer=explainer,
            scorer=scorer,
            plan=Plan(tokens=tokens, judged_per_band=per_band, seed=seed, with_promoted=promoted),
            budget=budget,
            max_calls=max_calls,
            patience=Patience(timeout=timeout, retries=retries, parallel=parallel),
            answer_tokens=answer_tokens,
            description=text,
        )

    _run(settings, request_for, slug, named, top, dry_run)


Given = tuple[str | None, str | None, Path | None]


def _endpoints(settings: Settings, first: Given, second: Given) -> tuple[Endpoint, Endpoint]:
    """Who explains and who scores, from what was given and the settings."""
    url, model, key_file = first
    url, model = url or settings.explain_endpoint, model or settings.explain_model
    for name, value, setting in (("endpoint", url, "ENDPOINT"), ("model", model, "MODEL")):
        if not value:
            what = "an OpenAI-compatible API" if name == "endpoint" else "a model there"
            raise InvalidRequest(f"Explanations need {what}: give --{name}, or set {PREFIX}EXPLAIN_{setting}.")
    key, key_from = find_key(key_file, settings.explain_key, f"{PREFIX}EXPLAIN_KEY")
    explainer = make_endpoint(url, model, key, key_from)
    other_url, other_model, other_file = second
    if not other_url:
        if other_file is not None:
            raise InvalidRequest("--scorer-key-file is for --scorer-endpoint; give that as well.")
        same = (
            replace(explainer, model=make_endpoint(url, other_model, key, key_from).model) if other_model else explainer
        )
        return explainer, same
    key, key_from = find_key(other_file, settings.explain_scorer_key, f"{PREFIX}EXPLAIN_SCORER_KEY")
    return explainer, make_endpoint(other_url, other_model or model, key, key_from)


def _run(
    settings: Settings,
    request_for: Callable[[tuple[int, ...]], ExplainRequest],
    slug: str,
    named: tuple[int, ...] | None,
    top: int | None,
    dry_run: bool,
) -> None:
    from app.explain.source_run import explain_source, prepared_request
    from app.explain.words import outcome_sentence

    try:
        request = prepared_request(settings, request_for, slug, named, top)
        with progress_bar() as bar:
            outcomes = explain_source(settings, request, listener(bar), dry_run=dry_run)
    except KeyboardInterrupt:
        typer.echo("Stopped; what was answered is kept, and the same command goes on where this one stopped.", err=True)
        raise typer.Exit(INTERRUPTED) from None
    if not dry_run:
        for outcome in outcomes:
            console().print(outcome_sentence(outcome))


def listener(bar: "Bar") -> "Told":
    """What says the sentences and moves the bar: first the reading, then the calls."""
    from app.explain.source_run import Told

    reading = bar.add_task("reading", total=1.0, stage="loading the model", speed="")
    asking: list[TaskID] = []

    def read(done: int, total: int) -> None:
        bar.update(reading, total=max(1, total), completed=done, stage="reading texts", speed=f"{done:,} of {total:,}")

    def progress(now: "Progress") -> None:
        if not asking:
            asking.append(bar.add_task("asking", total=1.0, stage="", speed=""))
        wrong = [f"{now.unread:,} unreadable"] if now.unread else []
        wrong += [f"{now.failed:,} failed tries"] if now.failed else []
        speed = ", ".join([f"{now.calls:,} of {now.calls_in_all:,} calls, {now.tokens:,} tokens", *wrong])
        stage = f"explaining latent {now.latent}" if now.done < now.latents else "explained"
        bar.update(asking[0], total=max(1, now.calls_in_all), completed=now.calls, stage=stage, speed=speed)

    return Told(bar.console.print, read, progress)
