"""The commands: exit status, one sentence on stderr, nothing heavy for help."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from app.builds import request as build_request
from app.commands import checks, demo
from app.db.queries.sources import all_sources, source_by_slug
from app.db.queries.texts import vocabulary as stored_vocabulary
from app.db.session import make_engine, make_session_maker
from app.db.writes.sources import register_source
from app.settings import Settings, load_settings
from tests.app.commands_support import Run, is_one_sentence
from tests.app.db.support import built
from tests.records import VOCABULARY, make_facts


@contextlib.contextmanager
def opened(settings: Settings | None = None) -> Iterator[Session]:
    engine = make_engine(settings or load_settings())
    with make_session_maker(engine)() as session:
        yield session
    engine.dispose()


def python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    return done.stdout


@pytest.mark.parametrize("arguments", [["--help"], ["build", "--help"], ["sources", "add", "--help"]])
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys; from app.cli import main\n"
        f"try: main({arguments})\nexcept SystemExit as end: assert not end.code\n"
        "heavy = {'torch', 'transformers', 'sqlalchemy', 'fastapi', 'numpy'} & set(sys.modules)\n"
        "print('HEAVY', heavy)"
    )
    assert "HEAVY set()" in python(code)


def test_reading_pages_needs_no_torch() -> None:
    assert "False" in python("import sys, app.db.queries, app.db.writes; print('torch' in sys.modules)")


def test_help_lists_every_command(run: Run) -> None:
    status, out, _ = run("--help")
    assert status == 0
    for name in ("demo", "serve", "sources", "build", "db", "doctor", "--debug"):
        assert f"  {name} " in out


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"], ["build"], ["build", "x"], ["build", "x", "--corpus", "y", "--tokens", "0"],
        ["build", "x", "--corpus", "y", "--tokens", "many"], ["serve", "--port", "99999"], ["sources", "show"],
        ["build", "x", "x", "--corpus", "y"], ["sources", "add", "only-a-model"], ["db"],
    ],
)  # fmt: skip
def test_wrong_usage_ends_with_status_2(run: Run, arguments: list[str]) -> None:
    status, _, err = run(*arguments)
    assert status == 2
    assert "Traceback" not in err


def test_upgrade_makes_the_database_and_can_run_again(run: Run, tmp_path: Path) -> None:
    for _ in range(2):
        status, out, _ = run("db", "upgrade")
        assert (status, "up to date" in out) == (0, True)
    assert (tmp_path / "data" / "periscope.db").exists()


def test_sources_are_listed_shown_and_removed(run: Run) -> None:
    run("db", "upgrade")
    assert "No sources yet" in run("sources", "list")[1]
    with opened() as session:
        built(session)
        register_source(session, "fresh", make_facts(layer=1), VOCABULARY)
    status, out, _ = run("sources", "list")
    assert status == 0
    assert "tiny" in out
    assert "none" in out
    status, out, _ = run("sources", "show", "tiny")
    assert status == 0
    assert "blocks.2.hook_resid_post" in out
    assert "complete at 100%" in out
    assert "shown on the pages" in out
    assert "not built yet" in run("sources", "show", "fresh")[1]
    assert run("sources", "remove", "tiny")[0] == 0
    status, _, err = run("sources", "remove", "tiny")
    assert status == 1
    assert "Known sources: fresh" in err


def test_a_wrong_setting_is_one_sentence(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERISCOPE_PORT", "abc")
    status, _, err = run("sources", "list")
    assert status == 1
    assert is_one_sentence(err)


def test_a_name_that_is_no_setting_is_pointed_out(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERISCOPE_PROT", "1")
    assert "did you mean PERISCOPE_PORT?" in run("serve", "--check")[2]


@pytest.mark.parametrize("where", ["before", "after"])
def test_debug_shows_the_traceback(run: Run, where: str) -> None:
    command = ["sources", "show", "x"]
    status, _, err = run(*(["--debug", *command] if where == "before" else [*command, "--debug"]))
    assert status == 1
    assert "Traceback" in err
    assert err.rstrip().splitlines()[-1].startswith("Error: ")


def test_a_defect_is_one_sentence_too(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ValueError("a\nb")

    monkeypatch.setattr("app.commands.console.open_engine", fail)
    status, _, err = run("sources", "list")
    assert status == 1
    assert is_one_sentence(err)
    assert "--debug" in err


def test_serving_the_network_without_a_token_is_refused(run: Run) -> None:
    for command in ("serve", "demo"):
        status, _, err = run(command, "--host", "0.0.0.0")  # noqa: S104
        assert status == 1
        assert is_one_sentence(err)
        assert "PERISCOPE_AUTH_TOKEN" in err


def test_a_port_in_use_is_one_sentence(run: Run) -> None:
    run("db", "upgrade")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        status, _, err = run("serve", "--port", port)
        assert (status, is_one_sentence(err)) == (1, True)
        assert f"Port {port}" in err


def test_an_address_of_another_machine_is_one_sentence(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERISCOPE_AUTH_TOKEN", "long-enough-token")
    status, _, err = run("serve", "--host", "203.0.113.7")
    assert (status, is_one_sentence(err)) == (1, True)
    assert "--host" in err


def test_the_server_answers_and_stops_on_a_signal(run: Run, tmp_path: Path) -> None:
    run("db", "upgrade")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    for number in (signal.SIGINT, signal.SIGTERM):
        process = subprocess.Popen(
            [sys.executable, "-c", "from app.cli import main; main()", "serve", "--port", port],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(checks.REPOSITORY)},
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert answer(f"http://127.0.0.1:{port}/healthz") == 200
            if number == signal.SIGINT:
                assert_rested_connection_answers(int(port))
            process.send_signal(number)
            assert process.wait(20) == 0
            assert process.stderr
            assert "Traceback" not in process.stderr.read()
        finally:
            process.kill()
            process.wait()
            assert process.stderr
            process.stderr.close()


def assert_rested_connection_answers(port: int) -> None:
    """httpx and others use a connection again for up to five seconds; the server must not close it just then."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
        for pause in (0, 6):
            time.sleep(pause)
            connection.request("GET", "/healthz")
            opened_from = connection.sock.getsockname()
            answered = connection.getresponse()
            assert (answered.status, answered.read() != b"") == (200, True)
            # The same connection: a closed one would have been opened anew.
            assert connection.sock is not None
            assert connection.sock.getsockname() == opened_from


