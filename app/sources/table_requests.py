"""The query string of the table of latents: the same names on the Source page, in its exports and in the API."""

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import Depends, Query, Request

from app.errors import InvalidRequest
from app.sources.table import (
    COLUMNS,
    CURSOR_PATTERN,
    DEAD,
    DEFAULT,
    LABEL_STATUSES,
    LABELLED,
    MAX_CURSOR,
    MAX_SEARCH,
    MORE_SORTS,
    ORDERS,
    SORTS,
    LatentQuery,
    TableRequest,
)
from app.sources.table_ranges import read_ranges
from app.web.request_types import MAX_ACTIVATION, Given, Number, Text, Word

#: Characters of a table's parameters in the links of its rows, and how many parameters there can be.
MAX_LIST, MAX_PARAMETERS = 4000, 40
SHARE = "A share of tokens"
UNITS = "In units of the latent's activation"

MinShare = Annotated[float | None, Given(Number(0, 1, "a share of tokens", is_text=True)), Query(
    description=f"{SHARE}; empty: no limit.", examples=[0.001])]  # fmt: skip
MaxShare = Annotated[float | None, Given(Number(0, 1, "a share of tokens", is_text=True)), Query(
    description=f"{SHARE}; empty: no limit.", examples=[0.1])]  # fmt: skip
_ACTIVATION = Given(Number(-MAX_ACTIVATION, MAX_ACTIVATION, is_text=True))
MinActivation = Annotated[float | None, _ACTIVATION, Query(description=f"{UNITS}; empty: no limit.", examples=[1.5])]
MaxActivation = Annotated[float | None, _ACTIVATION, Query(description=f"{UNITS}; empty: no limit.", examples=[40])]
Score = Annotated[
    float | None,
    _ACTIVATION,
    Query(description="Latents without an output score are left out; empty: no limit.", examples=[0.5]),
]
Search = Annotated[
    str,
    Text(0, MAX_SEARCH),
    Query(description="Text in the label, the top token or a promoted token; case is ignored.", examples=["winter"]),
]
Part = Annotated[
    str,
    Text(0, MAX_SEARCH),
    Query(description="A part of this text; case is ignored. Empty: any.", examples=[" snow"]),
]
Labelled = Annotated[str, Word(LABELLED), Query(description="yes: only latents with a label; no: only those without.")]
LabelStatus = Annotated[
    str, Word(LABEL_STATUSES), Query(description="What the latent's label is worth: that of its leading one.")
]
MinLabelScore = Annotated[float | None, Given(Number(0, 1, "a score", is_text=True)), Query(
    description="F1 of the label; latents without are left out. Empty: no limit.", examples=[0.7])]  # fmt: skip
Dead = Annotated[str, Word(DEAD), Query(description="hide: without latents that never fired; only: nothing else.")]
Cursor = Annotated[
    str,
    Text(0, MAX_CURSOR, pattern=CURSOR_PATTERN),
    Query(description="next_cursor or previous_cursor of another page of this list; empty: the first page."),
]
Sort = Annotated[
    str,
    Word(SORTS),
    Query(description="What the latents are sorted by; those without a value come last.", examples=["density"]),
]
Order = Annotated[str, Word(ORDERS), Query(description="asc or desc; latents without a value come last either way.")]


# Coroutines, since FastAPI runs any other dependency in a thread, for which each request would wait in line.
async def latent_filters(
    min_density: MinShare = None,
    max_density: MaxShare = None,
    min_max_activation: MinActivation = None,
    max_max_activation: MaxActivation = None,
    min_mean_activation: MinActivation = None,
    max_mean_activation: MaxActivation = None,
    min_output_score: Score = None,
    max_output_score: Score = None,
    q: Search = "",
    label: Part = "",
    top_token: Part = "",
    promoted: Part = "",
    labelled: Labelled = "",
    dead: Dead = "",
    status: LabelStatus = "",
    min_label_score: MinLabelScore = None,
    max_label_score: MinLabelScore = None,
) -> dict[str, Any]:
    """The filters as LatentQuery takes them."""
    return dict(locals())


FiltersDep = Annotated[dict[str, Any], Depends(latent_filters)]


async def latent_query(filters: FiltersDep, sort: Sort = "index", order: Order = "asc") -> LatentQuery:
    """The filters and the order, as the API takes them. InvalidRequest names the first value that cannot be meant."""
    return LatentQuery(sort=sort, order=order, **filters)


#: The texts and choices of a query; its other parameters are numbers, its order and its page.
WORDS = ("q", "label", "top_token", "promoted", "labelled", "dead", "status")


async def table_request(request: Request) -> TableRequest:
    """The same as the Source page takes them: its own order, and each column's own first direction.

    What people type into the fields for numbers is read as the page writes it, and refused at the field.
    """
    return request_of(request.query_params)


def request_of(given: Mapping[str, str]) -> TableRequest:
    """The same from any such parameters. InvalidRequest names the first value that cannot be meant."""
    sort = given.get("sort") or DEFAULT.sort
    order = given.get("order") or (COLUMNS | MORE_SORTS).get(sort, ("", "asc"))[1]
    limits, refused = read_ranges(given)
    filters: dict[str, Any] = {name: given.get(name, "") for name in WORDS} | limits
    return TableRequest(LatentQuery(sort=sort, order=order, **filters), given.get("cursor", ""), refused)


def request_of_list(text: str) -> TableRequest | None:
    """The table that a reader came from, as the links of its rows carry it; None: from none.

    Raises InvalidRequest for what no table's link says.
    """
    if not text:
        return None
    if len(text) > MAX_LIST:
        raise InvalidRequest(f"list has {len(text)} characters; the parameters of a table have at most {MAX_LIST}.")
    try:
        given = dict(parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_PARAMETERS))
    except ValueError:
        raise InvalidRequest(
            f"list has more than {MAX_PARAMETERS} parameters; open the latent from its table."
        ) from None
    found = request_of(given)
    if found.refused:
        raise InvalidRequest("list has a range that cannot be meant; open the latent from its table.")
    return found


LatentQueryDep = Annotated[LatentQuery, Depends(latent_query)]
TableRequestDep = Annotated[TableRequest, Depends(table_request)]
