"""The JSON twins of the pages: a session in, an answer out."""

from sqlalchemy.orm import Session

from app.db.latent_table.filters import LatentQuery
from app.db.latent_table.lists import latent_page
from app.db.queries.answers import BuildInfo, ExplanationInfo, LatentDetails, LatentRow, SourceInfo
from app.db.queries.latents import latent_details
from app.db.queries.sources import all_sources, recent_builds, source_by_slug
from app.labels import service as labels
from app.latents import schemas as answers
from app.text.names import answer_fields
from app.web.paging import Part
from models.records import Band, Example


def sources(session: Session) -> answers.SourcesAnswer:
    """Every source with the build that pages show; before there is one, with the newest."""
    return answers.SourcesAnswer([_source(source) for source in all_sources(session)])


def latents(session: Session, slug: str, query: LatentQuery, limit: int, cursor: str | None) -> answers.LatentsAnswer:
    """A page of latents."""
    page = latent_page(session, source_by_slug(session, slug), query, limit, cursor)
    items = [_item(row) for row in page.rows]
    return answers.LatentsAnswer(items, page.next_cursor, page.previous_cursor, page.total)


def latent(session: Session, slug: str, index: int) -> answers.LatentAnswer:
    """One latent; its bands are the strongest examples and the quantile bands."""
    details = latent_details(session, source_by_slug(session, slug), index)
    record, tokens = details.record, details.tokens
    return answers.LatentAnswer(
        source=slug,
        index=index,
        **answer_fields(details.name),
        explanations=[explanation(item) for item in details.explanations],
        n_explanations=details.n_explanations,
        output_score=details.output_score,
        n_active=record.n_active,
        density=record.density,
        max_activation=record.max_activation,
        mean_activation=record.mean_activation,
        quantiles=record.quantiles,
        histogram=answers.HistogramAnswer(record.histogram_edges.tolist(), record.histogram_counts.tolist()),
        promoted=[answers.TokenAnswer(tokens[item.token_id], item.value) for item in record.promoted],
        suppressed=[answers.TokenAnswer(tokens[item.token_id], item.value) for item in record.suppressed],
        neighbours=[
            answers.NeighbourAnswer(n.index, n.cosine, **answer_fields(details.name_of(n.index)))
            for n in record.neighbours
        ],
        distinct_tokens=record.token_means.distinct if record.token_means else None,
        top_tokens=_top_tokens(details),
        bands=[_band(band, details) for band in record.bands if band.view != "width"],
    )


def explanation(item: ExplanationInfo) -> answers.ExplanationAnswer:
    """A label or another text about a latent."""
    return answers.ExplanationAnswer(
        id=item.id,
        text=item.text,
        kind=item.kind,
        author=item.author,
        method=item.method,
        status=item.status,
        n=item.n,
        precision=item.precision,
        recall=item.recall,
        auroc_token=item.auroc_token,
        auroc_text=item.auroc_text,
        rule=item.rule or None,
        scores=dict(item.scores),
        is_current=item.is_current,
        weights_hash=item.weights_hash,
        leads=item.leads,
        ended=item.ended_as or None,
        created=item.created,
    )


def explanations(session: Session, slug: str, index: int, part: Part) -> answers.ExplanationsAnswer:
    """A part of the texts about a latent, newest first."""
    found, total = labels.some_labels(session, slug, index, part)
    return answers.ExplanationsAnswer([explanation(item) for item in found], total)


def builds(session: Session) -> answers.BuildsAnswer:
    """The newest builds, running ones first."""
    return answers.BuildsAnswer([_build(build) for build in recent_builds(session)])


def _source(source: SourceInfo) -> answers.SourceAnswer:
    facts = source.facts
    build = source.build or source.latest
    return answers.SourceAnswer(
        source=source.slug,
        model=facts.model.name,
        hook_name=facts.hook_name,
        layer=facts.layer,
        sae_kind=facts.sae_kind,
        d_in=facts.d_in,
        d_sae=facts.d_sae,
        build=_summary(build) if build else None,
    )


def _summary(build: BuildInfo) -> answers.BuildSummary:
    quality = build.quality
    return answers.BuildSummary(
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


def _item(row: LatentRow) -> answers.LatentListItem:
    return answers.LatentListItem(
        index=row.index,
        **answer_fields(row.name),
        density=row.density,
        max_activation=row.max_activation,
        mean_activation=row.mean_activation,
        output_score=row.output_score,
        top_token=row.top_token,
        promoted=list(row.promoted),
    )


def _top_tokens(details: LatentDetails) -> list[answers.TopTokenAnswer]:
    record = details.record
    means = record.token_means.means if record.token_means else [None] * len(record.top_tokens)
    return [
        answers.TopTokenAnswer(details.tokens[item.token_id], int(item.value), mean)
        for item, mean in zip(record.top_tokens, means, strict=True)
    ]


def _band(band: Band, details: LatentDetails) -> answers.BandAnswer:
    examples = [_example(example, details) for example in band.examples]
    return answers.BandAnswer(band.name, band.low, band.high, band.share_of_active, examples)


def _example(example: Example, details: LatentDetails) -> answers.ExampleAnswer:
    texts = details.window_tokens(example.prompt, example.window_start, len(example.window))
    return answers.ExampleAnswer(
        prompt=example.prompt,
        position=example.position,
        tokens=list(texts),
        activations=example.window.tolist(),
        activation=example.activation,
        focus=example.position - example.window_start,
    )


def _build(build: BuildInfo) -> answers.BuildAnswer:
    return answers.BuildAnswer(
        build=build.id,
        source=build.slug,
        corpus=build.corpus,
        tokens=build.tokens_done,
        tokens_asked=build.tokens,
        tokens_per_second=build.tokens_per_second,
        context_size=build.context_size,
        seed=build.seed,
        status=build.status,
        progress=build.progress,
        stage=build.stage,
        message=build.message,
        error=build.error,
        started=build.started,
        finished=build.finished,
    )
