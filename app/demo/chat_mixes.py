"""Ready-made mixes of the chat demo: styles of its answers, each a vector that was made from a few phrases.

Strengths are those at which answers were read on eight seeds and found fluent and in the style (docs/demo.md).
"""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.db.queries.sources import source_by_slug
from app.demo.ready_mixes import save_ready_mix, save_ready_vector
from app.steer.terms import TermRequest
from models.demo_chat.styles import STYLES
from models.running.language_model import LanguageModel

#: A third of the way up, style is read from the phrases and the later layers still turn it into language.
HOOK = "blocks.12.hook_resid_post"


@dataclass(frozen=True)
class ChatMix:
    """A mix of one vector, with a question that shows it."""

    name: str
    style: str
    strength: float
    question: str
    seed: int = 0


#: The first four stand on the Home page: those whose change nobody can miss come first.
MIXES = (
    ChatMix("Poetic", "poetic", 1.1, "How do I clean a kitchen?", 7),
    ChatMix("Casual", "casual", 0.6, "What should I do this weekend?", 6),
    ChatMix("Religious", "religious", 1.1, "How do I learn to cook?", 7),
    ChatMix("In code", "code", 0.9, "How do I make a good soup?"),
    ChatMix("Excited", "excited", 0.8, "Can you tell me about Paris?", 4),
    ChatMix("Formal", "casual", -0.6, "What should I do this weekend?", 3),
)


def add_mixes(session: Session, slug: str, model: LanguageModel) -> None:
    """Save a vector for each style and a mix for each entry of MIXES; the source ``slug`` has been registered."""
    number = source_by_slug(session, slug).language_model_id
    vectors = {
        style: save_ready_vector(
            session, number, model, name=f"{style} − plain", hook=HOOK, positions="mean", texts=texts
        )
        for style, texts in STYLES.items()
    }
    for mix in MIXES:
        term = TermRequest("add", mix.strength, vector=vectors[mix.style])
        prompt = {"messages": [{"role": "user", "content": mix.question}], "seed": mix.seed}
        save_ready_mix(session, number, mix.name, [term], prompt)
