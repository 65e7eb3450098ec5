"""What a build measured: prompts, latents with their examples, quality. In pieces, each a transaction."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice, repeat
from typing import Any, TypeVar

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from app.db import packing
from app.db.display import displayable
from app.db.tables.builds import Build, Example, Latent, LatentDetail, Prompt
from app.db.tables.sources import Source
from app.db.writes.builds import touch
from app.db.writes.bulk import insert_rows, rolled_back_on_error
from models.records import Band, LatentRecord, SourceQuality

#: Latents in one transaction: about 25,000 examples, well below a second of holding the database.
LATENT_STEP = 256
PROMPT_STEP = 4096

LATENT_COLUMNS = (
    "build_id", "latent_index", "n_active", "density", "max_activation", "mean_activation", "output_score",
    "top_token", "top_token_share",
)  # fmt: skip
DETAIL_COLUMNS = (
    "build_id", "latent_index", "promoted", "suppressed", "neighbours", "top_tokens", "quantiles", "bands",
    "histogram", "sample", "token_means", "decoder_norm",
)  # fmt: skip
EXAMPLE_COLUMNS = (
    "build_id", "latent_index", "band", "rank", "prompt_index", "position", "activation", "window_start",
    "window",
)  # fmt: skip

T = TypeVar("T")


@dataclass
class _Rows:
    latents: list[tuple[Any, ...]] = field(default_factory=list)
    details: list[tuple[Any, ...]] = field(default_factory=list)
    examples: list[tuple[Any, ...]] = field(default_factory=list)


def write_latents(
    session: Session,
    build_id: int,
    records: Iterable[LatentRecord],
    token_text: Callable[[int], str],
    scores: Mapping[int, float] | None = None,
) -> int:
    """Store the records of a running build; gives the number of examples written.

    ``token_text`` gives a token's display string (``queries.vocabulary(...).__getitem__``), ``scores`` the output
    scores of the latents that have one. Records may come in any order and in several calls; in the order of their
    index they are stored the most compactly.
    """
    scores = scores or {}
    written = 0
    for part in _parts(records, LATENT_STEP):
        rows = _Rows()
        for record in part:
            _add_record(rows, build_id, record, token_text, scores.get(record.index))
        with rolled_back_on_error(session):
            touch(session, build_id)
            insert_rows(session, Latent, LATENT_COLUMNS, rows.latents)
            insert_rows(session, LatentDetail, DETAIL_COLUMNS, rows.details)
            insert_rows(session, Example, EXAMPLE_COLUMNS, rows.examples)
            session.commit()
        written += len(rows.examples)
    return written


def write_prompts(
    session: Session,
    build_id: int,
    prompts: Iterable[tuple[int, NDArray[np.integer[Any]]]],
    documents: Iterable[str] | None = None,
) -> None:
    """Store the token ids (context,) of prompts of a running build, each under its index.

    ``documents``: for each prompt in the same order the documents that it has parts of, as JSON
    (``models.corpus.labels``); ``None``: the corpus carries no labels.
    """
    said = repeat(None) if documents is None else documents
    for part in _parts(zip(prompts, said, strict=documents is not None), PROMPT_STEP):
        rows = [(build_id, int(index), packing.pack_token_ids(ids), json_text) for (index, ids), json_text in part]
        with rolled_back_on_error(session):
            touch(session, build_id)
            insert_rows(session, Prompt, ("build_id", "prompt_index", "token_ids", "documents"), rows)
            session.commit()


def write_quality(session: Session, build_id: int, quality: SourceQuality) -> None:
    """Store what was measured of a running build; None stays null; what is not finite becomes null."""
    values = {name: _finite(value) for name, value in asdict(quality).items()}
    with rolled_back_on_error(session):
        touch(session, build_id, **values)
        session.commit()


def write_output_scores(session: Session, build_id: int, scores: Mapping[int, float]) -> None:
    """Set the output scores of latents that are stored already; pages see them at once."""
    rows = [{"b_build": build_id, "b_index": index, "output_score": score} for index, score in scores.items()]
    table = Latent.__table__
    statement = sa.update(Latent).where(
        table.c.build_id == sa.bindparam("b_build"), table.c.latent_index == sa.bindparam("b_index")
    )
    if not rows:
        return
    with rolled_back_on_error(session):
        session.connection().execute(statement.values(output_score=sa.bindparam("output_score")), rows)
        of_build = sa.select(Build.source_id).where(Build.id == build_id).scalar_subquery()
        changed = sa.update(Source).where(Source.id == of_build)
        session.connection().execute(changed.values(table_version=Source.table_version + 1))
        session.commit()


def _finite(value: float | None) -> float | None:
    return None if value is None or not np.isfinite(value) else float(value)


def _parts(items: Iterable[T], size: int) -> Iterator[Sequence[T]]:
    rest = iter(items)
    while part := list(islice(rest, size)):
        yield part


def _add_record(
    rows: _Rows, build_id: int, record: LatentRecord, token_text: Callable[[int], str], score: float | None
) -> None:
    top = record.top_tokens[0] if record.top_tokens else None
    top_text = displayable(token_text(top.token_id)) if top else None
    share = top.value / record.n_active if top and record.n_active else None
    rows.latents.append((
        build_id, record.index, int(record.n_active), float(record.density), float(record.max_activation),
        float(record.mean_activation), score, top_text, share,
    ))  # fmt: skip
    rows.details.append((
        build_id, record.index,
        packing.pack_token_values(record.promoted), packing.pack_token_values(record.suppressed),
        packing.pack_neighbours(record.neighbours), packing.pack_token_values(record.top_tokens),
        json.dumps(record.quantiles), json.dumps([_band_facts(band) for band in record.bands]),
        packing.pack_histogram(record.histogram_edges, record.histogram_counts),
        packing.pack_sample(record.sample), packing.pack_token_means(record.token_means),
        record.decoder_norm,
    ))  # fmt: skip
    for place, band in enumerate(record.bands):
        for rank, example in enumerate(band.examples):
            rows.examples.append((
                build_id, record.index, place, rank, int(example.prompt), int(example.position),
                float(example.activation), int(example.window_start), packing.pack_window(example.window),
            ))  # fmt: skip


def _band_facts(band: Band) -> tuple[str, str, float, float, float]:
    return band.name, band.view, float(band.low), float(band.high), float(band.share_of_active)
