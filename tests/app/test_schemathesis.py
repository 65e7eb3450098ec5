"""The server is what its OpenAPI document says: schemathesis makes requests from it, right and wrong, alone and in
sequences, and looks at every answer with all of its checks.

The application runs in this process, on a tiny model with sources named as in the document's examples, so that these
are answered too. The requests are the same in every run. ``PERISCOPE_TEST_GENERATED`` makes more of them for each
operation: a number, and minutes of time for it.
"""

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import schemathesis
from fastapi import FastAPI
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import StopReason, events, from_schema
from schemathesis.python import asgi
from schemathesis.schemas import BaseSchema

from app.builds.request import BuildRequest
from app.builds.run import run_build
from app.db.queries.sources import source_by_slug
from app.db.session import make_engine, make_session_maker, upgrade
from app.db.writes.explanations import add_label
from app.db.writes.mixes import save_mix
from app.db.writes.sources import register_source
from app.db.writes.vectors import NewVector, save_vector
from app.main import create_app
from app.settings import Settings
from models.loading.opening import inspect_loaded, load_dictionary, load_language_model
from models.sources import SourceSpec
from tests.models.tiny import D_MODEL, SENTENCES, save_model, save_sae

pytestmark = pytest.mark.slow

EXAMPLES = int(os.environ.get("PERISCOPE_TEST_GENERATED", "3"))
#: Seconds for all phases; on an idle machine the usual number of requests takes a third of it.
BUDGET = 90 if EXAMPLES <= 3 else 60 * EXAMPLES
REFUSED = ("400", "401", "403", "404", "405", "406", "409", "415", "422", "428", "429", "5xx")
PHASES = ("examples", "coverage", "fuzzing", "stateful")
#: Usually the phases that always make the same requests, however busy the machine is.
CHOSEN = PHASES if EXAMPLES > 3 else PHASES[:2]
#: slug -> kind, hook, other arguments of ``save_sae``; the last one is not built.
SOURCES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "demo-l2-resid-2k": ("standard", "blocks.1.hook_resid_post", {}),
    "mlp": ("topk", "blocks.0.hook_mlp_out", {"d_sae": 64}),
    "unbuilt": ("standard", "blocks.2.hook_resid_post", {"seed": 3}),
}
#: Tokens that the model reads: more than the longest chat of the shortest messages has.
CONTEXT = 2048


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    root = tmp_path_factory.mktemp("generated")
    settings = Settings(
        _env_file=None, data_dir=root / "data", device="cpu", dtype="float32", max_new_tokens=8,
        max_prompt_tokens=CONTEXT, allowed_hosts=(asgi.HOST,),
    )  # fmt: skip
    _fill(settings, root)
    yield create_app(settings)
    asgi.shutdown_lifespans()


def _fill(settings: Settings, root: Path) -> None:
    """Two sources of a chat model built on labelled texts, one that is not, a label, a vector and a mix."""
    folder = save_model(root / "periscope-demo", "llama", chat=True, max_position_embeddings=CONTEXT)
    engine = make_engine(settings)
    upgrade(engine)
    model = load_language_model(str(folder), "cpu", "float32")
    random = np.random.default_rng(0)
    corpus = root / "corpus.jsonl"
    lines = [" ".join(random.choice(SENTENCES, 6)) for _ in range(120)]
    rows = ({"text": line, "topic": ("sea", "land")[number % 2]} for number, line in enumerate(lines))
    corpus.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with make_session_maker(engine)() as session:
        for slug, (kind, hook, more) in SOURCES.items():
            dictionary = load_dictionary(SourceSpec(str(folder), str(save_sae(root / slug, kind, hook, **more)), None))
            register_source(session, slug, inspect_loaded(model, dictionary), model.vocabulary())
    run_build(settings, BuildRequest((*SOURCES,)[:2], str(corpus), tokens=1500, batch=8, labels=("topic",)))
    with make_session_maker(engine)() as session:
        source = source_by_slug(session, "demo-l2-resid-2k")
        add_label(session, source, 42, "winter", "tests")
        values = np.ones(D_MODEL, np.float32)
        model_id = source.language_model_id
        hook = "blocks.1.hook_resid_post"
        save_vector(session, NewVector(model_id, "joy", hook, "last", ["a"], ["b"], values, 1.0, None))
        save_mix(session, model_id, "calm", [], {"source": source.slug})
    engine.dispose()


def configuration(examples: int, seconds: int, phases: Sequence[str] = PHASES) -> SchemathesisConfig:
    """All checks, the same requests every time."""
    return SchemathesisConfig.from_dict(
        {
            "seed": 1,
            "max-time": seconds,
            "request-timeout": 60,
            "generation": {"deterministic": True, "max-examples": examples, "database": "none"},
            "phases": {phase: {"enabled": phase in phases} for phase in PHASES},
            # A body beyond the limit is refused before anybody looks at what is in it.
            "checks": {"negative_data_rejection": {"expected-statuses": [*REFUSED, "413"]}},
        }
    )


def run(schema: BaseSchema) -> tuple[list[str], set[str], set[str], StopReason | None]:
    """(what was found; the phases, the operations that were tried; why it ended)."""
    found: dict[str, None] = {}
    phases: set[str] = set()
    operations: set[str] = set()
    reason = None
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            phases.add(event.phase.value)
            operations.update(node.value.operation.label for node in event.recorder.cases.values())
            found |= dict.fromkeys(_failures(event))
        elif isinstance(event, events.NonFatalError):
            found[f"{event.label}: {event.info.title}: {event.info.message}"] = None
        elif isinstance(event, events.FatalError):
            raise event.exception
        elif isinstance(event, events.EngineFinished):
            reason = event.stop_reason
    return list(found), phases, operations, reason


def _failures(event: events.ScenarioFinished) -> Iterator[str]:
    for number, checks in event.recorder.checks.items():
        answered = event.recorder.interactions.get(number)
        # A machine that stands still for seconds is told so by every operation, and documented to be.
        if answered is not None and answered.response is not None and answered.response.status_code == 503:
            continue
        for check in checks:
            if check.failure_info is not None:
                failure, request = check.failure_info.failure, check.failure_info.code_sample[:600]
                yield f"{failure.operation}: {failure.title}: {failure.message}\n    {request}"


@pytest.mark.generated
@pytest.mark.timeout(BUDGET + 210)
def test_schemathesis_finds_nothing_with_all_its_checks(application: FastAPI) -> None:
    schema = schemathesis.openapi.from_asgi(
        "/openapi.json", application, config=configuration(EXAMPLES, BUDGET, CHOSEN)
    )
    found, phases, operations, reason = run(schema)
    assert not found, "\n\n".join(found)
    if reason is StopReason.COMPLETED:  # a machine that is busy may not get through all of it
        assert phases >= {*CHOSEN}
        documented = {
            f"{method.upper()} {path}" for path, methods in application.openapi()["paths"].items() for method in methods
        }
        assert CHOSEN != PHASES or operations >= documented
    else:
        assert reason is StopReason.MAX_TIME
