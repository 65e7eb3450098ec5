"""A build that is cancelled on a page: its process stops, cleans up after itself, and can be resumed."""

import os
import subprocess
import sys
import time

import pytest
import sqlalchemy as sa

from app.builds.service import cancel
from app.db.queries.sources import running_builds, source_by_slug
from app.db.tables.builds import Build, Latent, Prompt
from tests.app.test_build_runs import parts, request, run_build, settings, stored  # noqa: F401 (fixtures)

pytestmark = pytest.mark.slow

#: Seconds for a process to import torch and come to the place in question, on a busy machine.
PATIENCE = 300
#: Arguments: data folder, database, corpus; a stage made endless: none, or a function of app.builds.run.
CODE = """
import sys, time
from dataclasses import replace
from pathlib import Path
from app.builds import run as builds
from app.builds.request import BuildRequest
from app.errors import BuildLost
from app.settings import Settings
from models.building.build_pass import BuildPass

data, database, corpus, stage = sys.argv[1:]

def endless(*args, **kwargs):
    while True:
        time.sleep(0.1)

if stage == "batch":
    step = BuildPass._step
    def slow(*args, **kwargs):
        time.sleep(0.2)
        return step(*args, **kwargs)
    BuildPass._step = slow
else:
    setattr(builds, stage, endless)
settings = Settings(_env_file=None, data_dir=Path(data), database_url=database)
try:
    builds.run_build(settings, BuildRequest(("a", "b"), corpus, tokens=4000, batch=4, seed=5, labels=("kind",)))
except BuildLost as error:
    print(error)
    sys.exit(1)
"""


@pytest.fixture
def begin(settings, parts):  # noqa: F811
    """Start the process of a build; it is ended with the test."""
    started = []

    def start(stage):
        command = [sys.executable, "-c", CODE, str(settings.data_dir), settings.database_url, str(parts[2]), stage]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": "."})
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def wait_for(session, process, reached):
    """The running builds once ``reached`` holds for the first of them."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        session.rollback()
        running = running_builds(session)
        if running and reached(running[0]):
            return running
        assert process.poll() is None, process.stdout.read()
        time.sleep(0.1)
    pytest.fail("the build did not get there")


def statuses(session):
    session.rollback()
    return set(session.scalars(sa.select(Build.status)))


def test_a_build_cancelled_from_another_process_stops_and_resumes_to_the_same_records(settings, session, parts, begin):  # noqa: F811
    run_build(settings, request(parts))
    wanted = {slug: stored(session, slug) for slug in "ab"}
    shown = source_by_slug(session, "a").build.id

    process = begin("batch")
    running = wait_for(session, process, lambda build: build.tokens_done > 0)
    assert len(running) == 2
    assert cancel(session, running[1].id) == "Cancelled the build of a, b."
    asked = time.monotonic()
    output, _ = process.communicate(timeout=PATIENCE)
    assert time.monotonic() - asked < 60
    assert process.returncode == 1
    assert "--resume goes on" in output
    assert statuses(session) == {"complete", "cancelled"}
    assert source_by_slug(session, "a").build.id == shown, "what was shown before stays"
    assert source_by_slug(session, "a").latest.error == "Cancelled on the Builds page."

    said = []
    run_build(settings, request(parts, resume=True), say=said.append)
    assert any("Going on after" in sentence for sentence in said)
    assert {slug: stored(session, slug) for slug in "ab"} == wanted
    assert source_by_slug(session, "a").build.id > shown


@pytest.mark.parametrize("stage", ["load_language_model", "weights_geometry"])
def test_a_stage_that_reports_nothing_is_interrupted(settings, session, begin, stage):  # noqa: F811
    process = begin(stage)
    name = "loading the model" if stage == "load_language_model" else "measuring a"
    running = wait_for(session, process, lambda build: build.stage == name)
    cancel(session, running[0].id)
    output, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    kept = stage == "weights_geometry"
    assert ("--resume goes on" if kept else "nothing of it was kept") in output
    assert bool(list(settings.data_dir.glob("builds/*/state.npz"))) == kept
    assert statuses(session) == {"cancelled"}


def test_rows_written_before_the_cancel_are_deleted_by_the_builder(session, begin):
    process = begin("write_quality")  # after prompts and latents of the first source
    wait_for(session, process, lambda build: session.scalar(sa.select(sa.func.count()).select_from(Latent)) >= 1)
    running = wait_for(session, process, lambda build: "writing" in build.stage)
    cancel(session, running[0].id)
    process.communicate(timeout=PATIENCE)
    session.rollback()
    for table in (Latent, Prompt):
        assert session.scalar(sa.select(sa.func.count()).select_from(table)) == 0
