"""Steering: a prompt and a board of sliders in, the unsteered and the steered text out."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any

from app.engine.engine import ModelEngine
from app.engine.job import Finished, Waiting
from app.engine.sources import Reader
from app.engine.texts import TextInput
from app.errors import InvalidRequest, shorten
from app.steer import schemas as answers
from app.steer.close_pairs import ClosePair
from app.steer.options import Options
from app.steer.results import Side, Written
from app.steer.snippet import SnippetJob
from app.steer.task import SteerJob
from app.steer.terms import Resolved, TermRequest, resolve
from app.text.names import answer_fields
from models.steering.coherence import compare, mean_known
from models.steering.terms import POSITIONS

#: New tokens where the request does not say, if the limit allows.
DEFAULT_NEW_TOKENS = 64


@dataclass(frozen=True)
class SteerRequest:
    """What is asked. ``prepend_bos`` ``None``: as the sources that are named were trained."""

    prompt: TextInput
    terms: Sequence[TermRequest]
    model: str | None = None
    source: str | None = None
    positions: str = "all"
    steer_bos: bool = False
    prepend_bos: bool | None = None
    max_new_tokens: int | None = None
    options: Options = field(default_factory=Options)

    def checked_options(self, reader: Reader) -> Options:
        """How tokens are chosen. Raises InvalidRequest for what is out of range."""
        limit = reader.settings.max_new_tokens
        wanted = min(DEFAULT_NEW_TOKENS, limit) if self.max_new_tokens is None else self.max_new_tokens
        options = replace(self.options, max_new_tokens=wanted)
        options.check(limit)
        return options


async def steer(engine: ModelEngine, reader: Reader, request: SteerRequest) -> answers.SteerAnswer:
    """Both texts at once."""
    resolved, job = await reader.work(prepare, reader, request)
    return await reader.work(_answer, resolved, await engine.run(job))


async def steer_events(engine: ModelEngine, resolved: Resolved, job: SteerJob) -> AsyncGenerator[tuple[str, Any], None]:
    """Named events: ``waiting`` while others are served or the model loads, ``token``s, then ``done``."""
    async with aclosing(engine.stream(job)) as events:  # type: ignore[type-var]
        async for event in events:
            if isinstance(event, Finished):
                yield "done", await asyncio.to_thread(_answer, resolved, event.result)
            elif isinstance(event, Waiting):
                if event.position or event.model != "ready":
                    yield "waiting", answers.WaitingAnswer(event.position, event.model)
            else:
                yield (
                    "token",
                    answers.TokenAnswer(
                        event.side,
                        event.step,
                        event.text,
                        event.token_id,
                        event.logprob,
                        event.base_logprob,
                        event.kl,
                        _alternatives(event.alternatives),
                    ),
                )


async def snippet(engine: ModelEngine, reader: Reader, request: SteerRequest) -> answers.SnippetAnswer:
    """A Python program that writes the steered text greedily."""
    _, job = await reader.work(prepare, reader, request)
    asked = SnippetJob(
        job.model,
        job.sources,
        job.prompt,
        job.board,
        job.options.max_new_tokens,
        job.options.stop_at_eos,
        job.prepend_bos,
        job.limits,
    )
    return answers.SnippetAnswer(await engine.run(asked))


def prepare(reader: Reader, request: SteerRequest) -> tuple[Resolved, SteerJob]:
    """Everything that can be found and refused without the model; for a thread."""
    options = request.checked_options(reader)
    require_positions(request.positions)
    resolved = resolve(reader, request.terms, model=request.model, source=request.source)
    board = resolved.board(request.positions, request.steer_bos)
    bos = resolved.wants_bos if request.prepend_bos is None else request.prepend_bos
    limits = reader.limits(resolved.model)
    job = SteerJob(
        model=resolved.location,
        sources=resolved.keys,
        prompt=request.prompt,
        board=board,
        options=options,
        prepend_bos=bos,
        limits=limits,
        may_shorten=request.max_new_tokens is None,
    )
    job.check()  # before a stream begins, whose status could not tell
    return resolved, job


def require_positions(positions: str) -> None:
    """Raise InvalidRequest for an unknown word."""
    if positions not in POSITIONS:
        raise InvalidRequest(f"positions is one of {', '.join(POSITIONS)}, not {shorten(positions, 40)!r}.")


def term_answers(
    resolved: Resolved, shares: Sequence[float | None] = (), effects: Sequence[float | None] = ()
) -> list[answers.TermAnswer]:
    """The terms as they were understood, each with its share of the residual norm and its effect, if measured."""
    nothing = [None] * len(resolved.terms)
    return [
        answers.TermAnswer(
            source=asked.source,
            index=asked.index,
            vector=asked.vector,
            mode=term.mode,
            strength=term.strength,
            everywhere=term.everywhere,
            **answer_fields(name),
            share=share,
            effect=effect,
        )
        for asked, term, name, share, effect in zip(
            resolved.asked, resolved.terms, resolved.names, shares or nothing, effects or nothing, strict=True
        )
    ]


def _effect(resolved: Resolved, effects: Sequence[float | None]) -> float | None:
    """The mean over the terms of what each was to bring about: more of its subject, or less."""
    return mean_known(
        [
            None if effect is None else term.direction * effect
            for term, effect in zip(resolved.terms, effects, strict=True)
            if term.direction
        ]
    )


def pair_note(resolved: Resolved, pair: ClosePair) -> str:
    """Two terms that pull in nearly one direction, as a sentence."""
    first, second = resolved.terms[pair.first].name, resolved.terms[pair.second].name
    what = "nearly the same direction" if pair.cosine > 0 else "nearly opposite directions"
    return f"{first[0].upper()}{first[1:]} and {second} have {what} (cosine {pair.cosine:.2f})."


def _answer(resolved: Resolved, written: Written) -> answers.SteerAnswer:
    baseline, steered = written.baseline, written.steered
    found = compare(steered.measure, baseline.measure, written.injected)
    prompt = written.prompt
    return answers.SteerAnswer(
        model=resolved.model.facts.model.name,
        prompt_tokens=list(prompt.texts),
        prompt_token_ids=list(prompt.ids),
        prompt_roles=list(prompt.roles),
        prompt_steered=list(written.steers),
        baseline=answers.WrittenText(**_text(baseline)),
        steered=answers.SteeredText(**_text(steered), kl=[token.kl or 0.0 for token in steered.tokens]),
        coherence=answers.CoherenceAnswer(
            base_nll_baseline=found.base_nll_baseline,
            base_nll_steered=found.base_nll_steered,
            distinct_2_baseline=found.distinct_2_baseline,
            distinct_2_steered=found.distinct_2_steered,
            injected_norm_share=found.injected_norm_share,
            nll_rise=found.nll_rise,
            verdict=found.verdict,
        ),
        gauges=answers.GaugesAnswer(_effect(resolved, written.effects), found.fluency, found.verdict),
        terms=term_answers(resolved, written.shares, written.effects),
        baseline_was_remembered=written.remembered,
        notes=_notes(resolved, written),
    )


def _text(side: Side) -> dict[str, Any]:
    is_eos = bool(side.tokens) and side.tokens[-1].finish == "eos"
    return {
        "text": "".join(side.texts[:-1] if is_eos else side.texts),
        "tokens": list(side.texts),
        "token_ids": [token.token_id for token in side.tokens],
        "logprobs": [token.logprob for token in side.tokens],
        "base_logprobs": [token.base_logprob for token in side.tokens],
        "alternatives": [_alternatives(token.alternatives) for token in side.tokens],
        "finish": side.tokens[-1].finish or "length",
    }


def _alternatives(found: Sequence[tuple[str, float]]) -> list[answers.TokenAlternative]:
    return [answers.TokenAlternative(text, logprob) for text, logprob in found]


def _notes(resolved: Resolved, written: Written) -> list[str]:
    notes = [pair_note(resolved, pair) for pair in written.pairs]
    for source in resolved.sources:
        longest = len(written.prompt) + len(written.steered.tokens)
        if longest > source.facts.context_size:
            notes.append(
                f"{source.slug} was trained on contexts of {source.facts.context_size} tokens; what lies after that is "
                "outside of what it has seen."
            )
    return notes
