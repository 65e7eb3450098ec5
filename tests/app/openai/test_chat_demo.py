"""The ready-made mixes of the chat demo as models of the endpoint."""

from collections.abc import Iterator
from pathlib import Path

import openai
import pytest

from app.db.session import make_engine, make_session_maker, upgrade
from app.db.writes.sources import register_source
from app.demo.chat_mixes import MIXES, add_mixes
from app.main import create_app
from app.settings import Settings
from app.web.limits import ClientLimits
from models.demo_chat import bundle
from models.loading.opening import inspect_loaded, load_dictionary, load_language_model
from models.sources import SourceSpec
from tests.app.openai.support import Service
from tests.app.web.support import serving
from tests.demo_chat import needs_chat_model

pytestmark = [pytest.mark.demo, needs_chat_model]


@pytest.fixture(scope="module")
def service(chat_model_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A server with the chat model, one of its SAEs and its mixes."""
    settings = Settings(_env_file=None, data_dir=tmp_path_factory.mktemp("chat") / "data", device="cpu")
    engine = make_engine(settings)
    upgrade(engine)
    model = load_language_model(str(chat_model_folder), "cpu", "float32")
    folder = bundle.SOURCES[0].folder
    with make_session_maker(engine)() as session:
        dictionary = load_dictionary(SourceSpec(str(chat_model_folder), str(folder), None))
        register_source(session, "chat", inspect_loaded(model, dictionary), model.vocabulary())
        add_mixes(session, "chat", model)
    engine.dispose()
    app = create_app(settings)
    with serving(app, settings, ClientLimits(64, 64)) as port:
        made = Service(f"http://127.0.0.1:{port}", settings, app, [])
        yield made
        made.close()


def test_every_ready_made_mix_answers_as_on_the_board(service: Service) -> None:
    client = service.client()
    names = [model.id for model in client.models.list()]
    [base] = [name for name in names if ":" not in name]
    assert {f"{base}:{mix.name}" for mix in MIXES} <= set(names)
    saved = {mix["name"]: mix for mix in service_mixes(service)}
    for mix in MIXES[:2]:
        stored = saved[mix.name]
        body = stored["options"] | {"terms": stored["terms"], "max_new_tokens": 12}
        body = {name: value for name, value in body.items() if value is not None}
        steered = service.steered(**body)
        found = client.chat.completions.create(
            model=f"{base}:{mix.name}", messages=stored["options"]["messages"], seed=mix.seed, max_tokens=12
        )
        assert found.choices[0].message.content == steered["steered"]["text"]
        plain = client.chat.completions.create(
            model=base, messages=stored["options"]["messages"], seed=mix.seed, max_tokens=12, temperature=0.8
        )
        assert plain.choices[0].message.content == steered["baseline"]["text"]
        assert plain.choices[0].message.content != found.choices[0].message.content


def service_mixes(service: Service) -> list[dict[str, object]]:
    """The mixes as the API lists them."""
    import httpx

    found: list[dict[str, object]] = httpx.get(f"{service.url}/api/v1/mixes", trust_env=False).json()["mixes"]
    return found


def test_an_answer_comes_piece_by_piece_until_its_turn_ends(service: Service) -> None:
    client = service.client()
    base = next(model.id for model in client.models.list() if ":" not in model.id)
    messages = [{"role": "user", "content": "What is the capital of France?"}]
    stream = client.chat.completions.create(model=base, messages=messages, temperature=0, stream=True)  # type: ignore[call-overload]
    pieces = [chunk.choices[0] for chunk in stream]
    assert "Paris" in "".join(piece.delta.content or "" for piece in pieces)
    assert pieces[-1].finish_reason == "stop"
    assert len(pieces) > 5
    with pytest.raises(openai.BadRequestError, match="tools cannot be obeyed"):
        client.chat.completions.create(
            model=base,
            messages=messages,
            tools=[{"type": "function", "function": {"name": "f"}}],  # type: ignore[list-item, arg-type]
        )
