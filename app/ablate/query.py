"""What the Ablate page shows, as its address says it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from app.ablate.ways import WAYS
from app.errors import InvalidRequest, shorten
from app.web.forms import MAX_LINK, lines, whole

PATH = "/ablate"
#: Questions of the page, and what they are called.
MODES = {"remove": "Remove", "patch": "Patch from a second prompt", "selectivity": "Selectivity"}
#: What a change can be of; the first is the log-prob, or the difference of two logits where a contrast is given.
METRICS = {"main": "log-prob, or logit difference", "probability": "probability", "rank": "rank"}
ACTIONS = ("remove", "keep")
#: Lengths of the list that "More" goes through.
LENGTHS = (20, 50, 100, 200, 500)
#: Latents that are chosen together.
MAX_PICKS = 64
#: What the rule of a group names: words that occur in a prompt of the corpus, or one of its labels.
PLACES = {"prompt": "prompts of the corpus with", "label": "texts of the corpus labelled"}
#: Fields of a group, each a list over the groups.
GROUP_FIELDS = ("name", "rule", "where", "texts")
#: Random sets of latents that a selectivity is held against, unless the reader says how many.
CONTROLS = 8


@dataclass(frozen=True)
class GroupQuery:
    """Texts that are typed, one a line, and those of the build's corpus that ``rule`` finds (``where``: ``PLACES``)."""

    name: str
    texts: str
    rule: str
    where: str = "prompt"

    @property
    def is_empty(self) -> bool:
        """Whether nothing says which texts are meant."""
        return not lines(self.texts) and not self.rule.strip()


@dataclass(frozen=True)
class AblateQuery:
    """The state of the page. ``target`` and ``contrast``: one token as typed, empty: the model's own, none.

    ``by``: what a removed value becomes (``WAYS``); ``top_k`` latents are listed; ``budget``: runs that removing them
    one by one may take, None: by model and prompt. ``picks``: (index, position) of latents that are removed together,
    or kept alone when ``action`` is keep.
    ``other`` is the second prompt of a patch; ``latents`` and ``groups`` are those of a selectivity.
    """

    mode: str = "remove"
    text: str = ""
    source: str = ""
    target: str = ""
    contrast: str = ""
    metric: str = "main"
    by: str = "zero"
    top_k: int = LENGTHS[0]
    budget: int | None = None
    picks: tuple[tuple[int, int], ...] = ()
    action: str = "remove"
    other: str = ""
    latents: str = ""
    groups: tuple[GroupQuery, ...] = ()
    controls: int = CONTROLS

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to ask yet."""
        if self.mode == "selectivity":
            return not self.latents.strip() or all(group.is_empty for group in self.groups)
        return not self.text or (self.mode == "patch" and not self.other)

    def indices(self) -> tuple[int, ...]:
        """The latents of a selectivity. Raises InvalidRequest."""
        found = [whole(part, "latents") for part in re.split(r"[\s,;]+", self.latents) if part]
        return tuple(dict.fromkeys(found))

    def link(self) -> str:
        """The address that restores this view; empty if it would be too long."""
        fields: list[tuple[str, str]] = [("mode", self.mode)] if self.mode != "remove" else []
        if self.mode == "selectivity":
            fields += [("latents", self.latents), ("source", self.source)]
            for group in self.groups:
                if not group.is_empty:
                    # These go together, so that an empty one is kept.
                    fields += [("name", group.name), ("rule", group.rule), ("where", group.where)]
                    fields += [("texts", group.texts)]
            fields += [("controls", str(self.controls))] if self.controls != CONTROLS else []
        else:
            fields += [("text", self.text)] + ([("other", self.other)] if self.mode == "patch" else [])
            fields += [("source", self.source), ("target", self.target), ("contrast", self.contrast)]
        if self.mode == "remove":
            fields += [("metric", self.metric)] if self.metric != "main" else []
            fields += [("by", self.by)] if self.by != "zero" else []
            fields += [("top_k", str(self.top_k))] if self.top_k != LENGTHS[0] else []
            fields += [("budget", str(self.budget))] if self.budget is not None else []
            fields += [("pick", f"{index}:{position}") for index, position in self.picks]
            fields += [("action", self.action)] if self.action != "remove" else []
        kept = [field for field in fields if field[1] or field[0] in GROUP_FIELDS]
        address = f"{PATH}?{urlencode(kept)}"
        return address if len(address) <= MAX_LINK else ""


def ablate_query(fields: Iterable[tuple[str, str]]) -> AblateQuery:
    """The query of a form or of an address. Raises InvalidRequest for a value that cannot be meant."""
    found: dict[str, str] = {}
    lists: dict[str, list[str]] = {name: [] for name in (*GROUP_FIELDS, "pick")}
    for name, value in fields:
        clean = value.replace("\r\n", "\n")
        if name in lists:
            lists[name].append(clean)
        else:
            found[name] = clean
    picks = _picks(lists["pick"])
    metric, action = found.get("metric") or "main", found.get("action") or "remove"
    mode, by = found.get("mode") or "remove", found.get("by") or "zero"
    for value, known, what in (
        (mode, tuple(MODES), "mode"),
        (metric, tuple(METRICS), "metric"),
        (by, tuple(WAYS), "way of removing"),
        (action, ACTIONS, "action"),
    ):
        if value not in known:
            raise InvalidRequest(f"There is no {what} {shorten(value, 40)!r}; choose one of {', '.join(known)}.")
    controls, top_k, budget = (found.get(name, "") for name in ("controls", "top_k", "budget"))
    return AblateQuery(
        mode=mode,
        text=found.get("text", ""),
        source=found.get("source", ""),
        target=found.get("target", ""),
        contrast=found.get("contrast", ""),
        metric=metric,
        by=by,
        top_k=whole(top_k, "top_k") if top_k else LENGTHS[0],
        budget=whole(budget, "budget") if budget else None,
        picks=tuple(dict.fromkeys(picks)),
        action=action,
        other=found.get("other", ""),
        latents=found.get("latents", ""),
        groups=_groups(lists),
        controls=whole(controls, "controls") if controls else CONTROLS,
    )


def _picks(values: Iterable[str]) -> list[tuple[int, int]]:
    found = []
    for value in values:
        index, _, position = value.partition(":")
        found.append((whole(index, "pick"), whole(position, "pick")))
    if len(found) > MAX_PICKS:
        raise InvalidRequest(f"{len(found)} latents are chosen; at most {MAX_PICKS} can be.")
    return found


def _groups(lists: Mapping[str, list[str]]) -> tuple[GroupQuery, ...]:
    """The groups of lists that go together; one of them may be shorter."""
    found = []
    for place in range(max(len(lists[name]) for name in GROUP_FIELDS)):
        name, rule, where, texts = (lists[f][place] if place < len(lists[f]) else "" for f in GROUP_FIELDS)
        if where and where not in PLACES:
            raise InvalidRequest(f"There is no place {shorten(where, 40)!r}; choose one of {', '.join(PLACES)}.")
        found.append(GroupQuery(name.strip(), texts, rule.strip(), where or "prompt"))
    return tuple(found)
