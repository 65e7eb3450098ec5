"""Ready-made mixes of the bundled demo: three topics, a mood, a register; a language, formality and length of answers.

The sliders of the former are latents whose effect was measured when the demo was made (``models/demo/steerers.json``);
the latter are vectors, mean differences of texts of the corpus.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from itertools import islice
from typing import Any

from sqlalchemy.orm import Session

from app.db import queries
from app.db.writes.mixes import save_mix
from app.db.writes.vectors import NewVector, save_vector
from app.services.steer_terms import TermRequest
from models.demo import bundle
from models.demo.corpus.generator import documents
from models.demo.corpus.styles import chats_in_style, style_phrases
from models.language_model import LanguageModel
from models.vectors import contrast_vector

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
    source = queries.source_by_slug(session, bundle.SOURCES[0].slug)
    for ready in (*(style.ready() for style in STYLES), GERMAN):
        number = _save_vector(session, source.language_model_id, model, ready)
        term = TermRequest("add", ready.strength, vector=number)
        prompt = {"messages": [{"role": "user", "content": QUESTION}]} if ready.is_chat else {"prompt": OPENING}
        _save(session, source.language_model_id, ready.mix, [term], prompt | {"seed": ready.seed})
    for name, steerer in _chosen():
        is_register = steerer["concept"].startswith("register:")
        term = TermRequest("add", steerer["strength"], source=steerer["source"], index=steerer["index"])
        _save(session, source.language_model_id, name, [term], {"prompt": OPENING if is_register else STORY})


def _chosen() -> list[tuple[str, Mapping[str, Any]]]:
    """Of each kind the concepts whose words rise most."""
    steerers = json.loads(bundle.STEERERS.read_text())["steerers"]
    found = []
    for kind, name, n in (("topic", "Topic: {}", N_TOPICS), ("mood", "Mood: {}", 1), ("register", "Register: {}", 1)):
        own = [s for s in steerers if s["concept"].startswith(f"{kind}:")]
        for steerer in sorted(own, key=lambda s: -s["words"])[:n]:
            found.append((name.format(steerer["concept"].partition(":")[2]), steerer))
    return found


def _save_vector(session: Session, language_model_id: int, model: LanguageModel, ready: Ready) -> int:
    texts = [ready.positive(), ready.negative()]
    bos = [] if model.bos_token_id is None else [model.bos_token_id]
    ids = [[[*bos, *model.tokenize(text, allow_special=True)] for text in side] for side in texts]
    made = contrast_vector(model, ids[0], ids[1], HOOK, ready.positions)
    share = made.residual_share
    new = NewVector(
        language_model_id, ready.name, HOOK, ready.positions, texts[0], texts[1], made.values, made.norm, share
    )
    return save_vector(session, new)


def _save(
    session: Session, language_model_id: int, name: str, terms: Sequence[TermRequest], prompt: Mapping[str, Any]
) -> None:
    options = {
        "model": None, "source": None, "positions": "all", "steer_bos": False, "prompt": None, "messages": None,
        "add_generation_prompt": True, "prepend_bos": None, "max_new_tokens": 64, "stop_at_eos": True,
        "temperature": 0.8, "top_p": 1.0, "frequency_penalty": 0.0, "seed": 0,
    } | dict(prompt)  # fmt: skip
    save_mix(session, language_model_id, name, [asdict(term) for term in terms], options)
