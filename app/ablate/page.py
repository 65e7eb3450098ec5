"""The Ablate page: which latents a prediction rests on, whether one suffices, and whom else removing them hurts."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from app.ablate import patching, selectivity
from app.ablate import schemas as answers
from app.ablate import service as ablation
from app.ablate.effects import ablation_view, empty_view, set_view
from app.ablate.form import form_view
from app.ablate.losses import empty_selectivity, selectivity_view
from app.ablate.patches import empty_patch, patch_view
from app.ablate.query import AblateQuery, GroupQuery
from app.ablate.selectivity import SelectivityRequest
from app.ablate.service import AblateRequest, SetRequest
from app.ablate.task import Asked
from app.ablate.views import AblateView, AblationView, PatchView, SelectivityView
from app.corpus.texts import FOUND, corpus_texts, labelled_texts
from app.db.queries.answers import LatentName, SourceInfo
from app.db.queries.names import latent_names
from app.db.queries.sources import all_sources
from app.engine.engine import ModelEngine
from app.engine.model_state import not_ready
from app.engine.sources import Reader, default_source
from app.engine.texts import TextInput
from app.errors import InvalidRequest, PeriscopeError, Problem, problem_of
from app.text.tokens import plain
from app.web.forms import lines
from models.errors import PeriscopeModelError

#: Latents that are patched exactly.
TOP_K = 20
#: Tokens of a text of the corpus: at most so many, and this share of what may be read, since reading it again can need
#: more.
CORPUS_TOKENS, CORPUS_SHARE = 64, 0.5
Panel = AblationView | PatchView | SelectivityView
EMPTY: dict[str, Callable[..., Panel]] = {"remove": empty_view, "patch": empty_patch, "selectivity": empty_selectivity}


@dataclass(frozen=True)
class Ablated:
    """A panel with the HTTP status of its page."""

    view: Panel
    problem: Problem | None = None


async def ablate_page(engine: ModelEngine, reader: Reader, query: AblateQuery) -> tuple[AblateView, Problem | None]:
    """The page with its panel; what went wrong is in the panel, so that the form keeps what was typed."""
    query = await reader.work(_with_default, reader, query)
    found = await ablate(engine, reader, query)
    return await reader.work(form_view, reader, query, found.view), found.problem


async def ablate(engine: ModelEngine, reader: Reader, query: AblateQuery) -> Ablated:
    """The panel alone: empty, loading, an error in a sentence, or what was found."""
    query = await reader.work(_with_default, reader, query)
    empty = EMPTY[query.mode]
    if query.is_empty or not query.source:
        return Ablated(empty("empty", query))
    try:
        indices = query.indices() if query.mode == "selectivity" else [index for index, _ in query.picks]
        source = await reader.work(reader.find_one, query.source, *indices)
        if said := not_ready(engine, [source]):
            return Ablated(empty("loading", query, said))
        answer = {"remove": _removed, "patch": _patched, "selectivity": _selectivity}[query.mode]
        return Ablated(await answer(engine, reader, query, source))
    except (PeriscopeError, PeriscopeModelError) as error:
        problem = problem_of(error)
        return Ablated(empty("error", query, plain(problem.detail), problem.title), problem)


async def _removed(engine: ModelEngine, reader: Reader, query: AblateQuery, source: SourceInfo) -> Panel:
    asked = _asked(query)
    # A longer list of the same page takes more.
    budget = None if query.budget is None else max(query.budget, query.top_k + ablation.AUDIT_RUNS)
    request = AblateRequest(query.source, asked, query.top_k, query.by, budget)
    found = await ablation.ablate(engine, reader, request)
    together: answers.SetAnswer | None = None
    if query.picks:
        chosen = SetRequest(query.source, asked, query.picks, query.action == "keep", query.by)
        together = await ablation.remove_set(engine, reader, chosen)
    shown = set_view(together, len(query.picks)) if together else None
    return ablation_view(found, query, shown, has_build=source.build is not None)


async def _patched(engine: ModelEngine, reader: Reader, query: AblateQuery, source: SourceInfo) -> Panel:
    found = await patching.patch(engine, reader, query.source, _asked(query), query.other, TOP_K)
    return patch_view(found, query, has_build=source.build is not None)


async def _selectivity(engine: ModelEngine, reader: Reader, query: AblateQuery, source: SourceInfo) -> Panel:
    groups, notes = await reader.work(_texts, reader, query, source)
    request = SelectivityRequest(query.source, query.indices(), groups, query.controls, 0)
    found = await selectivity.selectivity(engine, reader, request)
    names = await reader.work(_names, reader, source, found.latents)
    return selectivity_view(found, query, names, notes, has_build=source.build is not None)


def _asked(query: AblateQuery) -> Asked:
    return Asked(TextInput(query.text, name="The prompt"), query.target or None, query.contrast or None)


def _texts(reader: Reader, query: AblateQuery, source: SourceInfo) -> tuple[dict[str, list[str]], list[str]]:
    """The texts of every group by its name, with a note on where those of the corpus are from."""
    found: dict[str, list[str]] = {}
    notes = []
    room = min(reader.limits(source).max_tokens, source.facts.context_size)
    longest = min(CORPUS_TOKENS, int(CORPUS_SHARE * room))
    for number, group in enumerate(query.groups, 1):
        if group.is_empty:
            continue
        name = group.name or _name(group, number)
        if name in found:
            raise InvalidRequest(f"Two groups are called {name[:40]!r}; give each a name of its own.")
        found[name] = lines(group.texts)
        if group.rule:
            is_label = group.where == "label"
            with reader.sessions() as session:
                texts = (labelled_texts if is_label else corpus_texts)(session, source, group.rule, longest)
            found[name] += texts
            what = "texts of the corpus labelled" if is_label else "prompts of the corpus with a match of"
            said = f"{plain(name)}: {len(texts)} {what} {plain(group.rule)}"
            notes.append(f"{said}, at most {FOUND}.")
    return found, notes


def _name(group: GroupQuery, number: int) -> str:
    return group.rule or f"Group {number}"


def _names(reader: Reader, source: SourceInfo, indices: list[int]) -> dict[int, LatentName]:
    with reader.sessions() as session:
        return latent_names(session, source, indices)


def _with_default(reader: Reader, query: AblateQuery) -> AblateQuery:
    if query.source:
        return query
    with reader.sessions() as session:
        return replace(query, source=default_source(all_sources(session)))
