"""Builds from corpus to database: what is stored, what a kill leaves, what is refused."""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
import sqlalchemy as sa

from app.builds import run as builds
from app.builds.request import BuildRequest
from app.builds.run import NothingToResume, run_build
from app.db.latent_table.lists import latents_by_index
from app.db.queries.latents import latent_record, prompts
from app.db.queries.prompt_spread import prompt_documents
from app.db.queries.sources import running_builds, source_by_slug
from app.db.tables.builds import Build, Example, Latent, Prompt
from app.db.writes.sources import register_source
from app.errors import BuildLost, BuildRunning, InvalidRequest, UnknownSource
from app.settings import Settings
from models.building import output_score
from models.errors import ContextMismatch, CorpusError, MemoryRefused, Unsupported, WeightsInvalid
from models.loading.opening import inspect_loaded, load_dictionary, load_language_model
from models.sources import SourceSpec
from tests.models.statistics import brute
from tests.models.tiny import SENTENCES, save_sae

HERE = os.path.dirname(__file__)
ONE_DATABASE = pytest.mark.one_database


@pytest.fixture(scope="module")
def parts(tiny_models, tmp_path_factory):
    """Two SAEs of one model, and a corpus."""
    root = tmp_path_factory.mktemp("parts")
    saes = {
        "a": save_sae(root / "a", "jumprelu", seed=1),
        "b": save_sae(root / "b", "topk", "blocks.0.hook_mlp_out", d_sae=64, seed=2),
    }
    random = np.random.default_rng(0)
    corpus = root / "corpus.jsonl"
    lines = (" ".join(random.choice(SENTENCES, 6)) for _ in range(400))
    kinds = ("prose", "verse", "letter")
    rows = ({"text": line, "kind": kinds[number % 3]} for number, line in enumerate(lines))
    corpus.write_text("".join(json.dumps(row) + "\n" for row in rows))
    model = load_language_model(str(tiny_models["gpt2"]), "cpu", "float32")
    facts = {
        slug: inspect_loaded(model, load_dictionary(SourceSpec(str(tiny_models["gpt2"]), str(folder), None)))
        for slug, folder in saes.items()
    }
    vocabulary = [model.token_strings([i])[0] for i in range(model.facts.vocab_size)]
    return facts, vocabulary, corpus, saes


@pytest.fixture
def settings(engine, session, parts, tmp_path):
    facts, vocabulary, _, _ = parts
    for slug, fact in facts.items():
        register_source(session, slug, fact, vocabulary)
    url = engine.url.render_as_string(hide_password=False)
    return Settings(_env_file=None, data_dir=tmp_path, database_url=url)


def request(parts, **changes):
    options = {"slugs": ("a", "b"), "corpus": str(parts[2]), "tokens": 4000, "batch": 4, "seed": 5}
    if str(changes.get("corpus", "corpus.jsonl")).endswith(".jsonl"):
        options["labels"] = ("kind",)
    options |= changes
    return BuildRequest(**options)


def stored(session, slug):
    """All records, output scores and labelled documents of a source, comparable to the last bit."""
    session.rollback()
    source = source_by_slug(session, slug)
    latents = range(source.facts.d_sae)
    rows = latents_by_index(session, source, latents)
    scores = [rows[i].output_score for i in latents]
    documents = prompt_documents(session, source.build.id, range(1000))
    assert len(documents) == session.scalar(
        sa.select(sa.func.count()).select_from(Prompt).where(Prompt.build_id == source.build.id)
    )
    return [brute.repr_record(latent_record(session, source, i)) for i in latents], scores, documents


