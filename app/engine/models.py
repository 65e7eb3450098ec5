"""Which models are in memory, and how to free one."""

from app.db.queries.sources import all_sources
from app.engine.engine import ModelEngine
from app.engine.schemas import ModelAnswer, ModelsAnswer
from app.engine.sources import Reader
from app.errors import Conflict, NotFound, shorten


def models(engine: ModelEngine, reader: Reader) -> ModelsAnswer:
    """Every model that is loading, ready or has failed."""
    names = _names(reader)
    found = [
        ModelAnswer(
            model=names.get(state.location, state.location),
            location=state.location,
            state=state.state,
            error=state.error,
            waiting=state.waiting,
            running=state.running,
            bytes=state.bytes,
            sources=list(state.dictionaries),
        )
        for state in engine.states()
    ]
    budget = engine.budget
    return ModelsAnswer(found, budget.used, budget.total if budget.is_settled else None)


def unload(engine: ModelEngine, reader: Reader, name: str) -> None:
    """Free the memory of the model of this name.

    Raises:
        NotFound: it is not in memory.
        Conflict: it is loading or at work.
    """
    names = _names(reader)
    here = {names.get(state.location, state.location): state.location for state in engine.states()}
    if name not in here:
        raise NotFound(f"There is no model {shorten(name)!r} in memory.")
    if not engine.evict(here[name]):
        raise Conflict(f"{name} is loading or at work; try again when it is idle.")


def _names(reader: Reader) -> dict[str, str]:
    with reader.sessions() as session:
        return {s.facts.model.location: s.facts.model.name for s in all_sources(session)}
