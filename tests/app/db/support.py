"""What the tests of the database share."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from app.db.queries.answers import SourceInfo
from app.db.queries.sources import source_by_slug
from app.db.writes.builds import finish_build, start_build
from app.db.writes.latents import write_latents, write_prompts
from app.db.writes.sources import register_source
from models.records import LatentRecord
from tests.records import VOCABULARY, make_facts, make_prompts, make_records


def begin(session: Session, slug: str = "tiny", **facts: object) -> tuple[int, int]:
    """A registered source and a running build: (source id, build id)."""
    source_id = register_source(session, slug, make_facts(**facts), VOCABULARY)  # type: ignore[arg-type]
    return source_id, start(session, source_id, slug)


def start(session: Session, source_id: int, slug: str = "tiny", **changes: object) -> int:
    options = {"corpus": "corpus.txt", "tokens": 10_000, "context_size": 32, "seed": 0, "config": {"batch": 16}}
    return start_build(session, source_id, slug=slug, **{**options, **changes})  # type: ignore[arg-type]


def fill(session: Session, build_id: int, records: Sequence[LatentRecord], prompts: int = 20) -> None:
    write_prompts(session, build_id, make_prompts(prompts))
    write_latents(session, build_id, records, VOCABULARY.__getitem__)


def built(session: Session, d_sae: int = 64, dead: Sequence[int] = (3, 40), slug: str = "tiny") -> SourceInfo:
    """A source with a finished build of made-up records."""
    _, build_id = begin(session, slug, d_sae=d_sae)
    fill(session, build_id, make_records(d_sae, dead=dead))
    finish_build(session, build_id)
    return source_by_slug(session, slug)


def equal_records(left: object, right: object) -> bool:
    """Whether two records are the same down to the bits of their arrays."""
    if isinstance(left, np.ndarray):
        return isinstance(right, np.ndarray) and left.dtype == right.dtype and np.array_equal(left, right)
    if isinstance(left, tuple):
        return len(left) == len(right) and all(map(equal_records, left, right))  # type: ignore[arg-type]
    if hasattr(left, "__dataclass_fields__"):
        names = left.__dataclass_fields__
        return type(left) is type(right) and all(equal_records(getattr(left, n), getattr(right, n)) for n in names)
    return left == right


@contextmanager
def statements(engine: Engine) -> Iterator[list[str]]:
    """The statements sent to the database meanwhile."""
    sent: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_: object) -> None:
        sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)
