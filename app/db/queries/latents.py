"""One latent with everything a build knows about it, and numbers over all latents of a build."""

import random
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.db import packing
from app.db.display import displayable
from app.db.index_cache import cache_of
from app.db.latent_table.latents import vocabulary_index
from app.db.queries.answers import DensityHistogram, Label, LatentDetails, LatentName, SourceInfo
from app.db.queries.neighbours import neighbour_rows
from app.db.queries.sources import SOURCE, STATE, raise_unknown_source, source_in_state
from app.db.queries.texts import SHOWN_TEXTS, count_explanations, explanations, in_parts, leading_labels
from app.db.tables.builds import Build, Example, Latent, LatentDetail, Prompt
from app.db.tables.steering import Explanation
from app.errors import NotBuilt, UnknownLatent
from models import records
from models.records import IntArray, LatentRecord

BUILD = Build.__table__
LATENT = Latent.__table__
DETAIL = LatentDetail.__table__
EXAMPLE = Example.__table__
PROMPT = Prompt.__table__
EXPLANATION = Explanation.__table__

ONE_LATENT = sa.select(LATENT, *[column for column in DETAIL.c if column.name not in LATENT.c]).join(
    DETAIL, (DETAIL.c.build_id == LATENT.c.build_id) & (DETAIL.c.latent_index == LATENT.c.latent_index)
)
# Put together once: that takes longer than the database needs to answer them.
BUILD_ID: sa.BindParameter[int] = sa.bindparam("build_id")
INDEX: sa.BindParameter[int] = sa.bindparam("index")
THIS_LATENT = ONE_LATENT.where(LATENT.c.build_id == BUILD_ID, LATENT.c.latent_index == INDEX)
EXPLAINED = sa.exists().where(EXPLANATION.c.source_id == SOURCE.c.id, EXPLANATION.c.latent_index == INDEX)
#: What ``shown_source`` asks and ``THIS_LATENT`` in one; without such a latent its columns are null.
SHOWN_LATENT = (
    sa.select(
        *[column.label(f"state_{column.name}") for column in STATE],
        EXPLAINED.label("is_explained"),
        *THIS_LATENT.selected_columns,
    )
    .select_from(SOURCE)
    .outerjoin(LATENT, (LATENT.c.build_id == SOURCE.c.current_build_id) & (LATENT.c.latent_index == INDEX))
    .outerjoin(DETAIL, (DETAIL.c.build_id == LATENT.c.build_id) & (DETAIL.c.latent_index == INDEX))
    .where(SOURCE.c.slug == sa.bindparam("slug"))
)
#: A latent's examples in the order of their bands and ranks: one range of the primary key.
EXAMPLES = (
    sa.select(*[EXAMPLE.c[n] for n in ("band", "prompt_index", "position", "activation", "window_start", "window")])
    .where(EXAMPLE.c.build_id == BUILD_ID, EXAMPLE.c.latent_index == INDEX)
    .order_by(EXAMPLE.c.band, EXAMPLE.c.rank)
)
#: The first of them in some bands, with the token ids of their prompts.
EXAMPLES_OF_BANDS = (
    EXAMPLES.add_columns(PROMPT.c.token_ids)
    .join(PROMPT, (PROMPT.c.build_id == EXAMPLE.c.build_id) & (PROMPT.c.prompt_index == EXAMPLE.c.prompt_index))
    .where(EXAMPLE.c.band.in_(sa.bindparam("bands", expanding=True)), EXAMPLE.c.rank < sa.bindparam("most"))
)
PROMPTS = sa.select(PROMPT.c.prompt_index, PROMPT.c.token_ids).where(
    PROMPT.c.build_id == BUILD_ID, PROMPT.c.prompt_index.in_(sa.bindparam("indices", expanding=True))
)
DENSITIES = sa.select(BUILD.c.density_histogram).where(BUILD.c.id == BUILD_ID)

#: More examples than a band has.
ALL_RANKS = 2**15 - 1
#: Given a latent's bands without their examples, the places of those whose examples are wanted.
ChooseBands = Callable[[Sequence[records.Band]], Collection[int]]


def latent_details(
    session: Session, source: SourceInfo, index: int, choose: ChooseBands | None = None, most: int = ALL_RANKS
) -> LatentDetails:
    """Everything the latent's page shows, in four queries whatever the size of the source.

    With ``choose``, only those bands have their examples, and of each band the first ``most``.
    """
    return _details(session, source, _latent_row(session, source, index), choose, most)


