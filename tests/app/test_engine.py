"""The engine with jobs and weights made for the test: order, batches, leaving, memory, loading, eviction."""

import asyncio
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from app import preparing
from app.engine import engine as engine_module
from app.engine.engine import ModelEngine
from app.engine.job import Batch, Finished, Job, Waiting
from app.engine.memory import MemoryBudget
from app.engine.rows import Prepared, RowsJob
from app.engine.source_key import SourceKey
from app.errors import InvalidRequest, Overloaded, Unavailable
from app.settings import Settings
from models.errors import InputRefused, ModelNotFound
from models.running.pace import Pace

GO = threading.Event


class FakeWeights:
    """Stands for a model with dictionaries: takes memory as the real one does."""

    size = 100

    def __init__(self, location: str, device: str, dtype: str, reserve: Callable[[int], Any]) -> None:
        if location == "missing":
            raise ModelNotFound("There is no model 'missing'.")
        if location == "broken":
            raise ZeroDivisionError("inside")
        self.location = location
        self.reservation = reserve(self.size)
        self.slugs: tuple[str, ...] = ()
        self.batches: list[int] = []

    @property
    def bytes(self) -> int:
        return self.reservation.bytes

    def dictionary(self, key: SourceKey) -> str:
        if key.slug == "bad":
            raise InputRefused("This dictionary is damaged.")
        return key.slug

    def drop_unused(self, in_use: object) -> bool:
        return False

    def release(self) -> None:
        self.reservation.release()


@dataclass(frozen=True)
class Echo(RowsJob):
    """Answers with its text, and with how many ran together."""

    text: str
    model: str = "a"
    sources: tuple[SourceKey, ...] = ()
    gate: threading.Event | None = None
    bytes: int = 1

    def __len__(self) -> int:
        return 1

    def cost(self) -> int:
        return self.bytes

    def prepare(self, loaded: Any) -> Generator[None, None, Prepared]:
        yield
        if self.text == "refuse":
            raise InputRefused("no")
        return Prepared([self], lambda results: results[0])

    @classmethod
    def pace(cls, loaded: Any, rows: Sequence["Echo"]) -> Pace:
        return Pace(first=32)

    @classmethod
    def read(cls, loaded: Any, rows: Sequence["Echo"]) -> Generator[None, None, Sequence[Any]]:
        yield from ()
        loaded.batches.append(len(rows))
        for job in rows:
            if job.gate is not None:
                assert job.gate.wait(10)
            if job.text == "explode":
                raise RuntimeError("boom")
        return [(job.text, len(rows)) for job in rows]


@dataclass(frozen=True)
class Count(Job):
    """Emits numbers, one per step, for every ticket of its batch."""

    n: int
    model: str = "a"
    sources: tuple[SourceKey, ...] = ()
    pace: float = 0.0
    log: list[Any] = field(default_factory=list, compare=False)
    joins = False

    def cost(self) -> int:
        return 10

    @classmethod
    def run(cls, loaded: Any, batch: Batch) -> Iterator[None]:
        done: dict[Any, int] = {}
        while batch.alive() or (cls.joins and batch.arrivals()):
            if cls.joins:
                batch.arrivals()
            rows = batch.alive()
            for ticket in rows:
                job = ticket.job
                assert isinstance(job, Count)
                time.sleep(job.pace)
                job.log.append(len(rows))
                done[ticket] = done.get(ticket, 0) + 1
                ticket.emit(done[ticket])
                if done[ticket] == job.n:
                    ticket.finish(f"counted to {job.n}")
            yield


@dataclass(frozen=True)
class JoinedCount(Count):
    joins = True


def make(total: int = 1000, **settings: Any) -> ModelEngine:
    given = Settings(_env_file=None, **{"max_queue": 8} | settings)
    return ModelEngine(given, budget=MemoryBudget(total), load=FakeWeights)


def wait_until(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.005)


def run(test: Callable[[ModelEngine], Any], **options: Any) -> None:
    """Run an asynchronous test with an engine of its own."""

    async def main() -> None:
        engine = make(**options)
        try:
            await asyncio.wait_for(test(engine), 30)
        finally:
            await asyncio.to_thread(engine.close)

    asyncio.run(main())


async def settle(condition: Callable[[], bool]) -> None:
    await asyncio.to_thread(wait_until, condition)