def test_a_build_stores_every_latent_with_prompts_and_quality(settings, session, parts):
    seen, said = [], []
    run_build(settings, request(parts), seen.append, said.append)
    for slug in "ab":
        source = source_by_slug(session, slug)
        build = source.build
        assert build.status == "complete"
        assert build.progress == 1
        assert 3500 < build.tokens_done <= 4064
        assert build.quality.l0 > 0
        assert None not in (build.quality.loss_recovered, build.quality.explained_variance)
        record = max((latent_record(session, source, i) for i in range(source.facts.d_sae)), key=lambda r: r.n_active)
        best = record.bands[0].examples[0]
        prompt = prompts(session, build.id, [best.prompt])[best.prompt]
        assert prompt.shape == (32,)
        assert build.quality.dead_fraction == pytest.approx(
            np.mean([latent_record(session, source, i).n_active == 0 for i in range(source.facts.d_sae)])
        )
    assert any("Memory: up to" in sentence for sentence in said)
    assert [p.progress for p in seen] == sorted(p.progress for p in seen)
    assert not list(settings.data_dir.glob("builds/*"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("when", "count"),
    [
        # The points where only files are written are the same on both databases.
        pytest.param("batch", 3, marks=ONE_DATABASE), pytest.param("batch", 20, marks=ONE_DATABASE),
        pytest.param("score", 2, marks=ONE_DATABASE), pytest.param("write_prompts", 0, marks=ONE_DATABASE),
        ("write_latents", 1), pytest.param("finish_build", 0, marks=ONE_DATABASE), ("finish_build", 1),
    ],
)  # fmt: skip
def test_a_killed_build_resumes_to_the_same_records(settings, session, parts, when, count, monkeypatch):
    monkeypatch.setattr(output_score, "ROWS", 16)  # as killed_build.py has it: several batches of latents
    run_build(settings, request(parts))
    wanted = {slug: stored(session, slug) for slug in "ab"}
    first = source_by_slug(session, "b").build.id

    kill(settings, parts, when, count)
    session.rollback()
    shown = source_by_slug(session, "b")
    assert shown.build.id == first, "the old build stays until the new one is complete"

    said = []
    run_build(settings, request(parts, resume=True), say=said.append)
    assert any("Going on after" in sentence for sentence in said)
    assert {slug: stored(session, slug) for slug in "ab"} == wanted
    assert source_by_slug(session, "b").build.id > first
    for table in (Latent, Example, Prompt):
        owners = set(session.scalars(sa.select(table.build_id).distinct()))
        assert owners == {source_by_slug(session, s).build.id for s in "ab"}, "no rows are left over"
    assert session.scalar(sa.select(sa.func.count()).where(Build.status == "running")) == 0


@pytest.mark.slow
@ONE_DATABASE
@pytest.mark.timeout(900)
def test_a_build_killed_again_and_again_resumes_to_the_same_records(settings, session, parts, monkeypatch):
    monkeypatch.setattr(output_score, "ROWS", 16)
    run_build(settings, request(parts))
    wanted = {slug: stored(session, slug) for slug in "ab"}

    kill(settings, parts, "batch", 3)
    for when, count in (("save", 1), ("score", 3), ("write_quality", 1)):
        kill(settings, parts, when, count, "resume")
    said = []
    run_build(settings, request(parts, resume=True), say=said.append)
    assert any("Going on after" in sentence for sentence in said)
    assert {slug: stored(session, slug) for slug in "ab"} == wanted
    for table in (Latent, Example, Prompt):
        owners = set(session.scalars(sa.select(table.build_id).distinct()))
        assert owners == {source_by_slug(session, s).build.id for s in "ab"}, "no rows are left over"
    assert not list(settings.data_dir.glob("builds/*"))


@pytest.mark.slow
def test_a_build_killed_while_it_writes_its_first_checkpoint_begins_anew(settings, session, parts):
    run_build(settings, request(parts))
    wanted = {slug: stored(session, slug) for slug in "ab"}
    kill(settings, parts, "save", 0)
    assert [path.name for path in settings.data_dir.glob("builds/*/*")] == ["writing.npz"]
    with pytest.raises(NothingToResume):
        run_build(settings, request(parts, resume=True))
    run_build(settings, request(parts))
    assert {slug: stored(session, slug) for slug in "ab"} == wanted


def kill(settings, parts, when, count, *more):
    """Run a build in a process of its own that kills itself."""
    command = [
        sys.executable, os.path.join(HERE, "killed_build.py"), str(settings.data_dir), settings.database_url,
        str(parts[2]), when, str(count), *more,
    ]  # fmt: skip
    killed = subprocess.run(command, capture_output=True, text=True, timeout=200, env=os.environ | {"PYTHONPATH": "."})
    assert killed.returncode == -signal.SIGKILL, killed.stderr


def test_ctrl_c_saves_the_state_and_resume_goes_on(settings, session, parts):
    run_build(settings, request(parts))
    wanted = stored(session, "a")

    def interrupt(progress):
        if progress.stage == "reading the corpus":
            raise KeyboardInterrupt

    builds_before = builds._REPORT_SECONDS
    builds._REPORT_SECONDS = 0
    try:
        with pytest.raises(KeyboardInterrupt):
            run_build(settings, request(parts), interrupt)
    finally:
        builds._REPORT_SECONDS = builds_before
    session.rollback()
    latest = source_by_slug(session, "a").latest
    assert latest.status == "cancelled"
    assert "--resume" in latest.error
    run_build(settings, request(parts, resume=True, batch=8))
    assert stored(session, "a") == wanted


def test_ctrl_c_before_anything_was_read_promises_nothing(settings, session, parts):
    def interrupt(progress):
        if progress.stage == "loading the model":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt, match="nothing of it was kept"):
        run_build(settings, request(parts), interrupt)
    session.rollback()
    assert source_by_slug(session, "a").latest.error == "Stopped; nothing of it was kept."
    with pytest.raises(NothingToResume):
        run_build(settings, request(parts, resume=True))


