"""How far sliders may be moved: the sweep of one, stored, and the balance of a mix."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from app.db.queries.calibrations import (
    CalibrationInfo,
    Subject,
    SweepInfo,
    calibration_of,
    count_calibrations,
    some_calibrations,
)
from app.db.queries.sources import all_sources
from app.db.queries.vectors import vector_by_id
from app.db.writes.calibrations import save_calibration
from app.engine.activations import named
from app.engine.engine import ModelEngine
from app.engine.job import Finished, Progress
from app.engine.sources import Reader
from app.engine.texts import TextInput
from app.errors import InvalidRequest
from app.steer import schemas as answers
from app.steer.calibrate_task import BalanceJob, CalibrateJob, Swept
from app.steer.close_pairs import ClosePair
from app.steer.options import check_option
from app.steer.service import pair_note, require_positions, term_answers
from app.steer.terms import Resolved, TermRequest, resolve
from app.web.paging import Part
from models.running.chat_spans import Message
from models.steering.terms import LatentSubject, VectorSubject

if TYPE_CHECKING:
    from models.steering.calibration import Balance, Calibration

MAX_PROMPTS = 16
#: What is continued where the request names no prompts: openings that say nothing about any subject, and for a model
#: that has a chat template messages of everyday, in the form in which the board is used.
NEUTRAL_PROMPTS = (
    "In my experience,", "The next morning", "I think that", "There was once", "It is often said that",
    "When we arrived,", "The best way to", "After a while,",
)  # fmt: skip
NEUTRAL_MESSAGES = (
    "What should I do this weekend?", "Tell me about Paris.", "How do I learn to cook?", "Why is the sky blue?",
    "I had a long day today.", "What makes a good friend?", "Describe a morning in a small town.",
    "How can I sleep better?",
)  # fmt: skip
#: Of the texts that are judged, where the request names none.
TEMPERATURE = 1.0
#: ``ablate`` has no strength.
CALIBRATED_MODES = ("add", "clamp", "scale", "project")


@dataclass(frozen=True)
class CalibrateRequest:
    """One slider; its strength is swept. ``fresh``: measure again even if a calibration is stored.

    Prompts or a temperature of ``None``: a stored calibration may have any.
    """

    term: TermRequest
    prompts: Sequence[str] | None = None
    fresh: bool = False
    temperature: float | None = None


@dataclass(frozen=True)
class BalanceRequest:
    """A mix, and the prompts that its texts continue."""

    terms: Sequence[TermRequest]
    model: str | None = None
    source: str | None = None
    positions: str = "all"
    steer_bos: bool = False
    prompts: Sequence[str] | None = None
    temperature: float = TEMPERATURE


@dataclass(frozen=True)
class Sweep:
    """A sweep that has to be measured: everything that could be refused has been looked at."""

    resolved: Resolved
    job: CalibrateJob
    temperature: float


async def calibrate(engine: ModelEngine, reader: Reader, request: CalibrateRequest) -> answers.CalibrationAnswer:
    """The stored sweep of this slider, for the same unit, prompts and temperature; else a new one, which is stored."""
    found = await stored_or_sweep(reader, request)
    return await _saved(reader, found, await engine.run(found.job)) if isinstance(found, Sweep) else found


async def calibration_events(
    engine: ModelEngine, reader: Reader, found: answers.CalibrationAnswer | Sweep
) -> AsyncGenerator[tuple[str, Any], None]:
    """The same as named events: ``waiting``, ``progress`` after every token that is written, then ``done``."""
    if not isinstance(found, Sweep):
        yield "done", found
        return
    async with aclosing(engine.stream(found.job)) as events:  # type: ignore[type-var]
        async for event in events:
            if isinstance(event, Finished):
                yield "done", await _saved(reader, found, event.result)
            elif isinstance(event, Progress):
                yield "progress", answers.ProgressAnswer(event.done, event.total)
            elif event.position or event.model != "ready":
                yield "waiting", answers.WaitingAnswer(event.position, event.model)


async def stored_or_sweep(reader: Reader, request: CalibrateRequest) -> answers.CalibrationAnswer | Sweep:
    """What is stored and meant, or what there is to measure. Raises for what can be refused without the model."""
    if request.term.mode == "ablate":
        raise InvalidRequest(f"Mode 'ablate' has no strength to calibrate; use one of {', '.join(CALIBRATED_MODES)}.")
    prompts, chats = _prompts(request.prompts), _chats(request.prompts)
    temperature = TEMPERATURE if request.temperature is None else request.temperature
    check_option("temperature", temperature)
    resolved = await reader.work(resolve, reader, [replace(request.term, strength=1.0)])
    resolved.board("all")
    if not request.fresh:
        stored = await reader.work(_stored, reader, resolved)
        if stored is not None and stored.is_current(unit_of(resolved)) and _is_meant(request, stored):
            return _calibration_answer(resolved, stored, was_stored=True)
    job = CalibrateJob(
        resolved.location,
        resolved.keys,
        resolved.terms[0],
        prompts,
        resolved.wants_bos,
        reader.limits(resolved.model),
        temperature,
        chats,
    )
    job.check()
    return Sweep(resolved, job, temperature)


async def _saved(reader: Reader, sweep: Sweep, measured: Swept) -> answers.CalibrationAnswer:
    found = _info(sweep.resolved, sweep.temperature, measured)
    await reader.keep(_save, reader, found)
    return _calibration_answer(sweep.resolved, found, was_stored=False)


async def balance(engine: ModelEngine, reader: Reader, request: BalanceRequest) -> answers.BalanceAnswer:
    """The largest common factor, at most 1, at which the mix stays coherent."""
    if not request.terms:
        raise InvalidRequest("terms is empty; give at least one term to balance.")
    require_positions(request.positions)
    prompts, chats = _prompts(request.prompts), _chats(request.prompts)
    check_option("temperature", request.temperature)
    resolved = await reader.work(lambda: resolve(reader, request.terms, model=request.model, source=request.source))
    board = resolved.board(request.positions, request.steer_bos)
    limits = reader.limits(resolved.model)
    job = BalanceJob(
        resolved.location, resolved.keys, board, prompts, resolved.wants_bos, limits, request.temperature, chats
    )
    swept = await engine.run(job)
    found, pairs = swept.found
    return _balance_answer(resolved, list(swept.prompts), found, pairs)


def stored(
    reader: Reader, source: str | None, index: int | None, vector: int | None, part: Part
) -> answers.CalibrationsAnswer:
    """The stored calibrations; of a source, a latent, a vector where they are named, and all filters hold at once."""
    with reader.sessions() as session:
        slugs = {item.id: item.slug for item in all_sources(session)}
        chosen = reader.find_one(source, *([index] if index is not None else [])).id if source is not None else None
        if vector is not None:
            vector = vector_by_id(session, vector).id
        subject = Subject(chosen, index, vector)
        found = some_calibrations(session, subject, part.limit, part.offset)
        total = count_calibrations(session, subject)
    return answers.CalibrationsAnswer(
        [_stored_answer(slugs.get(item.subject.source_id or 0), item) for item in found], total
    )


def unit_of(resolved: Resolved) -> float:
    """What strength 1 of the first term is: M_i of a latent, 1 where it is not recorded; the norm of a vector."""
    subject = resolved.terms[0].subject
    if isinstance(subject, VectorSubject):
        return float(np.linalg.norm(subject.values))
    return subject.maximum or 1.0


def _prompts(given: Sequence[str] | None) -> tuple[TextInput, ...]:
    texts = NEUTRAL_PROMPTS if given is None else given
    if not 1 <= len(texts) <= MAX_PROMPTS:
        raise InvalidRequest(f"prompts has {len(texts)} entries; from 1 to {MAX_PROMPTS} can be given.")
    return named(texts, "Prompt")


def _chats(given: Sequence[str] | None) -> tuple[TextInput, ...]:
    """What a chat model gets instead, where the request names no prompts."""
    if given is not None:
        return ()
    return tuple(TextInput(messages=(Message("user", text),), add_generation_prompt=True) for text in NEUTRAL_MESSAGES)


def _subject(resolved: Resolved) -> Subject:
    asked = resolved.asked[0]
    if asked.vector is not None:
        return Subject(vector_id=asked.vector)
    return Subject(resolved.sources[0].id, asked.index)


def _stored(reader: Reader, resolved: Resolved) -> CalibrationInfo | None:
    with reader.sessions() as session:
        return calibration_of(session, _subject(resolved), resolved.terms[0].mode)


def _is_meant(request: CalibrateRequest, stored: CalibrationInfo) -> bool:
    """Whether a stored sweep was made as the request asks."""
    return request.prompts in (None, list(stored.prompts)) and request.temperature in (None, stored.temperature)


def _save(reader: Reader, found: CalibrationInfo) -> None:
    with reader.sessions() as session:
        save_calibration(session, found)


def _info(resolved: Resolved, temperature: float, swept: Swept) -> CalibrationInfo:
    found: Calibration = swept.found
    return CalibrationInfo(
        subject=_subject(resolved),
        mode=resolved.terms[0].mode,
        unit=unit_of(resolved),
        prompts=swept.prompts,
        temperature=temperature,
        strengths=found.strengths,
        effect=found.effect,
        base_nll=found.base_nll,
        distinct_2=found.distinct_2,
        safe_low=found.safe_low,
        safe_high=found.safe_high,
        recommended=found.recommended,
        created=datetime.now(UTC),
        sweep=SweepInfo(
            is_chat=swept.is_chat,
            fluent_share=found.fluent_share,
            unsteered_share=found.unsteered_share,
            unsteered_effect=found.unsteered_effect,
            strained_low=found.strained_low,
            strained_high=found.strained_high,
            samples=swept.samples,
        ),
    )


def _calibration_answer(resolved: Resolved, found: CalibrationInfo, *, was_stored: bool) -> answers.CalibrationAnswer:
    subject = resolved.terms[0].subject
    source = subject.source if isinstance(subject, LatentSubject) else None
    return replace(_stored_answer(source, found), was_stored=was_stored)


def _stored_answer(source: str | None, found: CalibrationInfo) -> answers.CalibrationAnswer:
    return answers.CalibrationAnswer(
        source=source,
        index=found.subject.latent_index,
        vector=found.subject.vector_id,
        mode=found.mode,
        unit=found.unit,
        prompts=list(found.prompts),
        temperature=found.temperature,
        strengths=list(found.strengths),
        effect=list(found.effect),
        base_nll=list(found.base_nll),
        distinct_2=list(found.distinct_2),
        safe_low=found.safe_low,
        safe_high=found.safe_high,
        recommended=found.recommended,
        **_sweep_answer(found.sweep),
        was_stored=True,
        created=found.created,
    )


def _sweep_answer(sweep: SweepInfo | None) -> dict[str, Any]:
    if sweep is None:
        return {}
    return {
        "is_chat": sweep.is_chat,
        "fluent_share": list(sweep.fluent_share),
        "unsteered_share": sweep.unsteered_share,
        "unsteered_effect": sweep.unsteered_effect,
        "strained_low": sweep.strained_low,
        "strained_high": sweep.strained_high,
        "samples": [answers.SampleAnswer(*sample) for sample in sweep.samples],
    }


def _balance_answer(
    resolved: Resolved, prompts: Sequence[str], found: "Balance", pairs: Sequence[ClosePair]
) -> answers.BalanceAnswer:
    scaled = replace(resolved, terms=found.board.terms)
    notes = [pair_note(resolved, pair) for pair in pairs]
    if found.factor == 0:
        notes.append("At no factor does this mix stay coherent: weaken or remove single terms.")
    return answers.BalanceAnswer(
        factor=found.factor,
        terms=term_answers(scaled),
        base_nll_baseline=found.baseline.base_nll,
        base_nll=found.measured.base_nll,
        distinct_2_baseline=found.baseline.distinct_2,
        distinct_2=found.measured.distinct_2,
        fluent_share=found.fluent_share,
        close_pairs=[answers.PairAnswer(pair.first, pair.second, pair.cosine) for pair in pairs],
        prompts=list(prompts),
        notes=notes,
    )