def test_a_job_is_answered_and_its_memory_is_given_back() -> None:
    async def test(engine: ModelEngine) -> None:
        assert await engine.run(Echo("x", bytes=50)) == ("x", 1)
        assert engine.budget.used == FakeWeights.size

    run(test)


def test_waiting_jobs_of_one_kind_share_a_batch_and_each_gets_its_own_answer() -> None:
    async def test(engine: ModelEngine) -> None:
        gate = GO()
        first = asyncio.create_task(engine.run(Echo("first", gate=gate)))
        await settle(lambda: any(s.running for s in engine.states()))
        others = [asyncio.create_task(engine.run(Echo(str(n)))) for n in range(5)]
        await settle(lambda: engine.states()[0].waiting == 5)
        gate.set()
        assert await first == ("first", 1)
        assert await asyncio.gather(*others) == [(str(n), 5) for n in range(5)]

    run(test)


def test_a_bad_job_does_not_spoil_the_others_of_its_batch() -> None:
    async def test(engine: ModelEngine) -> None:
        gate = GO()
        first = asyncio.create_task(engine.run(Echo("first", gate=gate)))
        await settle(lambda: any(s.running for s in engine.states()))
        tasks = [asyncio.create_task(engine.run(Echo(t))) for t in ("a", "explode", "refuse", "b")]
        await settle(lambda: engine.states()[0].waiting == 4)
        gate.set()
        await first
        answers = await asyncio.gather(*tasks, return_exceptions=True)
        assert (answers[0], answers[3]) == (("a", 1), ("b", 1))
        assert isinstance(answers[1], RuntimeError)
        assert isinstance(answers[2], InputRefused)
        assert engine.budget.used == FakeWeights.size

    run(test)


def test_a_source_that_cannot_be_loaded_is_told_to_who_asked_for_it_alone() -> None:
    async def test(engine: ModelEngine) -> None:
        def key(slug: str) -> SourceKey:
            return SourceKey(slug, "a", "/x", "h", "", True, 8, 4)

        tasks = [engine.run(Echo(slug, sources=(key(slug),))) for slug in ("good", "bad")]
        good, bad = await asyncio.gather(*tasks, return_exceptions=True)
        assert good[0] == "good"
        assert str(bad) == "This dictionary is damaged."
        assert engine.budget.used == FakeWeights.size

    run(test)


def test_the_queue_is_bounded_and_one_more_is_refused_with_a_time_to_come_back() -> None:
    async def test(engine: ModelEngine) -> None:
        gate = GO()
        running = asyncio.create_task(engine.run(Echo("first", gate=gate)))
        await settle(lambda: any(s.running for s in engine.states()))
        waiting = [engine.submit(Echo(str(n))) for n in range(3)]
        with pytest.raises(Overloaded, match="3 requests wait for this model already") as refused:
            engine.submit(Echo("too many"))
        assert refused.value.status == 503
        assert refused.value.retry_after
        gate.set()
        await running
        assert [await ticket.result() for ticket in waiting] == [(str(n), 3) for n in range(3)]

    run(test, max_queue=3)


def test_positions_are_told_and_move_up_when_somebody_leaves() -> None:
    async def test(engine: ModelEngine) -> None:
        gate = GO()
        running = asyncio.create_task(engine.run(Echo("first", gate=gate)))
        await settle(lambda: any(s.running for s in engine.states()))
        tickets = [engine.submit(Echo(str(n))) for n in range(3)]
        events = tickets[2].events()
        assert await anext(events) == Waiting(2, "ready")
        tickets[0].cancel()
        assert await anext(events) == Waiting(1, "ready")
        assert engine.states()[0].waiting == 2
        gate.set()
        assert [event async for event in events][-1] == Finished(("2", 2))
        await running

    run(test)


def test_who_leaves_while_waiting_is_never_run_and_holds_no_memory() -> None:
    async def test(engine: ModelEngine) -> None:
        gate = GO()
        running = asyncio.create_task(engine.run(Echo("first", gate=gate, bytes=5)))
        await settle(lambda: any(s.running for s in engine.states()))
        left = asyncio.create_task(engine.run(Echo("left", bytes=7)))
        await settle(lambda: engine.states()[0].waiting == 1)
        left.cancel()
        with pytest.raises(asyncio.CancelledError):
            await left
        assert engine.states()[0].waiting == 0
        gate.set()
        assert await running == ("first", 1)
        await settle(lambda: engine.budget.used == FakeWeights.size)

    run(test)


