"""The Latent page: what one latent fires on, in words, numbers, bands of examples and neighbours."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from app import figures
from app.db import queries
from app.db.queries import ExplanationInfo, LatentDetails, SourceInfo
from app.errors import NotBuilt
from app.formats import count, number, one_in, percent
from app.services.bands import bands_view, figure_marks
from app.services.quality import corpus_of
from app.services.tokens import chip
from app.views import BandsView, Crumb, ExplanationView, LatentView, Measure, NeighbourView, TokenBar
from models.records import LatentRecord, Neighbour, TokenValue

#: From this density on a latent is called very dense.
DENSE = 0.1


def latent_page(session: Session, slug: str, index: int, tab: str) -> LatentView:
    """Everything about one latent; ``tab`` chooses the bands: quantile or width."""
    source = queries.source_by_slug(session, slug)
    if source.build is None:
        raise NotBuilt(slug)
    details = queries.latent_details(session, source, index)
    record, href = details.record, f"/sources/{slug}"
    last = source.facts.d_sae - 1
    is_dead = record.n_active == 0
    return LatentView(
        slug=slug,
        index=index,
        json_href=f"/api/v1/sources/{slug}/latents/{index}",
        previous_href=f"{href}/latents/{index - 1}" if index > 0 else "",
        next_href=f"{href}/latents/{index + 1}" if index < last else "",
        random_href=f"{href}/random",
        crumbs=(Crumb("Sources", "/"), Crumb(slug, href)),
        model=source.facts.model.name,
        hook_name=source.facts.hook_name,
        label=details.label or "",
        top_token=None if details.top_token is None else chip(details.top_token),
        top_token_share="" if details.top_token_share is None else percent(details.top_token_share, 2),
        is_dead=is_dead,
        dense_note=percent(record.density) if record.density >= DENSE else "",
        explanations=tuple(_explanation(item) for item in details.explanations),
        statistics=_statistics(details, source),
        corpus=corpus_of(source.build),
        figure=None if is_dead else figures.activation_figure(record, figure_marks(record, tab)),
        bands=None if is_dead else bands_view(slug, details, tab),
        promoted=_bars(record.promoted, details.tokens),
        suppressed=_bars(record.suppressed, details.tokens),
        top_tokens=_top_tokens(record, details.tokens),
        neighbours=tuple(_neighbour(slug, item, details.neighbour_labels) for item in record.neighbours),
    )


def bands_part(session: Session, slug: str, index: int, tab: str) -> BandsView:
    """The panel of examples alone."""
    source = queries.source_by_slug(session, slug)
    return bands_view(slug, queries.latent_details(session, source, index), tab)


def _statistics(details: LatentDetails, source: SourceInfo) -> tuple[Measure, ...]:
    record = details.record
    tokens = source.build.tokens_done if source.build else 0
    score = details.output_score
    common = (
        Measure("Density", percent(record.density), "", one_in(record.density)),
        Measure("Active tokens", count(record.n_active), "", f"of {count(tokens)}"),
    )
    if record.n_active == 0:
        return common
    return (
        *common,
        Measure("Maximum", number(record.max_activation), "", "largest activation, M"),
        Measure("Mean", number(record.mean_activation), "", "over active tokens"),
        Measure("Median", _quantile(record, "0.5"), "", "over active tokens"),
        Measure("99th percentile", _quantile(record, "0.99"), "", "over active tokens"),
        Measure("Output score", None if score is None else number(score), "", "how well it steers"),
    )


def _quantile(record: LatentRecord, name: str) -> str | None:
    value = record.quantiles.get(name)
    return None if value is None else number(value)


def _bars(items: Sequence[TokenValue], tokens: Mapping[int, str]) -> tuple[TokenBar, ...]:
    longest = max((abs(item.value) for item in items), default=0.0) or 1.0
    return tuple(
        TokenBar(chip(tokens[item.token_id]), _signed(item.value), abs(item.value) / longest) for item in items
    )


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "\N{MINUS SIGN}")


def _top_tokens(record: LatentRecord, tokens: Mapping[int, str]) -> tuple[TokenBar, ...]:
    """The tokens it fires on, with their share of the active tokens."""
    total = max(1, record.n_active)
    longest = max((item.value for item in record.top_tokens), default=0.0) or 1.0
    return tuple(
        TokenBar(chip(tokens[item.token_id]), percent(item.value / total, 2), item.value / longest)
        for item in record.top_tokens
    )


def _neighbour(slug: str, item: Neighbour, labels: Mapping[int, str]) -> NeighbourView:
    href = f"/sources/{slug}/latents/{item.index}"
    return NeighbourView(item.index, href, labels.get(item.index, ""), f"{item.cosine:.2f}")


def _explanation(item: ExplanationInfo) -> ExplanationView:
    scores = tuple(f"{name} {_score(value)}" for name, value in item.scores.items())
    return ExplanationView(item.text, item.author, item.method, scores, item.is_current)


def _score(value: Any) -> str:
    return number(value) if isinstance(value, float) else str(value)
