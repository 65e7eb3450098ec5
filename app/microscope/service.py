"""The microscope: a text in, per token the latents that fire, and a ranking over the text."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from app.db.queries.answers import LatentName, SourceInfo
from app.db.queries.names import latent_names
from app.db.queries.numbers import LatentNumbers, latent_numbers
from app.engine.engine import ModelEngine
from app.engine.reading import ReadJob, TextReading
from app.engine.sources import Reader, key_of, notes_on
from app.engine.texts import TextInput
from app.errors import InvalidRequest, Unfit
from app.microscope import schemas as answers
from app.text.names import answer_fields

RANKINGS = ("max", "sum", "share")
MAX_TOP_K, MAX_RANKED = 100, 1000


@dataclass(frozen=True)
class MicroscopeRequest:
    """What is asked. ``positions``: tokens that the ranking is over, ``None``: all that count.

    ``max_density`` hides latents that fire on a larger share of the corpus's tokens.
    """

    sources: Sequence[str]
    text: TextInput
    top_k: int = 10
    max_density: float | None = None
    positions: Sequence[int] | None = None
    rank_by: str = "max"
    ranked: int = 50

    def check(self) -> None:
        """Raise InvalidRequest for the first value that cannot be meant."""
        if not 1 <= self.top_k <= MAX_TOP_K:
            raise InvalidRequest(f"top_k is a number of latents per token from 1 to {MAX_TOP_K}, not {self.top_k}.")
        if not 1 <= self.ranked <= MAX_RANKED:
            raise InvalidRequest(f"ranked is a number of latents from 1 to {MAX_RANKED}, not {self.ranked}.")
        if self.max_density is not None and not 0 <= self.max_density <= 1:
            raise InvalidRequest(f"max_density is a share of tokens from 0 to 1, not {self.max_density}.")
        if self.rank_by not in RANKINGS:
            raise InvalidRequest(f"Cannot rank by {self.rank_by[:40]!r}; choose one of {', '.join(RANKINGS)}.")


async def read(engine: ModelEngine, reader: Reader, request: MicroscopeRequest) -> answers.MicroscopeAnswer:
    """One forward pass per model; the database and the sorting happen in threads."""
    return await reader.work(await reading(engine, reader, request))


async def reading(
    engine: ModelEngine, reader: Reader, request: MicroscopeRequest
) -> Callable[[], answers.MicroscopeAnswer]:
    """The same without the last step, which belongs into a thread: the database and the sorting."""
    request.check()
    sources = await reader.work(reader.find, request.sources)
    readings = await read_all(engine, reader, sources, (request.text,))
    return partial(_answer, reader, request, sources, readings)


async def read_all(
    engine: ModelEngine, reader: Reader, sources: Sequence[SourceInfo], texts: Sequence[TextInput]
) -> dict[str, tuple[TextReading, ...]]:
    """Model location -> what its sources read in each text."""
    models: dict[str, list[SourceInfo]] = {}
    for source in sources:
        models.setdefault(source.facts.model.location, []).append(source)
    jobs = [
        ReadJob(location, tuple(key_of(s) for s in group), tuple(texts), reader.limits(group[0]))
        for location, group in models.items()
    ]
    return dict(zip(models, await asyncio.gather(*(engine.run(job) for job in jobs)), strict=True))


def text_answer(model: str, reading: TextReading) -> answers.TextAnswer:
    """The tokens of a reading."""
    tokens = reading.tokens
    return answers.TextAnswer(
        model=model,
        tokens=list(tokens.texts),
        token_ids=list(tokens.ids),
        roles=list(tokens.roles),
        special=list(tokens.is_special),
        counted=list(tokens.counts),
    )


def _answer(
    reader: Reader,
    request: MicroscopeRequest,
    sources: Sequence[SourceInfo],
    readings: Mapping[str, tuple[TextReading, ...]],
) -> answers.MicroscopeAnswer:
    names = {source.facts.model.location: source.facts.model.name for source in sources}
    texts = [text_answer(names[location], reading[0]) for location, reading in readings.items()]
    places = {location: place for place, location in enumerate(readings)}
    with reader.sessions() as session:
        found = [
            _source(session, request, source, readings[source.facts.model.location][0], places) for source in sources
        ]
    return answers.MicroscopeAnswer(texts[0].tokens, texts[0].token_ids, texts, found)


def _source(
    session: Session, request: MicroscopeRequest, source: SourceInfo, reading: TextReading, places: Mapping[str, int]
) -> answers.MicroscopeSource:
    latents = reading.latents[source.slug]
    positions = latents.positions + reading.offsets[source.slug]
    active = Active(positions, latents.latents, latents.values, len(reading.tokens))
    n_active = np.bincount(positions, minlength=active.n_tokens)
    notes = notes_on(source, active.n_tokens)
    numbers: dict[int, LatentNumbers] = {}
    if request.max_density is not None or request.rank_by == "share":
        if source.build is None:
            raise Unfit(
                f"{source.slug} has no finished build, so densities and maxima of its latents are not recorded: leave "
                "out max_density and rank by max or sum."
            )
        numbers = latent_numbers(session, source, set(active.latents.tolist()))
    if request.max_density is not None:
        shown = {index for index, known in numbers.items() if known.density <= request.max_density}
        active = active.keep(np.isin(active.latents, np.fromiter(shown, np.int64, len(shown))))
    counts = np.array(reading.tokens.counts)
    if request.positions is not None:
        counts &= np.isin(np.arange(active.n_tokens), np.array(request.positions, np.int64))
    totals = total(active.keep(counts[active.positions]))
    order = _order(totals, request.rank_by, numbers)[: request.ranked]
    strongest = active.keep(active.rank() < request.top_k)
    wanted = set(strongest.latents.tolist()) | set(totals.latents[order].tolist())
    facts = _Facts(numbers or latent_numbers(session, source, wanted), latent_names(session, source, wanted))
    return answers.MicroscopeSource(
        source=source.slug,
        text=places[source.facts.model.location],
        has_build=source.build is not None,
        n_active=n_active.tolist(),
        per_token=_per_token(strongest, facts),
        ranking=[_ranked(totals, place, facts) for place in order.tolist()],
        notes=notes,
    )


@dataclass(frozen=True, eq=False)
class Active:
    """Active (position, latent) pairs of one text, sorted by position and then from the largest value down."""

    positions: NDArray[np.int64]
    latents: NDArray[np.int64]
    values: NDArray[np.float32]
    n_tokens: int

    def keep(self, mask: NDArray[np.bool_]) -> "Active":
        """Those of the pairs."""
        return Active(self.positions[mask], self.latents[mask], self.values[mask], self.n_tokens)

    def rank(self) -> NDArray[np.int64]:
        """Each pair's place among those of its token, from 0."""
        return np.arange(len(self.positions)) - np.searchsorted(self.positions, self.positions)


