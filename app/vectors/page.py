"""The Vectors page: two lists of prompts -> a preview of the vector between them, saved, listed, deleted."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from app.db.queries.answers import SourceInfo
from app.db.queries.sources import all_sources
from app.db.queries.vectors import NEWEST_FIRST, count_vectors, some_vectors, vector_by_id, vector_facts
from app.engine.engine import ModelEngine
from app.engine.model_state import not_ready
from app.engine.sources import Reader, default_source
from app.errors import PeriscopeError, Problem, problem_of
from app.steer.terms import resolve
from app.text.block_views import Choice, Tab
from app.text.tokens import plain
from app.vectors import service as vectors
from app.vectors.examples import EXAMPLES
from app.vectors.listing import empty_preview, saved_vectors, vector_preview
from app.vectors.query import PATH, PLACES, VectorsQuery
from app.vectors.service import VectorRequest
from app.vectors.views import HookGroup, SavedVectors, VectorPreview, VectorsView
from models.errors import PeriscopeModelError

#: Saved vectors that the page lists; the others have a page of their own.
SAVED = 25
#: What every block has, in the order in which it happens.
SITES = ("hook_attn_out", "hook_mlp_out", "hook_resid_post")


@dataclass(frozen=True)
class Previewed:
    """A panel with the HTTP status of its page."""

    view: VectorPreview
    problem: Problem | None = None


@dataclass(frozen=True)
class Page:
    """What the page needs besides its address: whether there is a page to steer on, and what just happened."""

    can_steer: bool
    refused: Problem | None = None
    is_saved: bool = False


async def vectors_page(
    engine: ModelEngine, reader: Reader, query: VectorsQuery, around: Page
) -> tuple[VectorsView, Problem | None]:
    """The page with its preview; what went wrong is said in it, so that the form keeps what was typed."""
    query = await reader.work(_completed, reader, query)
    found = await preview(engine, reader, query)
    view = await reader.work(_form, reader, query, found.view, around)
    return view, around.refused or found.problem


async def preview(engine: ModelEngine, reader: Reader, query: VectorsQuery) -> Previewed:
    """The preview alone: empty, loading, an error in a sentence, or what the vector is."""
    query = await reader.work(_completed, reader, query)
    positive, negative = query.prompts
    if not query.hook or not (positive or negative):
        return Previewed(empty_preview("empty", query, "Write a prompt into each of the two lists."))
    if not (positive and negative):
        other = "second" if positive else "first"
        return Previewed(empty_preview("empty", query, f"The {other} list has no prompt yet; each needs at least one."))
    try:
        resolved = await reader.work(lambda: resolve(reader, [], model=query.model))
        if said := not_ready(engine, [resolved.model]):
            return Previewed(empty_preview("loading", query, said))
        found = await vectors.make(engine, reader, _request(query, None))
        built = await reader.work(_built, reader)
        return Previewed(vector_preview(found, query, built))
    except (PeriscopeError, PeriscopeModelError) as error:
        problem = problem_of(error)
        return Previewed(empty_preview("error", query, plain(problem.detail), problem.title), problem)


async def save(engine: ModelEngine, reader: Reader, query: VectorsQuery) -> int | Problem:
    """Save the vector: its number, or why it cannot be."""
    try:
        query = await reader.work(_completed, reader, query)
        found = await vectors.make(engine, reader, _request(query, query.name))
    except (PeriscopeError, PeriscopeModelError) as error:
        return problem_of(error)
    if found.id is None:
        raise RuntimeError("a vector with a name was not saved")
    return found.id


def saved(reader: Reader, *, can_steer: bool, open_number: int | None = None) -> SavedVectors:
    """The newest saved vectors, and the one that is open, wherever it stands."""
    with reader.sessions() as session:
        found = some_vectors(session, SAVED, order=NEWEST_FIRST)
        if open_number is not None and all(item.id != open_number for item in found):
            found = (*vector_facts(session, open_number), *found)
        return saved_vectors(found, count_vectors(session), open_number, can_steer=can_steer)


def delete(reader: Reader, number: int) -> str:
    """Delete a vector; says so in a sentence. Raises NotFound."""
    with reader.sessions() as session:
        name = plain(vector_by_id(session, number).name)
    vectors.delete(reader, number)
    return f"Deleted the vector {name}."


def _request(query: VectorsQuery, name: str | None) -> VectorRequest:
    positive, negative = query.prompts
    return VectorRequest(query.model, None, name, positive, negative, query.hook, query.positions)


def _built(reader: Reader) -> frozenset[str]:
    with reader.sessions() as session:
        return frozenset(source.slug for source in all_sources(session) if source.build is not None)


def _completed(reader: Reader, query: VectorsQuery) -> VectorsQuery:
    """With the prompts of a saved vector, and with a hook if none was chosen."""
    with reader.sessions() as session:
        known = all_sources(session)
        keys = _keys(known)
        if query.vector is not None:
            saved = vector_by_id(session, query.vector)
            return replace(
                query,
                hook=saved.hook_name,
                model=keys.get(saved.language_model_id, saved.model),
                positions=saved.positions,
                positive="\n".join(saved.positive),
                negative="\n".join(saved.negative),
                name=saved.name,
            )
    if query.hook and query.model:
        return query
    slug = query.source or default_source([source for source in known if query.model in ("", source.facts.model.name)])
    source = reader.find_one(slug) if slug else None
    if source is None:
        return query
    return replace(query, hook=query.hook or source.facts.hook_name, model=keys[source.language_model_id])


def _keys(known: Sequence[SourceInfo]) -> dict[int, str]:
    """What names each model in an address: its name, or its location where two have the same name."""
    models = {source.language_model_id: source.facts.model for source in known}
    names = [model.name for model in models.values()]
    return {number: m.name if names.count(m.name) == 1 else m.location for number, m in models.items()}


def _form(reader: Reader, query: VectorsQuery, panel: VectorPreview, around: Page) -> VectorsView:
    with reader.sessions() as session:
        known = all_sources(session)
    return VectorsView(
        groups=_groups(known, query),
        places=tuple(Choice(name, text, name == query.positions) for name, text in PLACES.items()),
        positive=query.positive,
        negative=query.negative,
        name="" if query.vector is not None else query.name,
        refused=plain(around.refused.detail) if around.refused else "",
        notice=f"Saved as {plain(query.name)}." if around.is_saved and query.vector is not None else "",
        examples=tuple(_example(query, name) for name in range(len(EXAMPLES))),
        preview=panel,
        saved=saved(reader, can_steer=around.can_steer, open_number=query.vector),
    )


def _example(query: VectorsQuery, number: int) -> Tab:
    example = EXAMPLES[number]
    fields = {"positive": example.positive, "negative": example.negative, "positions": "mean"}
    fields |= {"at": query.at} if query.at else {}
    return Tab(example.name, f"{PATH}?{urlencode(fields)}", "", False)


def _groups(known: Sequence[SourceInfo], query: VectorsQuery) -> tuple[HookGroup, ...]:
    """The hooks of every model, each with the sources that read it; one that an address names is added."""
    groups = []
    for number, key in _keys(known).items():
        mine = [source for source in known if source.language_model_id == number]
        slugs: dict[str, list[str]] = {}
        for source in mine:
            slugs.setdefault(source.facts.hook_name, []).append(source.slug)
        hooks = ["blocks.0.hook_resid_pre"]
        for layer in range(mine[0].facts.model.n_layers):
            hooks += [f"blocks.{layer}.{site}" for site in SITES]
            hooks += sorted({s.facts.hook_name for s in mine if s.facts.layer == layer} - set(hooks))
        chosen = query.hook if query.model == key else ""
        hooks += [chosen] if chosen and chosen not in hooks else []
        choices = tuple(Choice(f"{hook}@{key}", _hook_text(hook, slugs.get(hook)), hook == chosen) for hook in hooks)
        groups.append(HookGroup(plain(mine[0].facts.model.name), choices))
    return tuple(groups)


def _hook_text(hook: str, slugs: Sequence[str] | None) -> str:
    read_by = f" (read by {', '.join(slugs)})" if slugs else ""
    return plain(hook) + read_by
