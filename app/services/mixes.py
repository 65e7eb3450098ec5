"""Saved mixes: sliders with everything else that restores the board."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from app import answers_steer as answers
from app.db.queries.mixes import MixInfo, all_mixes, mix_by_id
from app.db.writes import mixes as writes
from app.errors import InvalidRequest
from app.services.engine_sources import Reader
from app.services.steer import SteerRequest, require_positions
from app.services.steer_terms import resolve


def save(reader: Reader, name: str, request: SteerRequest, options: Mapping[str, Any]) -> answers.MixAnswer:
    """Store a mix whose terms can be done now; ``options`` is whatever else ``POST /steer`` takes.

    Raises as steering does for terms and options that cannot be meant.
    """
    _check_texts(options)
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


def listed(reader: Reader) -> answers.MixesAnswer:
    """All mixes by name."""
    with reader.sessions() as session:
        return answers.MixesAnswer([_answer(mix) for mix in all_mixes(session)])


def delete(reader: Reader, mix_id: int) -> None:
    """Delete a mix. Raises NotFound."""
    with reader.sessions() as session:
        writes.delete_mix(session, mix_id)


def _check_texts(options: Mapping[str, Any]) -> None:
    messages: Sequence[Mapping[str, Any]] = options.get("messages") or ()
    for text in (options.get("prompt") or "", *(message["content"] for message in messages)):
        if any("\ud800" <= character <= "\udfff" for character in text):
            raise InvalidRequest("The prompt contains half a surrogate pair, which is not a character; remove it.")
        if "\0" in text:
            raise InvalidRequest("The prompt contains the character NUL, which cannot be stored; remove it.")


def _answer(mix: MixInfo) -> answers.MixAnswer:
    return answers.MixAnswer(
        id=mix.id,
        name=mix.name,
        model=mix.model,
        terms=[dict(term) for term in mix.terms],
        options=dict(mix.options),
        created=mix.created,
    )
