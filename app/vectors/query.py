"""What the Vectors page shows, as its address says it: fields of a form -> query, query -> link."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from app.errors import InvalidRequest, shorten
from app.web.forms import MAX_LINK, lines, whole

PATH = "/vectors"
#: Which activation of a prompt counts.
PLACES = {"last": "the last token", "mean": "the mean over its tokens"}


@dataclass(frozen=True)
class VectorsQuery:
    """The state of the page. ``positive`` and ``negative``: one prompt a line.

    ``hook`` and ``model`` travel as one field, ``hook@model``. ``source`` stands for its hook and model, and
    ``vector`` (the number of a saved one) for everything that it was made from.
    """

    hook: str = ""
    model: str = ""
    positions: str = "last"
    positive: str = ""
    negative: str = ""
    name: str = ""
    source: str = ""
    vector: int | None = None

    @property
    def at(self) -> str:
        """Hook and model as one field."""
        return f"{self.hook}@{self.model}" if self.hook else ""

    @property
    def prompts(self) -> tuple[list[str], list[str]]:
        """Both lists."""
        return lines(self.positive), lines(self.negative)

    def link(self) -> str:
        """The address that restores this view; empty if it would be too long."""
        fields = [("at", self.at), ("positive", self.positive), ("negative", self.negative), ("name", self.name)]
        fields += [("positions", self.positions)] if self.positions != "last" else []
        address = f"{PATH}?{urlencode([field for field in fields if field[1]])}"
        return address if len(address) <= MAX_LINK else ""


def vectors_query(fields: Iterable[tuple[str, str]]) -> VectorsQuery:
    """The query of a form or of an address. Raises InvalidRequest for a value that cannot be meant."""
    found = {name: value.replace("\r\n", "\n") for name, value in fields}
    positions = found.get("positions") or "last"
    if positions not in PLACES:
        raise InvalidRequest(f"positions is one of {', '.join(PLACES)}, not {shorten(positions, 40)!r}.")
    hook, _, model = found.get("at", "").partition("@")
    vector = found.get("vector", "")
    return VectorsQuery(
        hook=hook,
        model=model,
        positions=positions,
        positive=found.get("positive", ""),
        negative=found.get("negative", ""),
        name=found.get("name", ""),
        source=found.get("source", ""),
        vector=whole(vector, "vector") if vector else None,
    )