def test_who_leaves_between_steps_stops_the_work_and_gives_the_memory_back() -> None:
    async def test(engine: ModelEngine) -> None:
        job = Count(1_000_000, pace=0.002)
        events = engine.stream(job)
        assert [await anext(events) for _ in range(3)][1:] == [1, 2]
        assert engine.budget.used == FakeWeights.size + 10
        await events.aclose()
        await settle(lambda: engine.budget.used == FakeWeights.size)
        n = len(job.log)
        await asyncio.sleep(0.05)
        assert len(job.log) == n

    run(test)


def test_an_error_in_a_step_is_the_answer_and_gives_the_memory_back() -> None:
    async def test(engine: ModelEngine) -> None:
        with pytest.raises(RuntimeError, match="boom"):
            await engine.run(Echo("explode", bytes=30))
        assert engine.budget.used == FakeWeights.size
        assert await engine.run(Echo("next")) == ("next", 1)

    run(test)


def test_short_work_does_not_wait_for_long_work_of_another_kind() -> None:
    async def test(engine: ModelEngine) -> None:
        long = asyncio.create_task(engine.run(Count(400, pace=0.005)))
        await settle(lambda: any(s.running for s in engine.states()))
        began = time.monotonic()
        assert await engine.run(Echo("quick")) == ("quick", 1)
        assert time.monotonic() - began < 1
        assert not long.done()
        long.cancel()

    run(test)


def test_a_job_of_a_joining_kind_is_taken_on_in_the_middle() -> None:
    async def test(engine: ModelEngine) -> None:
        first = JoinedCount(200, pace=0.002)
        one = asyncio.create_task(engine.run(first))
        await settle(lambda: len(first.log) > 3)
        assert await engine.run(JoinedCount(5)) == "counted to 5"
        assert not one.done()
        assert await one == "counted to 200"
        assert {1, 2} == set(first.log)

    run(test)


def test_events_come_in_order_and_the_last_is_the_result() -> None:
    async def test(engine: ModelEngine) -> None:
        events = [event async for event in engine.stream(Count(4))]
        assert [event for event in events if isinstance(event, int)] == [1, 2, 3, 4]
        assert events[-1] == Finished("counted to 4")

    run(test)


def test_what_can_never_fit_is_refused_and_what_does_not_fit_now_waits() -> None:
    async def test(engine: ModelEngine) -> None:
        with pytest.raises(InvalidRequest, match="may be used"):
            await engine.run(Echo("huge", bytes=2000))
        gate = GO()
        first = asyncio.create_task(engine.run(Echo("first", gate=gate, bytes=700)))
        await settle(lambda: any(s.running for s in engine.states()))
        second = asyncio.create_task(engine.run(Echo("second", bytes=700)))
        await asyncio.sleep(0.05)
        assert engine.states()[0].waiting == 1
        gate.set()
        assert await first == ("first", 1)
        assert await second == ("second", 1)  # not in one batch: both together would not fit

    run(test)


def test_an_idle_model_leaves_when_another_needs_the_room() -> None:
    async def test(engine: ModelEngine) -> None:
        for model in ("a", "b", "a"):  # then b is the least recently used
            await engine.run(Echo("x", model=model))
            # A worker has answered before it is idle.
            await settle(lambda: not any(worker._runs for worker in engine._workers.values()))
        assert await engine.run(Echo("x", model="c")) == ("x", 1)
        assert [state.location for state in engine.states()] == ["a", "c"]
        assert await engine.run(Echo("again", model="b")) == ("again", 1)

    run(test, total=250)


def test_a_model_that_works_does_not_leave_for_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "MEMORY_PATIENCE", 0.3)

    async def test(engine: ModelEngine) -> None:
        gate = GO()
        first = asyncio.create_task(engine.run(Echo("first", gate=gate)))
        await settle(lambda: any(s.running for s in engine.states()))
        with pytest.raises(Unavailable, match="of memory"):
            await engine.run(Echo("x", model="b"))
        gate.set()
        assert await first == ("first", 1)

    run(test, total=150)


