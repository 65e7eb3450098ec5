"""One latent on texts that a reader types: heat on the tokens, values on the corpus's histogram."""

from dataclasses import dataclass

from app.db.display import whole_characters
from app.db.queries.answers import SourceInfo
from app.db.queries.latents import latent_record
from app.engine.activations import activations
from app.engine.engine import ModelEngine
from app.engine.model_state import not_ready
from app.engine.schemas import ActivationsAnswer, LatentOnText
from app.engine.sources import Reader
from app.errors import PeriscopeError, Problem, problem_of
from app.latents.card import compared
from app.latents.figures import activation_figure
from app.latents.try_views import LatentTryView, TriedText
from app.text.block_views import Crumb
from app.text.figure_view import FigureView
from app.text.figures_marked import marked
from app.text.formats import number
from app.text.token_views import ScopeText, ScopeToken, ScopeTurn
from app.text.tokens import heat_step, pieces, plain
from app.web.forms import lines
from models.errors import PeriscopeModelError


@dataclass(frozen=True)
class Tried:
    """The panel with the HTTP status of its answer."""

    view: LatentTryView
    problem: Problem | None = None


async def latent_try(engine: ModelEngine, reader: Reader, slug: str, index: int, typed: str) -> Tried:
    """The latent on every line that was typed.

    Raises UnknownSource or UnknownLatent; everything else that goes wrong is in the panel.
    """
    typed = typed.replace("\r\n", "\n")
    source = await reader.work(reader.find_one, slug, index)
    texts = lines(typed)
    if not texts:
        return Tried(_view(source, index, typed, "empty"))
    try:
        if said := not_ready(engine, [source]):
            return Tried(_view(source, index, typed, "loading", said))
        found = await activations(engine, reader, slug, index, texts)
        return Tried(await reader.work(_data, reader, source, index, typed, found))
    except (PeriscopeError, PeriscopeModelError) as error:
        problem = problem_of(error)
        return Tried(_view(source, index, typed, "error", plain(problem.detail), title=problem.title), problem)


def _data(reader: Reader, source: SourceInfo, index: int, typed: str, found: ActivationsAnswer) -> LatentTryView:
    # One scale for all texts: the corpus's maximum, or what the texts reach beyond it.
    scale = max([found.corpus_max or 0.0, *(text.max_activation for text in found.texts)])
    figure: FigureView | None = None
    values = tuple(text.max_activation for text in found.texts if text.max_activation > 0)
    if source.build is not None:
        with reader.sessions() as session:
            record = latent_record(session, source, index)
        figure = activation_figure(record, ()) if record.n_active else None
    said = "your text" if len(values) == 1 else "your texts"
    return _view(
        source,
        index,
        typed,
        "data",
        tried=tuple(_tried(text, scale, found.corpus_max) for text in found.texts),
        figure=marked(figure, values, said) if figure else None,
        notes=tuple(found.notes),
    )


def _tried(text: LatentOnText, scale: float, corpus_max: float | None) -> TriedText:
    shown = whole_characters(text.tokens)
    tokens = tuple(
        ScopeToken(
            position=place,
            pieces=pieces(shown[place]),
            step=heat_step(value, scale) if text.counted[place] else 0,
            said=number(value) if value > 0 else "",
            is_chosen=False,
            is_special=not text.counted[place],
        )
        for place, value in enumerate(text.activations)
    )
    largest = text.max_activation
    return TriedText(
        text=ScopeText("", (ScopeTurn("", tokens),), can_choose=False),
        largest=number(largest) if largest > 0 else "",
        compared="" if corpus_max is None else compared(largest, corpus_max),
    )


def _view(
    source: SourceInfo,
    index: int,
    typed: str,
    state: str,
    said: str = "",
    *,
    title: str = "",
    tried: tuple[TriedText, ...] = (),
    figure: FigureView | None = None,
    notes: tuple[str, ...] = (),
) -> LatentTryView:
    href = f"/sources/{source.slug}"
    return LatentTryView(
        slug=source.slug,
        index=index,
        href=f"{href}/latents/{index}",
        crumbs=(
            Crumb("Sources", "/"),
            Crumb(source.slug, href),
            *((Crumb(f"Latent {index}", f"{href}/latents/{index}"),) if source.build else ()),
        ),
        typed=typed,
        state=state,
        said=said,
        title=title,
        tried=tried,
        figure=figure,
        notes=notes,
    )
