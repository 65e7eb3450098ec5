"""Whether what the tables hold makes sense: every packed value unpacks, and names what exists.

The database's own checks see broken pages, not a value that was overwritten. A part that cannot be read is halved until
the rows are found that cannot be.
"""

import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy import Engine, Table
from sqlalchemy.orm import Session

from app.db import packing
from app.db.integrity.damage import RESTORE, UNREADABLE, Damage, Tell, listed
from app.db.tables.base import Base
from app.db.tables.builds import Build, Example, Latent, LatentDetail, Prompt
from app.db.tables.sources import LanguageModel, Source
from app.db.tables.steering import Calibration, Explanation, Mix, Vector

#: Latents, or prompts, read at once.
STEP = 512
BAD = (*UNREADABLE, struct.error, AssertionError)


@dataclass(frozen=True)
class Shown:
    """A build that pages show, and the bounds of what its rows may name."""

    slug: str
    build_id: int
    d_sae: int
    vocab_size: int
    n_prompts: int


Row = Mapping[Any, Any]
Check = Callable[[Row, Shown], None]


def examine_contents(engine: Engine, tell: Tell) -> Iterator[Damage]:
    """Every row that a page can show, and all that people wrote."""
    with Session(engine) as session:
        try:
            shown = _shown(session)
        except UNREADABLE:
            session.rollback()
            yield Damage("the list of sources and their builds cannot be read", RESTORE)
            shown = []
        for place, build in enumerate(shown):
            yield from _examine_build(session, build, partial(_tell_part, tell, place, len(shown)))
        yield from _examine_written(session, tell)


def _tell_part(tell: Tell, place: int, n: int, what: str, share: float) -> None:
    tell(what, (place + share) / n)


def _shown(session: Session) -> list[Shown]:
    n_prompts = sa.select(sa.func.count()).where(Prompt.build_id == Build.id).scalar_subquery()
    query = (
        sa.select(Source.slug, Build.id, Source.d_sae, LanguageModel.vocab_size, n_prompts)
        .join(Build, Build.id == Source.current_build_id)
        .join(LanguageModel, LanguageModel.id == Source.language_model_id)
        .order_by(Source.slug)
    )
    return [Shown(*row) for row in session.execute(query)]


def _examine_build(session: Session, build: Shown, tell: Callable[[str, float], None]) -> Iterator[Damage]:
    remedy = f"periscope build {build.slug} makes it anew; labels stay"
    parts: tuple[tuple[type[Base], str, str, int, Check], ...] = (
        (Latent, "latent_index", "latents", build.d_sae, _check_latent),
        (LatentDetail, "latent_index", "details of latents", build.d_sae, _check_detail),
        (Example, "latent_index", "examples of latents", build.d_sae, _check_example),
        (Prompt, "prompt_index", "prompts", build.n_prompts, _check_prompt),
    )
    for place, (kind, key, what, n, check) in enumerate(parts):
        bad: list[int] = []
        found: set[int] = set()
        table: Table = kind.__table__  # type: ignore[assignment]
        for low, high in pairwise([*range(0, n, STEP), n]):
            tell(f"{what} of {build.slug}", (place + low / max(n, 1)) / len(parts))
            bad += _unreadable(session, table, key, build, (low, high), check, found)
        if bad:
            yield Damage(f"{what} of {build.slug} cannot be read: {listed(sorted(set(bad)))}", remedy)
        missing = sorted({*range(n)} - found - {*bad}) if kind in (Latent, LatentDetail) else []
        if missing:
            yield Damage(f"{what} of {build.slug} are missing: {listed(missing)}", remedy)


def _unreadable(
    session: Session, table: Table, key: str, build: Shown, span: tuple[int, int], check: Check, found: set[int]
) -> list[int]:
    """The numbers in the span whose rows cannot be read or make no sense; those that are there go into ``found``."""
    low, high = span
    bad = []
    query = sa.select(table).where(table.c.build_id == build.build_id, table.c[key] >= low, table.c[key] < high)
    try:
        rows = session.execute(query).mappings().all()
    except BAD:
        session.rollback()
        if high - low <= 1:
            return [low]
        middle = (low + high) // 2
        halves = ((low, middle), (middle, high))
        return [number for half in halves for number in _unreadable(session, table, key, build, half, check, found)]
    for row in rows:
        found.add(row[key])
        try:
            check(row, build)
        except BAD:
            bad.append(row[key])
    return bad


def _require(holds: object) -> None:
    if not bool(holds):
        raise ValueError


def _check_latent(row: Row, build: Shown) -> None:
    _require(0 <= row["density"] <= 1 and row["n_active"] >= 0)
    _require(np.isfinite([row["max_activation"], row["mean_activation"]]).all())


def _check_detail(row: Row, build: Shown) -> None:
    for name in ("promoted", "suppressed", "top_tokens"):
        items = packing.unpack_token_values(row[name])
        _require(all(item.token_id < build.vocab_size and np.isfinite(item.value) for item in items))
    neighbours = packing.unpack_neighbours(row["neighbours"])
    _require(all(item.index < build.d_sae and abs(item.cosine) < 1.01 for item in neighbours))
    edges, counts = packing.unpack_histogram(row["histogram"])
    _require(np.isfinite(edges).all() and (counts >= 0).all())
    sample = packing.unpack_sample(row["sample"])
    _require(np.isfinite(sample.activations).all() and (sample.positions >= 0).all())
    packing.unpack_token_means(row["token_means"])
    _require(all(len(band) == 5 for band in row["bands"]) and isinstance(row["quantiles"], dict))


def _check_example(row: Row, build: Shown) -> None:
    window = packing.unpack_window(row["window"])
    _require(np.isfinite(window).all() and 0 <= row["position"] - row["window_start"] < len(window))


def _check_prompt(row: Row, build: Shown) -> None:
    ids = packing.unpack_token_ids(row["token_ids"])
    _require(row["token_ids"][0] in (2, 4) and len(ids) and ids.max() < build.vocab_size)


def _examine_written(session: Session, tell: Tell) -> Iterator[Damage]:
    """What people wrote: it cannot be made again, so each row that is lost is named."""
    checks: tuple[tuple[type[Base], str, Callable[[Row], None]], ...] = (
        (Explanation, "labels", lambda row: _require(isinstance(row["text"], str) and isinstance(row["scores"], dict))),
        (Mix, "mixes", lambda row: _require(isinstance(row["terms"], list) and isinstance(row["options"], dict))),
        (Vector, "vectors", _check_vector),
        (Calibration, "calibrations", _check_calibration),
    )
    for kind, what, check in checks:
        tell(what, None)
        table: Table = kind.__table__  # type: ignore[assignment]
        try:
            numbers = list(session.scalars(sa.select(table.c.id).order_by(table.c.id)))
        except UNREADABLE:
            session.rollback()
            yield Damage(f"the {what} cannot be listed", RESTORE)
            continue
        bad = []
        for number in numbers:
            try:
                check(session.execute(sa.select(table).where(table.c.id == number)).mappings().one())
            except BAD:
                session.rollback()
                bad.append(number)
        if bad:
            yield Damage(f"{what} cannot be read: number {listed(bad)}", RESTORE)


def _check_vector(row: Row) -> None:
    values = packing.unpack_floats(row["values"])
    _require(len(values) and np.isfinite(values).all() and values.any())
    _require(isinstance(row["positive"], list) and isinstance(row["negative"], list))


def _check_calibration(row: Row) -> None:
    n = len(row["strengths"])
    _require(all(len(row[name]) == n for name in ("effect", "base_nll", "distinct_2")))