def test_a_model_can_be_unloaded_when_idle_only() -> None:
    async def test(engine: ModelEngine) -> None:
        gate = GO()
        task = asyncio.create_task(engine.run(Echo("x", gate=gate)))
        await settle(lambda: any(s.running for s in engine.states()))
        assert not engine.evict("a")
        gate.set()
        await task
        await settle(lambda: engine.evict("a"))
        assert engine.states() == ()
        await settle(lambda: engine.budget.used == 0)
        assert not engine.evict("never loaded")

    run(test)


def test_a_model_that_cannot_be_loaded_says_so_in_its_state_and_to_everybody_for_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def test(engine: ModelEngine) -> None:
        for location, sentence in (
            ("missing", "There is no model 'missing'."),
            ("broken", "The model cannot be loaded (inside)."),
        ):
            for _ in range(2):
                with pytest.raises(Unavailable) as error:
                    await engine.run(Echo("x", model=location))
                assert str(error.value) == sentence
            state = next(s for s in engine.states() if s.location == location)
            assert (state.state, state.error) == ("failed", sentence)
        assert engine.budget.used == 0
        monkeypatch.setattr(engine_module, "RETRY_AFTER", 0.0)
        with pytest.raises(Unavailable):
            await engine.run(Echo("x", model="missing"))

    run(test)


def test_a_model_that_is_still_being_made_is_waited_for_in_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(engine_module, "RETRY_AFTER", 0.0)

    async def test(engine: ModelEngine) -> None:
        preparing.announce(tmp_path, "Chat model: writing it.")
        with pytest.raises(Unavailable, match=r"still being prepared\. Chat model: writing it\. Try again soon\."):
            await engine.run(Echo("x", model="missing"))
        preparing.announce(tmp_path, "It did not work.", has_failed=True)
        with pytest.raises(Unavailable, match="There is no model 'missing'"):
            await engine.run(Echo("x", model="missing"))
        preparing.withdraw(tmp_path)
        with pytest.raises(Unavailable, match="There is no model 'missing'"):
            await engine.run(Echo("x", model="missing"))

    run(test, data_dir=tmp_path)


def test_the_event_loop_is_free_while_a_model_works() -> None:
    async def test(engine: ModelEngine) -> None:
        gate = GO()
        task = asyncio.create_task(engine.run(Echo("x", gate=gate)))
        ticks = 0
        while ticks < 20:
            began = time.monotonic()
            await asyncio.sleep(0.005)
            assert time.monotonic() - began < 0.5
            ticks += 1
        gate.set()
        await task

    run(test)


def test_closing_answers_whoever_waits_and_refuses_new_work() -> None:
    async def test(engine: ModelEngine) -> None:
        gate = GO()
        running = asyncio.create_task(engine.run(Echo("first", gate=gate)))
        await settle(lambda: any(s.running for s in engine.states()))
        waiting = asyncio.create_task(engine.run(Echo("second")))
        await settle(lambda: engine.states()[0].waiting == 1)
        asyncio.get_running_loop().call_later(0.05, gate.set)
        await asyncio.to_thread(engine.close)
        assert await running == ("first", 1)
        with pytest.raises(Unavailable):
            await waiting
        with pytest.raises(Unavailable, match="closing"):
            engine.submit(Echo("third"))

    run(test)


def test_the_books_are_right_after_many_jobs_of_all_kinds() -> None:
    async def test(engine: ModelEngine) -> None:
        async def one(n: int) -> Any:
            kind = n % 4
            if kind == 0:
                return await engine.run(Echo(str(n), bytes=n, model="ab"[n % 2]))
            if kind == 1:
                return await engine.run(Count(3, model="ab"[n % 2]))
            if kind == 2:
                task = asyncio.create_task(engine.run(Count(500, pace=0.001)))
                await asyncio.sleep(0.01)
                task.cancel()
                return await asyncio.gather(task, return_exceptions=True)
            return await asyncio.gather(engine.run(Echo("explode", bytes=n)), return_exceptions=True)

        answers = await asyncio.gather(*(one(n) for n in range(40)))
        for n, answer in enumerate(answers):
            if n % 4 == 0:
                assert answer[0] == str(n)
            if n % 4 == 1:
                assert answer == "counted to 3"
        await settle(lambda: all(s.running == s.waiting == 0 for s in engine.states()))
        assert engine.budget.used == sum(s.bytes for s in engine.states()) == 2 * FakeWeights.size

    run(test, max_queue=64)
