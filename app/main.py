"""The web application, put together from its parts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware

from app import api
from app.assets import STATIC
from app.caching import EntityTags
from app.db.session import make_engine, make_session_maker
from app.metrics import MeasureRequests, WebMetrics
from app.pages import builds, health, home, latents, reference, sources
from app.pages.rendering import make_templates
from app.pages.static import CheckedStaticFiles
from app.problems import ErrorBoundary, install_problem_handlers
from app.security import HostGate, SecurityHeaders, TokenGate
from app.settings import Settings

DESCRIPTION = "Browse the latents of sparse autoencoders. Errors are RFC 9457 problem+json."


def create_app(settings: Settings) -> FastAPI:
    """The application on the database of the settings; the database must have been migrated."""
    app = FastAPI(
        title="Periscope",
        version=version("periscope"),
        description=DESCRIPTION,
        docs_url=None,  # own page: the usual one loads scripts from another host
        redoc_url=None,
        lifespan=_lifespan,
    )
    app.state.settings = settings
    app.state.engine = make_engine(settings)
    app.state.sessions = make_session_maker(app.state.engine)
    app.state.metrics = WebMetrics()
    app.state.templates = make_templates()
    _add_routes(app)
    _add_layers(app, settings)
    install_problem_handlers(app)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    yield
    app.state.engine.dispose()


def _add_routes(app: FastAPI) -> None:
    for module in (api, home, sources, latents, builds, reference, health):
        app.include_router(module.router)
    app.include_router(health.router, prefix="/api/v1", include_in_schema=False)
    app.mount("/static", CheckedStaticFiles(directory=STATIC), name="static")


def _add_layers(app: FastAPI, settings: Settings) -> None:
    """From the routes outwards: the layer added last sees a request first."""
    app.add_middleware(ErrorBoundary)
    app.add_middleware(EntityTags)
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=5)
    token = settings.auth_token.get_secret_value()
    if token:
        app.add_middleware(TokenGate, token=token)
    app.add_middleware(HostGate, allowed=settings.allowed_hosts)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(MeasureRequests, metrics=app.state.metrics)
