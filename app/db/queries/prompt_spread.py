"""Prompts spread evenly over the corpus of a build, for what is estimated from its text; and their documents."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.db.queries.latents import prompts
from app.db.queries.texts import in_parts
from app.db.tables.builds import Prompt
from models.records import IntArray

PROMPT = Prompt.__table__


@dataclass(frozen=True)
class DocumentPart:
    """The tokens ``first`` to ``end`` (exclusive) of a prompt, which are of one document; its labels by their names."""

    first: int
    end: int
    labels: Mapping[str, str]


def spread_indices(session: Session, build_id: int, limit: int) -> tuple[list[int], int]:
    """At most ``limit`` prompts at equal distances, the same ones every time; and how many there are."""
    last = session.scalar(sa.select(sa.func.max(PROMPT.c.prompt_index)).where(PROMPT.c.build_id == build_id))
    total = 0 if last is None else int(last) + 1
    n = min(limit, total)
    return (np.arange(n) * total // max(1, n)).tolist(), total


def spread_prompts(session: Session, build_id: int, limit: int) -> tuple[dict[int, IntArray], int]:
    """Token ids of the prompts of ``spread_indices``, and how many there are in all."""
    wanted, total = spread_indices(session, build_id, limit)
    return prompts(session, build_id, wanted), total


def prompt_documents(session: Session, build_id: int, indices: Collection[int]) -> dict[int, tuple[DocumentPart, ...]]:
    """The documents of those of the prompts of which they are known, by the number of the prompt, ascending."""
    found: dict[int, tuple[DocumentPart, ...]] = {}
    for part in in_parts(indices):
        query = (
            sa.select(PROMPT.c.prompt_index, PROMPT.c.documents)
            .where(PROMPT.c.build_id == build_id, PROMPT.c.prompt_index.in_(part), PROMPT.c.documents.is_not(None))
            .order_by(PROMPT.c.prompt_index)
        )
        found.update((index, tuple(DocumentPart(*of_one) for of_one in rows)) for index, rows in session.execute(query))
    return found
