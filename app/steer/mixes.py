"""Saved mixes: sliders with everything else that restores the board, held to the limits of ``POST /steer``.

What is stored may be older than a limit, or come from another hand than this program's: it is looked at again whenever
it is loaded, and what is beyond a limit is said and not played.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from pydantic import ValidationError

from app.db.queries.mixes import MixInfo, count_mixes, mix_by_id, some_mixes
from app.db.writes import mixes as writes
from app.engine.sources import Reader
from app.errors import InvalidRequest
from app.steer import schemas as answers
from app.steer.bodies import MAX_MIX_TEXTS, MixBody
from app.steer.service import SteerRequest, require_positions
from app.steer.terms import resolve
from app.web.complaints import sentence
from app.web.paging import Part


def save(reader: Reader, name: str, request: SteerRequest, options: Mapping[str, Any]) -> answers.MixAnswer:
    """Store a mix whose terms can be done now; ``options`` is whatever else ``POST /steer`` takes.

    Raises as steering does for terms and options that cannot be meant, and InvalidRequest for texts that are too long
    together.
    """
    n_characters = sum(map(len, request.prompt.characters()))
    if n_characters > MAX_MIX_TEXTS:
        raise InvalidRequest(f"A mix keeps at most {MAX_MIX_TEXTS:,} characters of messages, not {n_characters:,}.")
    request.checked_options(reader)
    require_positions(request.positions)
    resolved = resolve(reader, request.terms, model=request.model, source=request.source)
    resolved.board(request.positions, request.steer_bos)
    terms = [asdict(term) for term in resolved.asked]
    with reader.sessions() as session:
        number = writes.save_mix(session, resolved.model.language_model_id, name, terms, options)
        return _answer(mix_by_id(session, number))


def one(reader: Reader, mix_id: int) -> answers.MixAnswer:
    """The mix. Raises NotFound."""
    with reader.sessions() as session:
        return _answer(mix_by_id(session, mix_id))


def listed(reader: Reader, part: Part) -> answers.MixesAnswer:
    """A part of the mixes, by name."""
    with reader.sessions() as session:
        found = some_mixes(session, part.limit, part.offset)
        return answers.MixesAnswer([_answer(mix) for mix in found], count_mixes(session))


def delete(reader: Reader, mix_id: int) -> None:
    """Delete a mix. Raises NotFound."""
    with reader.sessions() as session:
        writes.delete_mix(session, mix_id)


def problem_of_mix(mix: MixInfo) -> str | None:
    """Why a stored mix cannot be played, by the limits that hold when one is saved; None for all that can."""
    options: Mapping[str, Any] = mix.options if isinstance(mix.options, Mapping) else {"options": None}
    try:
        MixBody.model_validate({**options, "name": mix.name, "terms": [*mix.terms]})
    except ValidationError as error:
        return sentence(error.errors(include_url=False, include_context=False)[0])
    return None


def _answer(mix: MixInfo) -> answers.MixAnswer:
    terms: Sequence[Any] = mix.terms
    return answers.MixAnswer(
        id=mix.id,
        name=mix.name,
        model=mix.model,
        terms=[dict(term) for term in terms if isinstance(term, Mapping)],
        options=dict(mix.options) if isinstance(mix.options, Mapping) else {},
        problem=problem_of_mix(mix),
        ready_made=mix.ready_made,
        created=mix.created,
    )
