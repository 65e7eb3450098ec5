"""What the Microscope page shows, as its address says it: fields of a form -> query, query -> link."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from app.errors import InvalidRequest, shorten
from app.web.forms import MAX_LINK, lines, whole

#: Modes of the page, the orders of each mode's ranking (the first is the default), and what they are called.
MODES = {"text": "One text", "two": "Two texts", "chat": "Chat", "contrast": "Contrast search"}
RANKS = {
    "text": ("max", "sum", "share"),
    "chat": ("max", "sum", "share"),
    "two": ("max", "mean"),
    "contrast": ("auroc", "max", "mean"),
}
RANK_NAMES = {
    "max": "maximum",
    "sum": "sum over the tokens",
    "share": "share of its own maximum",
    "mean": "mean",
    "auroc": "AUROC",
}
#: Lowest value of the slider that hides dense latents, log10 of the density; 0 hides none.
LEAST = -4.0
#: Where it stands at first: what fires on more than a tenth of all text says little about this one.
USUAL = -1.0
PATH = "/microscope"


@dataclass(frozen=True)
class MicroscopeQuery:
    """The state of the page.

    ``at``: tokens that the ranking is over (none: all). ``latent``: ``source:index`` of the one that colours the
    text. ``hide``: log10 of the largest density that is shown. ``turns``: (role, content) of a chat. ``with_texts``
    and ``without_texts``: one text a line.
    """

    mode: str = "text"
    text: str = ""
    other: str = ""
    turns: tuple[tuple[str, str], ...] = ()
    is_answer_begun: bool = False
    with_texts: str = ""
    without_texts: str = ""
    sources: tuple[str, ...] = ()
    rank: str = "max"
    hide: float = USUAL
    at: tuple[int, ...] = ()
    latent: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to read yet."""
        if self.mode == "chat":
            return not self.turns
        if self.mode == "contrast":
            return not (lines(self.with_texts) and lines(self.without_texts))
        return not self.text or (self.mode == "two" and not self.other)

    @property
    def max_density(self) -> float | None:
        """The largest density that is shown; None: all are."""
        return None if self.hide >= 0 else 10**self.hide

    def density_limit(self, *, is_built: bool) -> float | None:
        """The same for sources of which all or not all are built: the usual limit needs densities, and goes without."""
        return None if self.hide == USUAL and not is_built else self.max_density

    def chosen(self) -> tuple[str, int] | None:
        """Source and index of the latent that colours the text."""
        if not self.latent:
            return None
        slug, _, index = self.latent.rpartition(":")
        return slug, whole(index, "latent")

    def link(self) -> str:
        """The address that restores this view; empty if it would be too long."""
        fields: list[tuple[str, str]] = [] if self.mode == "text" else [("mode", self.mode)]
        if self.mode == "chat":
            for role, content in self.turns:
                fields += [("role", role), ("content", content)]
            fields += [("begin", "1")] if self.is_answer_begun else []
        elif self.mode == "contrast":
            fields += [("with", self.with_texts), ("without", self.without_texts)]
        else:
            fields += [("text", self.text)] + ([("other", self.other)] if self.mode == "two" else [])
        fields += [("source", slug) for slug in self.sources]
        fields += [("rank", self.rank)] if self.rank != RANKS[self.mode][0] else []
        fields += [("hide", f"{self.hide:g}")] if self.hide != USUAL else []
        fields += [("at", str(position)) for position in self.at]
        fields += [("latent", self.latent)] if self.latent else []
        address = f"{PATH}?{urlencode([field for field in fields if field[1]])}"
        return address if len(address) <= MAX_LINK else ""


def microscope_query(fields: Iterable[tuple[str, str]]) -> MicroscopeQuery:
    """The query of a form or of an address.

    Raises InvalidRequest for a value that cannot be meant.
    """
    found: dict[str, list[str]] = {}
    for name, value in fields:
        found.setdefault(name, []).append(value.replace("\r\n", "\n"))
    mode = _one_of(_last(found, "mode") or "text", MODES, "mode")
    rank = _one_of(_last(found, "rank") or RANKS[mode][0], RANKS[mode], "order")
    roles, contents = found.get("role", []), found.get("content", [])
    turns = tuple(
        (roles[place] if place < len(roles) else "user", content) for place, content in enumerate(contents) if content
    )
    return MicroscopeQuery(
        mode=mode,
        text=_last(found, "text"),
        other=_last(found, "other"),
        turns=turns,
        is_answer_begun=bool(_last(found, "begin")),
        with_texts=_last(found, "with"),
        without_texts=_last(found, "without"),
        sources=tuple(dict.fromkeys(found.get("source", []))),
        rank=rank,
        hide=_hide(_last(found, "hide") or f"{USUAL:g}"),
        at=tuple(sorted({whole(value, "at") for value in found.get("at", [])})),
        latent=_last(found, "latent"),
    )


def _hide(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not LEAST <= value <= 0:
        raise InvalidRequest(f"hide is log10 of a density, from {LEAST:g} to 0, not {shorten(text, 40)!r}.")
    return value


def _one_of(value: str, known: Iterable[str], what: str) -> str:
    if value not in known:
        raise InvalidRequest(f"There is no {what} {shorten(value, 40)!r}; choose one of {', '.join(known)}.")
    return value


def _last(found: dict[str, list[str]], name: str) -> str:
    values: Sequence[str] = found.get(name, [""])
    return values[-1]
