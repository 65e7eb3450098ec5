"""Which sources there are, and which builds."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NoReturn

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.db.display import displayable
from app.db.index_cache import shown_sources
from app.db.queries.answers import BuildInfo, BuildsNow, SourceInfo
from app.db.tables.builds import RUNNING, Build
from app.db.tables.sources import LanguageModel, Source
from app.errors import UnknownBuild, UnknownSource, shorten
from models.records import ModelFacts, SourceFacts, SourceQuality

BUILD = Build.__table__
SOURCE = Source.__table__
MODEL = LanguageModel.__table__

#: Everything of a build but the packed histogram, with its source's slug and whether pages show it.
BUILD_COLUMNS = [column for column in BUILD.c if column.name != "density_histogram"]
BUILDS = sa.select(*BUILD_COLUMNS, SOURCE.c.slug, SOURCE.c.current_build_id).join(
    SOURCE, SOURCE.c.id == BUILD.c.source_id
)
SOURCES = sa.select(SOURCE, *[column.label(f"model_{column.name}") for column in MODEL.c]).join(
    MODEL, MODEL.c.id == SOURCE.c.language_model_id
)

# Put together once: that takes longer than the database needs to answer them.
BY_SLUG = SOURCES.where(SOURCE.c.slug == sa.bindparam("slug"))
NEWER = BUILD.alias("newer")
#: A source's shown, running and newest build.
WANTED = (
    (BUILD.c.id == SOURCE.c.current_build_id)
    | (BUILD.c.status == RUNNING)
    | (BUILD.c.id == sa.select(sa.func.max(NEWER.c.id)).where(NEWER.c.source_id == BUILD.c.source_id).scalar_subquery())
)
SHOWN_BUILDS = BUILDS.where(WANTED).order_by(BUILD.c.id)
SHOWN_BUILDS_OF_ONE = BUILDS.where(BUILD.c.source_id == sa.bindparam("id"), WANTED).order_by(BUILD.c.id)
PULSE = sa.select(BUILD.c.id, BUILD.c.status, BUILD.c.started).where(
    (BUILD.c.status == RUNNING) | (BUILD.c.id == sa.select(sa.func.max(NEWER.c.id)).scalar_subquery())
)
#: Sources kept by ``shown_source``.
MAX_SHOWN = 256
#: What changes with everything that ``shown_source`` keeps.
STATE = (SOURCE.c.id, SOURCE.c.created, SOURCE.c.table_version, SOURCE.c.current_build_id)
STATE_OF_ONE = sa.select(*STATE).where(SOURCE.c.slug == sa.bindparam("slug"))


def all_sources(session: Session) -> tuple[SourceInfo, ...]:
    """Every source with its shown, running and newest build, in the order of model, layer and slug."""
    order = (MODEL.c.name, MODEL.c.id, SOURCE.c.layer, SOURCE.c.slug)
    builds: dict[int, list[BuildInfo]] = {}
    for row in session.execute(SHOWN_BUILDS).mappings():
        builds.setdefault(row["source_id"], []).append(_build(row))
    rows = session.execute(SOURCES.order_by(*order)).mappings()
    return tuple(_source(row, builds.get(row["id"], [])) for row in rows)


def source_by_slug(session: Session, slug: str) -> SourceInfo:
    """The source; UnknownSource names a few that exist."""
    # PostgreSQL takes neither NUL nor half a surrogate pair, and no slug has what stands for them then.
    row = session.execute(BY_SLUG, {"slug": displayable(slug)}).mappings().first()
    if row is None:
        raise_unknown_source(session, slug)
    builds = session.execute(SHOWN_BUILDS_OF_ONE, {"id": row["id"]}).mappings()
    return _source(row, [_build(build) for build in builds])


def raise_unknown_source(session: Session, slug: str) -> NoReturn:
    """Raise UnknownSource, which names a few that exist."""
    raise UnknownSource(slug, session.scalars(sa.select(SOURCE.c.slug).order_by(SOURCE.c.slug).limit(6)).all())


def shown_source(session: Session, slug: str) -> SourceInfo:
    """The source with the build that pages show, without what goes on beside it (``running`` is None).

    All of this is fixed until another build is shown or the source is made anew, so it is kept, and one short question
    tells whether it still holds.
    """
    state = session.execute(STATE_OF_ONE, {"slug": displayable(slug)}).first()
    return source_by_slug(session, slug) if state is None else source_in_state(session, slug, state)


def source_in_state(session: Session, slug: str, state: Iterable[Any]) -> SourceInfo:
    """``shown_source`` for one who asked for the source's ``STATE`` along with something else."""

    def read() -> SourceInfo:
        source = source_by_slug(session, slug)
        return replace(source, running=None, latest=source.build)

    return _kept(session, (slug, None, *state), read)


def source_now(session: Session, slug: str, now: BuildsNow) -> SourceInfo:
    """The source with all that ``source_by_slug`` knows, kept as ``shown_source`` is while no build runs at all."""
    state = None if now.running else session.execute(STATE_OF_ONE, {"slug": displayable(slug)}).first()
    if state is None:
        return source_by_slug(session, slug)  # of one that does not exist, it says which ones there are
    return _kept(session, (slug, now, *state), lambda: source_by_slug(session, slug))


