"""The Source page."""

import random

from sqlalchemy.orm import Session

from app import figures
from app.db import queries
from app.db.queries import SourceInfo
from app.formats import count
from app.services.builds import current_pulse, live_builds
from app.services.latent_table import TableRequest, latent_table
from app.services.quality import build_command, corpus_of, failure, quality_measures
from app.views import Crumb, FigureView, LatentTable, SourceView


def source_page(session: Session, slug: str, request: TableRequest) -> SourceView:
    """The source; without a finished build what it is and how to build it."""
    source = queries.source_by_slug(session, slug)
    facts, build, href = source.facts, source.build, f"/sources/{slug}"
    return SourceView(
        slug=slug,
        href=href,
        json_href=f"/api/v1/sources/{slug}/latents",
        random_href=f"{href}/random" if build else "",
        crumbs=(Crumb("Sources", "/"),),
        model=facts.model.name,
        hook_name=facts.hook_name,
        layer=facts.layer,
        site=facts.site,
        sae_kind=facts.sae_kind,
        d_in=count(facts.d_in),
        d_sae=count(facts.d_sae),
        sae_location=facts.sae_location,
        warnings=facts.warnings,
        command=build_command(slug),
        failed=failure(source),
        pulse=current_pulse(session),
        live=live_builds([source.running] if source.running else []),
        corpus=corpus_of(build) if build else None,
        measures=quality_measures(build) if build else (),
        figure=_density_figure(session, source) if build else None,
        table=latent_table(session, source, request) if build else None,
    )


def _density_figure(session: Session, source: SourceInfo) -> FigureView:
    histogram = queries.density_histogram(session, source)
    return figures.density_figure(histogram.edges, histogram.counts, histogram.dead)


def table_part(session: Session, slug: str, request: TableRequest) -> LatentTable:
    """The table alone."""
    return latent_table(session, queries.source_by_slug(session, slug), request)


def random_latent_href(session: Session, slug: str) -> str:
    """The page of some live latent of the source."""
    return _random_href(session, queries.source_by_slug(session, slug))


def random_source_latent_href(session: Session) -> str:
    """The page of some live latent of some source; Home while nothing is built."""
    built = [source for source in queries.all_sources(session) if source.build]
    return _random_href(session, random.choice(built)) if built else "/"


def _random_href(session: Session, source: SourceInfo) -> str:
    return f"/sources/{source.slug}/latents/{queries.random_latent(session, source)}"
