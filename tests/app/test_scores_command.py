"""``periscope scores``: what it hands over, how it ends."""

from collections.abc import Callable, Sequence

import pytest

from app.db.session import make_engine, make_session_maker
from app.db.writes.sources import register_source
from app.settings import Settings, load_settings
from tests.app.commands_support import Run, is_one_sentence
from tests.records import VOCABULARY, make_facts


def test_scores_hands_its_sources_over_and_tells_how_far_it_is(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []

    def pretend(
        _: Settings, slugs: Sequence[str], device: str, dtype: str, report: Callable[[str, int, int], None]
    ) -> None:
        seen.append((list(slugs), device, dtype))
        report("a", 5, 10)
        report("b", 0, 0)

    monkeypatch.setattr("app.builds.output_scores.add_scores", pretend)
    status, out, _ = run("scores", "a", "b", "--device", "cpu")
    assert status == 0
    assert seen == [(["a", "b"], "cpu", "auto")]
    assert "nothing left to score" in out
    assert "Scored a, b" in out


def test_scores_that_were_stopped_say_how_to_go_on(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("app.builds.output_scores.add_scores", stop)
    status, _, err = run("scores", "a")
    assert (status, "the same command goes on" in err) == (130, True)


def test_scores_of_a_source_without_a_build_are_refused_in_one_sentence(run: Run) -> None:
    run("db", "upgrade")
    engine = make_engine(load_settings())
    with make_session_maker(engine)() as session:
        register_source(session, "tiny", make_facts(), VOCABULARY)
    engine.dispose()
    status, _, err = run("scores", "tiny")
    assert (status, is_one_sentence(err)) == (1, True)
    assert "tiny has no finished build yet" in err
