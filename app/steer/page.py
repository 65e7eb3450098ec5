"""The Steer page: what an address asks -> the board with its sliders, and the texts where the server writes them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from app.db.queries.answers import SourceInfo
from app.db.queries.mixes import count_mixes, mix_by_id, mix_names
from app.db.queries.sources import all_sources
from app.engine.engine import ModelEngine
from app.engine.model_state import not_ready
from app.engine.sources import Reader, default_source
from app.errors import NotFound, PeriscopeError, Problem, Unfit, problem_of, shorten
from app.steer import service as steer_service
from app.steer.calibrate import NEUTRAL_PROMPTS
from app.steer.mixes import problem_of_mix
from app.steer.query import BOS, PATH, SteerQuery
from app.steer.search import found
from app.steer.sliders import Restored, sliders
from app.steer.stored_mixes import query_of_mix
from app.steer.texts import gauges, written_view
from app.steer.views import FoundView, Gauge, MixChip, SteerState, SteerView, WrittenView
from app.text.block_views import Choice, Tab, TurnField
from app.text.tokens import plain
from models.errors import PeriscopeModelError
from models.running.chat import ROLES
from models.steering.terms import POSITIONS

EXAMPLES = ("Once upon a time", "I think that the sea is", "Dear diary, today")
#: Mixes on the page; the others have a page of their own.
MIXES = 24
POSITION_NAMES = {"all": "all tokens", "prompt": "prompt", "generated": "new tokens"}


@dataclass(frozen=True)
class Board:
    """A board that was put together: what is played, and what is shown."""

    query: SteerQuery
    model: SourceInfo | None  # any source of the model
    sliders: tuple[Restored, ...]
    problems: tuple[str, ...]
    is_example: bool = False


@dataclass(frozen=True)
class Written:
    """What stands where the texts come, with the HTTP status of the page."""

    state: SteerState | None
    view: WrittenView | None = None
    gauges: tuple[Gauge, ...] = gauges()
    problem: Problem | None = None


async def steer_page(engine: ModelEngine, reader: Reader, query: SteerQuery) -> tuple[SteerView, Problem | None]:
    """The page; what went wrong stands on it, so that the board keeps what was set."""
    board = await reader.work(_board, reader, query)
    written = Written(_first_state(board))
    if board.query.run and board.model is not None and board.query.has_prompt:
        written = await _written(engine, reader, board, board.model)
    return await reader.work(_view, reader, board, written), written.problem


def search(reader: Reader, model: str, typed: str) -> FoundView:
    """What can be added to a board of this model."""
    with reader.sessions() as session:
        known = all_sources(session)
        chosen = next((source for source in known if key_of_model(known, source) == model), None)
        return found(session, None if chosen is None else chosen.language_model_id, typed)


def key_of_model(known: Sequence[SourceInfo], source: SourceInfo) -> str:
    """What an address calls a model: its name, or its location where another model has the same name."""
    facts = source.facts.model
    same = {other.language_model_id for other in known if other.facts.model.name == facts.name}
    return facts.name if len(same) == 1 else facts.location


def _board(reader: Reader, query: SteerQuery) -> Board:
    problems: list[str] = []
    if query.mix:
        try:
            query = _with_mix(reader, query)
        except (NotFound, Unfit) as error:
            problems.append(str(error))
    restored, lost = sliders(reader, query.sliders)
    with reader.sessions() as session:
        known = all_sources(session)
    model = _model(known, query, restored, problems)
    kept = tuple(item for item in restored if model and item.language_model_id == model.language_model_id)
    if len(kept) < len(restored):
        problems.append("The sliders belong to another model and were taken off; latents are of one model only.")
    is_example = bool(kept) and not query.has_prompt and query.interface == "prompt"
    query = replace(
        query,
        model=key_of_model(known, model) if model else "",
        sliders=tuple(item.query for item in kept),
        prompt=NEUTRAL_PROMPTS[0] if is_example else query.prompt,
        length=min(query.length, reader.settings.max_new_tokens) if query.length else None,
    )
    return Board(query, model, kept, (*query.problems, *problems, *lost), is_example)


def _with_mix(reader: Reader, query: SteerQuery) -> SteerQuery:
    with reader.sessions() as session:
        mix = mix_by_id(session, _number(query.mix))
    if said := problem_of_mix(mix):
        raise Unfit(f"The mix {shorten(mix.name, 60)!r} is beyond what can be played: {said}")
    return replace(query_of_mix(mix), run=query.run)


def _number(text: str) -> int:
    """The number of a mix in an address; a number that no mix has if the text is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else -1