def test_a_build_cancelled_in_the_database_stops(settings, session, parts, monkeypatch):
    monkeypatch.setattr(builds, "_REPORT_SECONDS", 0)

    def cancel(progress):
        if progress.tokens_done > 1000:
            session.rollback()
            for build in running_builds(session):
                builds.cancel_build(session, build.id, "Cancelled on the page.")

    with pytest.raises(BuildLost):
        run_build(settings, request(parts), cancel)
    session.rollback()
    assert source_by_slug(session, "a").latest.status == "cancelled"
    assert source_by_slug(session, "a").build is None


def test_a_second_build_of_a_source_is_refused_while_one_runs(settings, session, parts, monkeypatch):
    monkeypatch.setattr(builds, "_REPORT_SECONDS", 0)
    refused = []

    def try_again(progress):
        if progress.tokens_done and not refused:
            try:
                run_build(settings, request(parts, slugs=("b",)))
            except BuildRunning as error:
                refused.append(str(error))

    run_build(settings, request(parts), try_again)
    assert len(refused) == 1
    assert "running already" in refused[0]


def test_a_build_outside_the_main_thread_works(settings, session, parts):
    thread = threading.Thread(target=run_build, args=(settings, request(parts)))
    thread.start()
    thread.join(120)
    assert source_by_slug(session, "a").build is not None


@pytest.mark.parametrize(
    ("changes", "error", "sentence"),
    [
        ({"slugs": ("zebra",)}, UnknownSource, "zebra"),
        ({"corpus": "/nowhere/text.txt"}, CorpusError, "There is no file"),
        ({"context": 100}, ContextMismatch, "--context 100 exceeds the model's context of 64"),
        ({"resume": True}, NothingToResume, "no checkpoint"),
    ],
)
def test_what_cannot_be_built_is_refused_in_one_sentence(settings, session, parts, changes, error, sentence):
    with pytest.raises(error, match=sentence):
        run_build(settings, request(parts, **changes))
    session.rollback()
    assert session.scalar(sa.select(sa.func.count()).select_from(Build).where(Build.status == "running")) == 0


