"""What is asked for: which latents of which source, of whom, with how much. Imports nothing heavy."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from app.errors import InvalidRequest, shorten
from app.explain.budget import DEFAULT_BUDGET
from app.explain.endpoint import Endpoint

if TYPE_CHECKING:
    from app.db.queries.answers import SourceInfo

#: Latents of one run, and those of a run that names none.
MAX_LATENTS, DEFAULT_TOP = 10_000, 10
#: Tokens of an answer; models that think before they speak need some thousands.
ANSWER_TOKENS = 300
MAX_ANSWER_TOKENS = 100_000
_PART = re.compile(r"(\d{1,12})(?:\s*-\s*(\d{1,12}))?")


@dataclass(frozen=True)
class Plan:
    """How many windows: shown and judged of each band, silent ones shown. ``tokens``: read to find them."""

    tokens: int = 50_000
    shown_per_band: int = 3
    shown_silent: int = 6
    judged_per_band: int = 5
    seed: int = 0
    with_promoted: bool = False


@dataclass(frozen=True)
class Patience:
    """How long and how often an endpoint is asked. ``timeout``: seconds of one try; ``parallel``: calls at once."""

    timeout: float = 120.0
    retries: int = 4
    parallel: int = 4
    first_pause: float = 1.0


@dataclass(frozen=True)
class ExplainRequest:
    """A run: ``latents`` of the source ``slug``; ``description``: a text to score in place of an explanation."""

    slug: str
    latents: tuple[int, ...]
    explainer: Endpoint
    scorer: Endpoint
    plan: Plan = field(default_factory=Plan)
    budget: int = DEFAULT_BUDGET
    max_calls: int | None = None
    patience: Patience = field(default_factory=Patience)
    answer_tokens: int = ANSWER_TOKENS
    description: str = ""

    def identity(self, source: "SourceInfo") -> dict[str, Any]:
        """Everything that the questions depend on; no keys."""
        build = source.build
        return {
            "source": source.facts.weights_hash,
            "build": "" if build is None else build.version,
            "latents": list(self.latents),
            "explainer": [self.explainer.url, self.explainer.model],
            "scorer": [self.scorer.url, self.scorer.model],
            "plan": asdict(self.plan),
            "answer_tokens": self.answer_tokens,
            "description": self.description,
            "version": 1,
        }


def parse_latents(text: str) -> tuple[int, ...]:
    """``3,17,40-49`` as ascending indices. Raises InvalidRequest for what cannot be meant."""
    found: set[int] = set()
    for part in text.split(","):
        match = _PART.fullmatch(part.strip())
        if match is None:
            raise InvalidRequest(
                f"--latents takes indices and ranges such as 3,17,40-49; {shorten(part.strip())!r} is neither."
            )
        first, last = int(match[1]), int(match[2] or match[1])
        if last < first:
            raise InvalidRequest(f"The range {match[0]} of --latents ends before it begins.")
        if len(found) + last - first + 1 > MAX_LATENTS:
            raise InvalidRequest(f"A run explains at most {MAX_LATENTS:,} latents; name fewer with --latents.")
        found.update(range(first, last + 1))
    return tuple(sorted(found))


def check_numbers(values: Mapping[str, tuple[float, float, float]]) -> None:
    """Raise InvalidRequest unless each option's value lies between its bounds: name -> (value, least, most)."""
    for name, (value, least, most) in values.items():
        if not least <= value <= most:
            raise InvalidRequest(f"{name} is a number from {least:,g} to {most:,g}, not {value:,g}.")
