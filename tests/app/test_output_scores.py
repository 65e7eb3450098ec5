"""Output scores in a build and after it: the numbers, on and off, stopped and gone on with, refused."""

from dataclasses import replace

import numpy as np
import pytest
from fastapi.testclient import TestClient

from app.builds import output_scores
from app.builds import run as builds
from app.builds.output_scores import add_scores
from app.builds.request import BuildProgress
from app.db.latent_table.lists import has_output_scores, latents_by_index
from app.db.queries.latents import latent_record
from app.db.queries.sources import running_builds, source_by_slug
from app.db.writes.builds import cancel_build, finish_build, start_build
from app.errors import BuildLost, BuildRunning, NotBuilt, UnknownSource
from app.main import create_app
from models.building import output_score
from models.building.output_score import OutputScorer
from models.errors import Unsupported
from models.loading.opening import load_dictionary, load_language_model
from models.sources import SourceSpec
from tests.app.test_build_runs import parts, request, run_build, settings, stored  # noqa: F401 (fixtures)
from tests.web import BASE


def scores_of(session, slug):
    """What is stored, by latent; NaN where there is none."""
    session.rollback()
    source = source_by_slug(session, slug)
    rows = latents_by_index(session, source, range(source.facts.d_sae))
    values = [rows[index].output_score for index in sorted(rows)]
    return np.array([np.nan if value is None else value for value in values])


def expected_scores(session, slug, parts):  # noqa: F811
    """What the mathematics gives for the records of the build, all latents in one call."""
    facts, _, _, saes = parts
    model = load_language_model(facts[slug].model.location, "cpu", "auto")
    source = source_by_slug(session, slug)
    records = [latent_record(session, source, index) for index in range(source.facts.d_sae)]
    scorer = OutputScorer(model, load_dictionary(SourceSpec(facts[slug].model.location, str(saes[slug]))))
    promoted = np.array([[item.token_id for item in record.promoted] for record in records])
    found = scorer.score(range(len(records)), [record.max_activation for record in records], promoted)
    return found.score.astype(float)


@pytest.fixture
def calls(monkeypatch):
    """The latents of every call of the scorer, whose batches are small enough for every source to have some."""
    monkeypatch.setattr(output_score, "ROWS", 16)
    monkeypatch.setattr(output_scores, "STEP", 32)
    seen = []
    own = OutputScorer.score

    def noting(self, indices, maxima, promoted):
        seen.append(list(indices))
        return own(self, indices, maxima, promoted)

    monkeypatch.setattr(OutputScorer, "score", noting)
    return seen


def test_a_build_stores_exactly_the_scores_of_the_mathematics(settings, session, parts):  # noqa: F811
    seen: list[BuildProgress] = []
    run_build(settings, request(parts), seen.append)
    for slug in "ab":
        found = scores_of(session, slug)
        np.testing.assert_array_equal(found, expected_scores(session, slug, parts))
        assert np.isfinite(found).sum() > 30
        assert source_by_slug(session, slug).build.config["output_scores"] is True
    with TestClient(create_app(settings), base_url=BASE) as client:
        table = client.get("/api/v1/sources/a/latents?sort=output_score&order=desc&limit=3").json()["latents"]
        found = scores_of(session, "a")
        assert [row["output_score"] for row in table] == sorted(found[np.isfinite(found)], reverse=True)[:3]
        one = client.get(f"/api/v1/sources/a/latents/{table[0]['index']}").json()
        assert one["output_score"] == table[0]["output_score"]


def test_scores_can_be_left_out_and_added_later_without_the_corpus(settings, session, parts, calls, tmp_path):  # noqa: F811
    run_build(settings, request(parts))
    wanted = {slug: stored(session, slug) for slug in "ab"}
    calls.clear()
    run_build(settings, request(parts, output_scores=False))
    assert not calls
    source = source_by_slug(session, "a")
    assert source.build.config["output_scores"] is False
    assert not has_output_scores(session, source)
    told = []
    add_scores(settings, ["a", "b"], "cpu", "auto", lambda *what: told.append(what))
    assert {slug: stored(session, slug) for slug in "ab"} == wanted
    assert has_output_scores(session, source_by_slug(session, "a")), "pages see them at once"
    assert told[0] == ("a", 0, told[0][2])
    assert told[-1] == ("b", told[-1][2], told[-1][2])
    calls.clear()
    add_scores(settings, ["a", "b"], "cpu", "auto", lambda *what: None)
    assert not calls, "what has a score keeps it"


