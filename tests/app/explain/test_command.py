"""``periscope explain`` from the first refusal to the stored label, stopped, killed and gone on with."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.db.queries.latents import densities as stored_densities
from app.db.queries.sources import source_by_slug
from app.db.queries.texts import explanations
from app.db.session import make_engine, make_session_maker
from app.explain.reading import DENSE
from app.settings import Settings
from models.statistics.label_tests import MACHINE
from tests.app.commands_support import is_one_sentence, run  # noqa: F401 (a fixture)
from tests.chat_server import answers, question_of, sleeps
from tests.processes import CODE, ROOT, free_port

KEY = "sk-secret-0123456789"


def labels_of(folder: Path, slug: str = "a"):
    """Every label of a source, by latent."""
    engine = make_engine(Settings(_env_file=None, data_dir=folder))
    try:
        with make_session_maker(engine)() as session:
            source = source_by_slug(session, slug)
            found = {i: explanations(session, source, i) for i in range(source.facts.d_sae)}
            return {index: items for index, items in found.items() if items}
    finally:
        engine.dispose()


def chosen(folder: Path, n: int) -> list[int]:
    """Latents that can be explained: those that fire most often, without dense ones."""
    engine = make_engine(Settings(_env_file=None, data_dir=folder))
    try:
        with make_session_maker(engine)() as session:
            densities = stored_densities(session, source_by_slug(session, "a"))
    finally:
        engine.dispose()
    fit = sorted((i for i in densities if 0 < densities[i] <= DENSE), key=lambda i: -densities[i])
    return sorted(fit[:n])


def command(server, *more: str) -> tuple[str, ...]:
    return ("explain", "a", "--endpoint", server.url, "--model", "a-model", *more)


def questions_of(server):
    return [str(body["messages"]) for _, body in server.requests]


def test_latents_are_explained_scored_and_stored(run, data_dir, server) -> None:  # noqa: F811
    status, out, err = run(*command(server, "--top", "2"))
    assert (status, err) == (0, "")
    first, second = chosen(data_dir, 2)
    labels = labels_of(data_dir)
    assert sorted(labels) == [first, second]
    (label,) = labels[first]
    assert (label.text, label.author, label.kind) == ("short words about animals", "a-model", MACHINE)
    assert label.status in ("tested", "failed", "guess")
    assert label.n >= 20
    assert None not in (label.precision, label.recall)
    assert set(label.scores["intervals"]) == {"precision", "recall", "auroc_text"}
    assert label.scores["scorer"] == "a-model"
    assert f"{first}: short words about animals (detection " in out
    kinds = [question_of(body["messages"])[0] for _, body in server.requests]
    assert kinds.count("explain") == 2
    assert kinds.count("detect") > 4
    assert kinds.count("fuzz") > 4
    assert not list((data_dir / "explanations").iterdir()), "the run is complete"


def test_what_is_sent_where_and_how_much_is_said_before_the_first_call(run, data_dir, server) -> None:  # noqa: F811
    status, out, _ = run(*command(server, "--top", "1", "--dry-run"))
    assert status == 0
    assert f"with marked activations for 1 latent of a to a-model at {server.url}, without a key." in out
    assert "the explanations and up to" in out
    assert "tokens; the budget is 1,000,000 tokens." in out
    assert not server.requests
    assert not labels_of(data_dir)


def test_the_estimate_holds(run, data_dir, server) -> None:  # noqa: F811
    _, out, _ = run(*command(server, "--top", "2"))
    said = next(line for line in out.splitlines() if line.startswith("About"))
    calls = int(said.split()[1].replace(",", ""))
    assert calls == len(server.requests)


def test_explainer_and_scorer_may_differ(run, data_dir, server) -> None:  # noqa: F811
    status, _, _ = run(*command(server, "--top", "1", "--scorer-model", "a-judge"))
    assert status == 0
    by_model = {"a-model": set(), "a-judge": set()}
    for _, body in server.requests:
        by_model[body["model"]].add(question_of(body["messages"])[0])
    assert by_model == {"a-model": {"explain"}, "a-judge": {"detect", "fuzz"}}
    (labels,) = labels_of(data_dir).values()
    assert (labels[0].author, labels[0].scores["scorer"]) == ("a-model", "a-judge")


def test_a_description_of_ones_own_is_scored_and_not_explained(run, data_dir, server) -> None:  # noqa: F811
    (index,) = chosen(data_dir, 1)
    status, out, _ = run(*command(server, "--latents", str(index), "--description", "my own words"))
    assert status == 0
    assert all(question_of(body["messages"])[:2][0] != "explain" for _, body in server.requests)
    assert all("Description: my own words" in text for text in questions_of(server))
    (label,) = labels_of(data_dir)[index]
    assert (label.text, label.method) == ("my own words", "scored description")
    assert "Sends your description and" in out


def test_promoted_tokens_are_sent_on_request_only(run, data_dir, server) -> None:  # noqa: F811
    run(*command(server, "--top", "1"))
    assert not any("makes the model say" in text for text in questions_of(server))
    run(*command(server, "--top", "1", "--promoted"))
    assert sum("makes the model say" in text for text in questions_of(server)) == 1


def test_the_key_is_sent_and_is_nowhere_else(run, data_dir, server, monkeypatch) -> None:  # noqa: F811
    monkeypatch.setenv("PERISCOPE_EXPLAIN_KEY", KEY)
    server.faults = [answers(500, {"error": {"message": f"no luck with {KEY}"}})]
    status, out, err = run("--debug", *command(server, "--top", "1"))
    assert status == 0
    assert {headers["Authorization"] for headers, _ in server.requests} == {f"Bearer {KEY}"}
    assert "with the key from PERISCOPE_EXPLAIN_KEY" in out
    assert KEY not in out + err
    server.always = answers(401, {"error": {"message": f"no such key: {KEY}"}})
    status, out, err = run("--debug", *command(server, "--top", "1", "--seed", "3"))
    assert status == 1
    assert KEY not in out + err
    for path in data_dir.rglob("*"):
        assert not path.is_file() or KEY.encode() not in path.read_bytes(), path


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        (("--budget", "0"), "--budget is a number of tokens from 1"),
        (("--budget", "-3"), "--budget is a number of tokens from 1"),
        (("--budget", "500"), "the budget is 500 tokens, so nothing was sent"),
        (("--max-calls", "3"), "3 calls, so nothing was sent"),
        (("--max-calls", "0"), "--max-calls is a number of calls from 1"),
        (("--latents", "4096"), "a has no latent 4096; its latents are 0 to 95"),
        (("--latents", "90-99"), "a has no latent 96"),
        (("--latents", "5-2"), "ends before it begins"),
        (("--latents", "cats"), "'cats' is neither"),
        (("--latents", "-3"), "'-3' is neither"),
        (("--latents", ""), "'' is neither"),
        (("--latents", "0-999999999"), "at most 10,000 latents"),
        (("--latents", "1", "--top", "2"), "give one of them"),
        (("--top", "0"), "--top is a number of latents from 1"),
        (("--tokens", "3"), "--tokens is a number from 1,000"),
        (("--timeout", "nan"), "--timeout is a number from 1"),
        (("--parallel", "1000"), "--parallel is a number from 1 to 64"),
        (("--description", "words"), "name it with --latents"),
        (("--scorer-key-file", "x"), "--scorer-endpoint"),
        (("--key-file", "nothing-here"), "is not a file"),
        (("--endpoint", "localhost:80"), "not the address of an endpoint"),
        (("--model", " "), "name it with --model"),
    ],
)
def test_what_cannot_be_meant_is_one_sentence_and_sends_nothing(run, data_dir, server, more, reason) -> None:  # noqa: F811
    status, _, err = run(*command(server, *more))
    assert status == 1
    assert is_one_sentence(err)
    assert reason in err
    assert not server.requests
    assert not labels_of(data_dir)
    folder = data_dir / "explanations"
    assert not folder.exists() or not list(folder.iterdir())


def test_a_source_that_is_not_there_or_not_built_is_one_sentence(run, data_dir, server) -> None:  # noqa: F811
    for slug, reason in (("zebra", "There is no source 'zebra'"), ("b", "b has no finished build yet")):
        status, _, err = run("explain", slug, "--endpoint", server.url, "--model", "m")
        assert status == 1
        assert is_one_sentence(err)
        assert reason in err
    assert not server.requests


def test_without_an_endpoint_the_options_and_settings_are_named(run, data_dir, monkeypatch) -> None:  # noqa: F811
    _, _, err = run("explain", "a")
    assert "give --endpoint, or set PERISCOPE_EXPLAIN_ENDPOINT" in err
    monkeypatch.setenv("PERISCOPE_EXPLAIN_ENDPOINT", "http://127.0.0.1:9/v1")
    _, _, err = run("explain", "a")
    assert "give --model, or set PERISCOPE_EXPLAIN_MODEL" in err


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (answers(200, b"<html>hello</html>", "text/html"), "text/html that is no chat completion"),
        (answers(200, b"{"), "no chat completion"),
        (answers(503, {}), "cannot answer now (503)"),
        (answers(429, {}, Retry_After="7200"), "asks to wait 7,200 seconds"),
        (sleeps(3), "did not answer within 1 seconds"),
    ],
    ids=["html", "wrong json", "503", "rate limit", "slow"],
)
def test_a_bad_endpoint_is_one_sentence_and_leaves_no_label(run, data_dir, server, fault, reason) -> None:  # noqa: F811
    server.always = fault
    status, _, err = run(*command(server, "--top", "1", "--retries", "0", "--timeout", "1"))
    assert status == 1
    assert is_one_sentence(err)
    assert reason in err
    assert not labels_of(data_dir)


def test_an_endpoint_that_is_down_is_one_sentence(run, data_dir) -> None:  # noqa: F811
    url = f"http://127.0.0.1:{free_port()}/v1"
    status, _, err = run("explain", "a", "--endpoint", url, "--model", "m", "--top", "1", "--retries", "0")
    assert status == 1
    assert is_one_sentence(err)
    assert f"{url} cannot be reached" in err
    assert not labels_of(data_dir)


def test_garbage_is_counted_and_shown_and_never_a_label(run, data_dir, server) -> None:  # noqa: F811
    server.say = lambda messages: "As a language model I like this very much.\nReally."
    status, out, _ = run(*command(server, "--top", "1"))
    assert status == 0
    assert "no explanation, what a-model said of it could not be read" in out
    assert not labels_of(data_dir)
    server.say = lambda messages: "EXPLANATION: x" if question_of(messages)[0] == "explain" else "Hm."
    status, out, _ = run(*command(server, "--top", "1", "--seed", "1"))
    assert "answers unreadable" in out
    (labels,) = labels_of(data_dir).values()
    assert (labels[0].status, labels[0].n, labels[0].precision) == ("guess", 0, None)


def test_markup_and_controls_in_an_explanation_are_kept_as_text(run, data_dir, server) -> None:  # noqa: F811
    said = "EXPLANATION: <script>alert(1)</script>\x1b[31m red\x00 \u202eback"
    server.say = lambda messages: said if question_of(messages)[0] == "explain" else "[1, 0, 1, 0, 1]"
    _, out, _ = run(*command(server, "--top", "1"))
    (labels,) = labels_of(data_dir).values()
    assert labels[0].text == "<script>alert(1)</script> [31m red back"
    assert "\x1b" not in out


# ---------------------------------------------------------------- stopped and gone on with


def start(server, data_dir, *more: str) -> "subprocess.Popen[str]":
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PERISCOPE_DATA_DIR": str(data_dir)}
    arguments = command(server, "--parallel", "2", *more)
    return subprocess.Popen(
        [sys.executable, "-c", CODE, *arguments],
        cwd=data_dir.parent, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        # Who runs the tests in the background of a shell has SIGINT ignored, which a child would inherit.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip


def stop_after(server, n: int, process: "subprocess.Popen[str]", how: int) -> None:
    """Send a signal when ``n`` calls have come; no later one is answered until the process is gone."""
    deadline = time.monotonic() + 120
    while len(server.requests) < n:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.005)
    process.send_signal(how)


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_run_that_was_stopped_asks_nothing_twice(run, data_dir, server, how) -> None:  # noqa: F811
    latents = chosen(data_dir, 2)
    named = ("--latents", ",".join(map(str, latents)))
    _, out, _ = run(*command(server, *named, "--dry-run"))
    planned = int(next(line for line in out.splitlines() if line.startswith("About")).split()[1])
    server.always = sleeps(0.3)  # long enough for the signal to arrive in the middle
    process = start(server, data_dir, *named)
    stop_after(server, planned // 2 + 4, process, how)
    out, err = process.communicate(timeout=60)
    if how == signal.SIGKILL:
        assert process.returncode == -signal.SIGKILL
    else:
        assert process.returncode == 130
        assert "Stopped; what was answered is kept" in err
        assert "Traceback" not in err
    before, asked = labels_of(data_dir), len(server.requests)
    assert set(before) <= {latents[0]}, "nothing half-written"
    server.always = None
    status, out, _ = run(*command(server, *named, "--parallel", "2"))
    assert status == 0
    # What was on its way when the process ended is asked once more: at most two calls.
    assert planned <= len(server.requests) <= planned + 2
    assert len(server.requests) - asked < planned
    assert sorted(labels_of(data_dir)) == latents
    assert all(len(items) == 1 for items in labels_of(data_dir).values())
    assert not list((data_dir / "explanations").iterdir())


def test_a_budget_that_is_used_up_stops_and_a_larger_one_goes_on(run, data_dir, server) -> None:  # noqa: F811
    server.usage = {"total_tokens": 5000}  # more than anybody could foresee
    arguments = command(server, "--top", "2", "--parallel", "1")
    status, _, err = run(*arguments, "--budget", "40000")
    assert status == 1
    assert is_one_sentence(err)
    assert "budget is used up" in err
    asked = len(server.requests)
    assert asked <= 9
    status, _, _ = run(*arguments)
    assert status == 0
    assert len(set(questions_of(server))) == len(server.requests), "nothing was asked twice"


def test_explaining_again_takes_the_place_of_the_last_explanation(run, data_dir, server) -> None:  # noqa: F811
    run(*command(server, "--top", "1"))
    server.say = lambda messages: "EXPLANATION: anew" if question_of(messages)[0] == "explain" else "[1,0,1,0,1]"
    run(*command(server, "--top", "1"))
    (labels,) = labels_of(data_dir).values()
    assert [label.text for label in labels] == ["anew"]
