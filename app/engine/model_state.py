"""Whether a page can ask a model now: begins to load it, and says in a sentence what the reader waits for."""

from collections.abc import Sequence

from app.db.queries.answers import SourceInfo
from app.engine.engine import ModelEngine
from app.engine.state import READY
from app.text.tokens import plain


def not_ready(engine: ModelEngine, sources: Sequence[SourceInfo]) -> str:
    """What is being loaded for these sources; empty if all of it is in memory. Loading is begun here.

    Raises Unavailable with the reason if a model could not be loaded a moment ago.
    """
    states = {state.location: state for state in engine.states()}
    missing: dict[str, str] = {}
    for source in sources:
        facts = source.facts.model
        state = states.get(facts.location)
        if state is None or state.state != READY:
            engine.warm(facts.location)
            missing[facts.location] = plain(facts.name)
    if not missing:
        return ""
    return f"Loading {' and '.join(missing.values())}. This happens once; the answer follows by itself."
