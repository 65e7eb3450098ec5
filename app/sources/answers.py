"""Sources and tables of latents in JSON: a session in, an answer out."""

from sqlalchemy.orm import Session

from app.db.latent_table.filters import LatentQuery
from app.db.latent_table.lists import latent_page
from app.db.queries.answers import BuildInfo, LatentRow, SourceInfo
from app.db.queries.sources import all_sources, source_by_slug
from app.sources.schemas import BuildSummary, LatentListItem, LatentsAnswer, SourceAnswer, SourcesAnswer
from app.text.names import answer_fields


def sources(session: Session) -> SourcesAnswer:
    """Every source with the build that pages show; before there is one, with the newest."""
    return SourcesAnswer([_source(source) for source in all_sources(session)])


def latents(session: Session, slug: str, query: LatentQuery, limit: int, cursor: str | None) -> LatentsAnswer:
    """A page of latents."""
    page = latent_page(session, source_by_slug(session, slug), query, limit, cursor)
    items = [_item(row) for row in page.rows]
    return LatentsAnswer(items, page.next_cursor, page.previous_cursor, page.total)


def _source(source: SourceInfo) -> SourceAnswer:
    facts = source.facts
    build = source.build or source.latest
    return SourceAnswer(
        source=source.slug,
        model=facts.model.name,
        hook_name=facts.hook_name,
        layer=facts.layer,
        sae_kind=facts.sae_kind,
        d_in=facts.d_in,
        d_sae=facts.d_sae,
        build=_summary(build) if build else None,
    )


def _summary(build: BuildInfo) -> BuildSummary:
    quality = build.quality
    return BuildSummary(
        status=build.status,
        progress=build.progress,
        tokens=build.tokens_done,
        tokens_asked=build.tokens,
        context_size=build.context_size,
        l0=quality.l0,
        explained_variance=quality.explained_variance,
        loss_recovered=quality.loss_recovered,
        dead_fraction=quality.dead_fraction,
        mean_residual_norm=quality.mean_residual_norm,
    )


def _item(row: LatentRow) -> LatentListItem:
    return LatentListItem(
        index=row.index,
        **answer_fields(row.name),
        density=row.density,
        max_activation=row.max_activation,
        mean_activation=row.mean_activation,
        output_score=row.output_score,
        top_token=row.top_token,
        promoted=list(row.promoted),
    )