def _kept(session: Session, key: tuple[object, ...], read: Callable[[], SourceInfo]) -> SourceInfo:
    kept = shown_sources(session)
    found: SourceInfo | None = kept.get(key)
    if found is None:
        found = read()
        if len(kept) >= MAX_SHOWN:
            kept.clear()
        kept[key] = found
    return found


def sources_by_slugs(session: Session, slugs: Sequence[str]) -> tuple[SourceInfo, ...]:
    """The sources in the order asked for; UnknownSource on the first that does not exist."""
    return tuple(source_by_slug(session, slug) for slug in slugs)


def builds_of(session: Session, source_id: int, limit: int = 20) -> tuple[BuildInfo, ...]:
    """The newest builds of a source, newest first."""
    query = BUILDS.where(BUILD.c.source_id == source_id).order_by(BUILD.c.id.desc()).limit(limit)
    return tuple(_build(row) for row in session.execute(query).mappings())


def recent_builds(session: Session, limit: int = 50) -> tuple[BuildInfo, ...]:
    """The newest builds of all sources, running ones first, then newest first."""
    query = BUILDS.order_by(sa.case((BUILD.c.status == RUNNING, 0), else_=1), BUILD.c.id.desc()).limit(limit)
    return tuple(_build(row) for row in session.execute(query).mappings())


def running_builds(session: Session) -> tuple[BuildInfo, ...]:
    """The builds being made now, oldest first."""
    query = BUILDS.where(BUILD.c.status == RUNNING).order_by(BUILD.c.id)
    return tuple(_build(row) for row in session.execute(query).mappings())


def builds_now(session: Session) -> BuildsNow:
    """Which builds are made now, and which is the newest of all, one small query."""
    running: list[int] = []
    newest, newest_started = 0, None
    for number, status, started in session.execute(PULSE):
        if number > newest:
            newest, newest_started = number, started
        if status == RUNNING:
            running.append(number)
    return BuildsNow(tuple(sorted(running)), newest, newest_started)


def build_by_id(session: Session, build_id: int) -> BuildInfo:
    """The build; UnknownBuild if there is none."""
    row = None
    if 0 <= build_id < 2**31:
        row = session.execute(BUILDS.where(BUILD.c.id == build_id)).mappings().first()
    if row is None:
        raise UnknownBuild(f"There is no build {shorten(str(build_id))}.")
    return _build(row)


def _source(row: Mapping[Any, Any], builds: Sequence[BuildInfo]) -> SourceInfo:
    return SourceInfo(
        id=row["id"],
        slug=row["slug"],
        language_model_id=row["language_model_id"],
        vocabulary=row["model_fingerprint"],
        facts=_facts(row),
        created=row["created"],
        table_version=row["table_version"],
        build=next((build for build in builds if build.is_current), None),
        running=next((build for build in builds if build.status == RUNNING), None),
        latest=builds[-1] if builds else None,
    )


def _facts(row: Mapping[Any, Any]) -> SourceFacts:
    model = ModelFacts(
        name=row["model_name"],
        location=row["model_location"],
        architecture=row["model_architecture"],
        n_layers=row["model_n_layers"],
        d_model=row["model_d_model"],
        vocab_size=row["model_vocab_size"],
        context_size=row["model_context_size"],
    )
    return SourceFacts(
        model=model,
        sae_location=row["sae_location"],
        hook_name=row["hook_name"],
        layer=row["layer"],
        site=row["site"],
        sae_kind=row["sae_kind"],
        d_in=row["d_in"],
        d_sae=row["d_sae"],
        context_size=row["context_size"],
        prepend_bos=row["prepend_bos"],
        weights_hash=row["weights_hash"],
        explained_variance=row["explained_variance"],
        warnings=tuple(row["warnings"]),
    )


def _build(row: Mapping[Any, Any]) -> BuildInfo:
    quality = SourceQuality(
        l0=row["l0"],
        explained_variance=row["explained_variance"],
        loss_clean=row["loss_clean"],
        loss_sae=row["loss_sae"],
        loss_zero=row["loss_zero"],
        loss_recovered=row["loss_recovered"],
        dead_fraction=row["dead_fraction"],
        mean_residual_norm=row["mean_residual_norm"],
    )
    return BuildInfo(
        id=row["id"],
        source_id=row["source_id"],
        slug=row["slug"],
        corpus=row["corpus"],
        tokens=row["tokens"],
        context_size=row["context_size"],
        seed=row["seed"],
        config=row["config"],
        status=row["status"],
        progress=row["progress"],
        tokens_done=row["tokens_done"],
        tokens_per_second=row["tokens_per_second"],
        stage=row["stage"],
        message=row["message"],
        error=row["error"],
        heartbeat=row["heartbeat"],
        started=row["started"],
        finished=row["finished"],
        is_current=row["current_build_id"] == row["id"],
        quality=quality,
    )


def shows(session: Session, slug: str, version: str) -> bool:
    """Whether pages of the source show this build."""
    build = shown_source(session, slug).build
    return build is not None and build.version == version
