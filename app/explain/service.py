"""The panel that lets a language model explain a latent: what will be sent, how far it is, how it came out."""

from app.db.queries.answers import SourceInfo
from app.engine.engine import ModelEngine
from app.engine.sources import Reader
from app.errors import NotBuilt, NotFound
from app.explain.endpoint import Endpoint, find_key, make_endpoint
from app.explain.request import ExplainRequest
from app.explain.tasks import ExplanationTasks, Run
from app.explain.views import ExplainView
from app.explain.words import figures_of, scoring_note
from app.settings import PREFIX, Settings
from app.text.block_views import Crumb
from app.text.formats import count
from app.text.tokens import plain

#: Of the bar, the part for reading texts.
READING_SHARE = 20


def is_offered(settings: Settings) -> bool:
    """Whether an endpoint is configured, so that pages have the button."""
    return bool(settings.explain_endpoint and settings.explain_model)


def explain_panel(reader: Reader, tasks: ExplanationTasks, slug: str, index: int) -> ExplainView:
    """The panel as it is now. Raises NotFound where no endpoint is configured, UnknownSource, UnknownLatent."""
    endpoint = _endpoint(reader.settings)
    return _view(_source(reader, slug, index), index, endpoint, reader.settings, tasks.of(slug, index))


async def start(engine: ModelEngine, reader: Reader, tasks: ExplanationTasks, slug: str, index: int) -> None:
    """Begin to explain a latent, unless that goes on already.

    Raises what ``explain_panel`` does; Conflict while another latent is being explained.
    """
    endpoint = _endpoint(reader.settings)
    await reader.work(_source, reader, slug, index)
    tasks.start(engine, reader, _request(endpoint, reader.settings, slug, index))


def _source(reader: Reader, slug: str, index: int) -> SourceInfo:
    source = reader.find_one(slug, index)
    if source.build is None:
        raise NotBuilt(slug)
    return source


def _endpoint(settings: Settings) -> Endpoint:
    if not is_offered(settings):
        raise NotFound(
            f"No language model is set for explanations; whoever runs this server sets {PREFIX}EXPLAIN_ENDPOINT and "
            f"{PREFIX}EXPLAIN_MODEL."
        )
    key, key_from = find_key(None, settings.explain_key, f"{PREFIX}EXPLAIN_KEY")
    return make_endpoint(settings.explain_endpoint, settings.explain_model, key, key_from)


def _request(endpoint: Endpoint, settings: Settings, slug: str, index: int) -> ExplainRequest:
    return ExplainRequest(slug, (index,), endpoint, endpoint, budget=settings.explain_budget)


def _view(source: SourceInfo, index: int, endpoint: Endpoint, settings: Settings, run: Run | None) -> ExplainView:
    href = f"/sources/{source.slug}/latents/{index}"
    state, said, percent = _state(run)
    outcome = run.outcome if run and state == "done" else None
    figures: tuple[str, ...] = ()
    if outcome is not None and outcome.scores is not None:
        figures = (*figures_of(outcome.scores), *filter(None, [scoring_note(outcome.scores)]))
    return ExplainView(
        slug=source.slug,
        index=index,
        href=href,
        crumbs=(
            Crumb("Sources", "/"),
            Crumb(source.slug, f"/sources/{source.slug}"),
            Crumb(f"Latent {index}", href),
        ),
        state=state,
        said=plain(said),
        percent=percent,
        description="" if outcome is None else plain(outcome.description),
        figures=figures,
        sends=plain(endpoint.sentence("Short texts of the corpus, with the latent's activations marked, are sent")),
        budget=count(settings.explain_budget),
    )


def _state(run: Run | None) -> tuple[str, str, int]:
    """The state of the panel, a sentence, and percent done."""
    if run is None:
        return "ready", "", 0
    if run.is_running:
        if run.progress is None:
            done, total = run.reading
            said = (
                f"Reading texts: {count(done)} of {count(total)}." if total else "Waiting for the model of the source."
            )
            return "running", said, READING_SHARE * done // max(1, total)
        now = run.progress
        unread = f", {count(now.unread)} unreadable answers" if now.unread else ""
        failed = f", {count(now.failed)} failed tries" if now.failed else ""
        said = f"{count(now.calls)} of {count(now.calls_in_all)} calls, {count(now.tokens)} tokens{unread}{failed}."
        share = now.calls / max(1, now.calls_in_all)
        return "running", said, READING_SHARE + round((100 - READING_SHARE) * share)
    if run.is_cancelled:
        return "error", "Cancelled; what was answered is kept, and the button goes on where this stopped.", 0
    if run.error:
        return "error", run.error, 0
    note = run.outcome.note if run.outcome else ""
    return ("error", f"No explanation: {note}.", 0) if note else ("done", "", 100)
