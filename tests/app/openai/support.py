"""A real server on tiny models with saved mixes, and the official clients on it."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import openai
import pytest

from app.db.queries.latents import max_activations
from app.db.queries.sources import source_by_slug
from app.db.session import make_engine, make_session_maker
from app.main import create_app
from app.settings import Settings
from app.web.limits import ClientLimits
from tests.app.engine_support import World, world
from tests.app.web.support import serving

__all__ = ["service", "world"]

MODEL, PROMPT = "tiny-llama", "the cat sat on"
CHAT: list[Any] = [{"role": "system", "content": "a bird sang"}, {"role": "user", "content": "the cat"}]
MIX = "two: latents / of mid"
#: What the saved mix is stored with.
TERMS = [{"source": "mid", "index": 20, "strength": 0.9}, {"source": "deep", "index": 9, "mode": "ablate"}]
SAVED = {"name": MIX, "terms": TERMS, "temperature": 0.7, "top_p": 0.9, "frequency_penalty": 0.3, "steer_bos": True}


@dataclass(frozen=True)
class Service:
    """A running server. ``strong``: latents of "mid" from the strongest down."""

    url: str
    settings: Settings
    app: Any
    strong: list[int]
    clients: list[openai.OpenAI] = field(default_factory=list)

    def client(self) -> openai.OpenAI:
        """The official client."""
        if not self.clients:
            http = openai.DefaultHttpxClient(trust_env=False)
            url = f"{self.url}/v1"
            self.clients.append(openai.OpenAI(base_url=url, api_key="any", http_client=http, max_retries=0))
        return self.clients[0]

    def close(self) -> None:
        """Close its connections."""
        for client in self.clients:
            client.close()

    def asynchronous(self) -> openai.AsyncOpenAI:
        """The same for coroutines."""
        http = openai.DefaultAsyncHttpxClient(trust_env=False)
        return openai.AsyncOpenAI(base_url=f"{self.url}/v1", api_key="any", http_client=http, max_retries=0)

    def post(self, path: str, **more: Any) -> httpx.Response:
        """A request by hand."""
        return httpx.post(self.url + path, timeout=120, trust_env=False, **more)

    def steered(self, **body: Any) -> Any:
        """The whole answer of /steer."""
        answer = self.post("/api/v1/steer", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture(scope="module")
def service(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The server, on a copy of the sources of ``world``."""
    folder = tmp_path_factory.mktemp("openai") / "data"
    shutil.copytree(world.settings.data_dir, folder)
    settings = Settings(**{**world.settings.model_dump(), "data_dir": folder, "database_url": ""})
    with make_session_maker(make_engine(settings))() as session:
        peaks = dict(max_activations(session, source_by_slug(session, "mid"), range(96)))
    app = create_app(settings)
    with serving(app, settings, ClientLimits(settings.max_connections, settings.max_connections_per_address)) as port:
        made = Service(f"http://127.0.0.1:{port}", settings, app, sorted(peaks, key=lambda index: -peaks[index]))
        assert made.post("/api/v1/mixes", json=SAVED | {"model": MODEL}).status_code == 201
        yield made
        made.close()


def sampled(service: Service, **more: Any) -> dict[str, Any]:
    """Terms that change the text, and a way to choose tokens: for /steer."""
    terms = [{"source": "mid", "index": service.strong[0], "strength": 0.7},
             {"source": "mlp", "index": 3, "mode": "scale", "strength": 3.0}]  # fmt: skip
    options = {"temperature": 0.8, "top_p": 0.9, "frequency_penalty": 0.4, "seed": 7}
    return {"model": MODEL, "terms": terms, "max_new_tokens": 12} | options | more


def as_openai(body: dict[str, Any]) -> dict[str, Any]:
    """A body of /steer as OpenAI's client takes it."""
    board = {name: body[name] for name in ("terms", "positions", "steer_bos", "prepend_bos") if name in body}
    same = ("model", "prompt", "messages", "temperature", "top_p", "frequency_penalty", "seed")
    return {name: body[name] for name in same if name in body} | {
        "max_tokens": body["max_new_tokens"], "extra_body": {"periscope": board},
    }  # fmt: skip
