"""The engine and the sources, as routes take them."""

from typing import Annotated

from fastapi import Depends, Request

from app.engine.engine import ModelEngine
from app.engine.job import CLIENT
from app.engine.sources import Reader
from app.web.addresses import network
from app.web.forwarded import client_of


# Coroutines, since FastAPI runs any other dependency in a thread, for which each request would wait in line.
async def get_engine(request: Request) -> ModelEngine:
    """The engine of the application, which from here on knows who asks."""
    CLIENT.set(network(client_of(request.scope)))
    engine: ModelEngine = request.app.state.models
    return engine


async def get_reader(request: Request) -> Reader:
    """Where sources are known, and how long a text may be."""
    state = request.app.state
    return Reader(state.sessions, state.settings, state.lanes)


EngineDep = Annotated[ModelEngine, Depends(get_engine)]


ReaderDep = Annotated[Reader, Depends(get_reader)]
