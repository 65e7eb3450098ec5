"""Sources of two tiny models in a database, one of them built, and the application on them: what runs models."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient

from app.builds.request import BuildRequest
from app.builds.run import run_build
from app.db.queries.sources import source_by_slug
from app.db.session import make_engine, make_session_maker, upgrade
from app.db.writes.explanations import NewExplanation, add_explanations
from app.db.writes.sources import register_source
from app.main import create_app
from app.settings import Settings
from models.loading.opening import inspect_loaded, load_dictionary, load_language_model
from models.sources import SourceSpec
from tests.models.tiny import SENTENCES, save_sae
from tests.web import BASE

#: slug -> model, kind, hook, other arguments of ``save_sae``. "mid" is built, the others are not.
SOURCES = {
    "mid": ("llama", "jumprelu", "blocks.1.hook_resid_post", {}),
    "mlp": ("llama", "topk", "blocks.0.hook_mlp_out", {"d_sae": 64}),
    "deep": ("llama", "gated", "blocks.2.hook_resid_post", {"seed": 3}),
    "nobos": ("llama", "standard", "blocks.0.hook_resid_post", {"seed": 4, "metadata": {"prepend_bos": False}}),
    "other": ("gpt2", "standard", "blocks.1.hook_resid_post", {"seed": 5}),
}
LABEL, LABELLED = "a label", 20
#: The label "kind" of the corpus's documents, in turn.
KINDS = ("prose", "verse", "letter")


@dataclass(frozen=True)
class World:
    """Where everything is."""

    settings: Settings
    models: dict[str, Path]
    saes: dict[str, Path]

    def model_of(self, slug: str) -> Path:
        return self.models[SOURCES[slug][0]]

    def hook_of(self, slug: str) -> str:
        return SOURCES[slug][2]


@pytest.fixture(scope="session")
def world(tiny_models: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> World:
    """The sources registered, "mid" built on a small corpus and one of its latents labelled; for reading only."""
    root = tmp_path_factory.mktemp("world")
    settings = Settings(_env_file=None, data_dir=root / "data", device="cpu", dtype="float32", max_queue=64)
    engine = make_engine(settings)
    upgrade(engine)
    saes = {s: save_sae(root / s, kind, hook, **more) for s, (_, kind, hook, more) in SOURCES.items()}
    with make_session_maker(engine)() as session:
        for name in ("llama", "gpt2"):
            model = load_language_model(str(tiny_models[name]), "cpu", "float32")
            for slug in [s for s, source in SOURCES.items() if source[0] == name]:
                dictionary = load_dictionary(SourceSpec(str(tiny_models[name]), str(saes[slug]), None))
                register_source(session, slug, inspect_loaded(model, dictionary), model.vocabulary())
        random = np.random.default_rng(0)
        corpus = root / "corpus.jsonl"
        lines = (" ".join(random.choice(SENTENCES, 6)) for _ in range(200))
        rows = ({"text": line, "kind": KINDS[number % 3]} for number, line in enumerate(lines))
        corpus.write_text("".join(json.dumps(row) + "\n" for row in rows))
        request = BuildRequest(("mid",), str(corpus), tokens=3000, batch=8, seed=5, labels=("kind",))
        run_build(settings, request)
        source = source_by_slug(session, "mid")
        add_explanations(session, source, [NewExplanation(LABELLED, LABEL)], author="tests", method="human")
    engine.dispose()
    return World(settings, {n: tiny_models[n] for n in ("llama", "gpt2")}, saes)


@pytest.fixture(scope="module")
def api(world: World) -> Iterator[TestClient]:
    """The application on the sources."""
    with TestClient(create_app(world.settings), base_url=BASE) as client:
        yield client


def assert_alike(found: object, wanted: object, path: str = "answer") -> None:
    """Equal, floats to 1e-4: a row computed in another batch differs in its last bits."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        assert found.keys() == wanted.keys(), path
        for key, value in wanted.items():
            assert_alike(found[key], value, f"{path}.{key}")
    elif isinstance(wanted, list) and isinstance(found, list):
        assert len(found) == len(wanted), path
        for number, (one, other) in enumerate(zip(found, wanted, strict=True)):
            assert_alike(one, other, f"{path}[{number}]")
    elif isinstance(wanted, float) and isinstance(found, float):
        assert found == pytest.approx(wanted, abs=1e-4, rel=1e-4), path
    else:
        assert found == wanted, path
