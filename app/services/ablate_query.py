"""What the Ablate page shows, as its address says it."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from app.errors import InvalidRequest, shorten
from app.services.microscope_query import MAX_LINK, whole

PATH = "/ablate"
#: What a change can be of; the first is the log-prob, or the difference of two logits where a contrast is given.
METRICS = {"main": "log-prob, or logit difference", "probability": "probability", "rank": "rank"}
ACTIONS = ("remove", "keep")
#: Latents that are chosen together.
MAX_PICKS = 64


@dataclass(frozen=True)
class AblateQuery:
    """The state of the page. ``target`` and ``contrast``: one token as typed, empty: the model's own, none.

    ``picks``: (index, position) of latents that are removed together, or kept alone when ``action`` is keep.
    """

    text: str = ""
    source: str = ""
    target: str = ""
    contrast: str = ""
    metric: str = "main"
    picks: tuple[tuple[int, int], ...] = ()
    action: str = "remove"

    def link(self) -> str:
        """The address that restores this view; empty if it would be too long."""
        fields = [("text", self.text), ("source", self.source), ("target", self.target), ("contrast", self.contrast)]
        fields += [("metric", self.metric)] if self.metric != "main" else []
        fields += [("pick", f"{index}:{position}") for index, position in self.picks]
        fields += [("action", self.action)] if self.action != "remove" else []
        address = f"{PATH}?{urlencode([field for field in fields if field[1]])}"
        return address if len(address) <= MAX_LINK else ""


def ablate_query(fields: Iterable[tuple[str, str]]) -> AblateQuery:
    """The query of a form or of an address. Raises InvalidRequest for a value that cannot be meant."""
    found: dict[str, str] = {}
    picks: list[tuple[int, int]] = []
    for name, value in fields:
        if name == "pick":
            index, _, position = value.partition(":")
            picks.append((whole(index, "pick"), whole(position, "pick")))
        else:
            found[name] = value.replace("\r\n", "\n")
    if len(picks) > MAX_PICKS:
        raise InvalidRequest(f"{len(picks)} latents are chosen; at most {MAX_PICKS} can be.")
    metric, action = found.get("metric") or "main", found.get("action") or "remove"
    for value, known, what in ((metric, tuple(METRICS), "metric"), (action, ACTIONS, "action")):
        if value not in known:
            raise InvalidRequest(f"There is no {what} {shorten(value, 40)!r}; choose one of {', '.join(known)}.")
    return AblateQuery(
        text=found.get("text", ""),
        source=found.get("source", ""),
        target=found.get("target", ""),
        contrast=found.get("contrast", ""),
        metric=metric,
        picks=tuple(dict.fromkeys(picks)),
        action=action,
    )
