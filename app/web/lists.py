"""Pages of a list: how many entries, and after how many; the answer says how many there are in all."""

from typing import Annotated

from fastapi import Depends, Query

from app.web.paging import Part
from app.web.request_types import MAX_ID, Whole

#: Entries of an answer, at most and unless the request says otherwise.
MAX_ENTRIES, ENTRIES = 500, 100

Limit = Annotated[
    int, Whole(1, MAX_ENTRIES, "a number of entries", is_text=True), Query(description="Entries of the answer.")
]
Offset = Annotated[
    int, Whole(0, MAX_ID, "a number of entries", is_text=True), Query(description="Entries that are left out first.")
]


# A coroutine, since FastAPI runs any other dependency in a thread, for which each request would wait in line.
async def part_of(limit: Limit = ENTRIES, offset: Offset = 0) -> Part:
    """What is asked for."""
    return Part(limit, offset)


PartDep = Annotated[Part, Depends(part_of)]
