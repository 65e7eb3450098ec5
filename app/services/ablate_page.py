"""The Ablate page: which latents a prediction rests on, as a table, a chart and sentences."""

import asyncio
from dataclasses import dataclass, replace

from app import answers_causal as answers
from app.db import queries
from app.db.queries import SourceInfo
from app.engine import ModelEngine
from app.errors import PeriscopeError, Problem, problem_of
from app.jobs.ablation import Asked
from app.jobs.reading import TextInput
from app.services import ablation
from app.services.ablate_query import METRICS, PATH, AblateQuery
from app.services.ablate_views import ablation_view, empty_view, set_view
from app.services.engine_sources import Reader
from app.services.microscope_form import source_picks
from app.services.microscope_page import default_source
from app.services.model_state import not_ready
from app.services.tokens import plain
from app.views import AblateView, AblationView, Choice
from models.errors import PeriscopeModelError

#: Latents that are removed exactly.
TOP_K = 20


@dataclass(frozen=True)
class Ablated:
    """A panel with the HTTP status of its page."""

    view: AblationView
    problem: Problem | None = None


async def ablate_page(engine: ModelEngine, reader: Reader, query: AblateQuery) -> tuple[AblateView, Problem | None]:
    """The page with its panel; what went wrong is in the panel, so that the form keeps what was typed."""
    query = await asyncio.to_thread(_with_default, reader, query)
    found = await ablate(engine, reader, query)
    return await asyncio.to_thread(_form, reader, query, found.view), found.problem


async def ablate(engine: ModelEngine, reader: Reader, query: AblateQuery) -> Ablated:
    """The panel alone: empty, loading, an error in a sentence, or what was found."""
    query = await asyncio.to_thread(_with_default, reader, query)
    if not query.text or not query.source:
        return Ablated(empty_view("empty", query))
    try:
        source = await asyncio.to_thread(reader.find_one, query.source, *(index for index, _ in query.picks))
        if said := not_ready(engine, [source]):
            return Ablated(empty_view("loading", query, said))
        return Ablated(await _data(engine, reader, query, source))
    except (PeriscopeError, PeriscopeModelError) as error:
        problem = problem_of(error)
        return Ablated(empty_view("error", query, plain(problem.detail), problem.title), problem)


async def _data(engine: ModelEngine, reader: Reader, query: AblateQuery, source: SourceInfo) -> AblationView:
    asked = Asked(TextInput(query.text, name="The prompt"), query.target or None, query.contrast or None)
    found = await ablation.ablate(engine, reader, query.source, asked, TOP_K)
    together: answers.SetAnswer | None = None
    if query.picks:
        keep = query.action == "keep"
        together = await ablation.remove_set(engine, reader, query.source, asked, query.picks, keep=keep)
    shown = set_view(together, len(query.picks)) if together else None
    return ablation_view(found, query, shown, has_build=source.build is not None)


def _with_default(reader: Reader, query: AblateQuery) -> AblateQuery:
    if query.source:
        return query
    with reader.sessions() as session:
        return replace(query, source=default_source(queries.all_sources(session)))


def _form(reader: Reader, query: AblateQuery, panel: AblationView) -> AblateView:
    return AblateView(
        text=query.text,
        target=query.target,
        contrast=query.contrast,
        sources=source_picks(reader, (query.source,)),
        metrics=tuple(Choice(name, text, name == query.metric) for name, text in METRICS.items()),
        example_href=f"{PATH}?text=The+cat+sat+on+the",
        ablation=panel,
    )
