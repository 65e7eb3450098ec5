"""The Source page."""

import random
from functools import lru_cache
from pathlib import PurePath

from sqlalchemy.orm import Session

from app.builds.service import live_builds, pulse_of
from app.db.queries.answers import BuildInfo, DensityHistogram, SourceInfo
from app.db.queries.latents import density_histogram, random_latent
from app.db.queries.points import latent_points, point_step
from app.db.queries.sources import all_sources, builds_now, shown_source, source_by_slug, source_now
from app.errors import UnknownBuild, shorten
from app.sources import figures as figures_source
from app.sources.table import TableRequest, latent_table, link
from app.sources.views import LatentTable, ScatterView, SourceView
from app.text import figures
from app.text.block_views import Crumb
from app.text.figure_view import FigureView
from app.text.formats import count
from app.text.glossary import TERMS
from app.text.quality import build_command, corpus_of, failure, quality_statistics
from app.text.tokens import plain


def source_page(session: Session, slug: str, request: TableRequest) -> SourceView:
    """The source; without a finished build what it is and how to build it."""
    now = builds_now(session)
    source = source_now(session, slug, now)
    facts, build, href = source.facts, source.build, f"/sources/{slug}"
    statistics = quality_statistics(build) if build else ()
    return SourceView(
        slug=slug,
        build=build.version if build else "",
        json_href=f"/api/v1/sources/{slug}/latents",
        random_href=f"{href}/random" if build else "",
        crumbs=(Crumb("Sources", "/"),),
        model=plain(facts.model.name),
        hook_name=plain(facts.hook_name),
        layer=facts.layer,
        site=plain(facts.site),
        sae_kind=plain(facts.sae_kind),
        d_in=count(facts.d_in),
        d_sae=count(facts.d_sae),
        sae_name=plain(_name_of(facts.sae_location)),
        is_sae_here=_is_here(facts.sae_location),
        warnings=tuple(map(plain, facts.warnings)),
        command=build_command(slug),
        failed=plain(failure(source)),
        pulse=pulse_of(now),
        live=live_builds([source.running] if source.running else []),
        corpus=corpus_of(build) if build else None,
        statistics=statistics,
        terms=tuple(TERMS[item.term] for item in statistics),
        figure=_density_figure(session, source) if build else None,
        scatter=_scatter(session, source, build) if build else None,
        table=latent_table(session, source, request) if build else None,
    )


def _is_here(location: str) -> bool:
    return PurePath(location).is_absolute()


def _name_of(location: str) -> str:
    """A folder's name without the way to it, which tells readers only how the server's disk is arranged."""
    return PurePath(location.partition("?")[0]).name if _is_here(location) else location


def _density_figure(session: Session, source: SourceInfo) -> FigureView:
    return _drawn(density_histogram(session, source))


# The same for every table of the source.
@lru_cache(maxsize=64)
def _drawn(histogram: DensityHistogram) -> FigureView:
    return figures.density_figure(histogram.edges, histogram.counts, histogram.dead)


def _scatter(session: Session, source: SourceInfo, build: BuildInfo) -> ScatterView:
    step = point_step(source)
    return ScatterView(
        data_href=f"/figures/sources/{source.slug}/{build.version}/scatter.json",
        latent_href=f"/sources/{source.slug}/latents/",
        summary=f"Density against maximum activation of the latents of {source.slug}, both on logarithmic axes.",
        note=figures_source.scatter_note(source.facts.d_sae, step),
    )


def scatter_points(session: Session, slug: str, version: str) -> str:
    """The numbers of the scatter; UnknownBuild unless pages show this build of the source."""
    source = source_by_slug(session, slug)
    if source.build is None or source.build.version != version:
        raise UnknownBuild(f"Build {shorten(plain(version))} is not the one that pages of {slug} show; reload them.")
    return figures_source.scatter_data(latent_points(session, source))


def page_address(slug: str, request: TableRequest) -> str:
    """The address of the Source page with a table."""
    changes = {"cursor": request.cursor} if request.cursor else {}
    return link(f"/sources/{slug}", request.parameters(**changes))


def table_part(session: Session, slug: str, request: TableRequest) -> LatentTable:
    """The table alone."""
    return latent_table(session, shown_source(session, slug), request)


def random_latent_href(session: Session, slug: str) -> str:
    """The page of some live latent of the source."""
    return _random_href(session, source_by_slug(session, slug))


def random_source_latent_href(session: Session) -> str:
    """The page of some live latent of some source; Home while nothing is built."""
    built = [source for source in all_sources(session) if source.build]
    return _random_href(session, random.choice(built)) if built else "/"


def _random_href(session: Session, source: SourceInfo) -> str:
    return f"/sources/{source.slug}/latents/{random_latent(session, source)}"