def shown_latent(
    session: Session, slug: str, index: int, choose: ChooseBands | None = None, most: int = ALL_RANKS
) -> tuple[SourceInfo, LatentDetails]:
    """``shown_source`` and its ``latent_details`` in four queries together, three for a latent without a text."""
    wanted = {"slug": displayable(slug), "index": index if 0 <= index < 2**31 else -1}
    row = session.execute(SHOWN_LATENT, wanted).mappings().first()
    if row is None:
        raise_unknown_source(session, slug)
    source = source_in_state(session, slug, (row[f"state_{column.name}"] for column in STATE))
    _build_id(source)
    if row["latent_index"] is None:
        raise UnknownLatent(source.slug, index, source.facts.d_sae)
    return source, _details(session, source, row, choose, most)


def _details(
    session: Session, source: SourceInfo, row: Mapping[Any, Any], choose: ChooseBands | None, most: int
) -> LatentDetails:
    index = row["latent_index"]
    record = _record(row)
    used: dict[int, IntArray] = {}
    places = range(len(record.bands)) if choose is None else choose(record.bands)
    wanted = {"build_id": row["build_id"], "index": index, "bands": sorted(places), "most": most}
    examples = _examples_and_prompts(session, wanted, used) if places else {}
    record = replace(record, bands=_with_examples(record.bands, examples))
    written = explanations(session, source, index, SHOWN_TEXTS) if row.get("is_explained", True) else ()
    leading = next((item for item in written if item.leads and item.is_current), None)
    label = None if leading is None else Label(leading.text, leading.kind, leading.status, leading.score)
    has_more = len(written) == SHOWN_TEXTS
    if has_more and label is None:  # it is none of the newest
        label = leading_labels(session, source, [index]).get(index)
    tokens = vocabulary_index(session, source).texts(_token_ids(record, used))
    promoted = tokens[record.promoted[0].token_id] if record.promoted else None
    return LatentDetails(
        record=record,
        name=LatentName(label, row["top_token"], promoted),
        explanations=written,
        n_explanations=count_explanations(session, source, index) if has_more else len(written),
        output_score=row["output_score"],
        top_token=row["top_token"],
        top_token_share=row["top_token_share"],
        tokens=tokens,
        prompts=used,
        neighbours=neighbour_rows(session, source, [item.index for item in record.neighbours]),
    )


def latent_record(session: Session, source: SourceInfo, index: int) -> LatentRecord:
    """The record as the build wrote it, in two queries: the latent, and one range read for its examples."""
    row = _latent_row(session, source, index)
    record = _record(row)
    bands: dict[int, list[records.Example]] = {}
    for band, *place, window in session.execute(EXAMPLES, {"build_id": row["build_id"], "index": index}):
        prompt, position, activation, start = place
        example = records.Example(prompt, position, activation, start, packing.unpack_window(window))
        bands.setdefault(band, []).append(example)
    return replace(record, bands=_with_examples(record.bands, bands))


def prompts(session: Session, build_id: int, indices: Collection[int]) -> dict[int, IntArray]:
    """Token ids (context,) of the prompts, one query."""
    found: dict[int, IntArray] = {}
    for part in in_parts(indices):
        rows = session.execute(PROMPTS, {"build_id": build_id, "indices": part})
        found.update((index, packing.unpack_token_ids(ids)) for index, ids in rows)
    return found


def max_activations(session: Session, source: SourceInfo, indices: Collection[int]) -> dict[int, float]:
    """The largest activation in the build (M_i) of each latent; what strengths are multiples of."""
    build_id = _build_id(source)
    found: dict[int, float] = {}
    for part in in_parts(index for index in indices if 0 <= index < source.facts.d_sae):
        query = sa.select(LATENT.c.latent_index, LATENT.c.max_activation).where(
            LATENT.c.build_id == build_id, LATENT.c.latent_index.in_(part)
        )
        found.update((index, value) for index, value in session.execute(query))
    return found


def densities(session: Session, source: SourceInfo) -> dict[int, float]:
    """The density of every latent; for the filter of dense latents. Reads one index, no latent."""
    query = sa.select(LATENT.c.latent_index, LATENT.c.density).where(LATENT.c.build_id == _build_id(source))
    return {row[0]: row[1] for row in session.execute(query)}


