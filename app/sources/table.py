"""The table of latents of a source: what is asked for, one page of rows, and the links that lead on."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from urllib.parse import urlencode

from sqlalchemy.orm import Session

from app.db.latent_table.cursors import CURSOR_PATTERN, MAX_CURSOR
from app.db.latent_table.filters import DEAD, LABEL_STATUSES, LABELLED, MAX_SEARCH, ORDERS, SORTS, LatentQuery
from app.db.latent_table.lists import MAX_LIMIT, has_output_scores, latent_page
from app.db.latent_table.lists import has_labels as stored_has_labels
from app.db.queries.answers import LatentPage, LatentRow, SourceInfo
from app.sources.table_filters import filters_view
from app.sources.table_ranges import RANGES, RefusedRange
from app.sources.views import Column, LatentTable, LatentTableRow
from app.text.block_views import Choice, PageLink
from app.text.formats import count, number, percent
from app.text.names import name_view
from app.text.output_scores import score_text
from app.text.tokens import chip

__all__ = [
    "COLUMNS", "CURSOR_PATTERN", "DEAD", "DEFAULT", "LABELLED", "LABEL_STATUSES",
    "MAX_CURSOR", "MAX_LIMIT", "MAX_SEARCH", "MORE_SORTS", "ORDERS",
    "SORTS", "LatentQuery", "TableRequest", "latent_table", "link",
]  # fmt: skip

PAGE = 50
DEFAULT = LatentQuery(sort="telling", order="desc")
#: Column heads in their order; the direction that a first click sorts in.
COLUMNS = {
    "index": ("Latent", "asc"),
    "label": ("Label", "asc"),
    "label_status": ("Status", "desc"),
    "density": ("Density", "desc"),
    "max_activation": ("Maximum", "desc"),
    "mean_activation": ("Mean", "desc"),
    "output_score": ("Output score", "desc"),
    "top_token": ("Fires most on", "asc"),
    "promoted": ("Promotes", "asc"),
}
#: Sorts without a column of their own, which are chosen in the form.
MORE_SORTS = {"telling": ("Most telling first", "desc"), "label_score": ("Label's score", "desc")}
TEXT_COLUMNS = ("index", "label", "label_status", "top_token", "promoted")
PROMOTED = 4
#: The id of the table, where the links to other pages lead: reading goes on there, not at the top of the page.
ANCHOR = "rows"


@dataclass(frozen=True)
class TableRequest:
    """What the query string of the Source page asks for; ``refused`` are ranges that cannot be meant."""

    query: LatentQuery = DEFAULT
    cursor: str = ""
    refused: tuple[RefusedRange, ...] = ()

    def parameters(self, **changes: str) -> dict[str, str]:
        """The query string's parameters with some changed; what is default or empty is left out."""
        return {name: value for name, value in (self._given | changes).items() if value}

    # Each link of a page begins with it.
    @cached_property
    def _given(self) -> dict[str, str]:
        q = self.query
        is_default = (q.sort, q.order) == (DEFAULT.sort, DEFAULT.order)
        given = {name: plain(value) for name, value in q.given().items()}
        return given | ({} if is_default else {"sort": q.sort, "order": q.order})


def plain(value: str | float) -> str:
    """A parameter as it stands in a link: a number in as few digits as give it back exactly."""
    return value if isinstance(value, str) else f"{value:g}" if float(f"{value:g}") == value else repr(value)