def answer(url: str) -> int:
    for _ in range(300):
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310
            return int(response.status)
        time.sleep(0.1)
    raise AssertionError(f"{url} does not answer")


def test_the_demo_serves_at_once_and_ends_its_build_with_the_server(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    code = (
        "import pathlib, signal, sys, time\n"
        "def end(*_): pathlib.Path('saved').write_text(''); sys.exit()\n"
        "signal.signal(signal.SIGTERM, end); pathlib.Path('begun').write_text('')\n"
        "time.sleep(60)"
    )
    monkeypatch.setattr(demo, "BUILDER", (sys.executable, "-c", code))
    served: list[bool] = []

    def serve(_settings: Settings, _opened: socket.socket, open_browser: bool) -> None:
        served.append(open_browser)
        for _ in range(200):
            if (tmp_path / "begun").exists():
                return
            time.sleep(0.05)

    monkeypatch.setattr("app.commands.web_server.serve_app", serve)
    status, _, err = run("demo", "--no-browser", "--port", "18762")
    assert (status, err) == (0, "")
    assert served == [False]
    assert (tmp_path / "saved").exists()
    with opened() as session:
        assert all_sources(session) == ()


def test_build_hands_its_options_over(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[build_request.BuildRequest] = []

    def pretend(
        _settings: Settings,
        request: build_request.BuildRequest,
        report: build_request.Reporter,
        say: Callable[[str], None],
    ) -> None:
        seen.append(request)
        say("[bold]not markup[/bold]")
        report(build_request.BuildProgress("reading", 0.5, 50, 100, 1234.5))

    monkeypatch.setattr("app.builds.run.run_build", pretend)
    options = "--corpus c.txt --tokens 99 --context 64 --batch 3 --device cpu --seed 5 --resume --max-norm-ratio 7"
    status, out, _ = run("build", "a", "b", *options.split(), "--no-output-scores")
    assert status == 0
    wanted = build_request.BuildRequest(("a", "b"), "c.txt", 99, 64, 3, "cpu", 5, True, max_norm_ratio=7.0)
    assert seen == [replace(wanted, output_scores=False)]
    assert "[bold]not markup[/bold]" in out
    assert "Built a, b" in out


@pytest.mark.parametrize("said", ["Stopped; the same command with --resume goes on.", ""])
def test_a_stopped_build_says_how_to_go_on(run: Run, monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt(*filter(None, [said]))

    monkeypatch.setattr("app.builds.run.run_build", stop)
    status, _, err = run("build", "a", "--corpus", "c.txt")
    assert (status, err.strip()) == (130, said or "Stopped.")


def test_add_registers_a_source_that_fits(run: Run, tiny_models: dict[str, Path], tmp_path: Path) -> None:
    from tests.models.tiny import save_sae

    sae = save_sae(tmp_path / "sae")
    run("db", "upgrade")
    status, out, err = run("sources", "add", str(tiny_models["gpt2"]), str(sae), "--slug", "mine")
    assert (status, err) == (0, "")
    assert "blocks.1.hook_resid_post" in out
    assert "periscope build mine" in out
    with opened() as session:
        source = source_by_slug(session, "mine")
        vocabulary = stored_vocabulary(session, source.language_model_id)
    assert source.facts.d_sae == 96
    assert len(vocabulary) == source.facts.model.vocab_size
    assert " the" in vocabulary.values()
    status, _, err = run("sources", "add", str(tiny_models["gpt2"]), str(sae), "--slug", "mine")
    assert (status, is_one_sentence(err)) == (1, True)


def test_add_takes_a_gguf_file_and_keeps_what_it_became(run: Run, tiny_models: dict[str, Path], tmp_path: Path) -> None:
    from tests.models.tiny import save_sae
    from tests.models.tiny_gguf import write_gguf

    sae = save_sae(tmp_path / "sae")
    write_gguf(tiny_models["llama"], tmp_path / "Tiny.gguf")
    run("db", "upgrade")
    status, _, err = run("sources", "add", "Tiny.gguf", str(sae), "--slug", "mine")
    assert (status, err) == (0, "")
    (tmp_path / "Tiny.gguf").unlink()
    with opened() as session:
        facts = source_by_slug(session, "mine").facts.model
    assert facts.name == "Tiny"
    assert Path(facts.location).is_relative_to(tmp_path / "data" / "models")
    assert (Path(facts.location) / "model.safetensors").is_file()


def test_add_refuses_a_damaged_gguf_file_in_one_sentence(run: Run, tmp_path: Path) -> None:
    from tests.models.tiny import save_sae

    sae = save_sae(tmp_path / "sae")
    (tmp_path / "bad.gguf").write_bytes(b"GGUF" + bytes(40))
    run("db", "upgrade")
    status, _, err = run("sources", "add", "bad.gguf", str(sae))
    assert (status, is_one_sentence(err)) == (1, True)
    assert "No sources yet" in run("sources", "list")[1]


def test_add_refuses_what_does_not_exist_and_registers_nothing(run: Run) -> None:
    run("db", "upgrade")
    status, _, err = run("sources", "add", "/no/such/model", "/no/such/sae")
    assert (status, is_one_sentence(err)) == (1, True)
    assert "No sources yet" in run("sources", "list")[1]


def test_every_command_has_a_heading_in_the_docs() -> None:
    text = (checks.REPOSITORY / "docs" / "cli.md").read_text()
    commands = ("demo", "serve", "sources add", "sources list", "sources show", "sources remove", "build", "db upgrade")
    for name in (*commands, "scores", "doctor"):
        assert f"## periscope {name}" in text
