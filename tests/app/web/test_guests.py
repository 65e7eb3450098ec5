"""Places for connections: in all, of one address, and those that are spare."""

import asyncio
import logging
import resource
import socket
from collections.abc import Iterator
from dataclasses import replace

import pytest

from app.settings import Settings
from app.web import guests as guests_module
from app.web import open_files
from app.web.addresses import Proxies
from app.web.guests import Guests
from app.web.limits import ClientLimits
from app.web.server import server_config
from tests.app.web.support import HEALTH, SHORT, ask, connect, errors_in, logged, read_one, serving, status, tiny_app

PAGE = b"GET /page HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
SETTINGS = Settings(_env_file=None, log_level="warning")


class Someone:
    def __init__(self) -> None:
        self.looks: list[bool] = []
        self.is_dropped = False

    def look(self, now: float, is_crowded: bool) -> None:
        self.looks.append(is_crowded)

    def drop(self) -> None:
        self.is_dropped = True


@pytest.fixture
def sockets() -> Iterator[list[socket.socket]]:
    """Connections that a test leaves open until it ends."""
    held: list[socket.socket] = []
    yield held
    for each in held:
        each.close()


def test_places_are_given_back_and_the_newest_has_the_first_claim_to_a_spare_one() -> None:
    async def check() -> None:
        guests = Guests(ClientLimits(connections=4, per_address=2, spare=2), Proxies(["10.0.0.1"]))
        first, second, *spare = (Someone() for _ in range(5))
        assert guests.admit(first, "a")
        assert guests.admit(second, "a")
        assert [guests.admit(each, "a") for each in spare] == [False] * 3
        assert [each.is_dropped for each in spare] == [True, False, False]
        guests.leave(spare[0])
        assert not guests.move_up(spare[1])
        guests.leave(first)
        assert [guests.move_up(each) for each in (spare[0], spare[1], spare[2])] == [False, True, False]
        # A proxy that is trusted speaks for many.
        assert [guests.admit(Someone(), "10.0.0.1") for _ in range(3)] == [True, True, False]
        assert not guests.admit(Someone(), "b")

    asyncio.run(check())


def test_few_places_left_make_the_server_impatient_with_whom_they_were_taken_by() -> None:
    async def check() -> None:
        guests = Guests(ClientLimits(connections=16, per_address=8, look=0.01), Proxies([]))
        many, other = [Someone() for _ in range(7)], Someone()
        for each in many:
            guests.admit(each, "a")
        guests.admit(other, "b")
        await asyncio.sleep(0.1)
        assert (many[0].looks[-1], other.looks[-1]) == (True, False)
        for number in range(6):
            guests.admit(Someone(), f"c{number}")
        await asyncio.sleep(0.1)
        assert other.looks[-1]

    asyncio.run(check())