def latent_table(session: Session, source: SourceInfo, request: TableRequest) -> LatentTable:
    """One page of the table; no rows where a filter cannot be meant, since others are not what was asked for."""
    if request.refused:
        page = LatentPage(rows=(), total=0, next_cursor=None, previous_cursor=None)
    else:
        page = latent_page(session, source, request.query, PAGE, request.cursor or None, PROMOTED)
    has_scores = has_output_scores(session, source)
    has_labels = stored_has_labels(session, source)
    absent = set() if has_scores else {"output_score"}
    absent |= set() if has_labels else {"label_status", "label_score", "status"}
    page_href, part_href = f"/sources/{source.slug}", f"/parts/sources/{source.slug}/latents"
    order = {name: value for name, value in request.parameters().items() if name in ("sort", "order")}
    export = f"/exports/sources/{source.slug}/latents"
    # Previous and Next of a latent go on in this list.
    explicit = {"sort": request.query.sort, "order": request.query.order}
    came_from = "?" + urlencode({"list": urlencode(request.parameters() | explicit)})
    filters = filters_view(request.query, request.parameters(), request.refused, page_href, part_href, absent)
    return LatentTable(
        page_href=page_href,
        part_href=part_href,
        default_order=_default_order(request, page_href, part_href),
        reset_href=link(page_href, order),
        reset_part_href=link(part_href, order),
        filters=filters,
        columns=tuple(_column(name, request, page_href, part_href) for name in COLUMNS if name not in absent),
        more_sorts=tuple(
            Choice(name, text, request.query.sort == name)
            for name, (text, _) in MORE_SORTS.items()
            if name not in absent
        ),
        rows=tuple(_row(source.slug, row, came_from) for row in page.rows),
        has_scores=has_scores,
        has_labels=has_labels,
        mend=" and ".join(RANGES[item.name][0] for item in request.refused),
        total=_how_many(page.total, is_filtered=bool(filters.active)),
        pages=_pages(page, request, page_href, part_href),
        csv_href=link(f"{export}.csv", request.parameters()),
        json_href=link(f"{export}.json", request.parameters()),
    )


def link(path: str, parameters: Mapping[str, str]) -> str:
    """A path with a query string."""
    return f"{path}?{'&'.join(map(_encoded, parameters.items()))}" if parameters else path


# The links of a page have nearly all of their parameters in common.
@lru_cache(maxsize=1024)
def _encoded(parameter: tuple[str, str]) -> str:
    return urlencode((parameter,))


def _how_many(total: int, *, is_filtered: bool) -> str:
    noun, verb = ("latent", "matches") if total == 1 else ("latents", "match")
    return f"{count(total)} {noun} {verb}" if is_filtered else f"{count(total)} {noun}"


def _default_order(request: TableRequest, page_href: str, part_href: str) -> PageLink | None:
    """The way back to the order that the page begins with; None: it is in it."""
    if (request.query.sort, request.query.order) == (DEFAULT.sort, DEFAULT.order):
        return None
    parameters = request.parameters(sort="", order="")
    return PageLink(MORE_SORTS[DEFAULT.sort][0], "", link(page_href, parameters), link(part_href, parameters))


def _pages(page: LatentPage, request: TableRequest, page_href: str, part_href: str) -> tuple[PageLink, ...]:
    wanted: list[tuple[str, str, str]] = []
    if page.previous_cursor or (request.cursor and not page.rows):
        wanted.append(("First page", "first", ""))
    if page.previous_cursor:
        wanted.append(("Previous page", "prev", page.previous_cursor))
    if page.next_cursor:
        wanted.append(("Next page", "next", page.next_cursor))
    return tuple(
        PageLink(
            text,
            rel,
            f"{link(page_href, request.parameters(cursor=cursor))}#{ANCHOR}",
            link(part_href, request.parameters(cursor=cursor)),
        )
        for text, rel, cursor in wanted
    )


def _column(name: str, request: TableRequest, page_href: str, part_href: str) -> Column:
    text, first_order = COLUMNS[name]
    is_sorted = request.query.sort == name
    order = first_order
    if is_sorted:
        order = "asc" if request.query.order == "desc" else "desc"
    parameters = request.parameters(sort=name, order=order)
    return Column(
        key=name,
        name=text,
        href=link(page_href, parameters),
        part_href=link(part_href, parameters),
        aria_sort=f"{request.query.order}ending" if is_sorted else "none",
        is_number=name not in TEXT_COLUMNS,
    )


def _row(slug: str, row: LatentRow, came_from: str) -> LatentTableRow:
    return LatentTableRow(
        index=row.index,
        href=f"/sources/{slug}/latents/{row.index}{came_from}",
        name=name_view(row.index, row.name),
        score="" if row.label_score is None else f"{row.label_score:.2f}",
        top_token=None if row.top_token is None else chip(row.top_token),
        top_token_share="" if row.top_token_share is None else percent(row.top_token_share, 2),
        promoted=tuple(chip(text) for text in row.promoted),
        density=percent(row.density),
        max_activation=number(row.max_activation),
        mean_activation=number(row.mean_activation),
        output_score=None if row.output_score is None else score_text(row.output_score),
    )