def _model(
    known: Sequence[SourceInfo], query: SteerQuery, restored: Sequence[Restored], problems: list[str]
) -> SourceInfo | None:
    """A source of the model that is asked for: by name, else that of the sliders, else the default."""
    if query.model:
        chosen = next((source for source in known if query.model == key_of_model(known, source)), None)
        if chosen is not None:
            return chosen
        problems.append(f"There is no model {shorten(query.model, 60)!r} with a source; another one is used.")
    if restored:
        wanted = restored[0].language_model_id
        return next((source for source in known if source.language_model_id == wanted), None)
    slug = default_source(known)
    return next((source for source in known if source.slug == slug), None)


def _first_state(board: Board) -> SteerState | None:
    if board.query.has_prompt:
        return None
    if board.query.interface == "chat":
        return SteerState("", "Nothing said yet", "Write a message: both answers appear here, side by side.")
    return SteerState("", "Nothing to continue yet", "Write a prompt above, or take one of the examples.")


async def _written(engine: ModelEngine, reader: Reader, board: Board, model: SourceInfo) -> Written:
    """The texts as the server writes them, or what is in the way."""
    try:
        if said := not_ready(engine, [model]):
            return Written(SteerState("loading", "The model is loading", said))
        answer = await steer_service.steer(engine, reader, board.query.request(board.query.model))
    except (PeriscopeError, PeriscopeModelError) as error:
        problem = problem_of(error)
        return Written(SteerState("bad", problem.title, plain(problem.detail)), problem=problem)
    last = board.query.turns[-1][1] if board.query.interface == "chat" else ""
    return Written(None, written_view(answer, board.query.positions, last), gauges(answer))


def _view(reader: Reader, board: Board, written: Written) -> SteerView:
    query = board.query
    turns = list(query.turns)
    system = turns.pop(0)[1] if turns and turns[0][0] == "system" else ""
    with reader.sessions() as session:
        known = all_sources(session)
        items = found(session, board.model.language_model_id if board.model else None, query.search)
        mixes, n_mixes = _mixes(session, query), count_mixes(session)
    models = dict.fromkeys(key_of_model(known, source) for source in known)
    return SteerView(
        is_chat=query.interface == "chat",
        tabs=tuple(
            Tab(text, replace(query, interface=name, search="").link() or PATH, "", name == query.interface)
            for name, text in (("prompt", "Prompt"), ("chat", "Chat"))
        ),
        models=tuple(Choice(key, plain(key), key == query.model) for key in models),
        prompt=query.prompt,
        is_example=board.is_example,
        system=system,
        turns=tuple(TurnField(number, role, content) for number, (role, content) in enumerate(turns, 1)),
        roles=ROLES,
        sliders=tuple(item.view for item in board.sliders),
        query=query.search,
        found=items,
        positions=tuple(Choice(key, POSITION_NAMES[key], key == query.positions) for key in POSITIONS),
        bos=tuple(Choice(key, text, key == query.bos) for key, text in BOS.items()),
        steers_bos=query.steer_bos,
        seed=str(query.seed),
        temperature=f"{query.temperature:g}",
        top_p=f"{query.top_p:g}",
        penalty=f"{query.penalty:g}",
        length=str(query.length or ""),
        default_length=min(steer_service.DEFAULT_NEW_TOKENS, reader.settings.max_new_tokens),
        max_length=reader.settings.max_new_tokens,
        ignores_eos=query.ignore_eos,
        examples=EXAMPLES,
        mixes=mixes,
        more_mixes=f"All {n_mixes} mixes" if n_mixes > len(mixes) else "",
        mix_name=plain(query.mix),
        problems=tuple(plain(problem) for problem in board.problems),
        gauges=written.gauges,
        state=written.state,
        written=written.view,
    )


def _mixes(session: Session, query: SteerQuery) -> tuple[MixChip, ...]:
    """So many mixes, those of the chosen model first."""
    return tuple(
        MixChip(
            mix.id,
            plain(mix.name),
            f"{PATH}?mix={mix.id}",
            plain(mix.model) if mix.model != query.model else "",
            mix.ready_made,
        )
        for mix in mix_names(session, MIXES, first=query.model)
    )
