"""What the demos' ready-made mixes are saved with."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy.orm import Session

from app.db.writes.mixes import save_mix
from app.db.writes.vectors import NewVector, save_vector
from app.steer.terms import TermRequest
from models.running.language_model import LanguageModel
from models.steering.vectors import contrast_vector


def save_ready_vector(
    session: Session,
    language_model_id: int,
    model: LanguageModel,
    *,
    name: str,
    hook: str,
    positions: str,
    texts: tuple[list[str], list[str]],
) -> int:
    """The id of a vector: the mean difference at ``hook`` of the texts of two sides, BOS before each."""
    bos = [] if model.bos_token_id is None else [model.bos_token_id]
    ids = [[[*bos, *model.tokenize(text, allow_special=True)] for text in side] for side in texts]
    made = contrast_vector(model, ids[0], ids[1], hook, positions)
    share = made.residual_share
    new = NewVector(language_model_id, name, hook, positions, texts[0], texts[1], made.values, made.norm, share)
    return save_vector(session, new)


def save_ready_mix(
    session: Session, language_model_id: int, name: str, terms: Sequence[TermRequest], prompt: Mapping[str, Any]
) -> None:
    """A mix with the prompt that shows it; ``prompt``: what differs from the steer page's own options."""
    options = {
        "model": None, "source": None, "positions": "all", "steer_bos": False, "prompt": None, "messages": None,
        "add_generation_prompt": True, "prepend_bos": None, "max_new_tokens": 64, "stop_at_eos": True,
        "temperature": 0.8, "top_p": 1.0, "frequency_penalty": 0.0, "seed": 0,
    } | dict(prompt)  # fmt: skip
    save_mix(session, language_model_id, name, [asdict(term) for term in terms], options, ready_made=True)
