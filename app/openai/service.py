"""A request of OpenAI's kind in, its texts out: whole, or as they are written."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any

from app.engine.engine import ModelEngine
from app.engine.job import Finished, Waiting
from app.engine.sources import Reader
from app.errors import Unfit, number_text
from app.openai.bodies import Asked
from app.openai.catalogue import Chosen, chosen
from app.openai.desk import Completed, Gained
from app.openai.errors import Refusal
from app.openai.task import CompleteJob
from app.steer.bodies import MixBody
from app.steer.mixes import problem_of_mix
from app.steer.options import Options
from app.steer.terms import Resolved, TermRequest, resolve
from models.steering.terms import Board


@dataclass(frozen=True)
class Steering:
    """How the texts are steered, and what a mix says of sampling."""

    resolved: Resolved
    board: Board | None
    prepend_bos: bool | None
    options: Options


async def complete(engine: ModelEngine, job: CompleteJob) -> Completed:
    """All texts at once."""
    found: Completed = await engine.run(job)
    return found


async def gains(engine: ModelEngine, job: CompleteJob) -> AsyncGenerator[Gained | Completed, None]:
    """What texts gain, as it is written, and then the whole."""
    async with aclosing(engine.stream(job)) as events:  # type: ignore[type-var]
        async for event in events:
            if isinstance(event, Finished):
                yield event.result
            elif not isinstance(event, Waiting):
                yield event


def prepare(reader: Reader, asked: Asked) -> CompleteJob:
    """Everything that can be found and refused without the model; for a thread."""
    steering = _steering(reader, asked, chosen(reader, asked.model))
    resolved = steering.resolved
    job = CompleteJob(
        model=resolved.location,
        sources=resolved.keys,
        prompts=asked.prompts,
        board=steering.board,
        options=_options(reader, asked, steering.options),
        prepend_bos=resolved.wants_bos if steering.prepend_bos is None else steering.prepend_bos,
        limits=reader.limits(resolved.model),
        n=asked.n,
        stop=asked.stop,
        echo=asked.echo,
        scores=asked.likeliest is not None,
        may_shorten=asked.max_tokens is None,
    )
    job.check()  # before a stream begins, whose status could not tell
    return job


def _steering(reader: Reader, asked: Asked, model: Chosen) -> Steering:
    if model.mix is not None:
        if asked.board is not None:
            raise Refusal(
                f"{asked.model} is a mix, which brings its own board; leave out periscope, or name the model itself.",
                "periscope",
            )
        return _mixed(reader, model)
    board = asked.board
    if board is None:
        return Steering(resolve(reader, [], model=model.place), None, None, Options())
    terms = [term.term() for term in board.terms]
    resolved = resolve(reader, terms, model=model.place, source=board.source)
    return Steering(resolved, resolved.board(board.positions, board.steer_bos), board.prepend_bos, Options())


def _mixed(reader: Reader, model: Chosen) -> Steering:
    mix: Any = model.mix
    problem = problem_of_mix(mix)
    if problem is not None:
        raise Unfit(f"The mix {mix.name!r} cannot be played any more: {problem}")
    body = MixBody.model_validate({**mix.options, "name": mix.name, "terms": [*mix.terms]})
    options = Options(
        temperature=body.temperature,
        top_p=body.top_p,
        frequency_penalty=body.frequency_penalty,
        stop_at_eos=body.stop_at_eos,
    )
    terms: list[TermRequest] = body.asked()
    resolved = resolve(reader, terms, model=model.place, source=body.source)
    return Steering(resolved, resolved.board(body.positions, body.steer_bos), body.prepend_bos, options)


def _options(reader: Reader, asked: Asked, usual: Options) -> Options:
    """How tokens are chosen: as the request says, else as the mix does."""
    given = {"temperature": asked.temperature, "top_p": asked.top_p, "frequency_penalty": asked.frequency_penalty}
    options = replace(usual, **{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    limit = reader.settings.max_new_tokens
    wanted = min(asked.usual_tokens or limit, limit) if asked.max_tokens is None else asked.max_tokens
    if not asked.least_tokens <= wanted <= limit:
        raise Refusal(
            f"{asked.max_tokens_name} is a number of tokens from {asked.least_tokens} to {limit} "
            f"(PERISCOPE_MAX_NEW_TOKENS), not {number_text(wanted)}.",
            asked.max_tokens_name,
        )
    options = replace(options, seed=asked.seed, alternatives=asked.likeliest or 0, max_new_tokens=max(1, wanted))
    options.check(limit)
    return replace(options, max_new_tokens=wanted)
