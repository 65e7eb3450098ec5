"""The attack sees what it is there for: servers that are slow, silent, lose labels or answer what they must not."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from scripts.attack.__main__ import parse
from scripts.attack.crowd import Plan, run
from scripts.attack.database import Bars, Moments, check_labels, judge
from scripts.attack.http_client import Answer, Connection, NoAnswerError
from scripts.attack.probes import Probe
from scripts.attack.report import Report
from scripts.attack.stalls import Stalls
from scripts.attack.visitors import Log, Visit, sentence

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def silent(reader, writer):
    """Never answers; ends when the client leaves."""
    try:
        await reader.read()
    finally:
        writer.close()


def answering(*answers: bytes) -> Handler:
    """Gives these answers in turn on each connection, the last one again and again."""

    async def handle(reader, writer):
        number = 0
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                writer.write(answers[min(number, len(answers) - 1)])
                number += 1
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    return handle


def with_server(handler, work):
    async def go():
        server = await asyncio.start_server(handler, "127.0.0.1", 0)
        try:
            return await work(server.sockets[0].getsockname()[1])
        finally:
            server.close()
            others = asyncio.all_tasks() - {asyncio.current_task()}
            await asyncio.wait(others, timeout=5) if others else None

    return asyncio.run(go())


def head(status, *lines, body=b""):
    text = "".join(f"{line}\r\n" for line in (f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", *lines))
    return text.encode() + b"\r\n" + body


def test_a_client_reads_bodies_of_known_length_and_in_chunks_on_one_connection():
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=1\r\nde\r\n0\r\n\r\n"

    async def ask(port):
        connection = Connection(port)
        bodies = [(await connection.ask("/")).body for _ in range(3)]
        connection.leave()
        return bodies

    assert with_server(answering(head(200, body=b"one"), chunked, head(200)), ask) == [b"one", b"abcde", b""]


def test_a_resting_connection_that_was_closed_is_opened_again_and_a_silent_server_is_no_answer():
    opened = []

    async def once(reader, writer):
        opened.append(1)
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head(200))
        writer.close()

    async def ask(port):
        connection = Connection(port)
        for _ in range(2):
            assert (await connection.ask("/")).status == 200
            await asyncio.sleep(0.05)
        connection.leave()

    with_server(once, ask)
    assert len(opened) == 2

    async def give_up(port):
        with pytest.raises(NoAnswerError):
            await Connection(port, patience=0.2).ask("/")

    with_server(silent, give_up)


def test_a_crowd_counts_statuses_waits_as_told_and_notes_what_must_not_be():
    refused = head(503, "Retry-After: 1", body=b"later")
    plan = {"clients": 2, "seconds": 1.0, "paths": ["/a", "/b"]}
    polite = with_server(answering(head(200), refused), lambda port: run(Plan(port, **plan)))
    assert len(polite.times[200]) == 2
    assert len(polite.times[503]) == 2
    assert not polite.samples
    rude = with_server(answering(head(200), refused), lambda port: run(Plan(port, **plan, manner="rude")))
    assert len(rude.times[503]) > 20
    wrong = with_server(answering(head(500, body=b"oops"), head(503)), lambda port: run(Plan(port, **plan)))
    assert wrong.unexplained == 2
    assert "500, oops" in wrong.samples[0]


def test_a_crowd_notes_who_still_waits_when_it_leaves(monkeypatch):
    monkeypatch.setattr("scripts.attack.crowd.LONGEST", 0.3)
    tally = with_server(silent, lambda port: run(Plan(port, 3, 1.0, ["/a"])))
    assert len(tally.silent) == 3
    assert tally.slowest > 0.3
    assert not tally.times


def test_what_an_error_tells_a_person_is_read_from_json_pages_and_panels():
    problem = Answer(503, {"content-type": "application/problem+json"}, b'{"detail": "Come back."}', 0.0)
    page = b'<nav>Home</nav><main id="main" class="wrap"><h1>Error</h1><p>It&#39;s full.</p></main><footer>x</footer>'
    assert sentence(problem) == "Come back."
    assert sentence(Answer(503, {}, page, 0.0)) == "Error It's full."
    assert sentence(Answer(503, {}, b"<p>Come back.</p>", 0.0)) == "Come back."
    assert sentence(Answer(503, {"content-type": "application/json"}, b"[]", 0.0)) == ""


def visit(at, status=200, seconds=0.1, said="", is_write=False):
    return Visit(at, is_write, status, seconds, said)


GOOD = [visit(t, is_write=w, status=201 if w else 200) for t in (0.5, 10.1) for w in (False, True)]


@pytest.mark.parametrize(
    ("extra", "missed"),
    [
        ([], []),
        ([visit(3, 503, said="The database is held by others.")], []),
        ([visit(3, 503)], ["every refusal says why"]),
        ([visit(3, 500, said="Something broke here.")], ["every answer is 200"]),
        ([visit(3, None, said="TimeoutError")], ["every answer is 200"]),
        ([visit(3, seconds=6)], ["nobody waits longer"]),
        ([visit(16, 503, said="The database is held by others.")], ["all is well afterwards"]),
    ],
)
def test_visits_are_held_against_the_bars(extra, missed):
    report = Report()
    probes = [Probe("/healthz", [0.01])]
    judge(report, Log(GOOD + extra), probes, Moments(1, 10), Bars(), (503,))
    assert [any(name in failed for failed in report.failed) for name in missed] == [True] * len(missed)
    assert len(report.failed) == len(missed)


@pytest.mark.parametrize("probe", [Probe("/healthz", [0.01, 3.0]), Probe("/healthz"), Probe("/healthz", [1], ["503"])])
def test_health_that_waits_fails_or_is_silent_is_a_missed_bar(probe):
    report = Report()
    judge(report, Log(GOOD), [probe], Moments(1, 10), Bars(), (503,))
    assert len(report.failed) == 1


def test_a_server_that_never_recovers_is_seen():
    report = Report()
    judge(report, Log(GOOD[:2]), [Probe("/healthz", [0.01])], Moments(1, 10), Bars(), (503,))
    assert ["recovers" in failed for failed in report.failed] == [True]


def test_lost_and_doubled_labels_are_seen(monkeypatch):
    monkeypatch.setattr("scripts.attack.database.labels", lambda _: {"a 1": 1, "a 2": 2})
    report = Report()
    check_labels(report, "", Log(acknowledged=["a 1", "a 2", "a 3"], asked=4))
    assert ["lost" in report.failed[0], "twice" in report.failed[1]] == [True, True]


def test_a_missed_bar_is_the_status_of_the_run(capsys):
    report = Report()
    report.check(True, "good")
    assert report.end() == 0
    report.check(False, "bad", ["since"])
    assert report.end() == 1
    assert "FAIL  bad" in capsys.readouterr().out


def test_a_machine_that_stood_still_is_told():
    stalls = Stalls()
    assert stalls.end() == ""
    stalls.seconds.append(40.0)
    assert "40 s" in stalls.end()


@pytest.mark.parametrize(
    "wrong",
    [["nothing"], ["--clients", "0"], ["--clients", "a,b"], ["--seconds", "0"], ["--seconds", "x"], ["--kills", "1"]],
)
def test_options_that_cannot_be_meant_are_refused(wrong, capsys):
    with pytest.raises(SystemExit) as ended:
        parse(wrong)
    assert ended.value.code == 2
    assert "error:" in capsys.readouterr().err


def test_all_parts_and_both_databases_are_the_default():
    options = parse([])
    assert options.parts == ["load", "slow", "database", "disk", "damage", "kills", "readers"]
    assert options.databases == ["sqlite", "postgresql"]
    assert parse(["load", "--database", "sqlite", "--clients", "7"]).clients == (7,)
