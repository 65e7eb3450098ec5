"""The web application, put together from its parts."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from importlib.metadata import version

from anyio import to_thread
from fastapi import Depends, FastAPI

from app.ablate import api as api_ablate
from app.ablate import pages as ablate
from app.builds import api as api_builds
from app.builds import pages as builds
from app.db.session import make_engine, make_reading_sessions, make_session_maker
from app.engine.engine import ModelEngine
from app.explain import pages as explain
from app.explain.tasks import ExplanationTasks
from app.home import pages as home
from app.labels import api as api_labels
from app.latents import api as api_latents
from app.latents import embed as latent_embed
from app.latents import pages as latents
from app.lists import pages as lists
from app.memory import trim_heap
from app.microscope import api as api_microscope
from app.microscope import pages as microscope
from app.openai import routes as openai_routes
from app.openai.errors import OpenAIErrors
from app.reference import pages as reference
from app.search import api as api_search
from app.search import pages as search
from app.search.meanings import Meanings
from app.settings import Settings
from app.sources import api as api_sources
from app.sources import pages as sources
from app.sources.table_markup import latent_rows
from app.spectrum import pages as latent_spectrum
from app.steer import api as api_steer
from app.steer import pages as steer
from app.vectors import api as api_vectors
from app.vectors import pages as vectors
from app.web import health, sign_in
from app.web.admission import Admission, Impatience
from app.web.assets import STATIC
from app.web.body_limit import BodyLimit
from app.web.caching import EntityTags, HeadAsGet
from app.web.compression import LEVEL, SHORT, Compression
from app.web.forwarded import ForwardedClient
from app.web.lanes import CONNECTIONS, Lanes
from app.web.metrics import MeasureRequests, WebMetrics
from app.web.openapi import install_openapi
from app.web.problems import ErrorBoundary, install_problem_handlers, refuse
from app.web.readiness import Readiness
from app.web.rendering import make_templates
from app.web.same_origin import SameOrigin
from app.web.security import HostGate, SecurityHeaders
from app.web.sessions import make_door
from app.web.static import CheckedStaticFiles
from app.web.token_gate import TokenGate
from app.web.unicode import require_unicode
from app.web.watchdog import Watchdog

#: Threads for what neither waits for the database nor runs a model: files, the heap, answers of finished work.
THREADS = 4
#: Seconds from one trim of the heap to the next; it takes some milliseconds.
TRIM_EVERY = 5
DESCRIPTION = "Browse the latents of sparse autoencoders. Errors are RFC 9457 problem+json."


def create_app(settings: Settings) -> FastAPI:
    """The application on the database of the settings; the database must have been migrated."""
    app = FastAPI(
        title="Periscope",
        version=version("periscope"),
        description=DESCRIPTION,
        docs_url=None,  # own page: the usual one loads scripts from another host
        redoc_url=None,
        dependencies=[Depends(require_unicode)],
        lifespan=_lifespan,
    )
    app.state.settings = settings
    app.state.engine = make_engine(settings, connections=CONNECTIONS)
    app.state.sessions = make_session_maker(app.state.engine)
    app.state.reading = make_reading_sessions(app.state.sessions)
    app.state.metrics = WebMetrics()
    app.state.lanes = Lanes()
    app.state.impatience = Impatience()
    app.state.readiness = Readiness(app.state.lanes, app.state.sessions)
    app.state.models = ModelEngine(settings, watch=app.state.metrics.stepped)
    app.state.explanations = ExplanationTasks()
    app.state.door = make_door(settings.auth_token.get_secret_value())
    app.state.meanings = Meanings(settings.data_dir)
    app.state.templates = make_templates(latent_rows)
    app.state.kept_problems = {}
    _add_routes(app)
    _add_layers(app, settings)
    install_problem_handlers(app)
    install_openapi(app)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    to_thread.current_default_thread_limiter().total_tokens = THREADS
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS, "others"))
    watchdog = Watchdog()
    works = (_trim_now_and_then(), app.state.metrics.watch_loop(), watchdog.tick())
    tasks = [asyncio.create_task(work) for work in works]
    yield
    for task in tasks:
        task.cancel()
    await app.state.explanations.close()
    watchdog.close()
    await asyncio.to_thread(app.state.models.close)
    app.state.lanes.close()
    app.state.engine.dispose()


async def _trim_now_and_then() -> None:
    """Pages leave holes in the heap; given back, they are the system's until they are needed again."""
    while True:
        await asyncio.sleep(TRIM_EVERY)
        await asyncio.to_thread(trim_heap)


def _add_routes(app: FastAPI) -> None:
    # Routes are looked through in their order, so what is asked for most comes first.
    for module in (latents, sources):
        app.include_router(module.router)
    for module in (api_latents, api_sources, api_labels, api_builds, api_search):
        app.include_router(module.router)
    for module in (api_microscope, api_ablate, api_steer, api_vectors):
        app.include_router(module.router)
    for module in (home, search, latent_spectrum, latent_embed, builds, reference, sign_in, health):
        app.include_router(module.router)
    app.include_router(explain.router)
    app.include_router(ablate.router)
    app.include_router(microscope.router)
    app.include_router(steer.router)
    app.include_router(vectors.router)
    app.include_router(lists.router)
    app.include_router(openai_routes.router)
    app.include_router(health.router, prefix="/api/v1", include_in_schema=False)
    app.mount("/static", CheckedStaticFiles(directory=STATIC), name="static")


def _add_layers(app: FastAPI, settings: Settings) -> None:
    """From the routes outwards: the layer added last sees a request first."""
    app.add_middleware(BodyLimit)
    app.add_middleware(SameOrigin)
    app.add_middleware(EntityTags)
    app.add_middleware(Compression, minimum_size=SHORT, compresslevel=LEVEL)
    app.add_middleware(HeadAsGet)
    app.add_middleware(Admission, refuse=refuse, impatience=app.state.impatience)
    if app.state.door is not None:
        app.add_middleware(TokenGate, door=app.state.door)
    app.add_middleware(HostGate, allowed=settings.allowed_hosts)
    app.add_middleware(ErrorBoundary)
    app.add_middleware(OpenAIErrors)
    app.add_middleware(SecurityHeaders, embed_origins=settings.embed_origins)
    app.add_middleware(MeasureRequests, metrics=app.state.metrics)
    app.add_middleware(ForwardedClient, trusted=settings.trusted_proxies)