def density_histogram(session: Session, source: SourceInfo) -> DensityHistogram:
    """Latents by log10 density, as counted when the build was finished; one row is read, once."""
    if source.build is None:
        raise NotBuilt(source.slug)
    build = source.build

    def read() -> DensityHistogram:
        data = session.scalar(DENSITIES, {"build_id": build.id})
        edges, counts = packing.unpack_histogram(data or b"")
        dead = int(counts[0]) if counts.size else 0
        return DensityHistogram(tuple(edges[1:].tolist()), tuple(counts[1:].tolist()), dead)

    return cache_of(session).get(("densities", build.id, build.finished), read)


def random_latent(session: Session, source: SourceInfo, rng: random.Random | None = None) -> int:
    """The index of a live latent; index 0 if the build has none that is live."""
    start = (rng or random.Random()).randrange(source.facts.d_sae)
    live = (
        sa.select(LATENT.c.latent_index)
        .where(LATENT.c.build_id == _build_id(source), LATENT.c.n_active > 0)
        .order_by(LATENT.c.latent_index)
        .limit(1)
    )
    index = session.scalar(live.where(LATENT.c.latent_index >= start))
    return int(index if index is not None else session.scalar(live) or 0)


def _build_id(source: SourceInfo) -> int:
    if source.build is None:
        raise NotBuilt(source.slug)
    return source.build.id


def _latent_row(session: Session, source: SourceInfo, index: int) -> Mapping[Any, Any]:
    build_id = _build_id(source)
    row = None
    if 0 <= index < source.facts.d_sae:
        row = session.execute(THIS_LATENT, {"build_id": build_id, "index": index}).mappings().first()
    if row is None:
        raise UnknownLatent(source.slug, index, source.facts.d_sae)
    return row


def _examples_and_prompts(
    session: Session, wanted: Mapping[str, Any], prompts: dict[int, IntArray]
) -> dict[int, list[records.Example]]:
    """Place of a band -> its examples; ``prompts`` is filled with the token ids of their prompts."""
    found: dict[int, list[records.Example]] = {}
    for band, prompt, position, activation, start, window, token_ids in session.execute(EXAMPLES_OF_BANDS, wanted):
        example = records.Example(prompt, position, activation, start, packing.unpack_window(window))
        found.setdefault(band, []).append(example)
        if prompt not in prompts:
            prompts[prompt] = packing.unpack_token_ids(token_ids)
    return found


def _with_examples(
    bands: Sequence[records.Band], examples: Mapping[int, Sequence[records.Example]]
) -> tuple[records.Band, ...]:
    return tuple(
        replace(band, examples=tuple(examples[place])) if place in examples else band
        for place, band in enumerate(bands)
    )


def _record(row: Mapping[Any, Any]) -> LatentRecord:
    """The record without its examples."""
    edges, counts = packing.unpack_histogram(row["histogram"])
    bands = tuple(records.Band(name, view, low, high, share, ()) for name, view, low, high, share in row["bands"])
    return LatentRecord(
        index=row["latent_index"],
        n_active=row["n_active"],
        density=row["density"],
        max_activation=row["max_activation"],
        mean_activation=row["mean_activation"],
        quantiles=dict(row["quantiles"]),
        histogram_edges=edges,
        histogram_counts=counts,
        bands=bands,
        promoted=packing.unpack_token_values(row["promoted"]),
        suppressed=packing.unpack_token_values(row["suppressed"]),
        neighbours=packing.unpack_neighbours(row["neighbours"]),
        top_tokens=packing.unpack_token_values(row["top_tokens"]),
        sample=packing.unpack_sample(row["sample"]),
        token_means=packing.unpack_token_means(row["token_means"]),
        decoder_norm=row["decoder_norm"],
    )


def _token_ids(record: LatentRecord, used: Mapping[int, IntArray]) -> set[int]:
    """Ids of every token the page can show: effects, top tokens, the windows of examples."""
    ids: set[int] = set()
    listed: Iterable[records.TokenValue] = (*record.promoted, *record.suppressed, *record.top_tokens)
    ids.update(item.token_id for item in listed)
    for band in record.bands:
        for example in band.examples:
            shown = used[example.prompt][example.window_start : example.window_start + len(example.window)]
            ids.update(shown.tolist())
    return ids
