"""The models of the endpoint: language models with a source, and mixes as ``NAME:mix``."""

from collections import Counter
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.db.display import displayable
from app.db.queries.mixes import MixInfo, mix_by_name, mix_names_of
from app.db.queries.sources import all_sources
from app.engine.sources import Reader
from app.errors import shorten
from app.openai.answers import ModelAnswer, ModelList
from app.openai.errors import UnknownModel

#: How many names a sentence about an unknown one has.
MAX_NAMED = 8


@dataclass(frozen=True)
class Chosen:
    """What a name stands for. ``place``: the model's name, or its location where several have one name."""

    place: str
    mix: MixInfo | None


@dataclass(frozen=True)
class _Base:
    """A language model by its name on the endpoint; ``number``: in the database; ``created``: Unix seconds."""

    id: str
    number: int
    created: int


def listed(reader: Reader) -> ModelList:
    """All models, each followed by its mixes by name."""
    found: list[ModelAnswer] = []
    with reader.sessions() as session:
        for base in _bases(session):
            found.append(ModelAnswer(base.id, "model", base.created, "periscope", None))
            mixes = {mix.name: int(mix.created.timestamp()) for mix in mix_names_of(session, base.number)}
            found += [_mix_answer(base.id, name, created) for name, created in mixes.items()]
    return ModelList("list", found)


def one(reader: Reader, name: str) -> ModelAnswer:
    """The model of this name. Raises UnknownModel."""
    with reader.sessions() as session:
        base, mix = _find(session, name)
    if mix is None:
        return ModelAnswer(base.id, "model", base.created, "periscope", None)
    return _mix_answer(base.id, mix.name, int(mix.created.timestamp()))


def chosen(reader: Reader, name: str) -> Chosen:
    """What a request names. Raises UnknownModel."""
    with reader.sessions() as session:
        base, mix = _find(session, name)
    return Chosen(base.id, mix)


def _mix_answer(base: str, name: str, created: int) -> ModelAnswer:
    return ModelAnswer(f"{base}:{name}", "model", created, "periscope", base)


def _bases(session: Session) -> list[_Base]:
    sources = all_sources(session)
    places = {source.language_model_id: source.facts.model for source in sources}
    names = Counter(facts.name for facts in places.values())
    return [
        _Base(
            facts.name if names[facts.name] == 1 else facts.location,
            number,
            int(min(source.created for source in sources if source.language_model_id == number).timestamp()),
        )
        for number, facts in places.items()
    ]


def _find(session: Session, name: str) -> tuple[_Base, MixInfo | None]:
    bases = _bases(session)
    for base in bases:
        if base.id == name:
            return base, None
    for base in sorted(bases, key=lambda base: -len(base.id)):
        if name.startswith(f"{base.id}:"):
            mix = mix_by_name(session, base.number, displayable(name.removeprefix(f"{base.id}:")))
            if mix is not None:
                return base, mix
    known = ", ".join(repr(base.id) for base in bases[:MAX_NAMED]) or "none"
    raise UnknownModel(
        f"The model {shorten(name)!r} does not exist; there are {known}, and a saved mix is NAME:mix. "
        "GET /v1/models lists all of them."
    )
