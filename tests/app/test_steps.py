"""Every kind of work goes on in short steps, and its texts are held to their limits: a new kind must be added here.

Time is told by the arithmetic that was done, not by the clock of this machine: a step that is too long is too long
anywhere. What one row takes, a text as long as the context in a forward pass with its losses, is set by the test.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

import app
from app.ablate.task import AblateJob, ActiveJob, Asked, PatchJob, PatchPairsJob, SelectivityJob, SetJob
from app.db.session import make_engine, make_session_maker
from app.engine.job import Batch, Job
from app.engine.reading import OneLatentJob, ReadJob
from app.engine.source_key import SourceKey
from app.engine.sources import Reader, key_of
from app.engine.texts import Limits, TextInput, TextJob
from app.explain.task import WindowsJob
from app.openai.continuation import Continuation
from app.openai.task import CompleteJob
from app.steer import calibrate_task as calibrate
from app.steer.calibrate_task import BalanceJob, CalibrateJob
from app.steer.options import Options
from app.steer.snippet import SnippetJob
from app.steer.task import SteerJob
from app.vectors.task import VectorJob
from models.errors import ContextMismatch
from models.loading.opening import load_dictionary, load_language_model
from models.running import pace
from models.running.chat_spans import Message
from models.running.pace import STEP_SECONDS, Paces
from models.running.text_limits import CHARACTERS_PER_TOKEN
from models.sources import SourceSpec
from models.steering import calibration
from models.steering.terms import Board, LatentSubject, SteerTerm
from tests.app.engine_support import World, world
from tests.models.tiny import CONTEXT

__all__ = ["world"]

#: A backward pass is about two forward ones, and comes with the forward one.
BACKWARD = 3.3


class Arithmetic(TorchDispatchMode):
    """Counts multiplications, and numbers written, while it is entered."""

    def __init__(self) -> None:
        super().__init__()
        self.done = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func._overloadpacket not in flop_registry:
            with self:
                parts = func.decompose(*args, **(kwargs or {}))
                if parts is not NotImplemented:
                    return parts
        out = func(*args, **(kwargs or {}))
        if func._overloadpacket in flop_registry:
            self.done += flop_registry[func._overloadpacket](*args, **(kwargs or {}), out_val=out) // 2
        self.done += sum(value.numel() for value in (out if isinstance(out, list | tuple) else [out])
                         if isinstance(value, torch.Tensor))  # fmt: skip
        return out


@dataclass(eq=False)
class Loaded:
    """Stands for what a worker holds."""

    model: Any
    dictionaries: dict[str, Any]

    def dictionary(self, key: SourceKey) -> Any:
        return self.dictionaries[key.slug]


@dataclass(eq=False)
class Ticket:
    """Stands for a client who waits."""

    job: Any
    is_open: bool = True
    result: Any = None
    events: list[Any] = field(default_factory=list)

    def emit(self, event: Any) -> None:
        self.events.append(event)

    def finish(self, result: Any) -> None:
        self.result, self.is_open = result, False

    def fail(self, error: BaseException) -> None:
        raise error


@dataclass(eq=False)
class Bench:
    """The weights, and a clock that arithmetic moves."""

    loaded: Loaded
    keys: dict[str, SourceKey]
    limits: Limits
    location: str
    seconds_per_row: float = 0.0
    arithmetic: Arithmetic = field(default_factory=Arithmetic)
    row: int = 0  # arithmetic of one row
    tokenised: int = 0  # characters

    def clock(self) -> float:
        # Twenty microseconds a character are ten times what it takes.
        return self.seconds_per_row * self.arithmetic.done / self.row + 2e-5 * self.tokenised

    def begin(self, seconds_per_row: float) -> None:
        """From now on a row takes so long; nothing is known yet of any pace, and no text is remembered."""
        self.seconds_per_row = seconds_per_row
        self.loaded = replace(self.loaded)
        model = self.loaded.model
        model.paces = Paces(model.paces.per_token)
        for dictionary in self.loaded.dictionaries.values():
            dictionary.paces = Paces(dictionary.paces.per_token)

    def run(self, jobs: list[Any]) -> tuple[list[Any], list[float]]:
        """The results, and how long each step took."""
        tickets = [Ticket(job) for job in jobs]
        steps = iter(type(jobs[0]).run(self.loaded, Batch(tickets)))  # type: ignore[arg-type]
        took = []
        with self.arithmetic:
            while True:
                began = self.clock()
                is_over = next(steps, steps) is steps
                took.append(self.clock() - began)
                if is_over:
                    break
        assert not any(ticket.is_open for ticket in tickets)
        return [ticket.result for ticket in tickets], took


@pytest.fixture(scope="module")
def bench(world: World) -> Bench:
    model = load_language_model(str(world.models["llama"]), "cpu", "float32")
    slugs = ("mid", "mlp", "nobos")
    loaded = Loaded(
        model, {s: load_dictionary(SourceSpec(str(world.models["llama"]), str(world.saes[s]), None)) for s in slugs}
    )
    reader = Reader(make_session_maker(make_engine(world.settings)), world.settings)
    sources = {source.slug: source for source in reader.find(slugs)}
    made = Bench(
        loaded, {slug: key_of(source) for slug, source in sources.items()}, reader.limits(sources["mid"]),
        sources["mid"].facts.model.location,
    )  # fmt: skip
    ids = torch.zeros(1, CONTEXT, dtype=torch.long)
    model.token_nll(ids)  # what is tried once is tried now
    with made.arithmetic:
        model.token_nll(ids)
    made.row = made.arithmetic.done
    return made


@pytest.fixture(autouse=True)
def arithmetic_is_time(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    model = bench.loaded.model

    def counted(function: Callable[..., Any]) -> Callable[..., Any]:
        def tokenise(text: str, **options: Any) -> Any:
            bench.tokenised += len(text)
            return function(text, **options)

        return tokenise

    monkeypatch.setattr(pace, "clock", bench.clock)
    for name in ("tokenize", "tokenize_with_places"):
        monkeypatch.setattr(model, name, counted(getattr(model, name)))
    # A sweep of few strengths is as long as one of many where steps are short.
    monkeypatch.setattr(calibration, "_FURTHER", 0)
    monkeypatch.setattr(calibrate, "NEW_TOKENS", 10)
    monkeypatch.setattr(calibrate, "LEAST_NEW_TOKENS", 10)


# -------------------------------------------------------------------- one case of each kind


def text(n: int, tokens: int = CONTEXT - 1, name: str = "The text") -> TextInput:
    """The n-th of texts that differ, of so many tokens."""
    letters = "zqxjkvwy"
    return TextInput("".join(letters[(n * 7 + place * (1 + n % 5)) % 8] for place in range(tokens)), name=name)


def texts(n: int, tokens: int = CONTEXT - 1) -> tuple[TextInput, ...]:
    """Long texts, and some of other lengths."""
    return tuple(text(number, tokens - 7 * (number % 3), f"Text {number}") for number in range(n))


CHAT = TextInput(
    messages=(Message("user", "zq" * 10), Message("assistant", "xj" * 5)), add_generation_prompt=True, name="The chat"
)


def terms(n: int) -> tuple[SteerTerm, ...]:
    return tuple(SteerTerm(LatentSubject("mid", 3 * latent, 2.0), "add", 0.2) for latent in range(n))


def steer(bench: Bench, n: int, prompt: TextInput) -> SteerJob:
    options = Options(max_new_tokens=12, temperature=0.0, seed=n, stop_at_eos=False)
    board = Board(terms(1 + 20 * (n % 2)))
    return SteerJob(bench.location, (bench.keys["mid"],), prompt, board, options, True, bench.limits)


def complete(bench: Bench, n: int, prompt: TextInput) -> CompleteJob:
    options = Options(max_new_tokens=12, temperature=0.0, stop_at_eos=False, alternatives=2)
    return CompleteJob(
        bench.location, (bench.keys["mid"],), (prompt, text(n + 10, 40)), Board(terms(1 + 20 * (n % 2))), options, True,
        bench.limits, n=2, echo=True, scores=n % 3 != 1,
    )  # fmt: skip


#: Kind -> jobs of one batch.
CASES: dict[type[Job], Callable[[Bench], list[Any]]] = {
    ReadJob: lambda b: [
        ReadJob(b.location, tuple(b.keys.values()), texts(40), b.limits),
        ReadJob(b.location, (b.keys["mid"],), (CHAT,), b.limits),
        ReadJob(b.location, (b.keys["nobos"], b.keys["mid"]), texts(12), b.limits),
    ],
    OneLatentJob: lambda b: [
        OneLatentJob(b.location, b.keys["mlp"], 5, texts(60), b.limits),
        OneLatentJob(b.location, b.keys["mid"], 20, texts(30), b.limits),
    ],
    VectorJob: lambda b: [
        VectorJob(
            b.location, (b.keys["mid"],), texts(60), texts(90)[60:], "blocks.1.hook_resid_post", "mean", True, b.limits
        )
    ],
    AblateJob: lambda b: [AblateJob(b.location, b.keys["mid"], Asked(text(1), "a", "b"), 120, b.limits)],
    ActiveJob: lambda b: [ActiveJob(b.location, b.keys["mid"], text(1), b.limits)],
    PatchJob: lambda b: [PatchJob(b.location, b.keys["mid"], Asked(text(1), "a", "b"), text(2), 40, b.limits)],
    PatchPairsJob: lambda b: [
        PatchPairsJob(b.location, b.keys["mid"], ((text(1), text(2)), (text(3), text(4))), "a", "b", 20, b.limits)
    ],
    SetJob: lambda b: [SetJob(b.location, b.keys["mid"], Asked(text(3)), ((20, None), (5, 3)), True, b.limits)],
    SelectivityJob: lambda b: [
        SelectivityJob(b.location, b.keys["mlp"], (("a", texts(12)), ("b", texts(20)[12:])), (1, 5, 7), 3, 0, b.limits)
    ],
    SnippetJob: lambda b: [
        SnippetJob(b.location, (b.keys["mid"],), text(n, 40), Board(terms(3)), 8, True, True, b.limits)
        for n in range(6)
    ],
    SteerJob: lambda b: [steer(b, n, CHAT if n == 3 else text(n, 44)) for n in range(8)],
    CompleteJob: lambda b: [complete(b, n, CHAT if n == 3 else text(n, 44)) for n in range(6)],
    CalibrateJob: lambda b: [
        CalibrateJob(b.location, (b.keys["mid"],), terms(1)[0], texts(2, 36), True, b.limits, 0.0)
    ],
    BalanceJob: lambda b: [
        BalanceJob(b.location, (b.keys["mid"],), Board(terms(4)), texts(8, 36), True, b.limits, 0.0)
    ],
}
KINDS = pytest.mark.parametrize("kind", list(CASES), ids=lambda kind: kind.__name__)


def kinds_of_jobs() -> set[type[Job]]:
    """All that the application can ask of a model."""
    found = set()
    for module in pkgutil.walk_packages(app.__path__, "app."):
        loaded = importlib.import_module(module.name)
        found |= {kind for kind in vars(loaded).values() if isinstance(kind, type) and issubclass(kind, Job)}
    bases = {"app.engine.job", "app.engine.rows"}
    return {kind for kind in found if kind.__module__ not in bases and not kind.__name__.startswith("_")}


def test_every_kind_of_job_is_here_and_has_texts() -> None:
    # Windows are read of the corpus, whose token ids are known: no text of a request (tests/models/test_windows.py).
    assert kinds_of_jobs() - {TextJob, Continuation, WindowsJob} == set(CASES)
    assert all(issubclass(kind, TextJob) for kind in CASES)


# -------------------------------------------------------------------- steps


@KINDS
def test_no_step_is_longer_than_half_a_second_and_nothing_else_is_found(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, kind: type[Job]
) -> None:
    bench.begin(0.0)
    large, few = bench.run(CASES[kind](bench))
    row = 0.1
    monkeypatch.setattr(pace, "SLOW", bench.row / row / 4)
    bench.begin(row)
    small, took = bench.run(CASES[kind](bench))
    assert max(took) <= STEP_SECONDS
    assert len(took) >= len(few)
    # Sorted, since of two effects of one size either may come first.
    found, wanted = sorted(numbers(small)), sorted(numbers(large))
    assert len(found) > 3
    assert found == pytest.approx(wanted, rel=1e-3, abs=1e-3)
    if not any(job.is_brief for job in CASES[kind](bench)):
        assert sum(took) > 5 * STEP_SECONDS  # the case is long enough to tell


@pytest.mark.slow
@KINDS
def test_on_a_slow_model_a_step_is_a_row(bench: Bench, monkeypatch: pytest.MonkeyPatch, kind: type[Job]) -> None:
    row = 5.0
    monkeypatch.setattr(pace, "SLOW", bench.row / row / 4)
    bench.begin(row)
    _, took = bench.run(CASES[kind](bench))
    has_gradient = kind in (AblateJob, PatchJob, PatchPairsJob)
    assert max(took) <= row * (BACKWARD if has_gradient else 1.2)


@pytest.mark.slow
@KINDS
def test_a_model_that_becomes_slower_is_given_smaller_steps_from_the_next_on(bench: Bench, kind: type[Job]) -> None:
    bench.begin(0.001)
    bench.run(CASES[kind](bench))
    bench.seconds_per_row = 0.1
    _, took = bench.run(CASES[kind](bench))
    long = [seconds for seconds in took if seconds > STEP_SECONDS]
    # One of each part of the work: reading, encoding, comparing, writing.
    assert len(long) <= 6


def numbers(value: Any) -> Iterator[float]:
    """All numbers in a result, in order."""
    if isinstance(value, bool | int | float | np.number):
        yield float(value)
    elif isinstance(value, np.ndarray):
        yield from value.astype(float).ravel().tolist()
    elif isinstance(value, str):
        yield from map(float, value.encode())
    elif isinstance(value, dict):
        for one in value.values():
            yield from numbers(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from numbers(one)
    elif is_dataclass(value):
        for one in fields(value):
            yield from numbers(getattr(value, one.name))


# -------------------------------------------------------------------- texts


def with_long_texts(value: Any, most: int) -> Iterator[Any]:
    """The same job with one of its texts, or one of its single tokens, too long by a character; one after another."""
    if isinstance(value, TextInput):
        if value.messages is None:
            yield replace(value, text="x" * (most + 1))
        else:
            half = most // len(value.messages)
            yield replace(value, messages=tuple(replace(m, content="x" * (half + 1)) for m in value.messages))
    elif isinstance(value, tuple):
        for place, one in enumerate(value):
            for other in with_long_texts(one, most):
                yield (*value[:place], other, *value[place + 1 :])
    elif is_dataclass(value) and isinstance(value, Job | Asked):
        for one in fields(value):
            given = getattr(value, one.name)
            if isinstance(value, Asked) and isinstance(given, str | None):
                yield replace(value, **{one.name: "x" * (CHARACTERS_PER_TOKEN + 1)})
                continue
            for other in with_long_texts(given, most):
                yield replace(value, **{one.name: other})


@KINDS
def test_a_text_that_cannot_fit_is_refused_before_the_job_waits(bench: Bench, kind: type[Job]) -> None:
    most = bench.limits.max_tokens * CHARACTERS_PER_TOKEN
    n = 0
    for job in CASES[kind](bench):
        job.check()
        for long in with_long_texts(job, most):
            n += 1
            with pytest.raises(ContextMismatch, match=r"has [0-9,]+ characters; at most [0-9,]+ are looked at, since"):
                long.check()
    assert n >= 1