def test_one_connection_that_cannot_be_looked_at_hides_no_other(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(Someone):
        def look(self, now: float, is_crowded: bool) -> None:
            raise RuntimeError("broken")

    async def check() -> None:
        guests = Guests(ClientLimits(look=0.01), Proxies([]))
        broken, whole = Broken(), Someone()
        guests.admit(broken, "a")
        guests.admit(whole, "a")
        await asyncio.sleep(0.2)
        assert broken.is_dropped
        assert len(whole.looks) > 1

    asyncio.run(check())
    assert "cannot be looked at" in caplog.text


def test_time_in_which_the_server_itself_stood_still_is_not_the_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    async def check() -> None:
        loop = asyncio.get_running_loop()
        guests = Guests(ClientLimits(look=0.05), Proxies([]))
        guests.admit(Someone(), "a")
        before, jump, time = guests.now(), 1000.0, loop.time
        monkeypatch.setattr(loop, "time", lambda: time() + jump)
        await asyncio.sleep(0.2)
        assert 0 < guests.now() - before < jump / 2

    asyncio.run(check())


def test_a_flood_from_one_address_leaves_health_to_it_and_pages_to_others(
    sockets: list[socket.socket], caplog: pytest.LogCaptureFixture
) -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard != resource.RLIM_INFINITY and hard < 6000:
        pytest.skip("needs 6000 open files: raise `ulimit -Hn`")
    # As in production, but that nobody is sent away for being silent while the test looks.
    limits = ClientLimits(head=600, crowded=600)
    with logged(caplog), serving(tiny_app, SETTINGS, limits) as port:
        for number in range(1500):
            sockets.append(connect(port))
            sockets[-1].sendall((b"", b"GET / HT", b"POST /echo HTTP/1.1\r\nHost: localhost\r\n")[number % 3])
            if number % 100 == 99:
                assert status(ask(port, PAGE.replace(b"/page", b"/healthz"))) == 200
        refused = ask(port, PAGE)
        assert (status(refused), b"\r\nretry-after: " in refused) == (503, True)
        assert b"Too many connections" in refused
        assert status(ask(port, PAGE, host="127.0.0.2")) == 200
    assert errors_in(caplog) == []
    assert len([r for r in caplog.records if "more are answered with 503" in r.getMessage()]) == 1


def test_who_is_silent_loses_the_place_soon_when_few_are_left(sockets: list[socket.socket]) -> None:
    limits = replace(SHORT, head=600, rest=600, crowded=0.3, connections=40, per_address=20, spare=4)
    with serving(tiny_app, SETTINGS, limits) as port:
        for number in range(60):
            sockets.append(connect(port))
            if number % 2:
                sockets[-1].sendall(HEALTH)  # and then rests
        answers = [status(ask(port, PAGE)) for _ in range(2)]
        while answers[-1] != 200:
            answers.append(status(ask(port, PAGE)))
        assert set(answers) <= {503, 200}


def test_four_hundred_clients_of_one_address_are_all_answered() -> None:
    async def visit(port: int) -> list[int]:
        found = []
        for _ in range(3):  # the next connection is opened while the last one is being closed
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            for _ in range(2):
                writer.write(HEALTH)
                found.append(status(await reader.readuntil(b"\r\n\r\n")))
                await reader.readexactly(2)
            writer.close()
        return found

    async def visits(port: int) -> list[list[int]]:
        return await asyncio.gather(*(visit(port) for _ in range(400)))

    with serving(tiny_app, SETTINGS, ClientLimits()) as port:
        assert asyncio.run(visits(port)) == [[200] * 6] * 400


def test_a_spare_place_becomes_a_proper_one_when_one_is_free() -> None:
    limits = ClientLimits(connections=8, per_address=8)
    with serving(tiny_app, SETTINGS, limits) as port:
        seated = [connect(port) for _ in range(8)]
        with connect(port) as late:
            late.sendall(PAGE[:20])
            for each in seated:
                each.close()
            late.sendall(PAGE[20:].replace(b"Connection: close\r\n", b""))
            assert status(read_one(late)) == 200
            late.sendall(PAGE)
            assert status(read_one(late)) == 200


@pytest.mark.parametrize(
    ("soft", "hard", "connections", "backlog"),
    [(256, 20_000, 2112, 1024), (256, -1, 2112, 1024), (65_536, 65_536, 2112, 1024), (256, 1024, 512, 256),
     (64, 64, 20, 10)],
)  # fmt: skip
def test_the_limit_of_open_files_is_raised_as_far_as_it_may(
    monkeypatch: pytest.MonkeyPatch, soft: int, hard: int, connections: int, backlog: int
) -> None:
    given: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (soft, hard))
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: given.append(limits))
    assert open_files.room_for(2112) == (connections, backlog)
    assert all(new[0] > soft and new[1] == hard for new in given)
    assert bool(given) == (soft not in (65_536, 64))


def test_too_few_files_are_said_in_the_log(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr("app.web.server.room_for", lambda connections: (connections // 2, 99))
    with caplog.at_level(logging.WARNING):
        config = server_config(tiny_app, SETTINGS)
    assert "ulimit -n" in caplog.text
    assert config.backlog == 99


def test_the_settings_reach_the_server() -> None:
    given = Settings(_env_file=None, max_connections=100, max_connections_per_address=10, trusted_proxies=("10.0.0.1",))
    protocol = server_config(tiny_app, given).http
    found: Guests = protocol.guests  # type: ignore[union-attr]
    assert (found.limits.connections, found.limits.per_address) == (100, 10)
    assert "10.0.0.1" in found._proxies
    assert isinstance(found, guests_module.Guests)
