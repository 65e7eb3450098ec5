"""A lane does so much at once, lets so much wait, and lets nobody wait for ever."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from starlette.requests import ClientDisconnect

from app.db.unit import CURRENT
from app.errors import DatabaseBusy, Overloaded
from app.web import lanes as module
from app.web.lanes import LANES, Bounds, Lane

QUICK = Bounds(threads=2, waiting=3, begin_within=0.2, end_within=0.5)


@pytest.fixture
def lane() -> Iterator[Lane]:
    opened = Lane("reads", QUICK)
    yield opened
    opened.close()


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """Work may wait for it; it opens at the end of the test in any case."""
    event = threading.Event()
    yield event
    event.set()


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0.005)


def outcome(work: Callable[[], object]) -> str:
    try:
        return str(work())
    except (Overloaded, DatabaseBusy) as error:
        return type(error).__name__


def test_work_runs_in_a_thread_and_its_result_and_its_error_come_back(lane: Lane) -> None:
    assert asyncio.run(lane.run(threading.get_ident)) != threading.get_ident()
    with pytest.raises(ZeroDivisionError):
        asyncio.run(lane.run(lambda: 1 // 0))


def test_beyond_the_bound_work_is_refused_at_once_and_what_was_taken_is_done(lane: Lane, gate: threading.Event) -> None:
    async def many() -> list[object]:
        taken = [asyncio.ensure_future(lane.run(gate.wait)) for _ in range(QUICK.threads + QUICK.waiting)]
        await asyncio.sleep(0)
        began = time.monotonic()
        for _ in range(50):
            with pytest.raises(Overloaded, match="try again in two seconds"):
                await lane.run(gate.wait)
        refused_after = time.monotonic() - began
        gate.set()
        assert await asyncio.gather(*taken) == [True] * 5
        assert await lane.run(lambda: "again") == "again"
        return [refused_after]

    (refused_after,) = asyncio.run(many())
    assert refused_after < QUICK.begin_within  # type: ignore[operator]


def test_who_waits_too_long_for_a_thread_is_refused_and_its_work_is_never_begun(
    lane: Lane, gate: threading.Event
) -> None:
    begun = []

    async def late() -> str:
        busy = [asyncio.ensure_future(lane.run(gate.wait)) for _ in range(QUICK.threads)]
        await settle()
        try:
            with pytest.raises(Overloaded):
                await lane.run(lambda: begun.append(1))
        finally:
            gate.set()
            await asyncio.gather(*busy, return_exceptions=True)
        await settle()
        return "done"

    assert asyncio.run(late()) == "done"
    assert not begun


def test_work_that_does_not_end_is_answered_without_it_and_told_that_nobody_waits(
    lane: Lane, gate: threading.Event
) -> None:
    units = []

    def endless() -> bool:
        units.append(CURRENT.get())
        return gate.wait()

    with pytest.raises(DatabaseBusy, match=r"within 0\.5 seconds"):
        asyncio.run(lane.run(endless))
    assert [unit is not None and unit.is_abandoned for unit in units] == [True]


def test_a_client_that_leaves_abandons_its_work(lane: Lane, gate: threading.Event) -> None:
    units = []

    def endless() -> bool:
        units.append(CURRENT.get())
        return gate.wait()

    async def leave() -> None:
        task = asyncio.ensure_future(lane.run(endless))
        await settle()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(leave())
    assert [unit is not None and unit.is_abandoned for unit in units] == [True]


def test_work_of_a_client_who_left_while_it_waited_is_not_begun(
    lane: Lane, gate: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOOK_EVERY", 0.01)
    begun, looks = [], []

    async def has_left() -> bool:
        looks.append(1)
        return len(looks) > 2

    async def leave() -> None:
        busy = [asyncio.ensure_future(lane.run(gate.wait)) for _ in range(QUICK.threads)]
        await settle()
        with pytest.raises(ClientDisconnect):
            await lane.run(lambda: begun.append(1), has_left)
        gate.set()
        await asyncio.gather(*busy, return_exceptions=True)
        await settle()

    asyncio.run(leave())
    assert (len(looks), begun) == (3, [])


def test_a_lane_is_stuck_only_when_all_its_threads_should_have_ended_long_ago(
    lane: Lane, gate: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STUCK_AFTER", 0.3)

    async def block(n: int) -> bool:
        await asyncio.gather(*(lane.run(gate.wait) for _ in range(n)), return_exceptions=True)
        before = lane.is_stuck()
        await asyncio.sleep(0.4)
        return not before and lane.is_stuck()

    assert not asyncio.run(block(1))
    assert asyncio.run(block(1))  # the second thread as well
    gate.set()
    asyncio.run(settle())
    assert not lane.is_stuck()


def test_every_answer_of_every_lane_comes_in_time() -> None:
    for name, bounds in LANES.items():
        assert bounds.begin_within < bounds.end_within, name
        assert bounds.end_within <= 4.5 or name == "answers"