def test_a_corpus_shorter_than_a_prompt_fails_the_build_with_its_sentence(settings, session, parts, tmp_path):
    (tmp_path / "short.txt").write_text("too short")
    with pytest.raises(CorpusError, match="fewer than one prompt"):
        run_build(settings, request(parts, corpus=str(tmp_path / "short.txt")))
    latest = source_by_slug(session, "a").latest
    assert (latest.status, "fewer than one prompt" in latest.error) == ("failed", True)


def test_a_corpus_that_ends_early_is_said_and_built(settings, session, parts):
    said = []
    run_build(settings, request(parts, tokens=10_000_000), say=said.append)
    assert any("The corpus ended after" in sentence for sentence in said)
    assert source_by_slug(session, "a").build.tokens_done > 4000


def test_sources_of_different_models_are_refused(settings, session, parts):
    from dataclasses import replace

    facts, vocabulary, _, _ = parts
    register_source(session, "c", replace(facts["a"], model=replace(facts["a"].model, location="/other")), vocabulary)
    with pytest.raises(InvalidRequest, match="different models"):
        run_build(settings, request(parts, slugs=("a", "c")))


def test_an_sae_that_changed_since_it_was_added_is_refused(settings, session, parts, tmp_path, tiny_models):
    from dataclasses import replace

    facts, vocabulary, _, _ = parts
    register_source(session, "old", replace(facts["a"], weights_hash="0" * 64), vocabulary)
    with pytest.raises(WeightsInvalid, match="has changed since it was added"):
        run_build(settings, request(parts, slugs=("old",)))


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [("transcoder", "does not say which hook it writes to"), ("standard", "no direct path to the logits")],
)
def test_latents_without_a_direct_effect_are_refused_before_the_pass(
    settings, session, parts, tiny_models, tmp_path, monkeypatch, kind, sentence
):
    location = str(tiny_models["gpt2"])
    folder = save_sae(tmp_path / "t", kind, "blocks.1.ln2.hook_out")
    model = load_language_model(location, "cpu", "float32")
    facts = inspect_loaded(model, load_dictionary(SourceSpec(location, str(folder), None)))
    register_source(session, "t", facts, parts[1])
    monkeypatch.setattr("models.building.build_pass.BuildPass.run", lambda *_: pytest.fail("the corpus was read"))
    with pytest.raises(Unsupported, match=sentence):
        run_build(settings, request(parts, slugs=("t",)))
    assert source_by_slug(session, "t").latest.status == "failed"


def test_what_does_not_fit_into_memory_is_refused_with_numbers_and_remedy(settings, session, parts, monkeypatch):
    import models.building.memory

    monkeypatch.setattr(models.building.memory, "available_memory", lambda: 10_000_000)
    with pytest.raises(MemoryRefused, match=r"needs up to .* GiB .* smaller --batch"):
        run_build(settings, request(parts))
    assert source_by_slug(session, "a").latest.status == "failed"


@pytest.mark.slow
def test_sigterm_stops_a_build_and_keeps_its_state(settings, session, parts):
    code = (
        "import sys; from pathlib import Path; from app.builds import run as builds;"
        "from app.builds.request import BuildRequest;"
        "from app.settings import Settings;"
        "builds.run_build(Settings(_env_file=None, data_dir=Path(sys.argv[1]), database_url=sys.argv[2]),"
        "BuildRequest(('a',), 'demo', tokens=10**9, batch=4))"
    )
    command = [sys.executable, "-c", code, str(settings.data_dir), settings.database_url]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, env=os.environ | {"PYTHONPATH": "."})
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        session.rollback()
        running = running_builds(session)
        if running and running[0].tokens_done > 0:
            break
        time.sleep(0.2)
    process.terminate()
    process.communicate(timeout=60)
    session.rollback()
    assert source_by_slug(session, "a").latest.status == "cancelled"
    assert list(settings.data_dir.glob("builds/*/state.npz"))
