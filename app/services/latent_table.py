"""The table of latents of a source: what is asked for, one page of rows, and the links that lead on."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from sqlalchemy.orm import Session

from app.db import queries
from app.db.queries import MAX_LIMIT, LatentQuery, LatentRow, SourceInfo
from app.formats import count, number, percent
from app.services.tokens import chip
from app.views import Column, LatentTable, LatentTableRow, TableFilters

__all__ = ["COLUMNS", "DEFAULT", "MAX_LIMIT", "LatentQuery", "TableRequest", "latent_table"]

PAGE = 50
DEFAULT = LatentQuery(sort="density", order="desc")
#: Column heads in their order; the direction that a first click sorts in.
COLUMNS = {
    "index": ("Latent", "asc"),
    "density": ("Density", "desc"),
    "max_activation": ("Maximum", "desc"),
    "mean_activation": ("Mean", "desc"),
    "output_score": ("Output score", "desc"),
}
PROMOTED = 4


@dataclass(frozen=True)
class TableRequest:
    """What the query string of the Source page asks for."""

    query: LatentQuery = DEFAULT
    cursor: str = ""

    def parameters(self, **changes: str) -> dict[str, str]:
        """The query string's parameters with some changed; what is default or empty is left out."""
        q = self.query
        given = {
            "q": q.q,
            "min_density": "" if q.min_density is None else f"{q.min_density:g}",
            "max_density": "" if q.max_density is None else f"{q.max_density:g}",
            "sort": "" if (q.sort, q.order) == (DEFAULT.sort, DEFAULT.order) else q.sort,
            "order": "" if (q.sort, q.order) == (DEFAULT.sort, DEFAULT.order) else q.order,
        } | changes
        return {name: value for name, value in given.items() if value}


def latent_table(session: Session, source: SourceInfo, request: TableRequest) -> LatentTable:
    """One page of the table."""
    page = queries.latent_page(session, source, request.query, PAGE, request.cursor or None)
    page_href, part_href = f"/sources/{source.slug}", f"/parts/sources/{source.slug}/latents"
    onward = request.parameters(cursor=page.next_cursor) if page.next_cursor else None
    first = request.parameters() if request.cursor else None
    return LatentTable(
        page_href=page_href,
        part_href=part_href,
        filters=_filters(request),
        columns=tuple(_column(name, request, page_href, part_href) for name in COLUMNS),
        rows=tuple(_row(source.slug, row) for row in page.rows),
        total=count(page.total),
        next_href=_link(page_href, onward),
        next_part_href=_link(part_href, onward),
        first_href=_link(page_href, first),
        first_part_href=_link(part_href, first),
    )


def _link(path: str, parameters: Mapping[str, str] | None) -> str:
    if parameters is None:
        return ""
    return f"{path}?{urlencode(parameters)}" if parameters else path


def _filters(request: TableRequest) -> TableFilters:
    q = request.query
    given = request.parameters()
    return TableFilters(
        q=q.q,
        min_density=given.get("min_density", ""),
        max_density=given.get("max_density", ""),
        sort=q.sort,
        order=q.order,
        is_filtered=any(name in given for name in ("q", "min_density", "max_density")),
    )


def _column(name: str, request: TableRequest, page_href: str, part_href: str) -> Column:
    text, first_order = COLUMNS[name]
    is_sorted = request.query.sort == name
    order = first_order
    if is_sorted:
        order = "asc" if request.query.order == "desc" else "desc"
    parameters = request.parameters(sort=name, order=order)
    return Column(
        name=text,
        href=_link(page_href, parameters),
        part_href=_link(part_href, parameters),
        aria_sort=f"{request.query.order}ending" if is_sorted else "none",
    )


def _row(slug: str, row: LatentRow) -> LatentTableRow:
    return LatentTableRow(
        index=row.index,
        href=f"/sources/{slug}/latents/{row.index}",
        label=row.label or "",
        top_token=None if row.top_token is None else chip(row.top_token),
        top_token_share="" if row.top_token_share is None else percent(row.top_token_share, 2),
        promoted=tuple(chip(text) for text in row.promoted[:PROMOTED]),
        density=percent(row.density),
        max_activation=number(row.max_activation),
        mean_activation=number(row.mean_activation),
        output_score=None if row.output_score is None else number(row.output_score),
    )
