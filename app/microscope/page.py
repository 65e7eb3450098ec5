"""The Microscope page: what an address asks -> the panel of tokens, rankings and a latent's card."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from app.db.queries.answers import SourceInfo
from app.db.queries.sources import all_sources
from app.engine.engine import ModelEngine
from app.engine.model_state import not_ready
from app.engine.reading import TextReading
from app.engine.sources import Reader, default_source
from app.engine.texts import TextInput
from app.errors import InvalidRequest, PeriscopeError, Problem, problem_of
from app.latents.card import latent_card
from app.latents.views import LatentCard
from app.microscope import schemas as answers
from app.microscope import service as microscope
from app.microscope.contrast import ContrastRequest, contrast
from app.microscope.form import form_view
from app.microscope.query import MicroscopeQuery
from app.microscope.rankings import contrast_rankings, text_ranking
from app.microscope.service import MicroscopeRequest
from app.microscope.texts import Colour, by_latent, by_strongest, scope_text
from app.microscope.views import MicroscopeView, ReadingView, ScopeRanking
from app.text.block_views import KeptField
from app.text.token_views import ScopeText
from app.text.tokens import plain
from app.web.forms import lines
from models.errors import PeriscopeModelError
from models.running.chat import parse_messages

#: Latents per token that colours are chosen among, and rows of a ranking.
TOP_K, RANKED = 10, 20
TITLES = ("First text", "Second text")


@dataclass(frozen=True)
class Read:
    """A panel with the HTTP status of its page."""

    view: ReadingView
    problem: Problem | None = None


async def microscope_page(
    engine: ModelEngine, reader: Reader, query: MicroscopeQuery
) -> tuple[MicroscopeView, Problem | None]:
    """The page with its panel; what went wrong is in the panel, so that the form keeps what was typed."""
    with_sources = await reader.work(_with_default, reader, query)
    read = await reading(engine, reader, with_sources)
    return await reader.work(form_view, reader, with_sources, read.view), read.problem


async def reading(engine: ModelEngine, reader: Reader, query: MicroscopeQuery) -> Read:
    """The panel alone: empty, loading, an error in a sentence, or what was found."""
    query = await reader.work(_with_default, reader, query)
    if query.is_empty or not query.sources:
        return Read(_state("empty", query, ""))
    try:
        sources = await reader.work(reader.find, query.sources)
        if said := not_ready(engine, sources):
            return Read(_state("loading", query, said))
        return Read(await _Reading(engine, reader, query, sources).view())
    except (PeriscopeError, PeriscopeModelError) as error:
        problem = problem_of(error)
        return Read(_state("error", query, plain(problem.detail), problem.title), problem)


def _state(state: str, query: MicroscopeQuery, said: str, title: str = "") -> ReadingView:
    kept = tuple(KeptField("at", str(position)) for position in query.at)
    kept += (KeptField("latent", query.latent),) if query.latent else ()
    return ReadingView(state, said, title, "", True, (), (), None, query.link(), kept)


def _with_default(reader: Reader, query: MicroscopeQuery) -> MicroscopeQuery:
    """With a source if none was chosen."""
    if query.sources:
        return query
    with reader.sessions() as session:
        slug = default_source(all_sources(session))
    return replace(query, sources=(slug,)) if slug else query


class _Reading:
    """One panel on its way from the engine to the template."""

    def __init__(
        self, engine: ModelEngine, reader: Reader, query: MicroscopeQuery, sources: Sequence[SourceInfo]
    ) -> None:
        self.engine, self.reader, self.query, self.sources = engine, reader, query, sources
        self.built = {source.slug: source.build is not None for source in sources}
        self.limit = query.density_limit(is_built=all(self.built.values()))

    async def view(self) -> ReadingView:
        """The panel with data."""
        query = self.query
        inputs = self._inputs()
        readings = await asyncio.gather(*(self._read(text) for text in inputs))
        if query.mode in ("two", "contrast"):
            rankings = await self._contrasts()
        else:
            rankings = tuple(
                text_ranking(source, readings[0].texts[source.text], query, self.limit)
                for source in readings[0].sources
            )
        chosen = query.chosen()
        values: list[dict[int, float]] = []
        card: LatentCard | None = None
        if chosen:
            values, card = await self._chosen(*chosen, inputs)
        texts = self._texts(readings, values)
        return ReadingView(
            state="data",
            said="",
            title="",
            coloured_by=card.name.text if card else "",
            is_by_strongest=card is None,
            texts=texts,
            rankings=rankings,
            card=card,
            link=query.link(),
        )

    def _inputs(self) -> list[TextInput]:
        query = self.query
        if query.mode == "chat":
            messages = parse_messages([{"role": role, "content": content} for role, content in query.turns])
            return [TextInput(messages=messages, add_generation_prompt=query.is_answer_begun)]
        if query.mode == "two":
            return [
                TextInput(text, name=f"The {title.lower()}")
                for text, title in zip((query.text, query.other), TITLES, strict=True)
            ]
        return [] if query.mode == "contrast" else [TextInput(query.text)]

    def _read(self, text: TextInput) -> "asyncio.Future[answers.MicroscopeAnswer]":
        query = self.query
        rank = query.rank if query.rank in microscope.RANKINGS else "max"
        request = MicroscopeRequest(
            query.sources, text, TOP_K, self.limit, query.at or None, rank, 1 if query.mode == "two" else RANKED
        )
        return asyncio.ensure_future(microscope.read(self.engine, self.reader, request))

    async def _contrasts(self) -> tuple[ScopeRanking, ...]:
        query = self.query
        sides = (lines(query.with_texts), lines(query.without_texts))
        if query.mode == "two":
            sides = ([query.text], [query.other])
        found = await asyncio.gather(
            *(
                contrast(
                    self.engine,
                    self.reader,
                    ContrastRequest(slug, *sides, RANKED, query.rank, self.limit, query.mode == "contrast"),
                )
                for slug in query.sources
            )
        )
        return tuple(item for answer in found for item in contrast_rankings(answer, query, self.built[answer.source]))

    async def _chosen(
        self, slug: str, index: int, inputs: Sequence[TextInput]
    ) -> tuple[list[dict[int, float]], LatentCard]:
        """The chosen latent on every token of each text, exactly, and its card."""
        source = next((source for source in self.sources if source.slug == slug), None)
        if source is None:
            raise InvalidRequest(f"Latent {index} belongs to {slug[:80]!r}, which is not among the chosen sources.")
        readings: tuple[TextReading, ...] = ()
        if inputs:
            found = await microscope.read_all(self.engine, self.reader, [source], inputs)
            readings = found[source.facts.model.location]
        values = [_values(reading, slug, index) for reading in readings]
        return values, await self.reader.work(self._card, source, index, _scale(values))

    def _card(self, source: SourceInfo, index: int, here: float) -> LatentCard:
        with self.reader.sessions() as session:
            return latent_card(session, source, index, here)

    def _texts(
        self, readings: Sequence[answers.MicroscopeAnswer], values: Sequence[Mapping[int, float]]
    ) -> tuple[ScopeText, ...]:
        chosen = self.query.chosen()
        scale = _scale(values)
        found = []
        can_choose = self.query.mode != "two" and all(len(read.texts) == 1 for read in readings)
        for which, read in enumerate(readings):
            for place, text in enumerate(read.texts):
                mine = [source for source in read.sources if source.text == place]
                colours: dict[int, Colour] = {}
                if chosen is None:
                    colours = by_strongest(text, mine)
                elif any(source.source == chosen[0] for source in mine):
                    colours = by_latent(values[which], scale)
                title = TITLES[which] if self.query.mode == "two" else ""
                if len(read.texts) > 1:
                    title = f"{title} {plain(text.model)}".strip()
                found.append(scope_text(text, colours, self.query.at, title, can_choose=can_choose))
        return tuple(found)


def _scale(values: Sequence[Mapping[int, float]]) -> float:
    """The largest value over all texts: they are on one scale."""
    return max((value for group in values for value in group.values()), default=0.0)


def _values(reading: TextReading, slug: str, index: int) -> dict[int, float]:
    """Position -> activation of one latent where it fires, on tokens that count: BOS alone would set the scale."""
    latents = reading.latents[slug]
    mine = latents.latents == index
    places = (latents.positions[mine] + reading.offsets[slug]).tolist()
    found = dict(zip(places, latents.values[mine].tolist(), strict=True))
    return {place: value for place, value in found.items() if reading.tokens.counts[place]}