@dataclass(frozen=True, eq=False)
class Totals:
    """Latents over some tokens of a text; arrays (n_latents,), by index."""

    latents: NDArray[np.int64]
    maxima: NDArray[np.float32]
    positions: NDArray[np.int64]  # of the maximum; the first if there are several
    sums: NDArray[Any]
    n_tokens: NDArray[np.int64]


def total(active: Active) -> Totals:
    """Maximum, its place, sum and number of tokens of every latent."""
    order = np.lexsort((active.positions, -active.values, active.latents))
    latents, starts = np.unique(active.latents[order], return_index=True)
    best = order[starts]
    places = np.searchsorted(latents, active.latents)
    sums = np.bincount(places, weights=active.values, minlength=len(latents))
    n_tokens = np.bincount(places, minlength=len(latents))
    return Totals(latents, active.values[best], active.positions[best], sums, n_tokens)


def _order(totals: Totals, rank_by: str, numbers: Mapping[int, LatentNumbers]) -> NDArray[np.int64]:
    """Places from the first of the ranking to the last; equal values by index."""
    by: NDArray[np.floating] = totals.sums if rank_by == "sum" else totals.maxima
    if rank_by == "share":
        # A latent that the corpus never woke has no share; it comes first, being beyond all that was seen.
        maxima = np.array([numbers[index].max_activation for index in totals.latents.tolist()])
        by = np.divide(totals.maxima, maxima, out=np.full(len(maxima), np.inf), where=maxima > 0)
    return np.argsort(-by, kind="stable")


@dataclass(frozen=True)
class _Facts:
    numbers: Mapping[int, LatentNumbers]
    names: Mapping[int, LatentName]

    def __call__(self, index: int, activation: float) -> tuple[LatentName, float | None, float | None]:
        """(name, share of the maximum, density) of an active latent; None where it is not known."""
        name, known = self.names[index], self.numbers.get(index)
        if known is None:
            return name, None, None
        share = activation / known.max_activation if known.max_activation > 0 else None
        return name, share, known.density


def _per_token(active: Active, facts: _Facts) -> list[list[answers.ActiveLatent]]:
    rows: list[list[answers.ActiveLatent]] = [[] for _ in range(active.n_tokens)]
    for position, index, value in zip(
        active.positions.tolist(), active.latents.tolist(), active.values.tolist(), strict=True
    ):
        name, share, density = facts(index, value)
        rows[position].append(
            answers.ActiveLatent(index, value, name.label, share, density, name.label_status, name.summary)
        )
    return rows


def _ranked(totals: Totals, place: int, facts: _Facts) -> answers.RankedLatent:
    index, value = int(totals.latents[place]), float(totals.maxima[place])
    name, share, density = facts(index, value)
    return answers.RankedLatent(
        index=index,
        max_activation=value,
        position=int(totals.positions[place]),
        sum=float(totals.sums[place]),
        n_tokens=int(totals.n_tokens[place]),
        share_of_max=share,
        density=density,
        **answer_fields(name),
    )
