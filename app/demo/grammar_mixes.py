"""Ready-made mixes of the bundled demo: three topics, a mood, a register; a language, formality and length of answers.

The sliders of the former are latents whose effect was measured when the demo was made (``models/demo/steerers.json``);
the latter are vectors, mean differences of texts of the corpus.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

from sqlalchemy.orm import Session

from app.db.queries.sources import source_by_slug
from app.demo.ready_mixes import save_ready_mix, save_ready_vector
from app.steer.terms import TermRequest
from models.demo import bundle
from models.demo.corpus.generator import documents
from models.demo.corpus.styles import chats_in_style, style_phrases
from models.running.language_model import LanguageModel

HOOK = "blocks.1.hook_resid_post"
STORY, OPENING = "Once upon a time", "Yesterday"
QUESTION = "Do you have a tip for a sailor?"
N_TOPICS = 3
_CHARACTERS = 220  # of a document's beginning


@dataclass(frozen=True)
class Ready:
    """A mix of one vector: texts of ``positive`` minus those of ``negative``; at this seed it shows at once."""

    name: str
    mix: str
    positions: str
    strength: float
    seed: int
    positive: Callable[[], list[str]]
    negative: Callable[[], list[str]]
    is_chat: bool = True


@dataclass(frozen=True)
class Style:
    """A style of the assistant's answers.

    ``positions`` ``mean``: a vector of the style's own phrases. ``last``: of chats in which an answer of that style was
    given and another is about to begin.
    """

    name: str
    mix: str
    table: str
    positive: str
    negative: str
    positions: str
    strength: float
    seed: int

    def texts(self, value: str) -> list[str]:
        """The prompts of one side."""
        return style_phrases(self.table, value) if self.positions == "mean" else chats_in_style(self.table, value)

    def ready(self) -> Ready:
        """As a mix."""
        sides = (partial(self.texts, self.positive), partial(self.texts, self.negative))
        return Ready(self.name, self.mix, self.positions, self.strength, self.seed, *sides)


STYLES = (
    Style("formal − casual", "Formal answers", "formality", "formal", "casual", "mean", 1.25, 1),
    Style("terse − wordy", "Short answers", "length", "terse", "wordy", "last", 1.0, 3),
)


def beginnings(**labels: str) -> list[str]:
    """Beginnings of documents with these labels."""
    return [document.text[:_CHARACTERS] for document in islice(documents(51, 0, **labels), 40)]


GERMAN = Ready(
    "German − English", "In German", "mean", 0.9, 0, partial(beginnings, language="german"),
    partial(beginnings, genre="diary", register="plain"), is_chat=False,
)  # fmt: skip


def add_mixes(session: Session, model: LanguageModel) -> None:
    """Save the vectors and the mixes; the demo's sources must have been registered."""
    source = source_by_slug(session, bundle.SOURCES[0].slug)
    for ready in (*(style.ready() for style in STYLES), GERMAN):
        number = save_ready_vector(
            session,
            source.language_model_id,
            model,
            name=ready.name,
            hook=HOOK,
            positions=ready.positions,
            texts=(ready.positive(), ready.negative()),
        )
        term = TermRequest("add", ready.strength, vector=number)
        prompt = {"messages": [{"role": "user", "content": QUESTION}]} if ready.is_chat else {"prompt": OPENING}
        save_ready_mix(session, source.language_model_id, ready.mix, [term], prompt | {"seed": ready.seed})
    for name, steerer in _chosen():
        is_register = steerer["concept"].startswith("register:")
        term = TermRequest("add", steerer["strength"], source=steerer["source"], index=steerer["index"])
        save_ready_mix(session, source.language_model_id, name, [term], {"prompt": OPENING if is_register else STORY})


def _chosen() -> list[tuple[str, Mapping[str, Any]]]:
    """Of each kind the concepts whose words rise most."""
    steerers = json.loads(bundle.STEERERS.read_text())["steerers"]
    found = []
    for kind, name, n in (("topic", "Topic: {}", N_TOPICS), ("mood", "Mood: {}", 1), ("register", "Register: {}", 1)):
        own = [s for s in steerers if s["concept"].startswith(f"{kind}:")]
        for steerer in sorted(own, key=lambda s: -s["words"])[:n]:
            found.append((name.format(steerer["concept"].partition(":")[2]), steerer))
    return found