def test_adding_scores_goes_on_where_it_stopped(settings, session, parts, calls):  # noqa: F811
    run_build(settings, request(parts, slugs=("a",)))
    wanted = stored(session, "a")
    run_build(settings, request(parts, slugs=("a",), output_scores=False))

    def stop(_slug, done, _total):
        if done:
            raise KeyboardInterrupt

    calls.clear()
    with pytest.raises(KeyboardInterrupt):
        add_scores(settings, ["a"], "cpu", "auto", stop)
    assert [len(call) for call in calls] == [16, 16]
    add_scores(settings, ["a"], "cpu", "auto", lambda *what: None)
    latents = [latent for call in calls for latent in call]
    assert latents == sorted(set(latents)), "nothing is scored twice"
    assert stored(session, "a") == wanted


@pytest.mark.parametrize("how", ["Ctrl-C", "cancelled on the page"])
def test_a_build_stopped_while_scoring_keeps_what_is_scored(settings, session, parts, calls, monkeypatch, how):  # noqa: F811
    run_build(settings, request(parts))
    wanted, all_calls = {slug: stored(session, slug) for slug in "ab"}, list(calls)
    monkeypatch.setattr(builds, "_REPORT_SECONDS", 0)

    def stop(progress):
        if not progress.stage.startswith("scoring a, 32 of"):
            return
        assert 0.85 < progress.progress < 1
        if how == "Ctrl-C":
            raise KeyboardInterrupt
        session.rollback()
        for build in running_builds(session):
            cancel_build(session, build.id, "Cancelled on the page.")

    calls.clear()
    with pytest.raises(KeyboardInterrupt if how == "Ctrl-C" else BuildLost):
        run_build(settings, request(parts), stop)
    session.rollback()
    assert calls == all_calls[:2]
    assert source_by_slug(session, "a").latest.status == "cancelled"
    run_build(settings, request(parts, resume=True))
    assert calls == all_calls, "nothing is scored twice"
    assert {slug: stored(session, slug) for slug in "ab"} == wanted
    assert not list(settings.data_dir.glob("builds/*"))


def test_a_build_that_starts_anew_forgets_the_scores_of_one_that_was_stopped(settings, session, parts, calls):  # noqa: F811
    def stop(progress):
        if progress.stage.startswith("writing a"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_build(settings, request(parts), stop)
    assert list(settings.data_dir.glob("builds/*/scores.npz"))
    before = list(calls)
    calls.clear()
    run_build(settings, request(parts))
    assert calls[: len(before)] == before


def test_a_source_that_cannot_be_steered_is_built_without_scores(settings, session, parts, monkeypatch):  # noqa: F811
    def refusing(model, dictionary):
        if dictionary.d_sae == 96:
            raise Unsupported("blocks.1.ln2.hook_normalized can be read but not changed.")
        return OutputScorer(model, dictionary)

    monkeypatch.setattr(builds, "OutputScorer", refusing)
    monkeypatch.setattr(output_scores, "OutputScorer", refusing)
    said = []
    run_build(settings, request(parts), say=said.append)
    sentence = "No output scores for a: blocks.1.ln2.hook_normalized can be read but not changed."
    assert sentence in said
    session.rollback()
    build = source_by_slug(session, "a").build
    assert (build.status, build.message) == ("complete", sentence)
    assert np.isnan(scores_of(session, "a")).all()
    assert np.isfinite(scores_of(session, "b")).any()
    with TestClient(create_app(settings), base_url=BASE) as client:
        assert sentence in client.get("/builds").text
    with pytest.raises(Unsupported, match="can be read but not changed"):
        add_scores(settings, ["a"], "cpu", "auto", lambda *what: None)


def test_scores_are_added_to_complete_builds_only(settings, session, parts):  # noqa: F811
    def add(slug):
        add_scores(settings, [slug], "cpu", "auto", lambda *what: None)

    with pytest.raises(UnknownSource):
        add("zebra")
    with pytest.raises(NotBuilt, match="a has no finished build yet"):
        add("a")
    source = source_by_slug(session, "a")
    start_build(session, source.id, corpus="x", tokens=1, context_size=32, seed=0, config={}, slug="a")
    with pytest.raises(BuildRunning, match="running already"):
        add("a")


def test_scores_of_a_build_that_was_replaced_meanwhile_are_not_stored(settings, session, parts):  # noqa: F811
    run_build(settings, request(parts, slugs=("b",), output_scores=False))

    def replace_it(_slug, _done, _total):
        session.rollback()
        source = source_by_slug(session, "b")
        finish_build(session, start_build(session, source.id, corpus="x", tokens=1, context_size=32, seed=0, config={}))

    with pytest.raises(BuildLost, match="b was built anew meanwhile"):
        add_scores(settings, ["b"], "cpu", "auto", replace_it)


def test_the_identity_of_a_checkpoint_is_the_same_with_and_without_scores(settings, session, parts):  # noqa: F811
    def stop(progress):
        if progress.stage.startswith("measuring"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_build(settings, request(parts), stop)
    run_build(settings, replace(request(parts), resume=True, output_scores=False))
    assert np.isnan(scores_of(session, "a")).all()
