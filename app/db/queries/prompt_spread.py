"""Prompts spread evenly over the corpus of a build, for what is estimated from its text."""

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.db.queries.latents import prompts
from app.db.tables import Prompt
from models.records import IntArray

PROMPT = Prompt.__table__


def spread_prompts(session: Session, build_id: int, limit: int) -> tuple[dict[int, IntArray], int]:
    """Token ids of at most ``limit`` prompts at equal distances, the same ones every time; and how many there are."""
    last = session.scalar(sa.select(sa.func.max(PROMPT.c.prompt_index)).where(PROMPT.c.build_id == build_id))
    total = 0 if last is None else int(last) + 1
    n = min(limit, total)
    wanted = (np.arange(n) * total // max(1, n)).tolist()
    return prompts(session, build_id, wanted), total
