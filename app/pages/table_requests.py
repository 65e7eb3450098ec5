"""The query string of the table of latents: the same names on the Source page, in its exports and in the API."""

from typing import Annotated, Any

from fastapi import Depends, Query, Request
from pydantic import BeforeValidator

from app.services.latent_table import COLUMNS, DEFAULT, LatentQuery, TableRequest
from app.services.table_ranges import read_ranges

SHARE = "A share of tokens, 0 to 1"
UNITS = "In units of the latent's activation"


def _none_if_empty(value: Any) -> Any:
    return None if value == "" else value


#: A number in a query string; a form sends an empty text for "not given".
OptionalNumber = Annotated[float | None, BeforeValidator(_none_if_empty)]
MinShare = Annotated[OptionalNumber, Query(description=f"{SHARE}; empty: no limit.", examples=[0.001])]
MaxShare = Annotated[OptionalNumber, Query(description=f"{SHARE}; empty: no limit.", examples=[0.1])]
MinActivation = Annotated[OptionalNumber, Query(description=f"{UNITS}; empty: no limit.", examples=[1.5])]
MaxActivation = Annotated[OptionalNumber, Query(description=f"{UNITS}; empty: no limit.", examples=[40])]
Score = Annotated[
    OptionalNumber, Query(description="Latents without an output score are left out; empty: no limit.", examples=[0.5])
]
Search = Annotated[
    str,
    Query(description="Text in the label, the top token or a promoted token; case is ignored.", examples=["winter"]),
]
Part = Annotated[str, Query(description="A part of this text; case is ignored. Empty: any.", examples=[" snow"])]
Labelled = Annotated[str, Query(description="yes: only latents with a label; no: only those without.")]
Dead = Annotated[str, Query(description="hide: without latents that never fired; only: nothing else.")]
Cursor = Annotated[
    str, Query(description="next_cursor or previous_cursor of another page of this list; empty: the first page.")
]
Sort = Annotated[
    str,
    Query(
        description="index, density, max_activation, mean_activation, output_score, label, top_token or promoted.",
        examples=["density"],
    ),
]
Order = Annotated[str, Query(description="asc or desc; latents without a value come last either way.")]


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
) -> dict[str, Any]:
    """The filters as LatentQuery takes them."""
    return dict(locals())


FiltersDep = Annotated[dict[str, Any], Depends(latent_filters)]


async def latent_query(filters: FiltersDep, sort: Sort = "index", order: Order = "asc") -> LatentQuery:
    """The filters and the order, as the API takes them. InvalidRequest names the first value that cannot be meant."""
    return LatentQuery(sort=sort, order=order, **filters)


#: The texts and choices of a query; its other parameters are numbers, its order and its page.
WORDS = ("q", "label", "top_token", "promoted", "labelled", "dead")


async def table_request(request: Request) -> TableRequest:
    """The same as the Source page takes them: its own order, and each column's own first direction.

    What people type into the fields for numbers is read as the page writes it, and refused at the field.
    """
    given = request.query_params
    sort = given.get("sort") or DEFAULT.sort
    order = given.get("order") or COLUMNS.get(sort, ("", "asc"))[1]
    limits, refused = read_ranges(given)
    filters: dict[str, Any] = {name: given.get(name, "") for name in WORDS} | limits
    return TableRequest(LatentQuery(sort=sort, order=order, **filters), given.get("cursor", ""), refused)


LatentQueryDep = Annotated[LatentQuery, Depends(latent_query)]
TableRequestDep = Annotated[TableRequest, Depends(table_request)]
