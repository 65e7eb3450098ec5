"""Ready-made mixes of the bundled demo: three topics, a mood, a register, a language; answers' formality and length.

The sliders of the former are latents whose effect was measured when the demo was made (``models/demo/steerers.json``);
the latter are vectors, mean differences of texts of the corpus.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy.orm import Session

from app.db import queries
from app.db.writes.mixes import save_mix
from app.db.writes.vectors import NewVector, save_vector
from app.services.steer_terms import TermRequest
from models.demo import bundle
from models.demo.corpus.styles import chats_in_style, style_phrases
from models.language_model import LanguageModel
from models.vectors import contrast_vector

HOOK = "blocks.1.hook_resid_post"
STORY = "Once upon a time"
QUESTION = "What should I do tomorrow?"
N_TOPICS = 3


@dataclass(frozen=True)
class Style:
    """A style of the assistant's answers as a vector: texts of ``positive`` minus texts of ``negative``.

    ``positions`` ``mean``: the style's own phrases. ``last``: chats in which an answer of that style was given and
    another is about to begin.
    """

    name: str
    mix: str
    table: str
    positive: str
    negative: str
    positions: str
    strength: float

    def texts(self, value: str) -> list[str]:
        """The prompts of one side."""
        return style_phrases(self.table, value) if self.positions == "mean" else chats_in_style(self.table, value)


STYLES = (
    Style("formal − casual", "Formal answers", "formality", "formal", "casual", "mean", 1.25),
    Style("terse − wordy", "Short answers", "length", "terse", "wordy", "last", 1.0),
)


def add_mixes(session: Session, model: LanguageModel) -> None:
    """Save the vectors and the mixes; the demo's sources must have been registered."""
    source = queries.source_by_slug(session, bundle.SOURCES[0].slug)
    for style in STYLES:
        number = _save_vector(session, source.language_model_id, model, style)
        term = TermRequest("add", style.strength, vector=number)
        chat = {"messages": [{"role": "user", "content": QUESTION}]}
        _save(session, source.language_model_id, style.mix, [term], chat)
    for name, steerer in _chosen():
        term = TermRequest("add", steerer["strength"], source=steerer["source"], index=steerer["index"])
        _save(session, source.language_model_id, name, [term], {"prompt": STORY})


def _chosen() -> list[tuple[str, Mapping[str, Any]]]:
    """Of each kind the concepts whose words rise most."""
    steerers = json.loads(bundle.STEERERS.read_text())["steerers"]
    found = []
    for kind, name, n in (
        ("topic", "Topic: {}", N_TOPICS),
        ("mood", "Mood: {}", 1),
        ("register", "Register: {}", 1),
        ("language", "In {}", 1),
    ):
        own = [s for s in steerers if s["concept"].startswith(f"{kind}:")]
        for steerer in sorted(own, key=lambda s: -s["words"])[:n]:
            value = steerer["concept"].partition(":")[2]
            found.append((name.format(value.capitalize() if kind == "language" else value), steerer))
    return found


def _save_vector(session: Session, language_model_id: int, model: LanguageModel, style: Style) -> int:
    texts = [style.texts(value) for value in (style.positive, style.negative)]
    bos = [] if model.bos_token_id is None else [model.bos_token_id]
    ids = [[[*bos, *model.tokenize(text, allow_special=True)] for text in side] for side in texts]
    made = contrast_vector(model, ids[0], ids[1], HOOK, style.positions)
    share = made.residual_share
    new = NewVector(
        language_model_id, style.name, HOOK, style.positions, texts[0], texts[1], made.values, made.norm, share
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
