"""A small source that is built, in a data folder; and an endpoint that says yes and no in turn."""

import shutil
from pathlib import Path

import pytest

from app.builds.run import run_build
from app.db.session import make_engine, make_session_maker, upgrade
from app.db.writes.sources import register_source
from app.settings import Settings
from tests.app.test_build_runs import parts, request  # noqa: F401 (a fixture)
from tests.chat_server import question_of, serving


def turns(messages):
    """A description, and verdicts that differ from text to text."""
    kind, _, texts = question_of(messages)
    if kind == "explain":
        return "EXPLANATION: short words about animals"
    return str([sum(map(ord, text)) % 2 for text in texts])


@pytest.fixture(scope="module")
def built_folder(parts, tmp_path_factory) -> Path:  # noqa: F811
    """A data folder in which ``a`` is built and ``b`` is not; for reading only."""
    folder = tmp_path_factory.mktemp("built") / "data"
    settings = Settings(_env_file=None, data_dir=folder)
    engine = make_engine(settings)
    upgrade(engine)
    facts, vocabulary, _, _ = parts
    with make_session_maker(engine)() as session:
        for slug, fact in facts.items():
            register_source(session, slug, fact, vocabulary)
    engine.dispose()
    run_build(settings, request(parts, slugs=("a",), tokens=8000, output_scores=False))
    return folder


@pytest.fixture
def data_dir(built_folder, tmp_path, monkeypatch) -> Path:
    """A copy of it that the commands of a test use."""
    shutil.copytree(built_folder, tmp_path / "data")
    monkeypatch.setenv("PERISCOPE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    return tmp_path / "data"


@pytest.fixture
def server():
    with serving(turns) as running:
        yield running
