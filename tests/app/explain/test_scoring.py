"""Scores of descriptions whose truth is known: the true one wins, and the figures are what counting gives."""

import asyncio
import json

import pytest

from app.explain.answers import Answer
from app.explain.labels import test_of as label_test_of
from app.explain.scoring import BATCH, as_json, batches, questions, score
from models.statistics.label_tests import FAILED, GUESS, TESTED
from tests.app.explain.world import N_THEMES, description, fits, is_marked, make_world
from tests.chat_server import oracle

SAY = oracle(lambda texts: "", fits, is_marked)


@pytest.fixture(scope="module")
def world():
    return make_world()


def scored(material, said, say=SAY):
    async def ask(messages):
        return Answer(say(messages))

    return asyncio.run(score(said, material, ask))


def test_the_true_description_beats_a_shuffled_one(world) -> None:
    pairs = wins = fuzz_wins = 0
    for index in range(N_THEMES):
        material = world.material(index)
        true = scored(material, description(index))
        for other in (3, 7, 11):
            shuffled = scored(material, description((index + other) % N_THEMES))
            pairs += 1
            wins += true.detection.value > shuffled.detection.value
            fuzz_wins += true.fuzzing.value > shuffled.fuzzing.value
    assert pairs == 3 * N_THEMES
    assert wins >= 0.95 * pairs
    assert fuzz_wins >= 0.95 * pairs


@pytest.mark.parametrize(("miss", "slip"), [(0.15, 0.002), (0.6, 0.0), (0.0, 0.004)])
def test_precision_and_recall_lie_in_their_intervals(miss: float, slip: float) -> None:
    world = make_world(seed=3, miss=miss, slip=slip)
    held = {"precision": 0, "recall": 0}
    for index in range(N_THEMES):
        found = scored(world.material(index), description(index))
        precision, recall = world.exact(index, index)
        held["precision"] += found.precision.low <= precision <= found.precision.high
        held["recall"] += found.recall.low <= recall <= found.recall.high
    assert min(held.values()) >= 0.9 * N_THEMES, held


def test_a_true_label_is_tested_a_shuffled_one_fails_and_few_verdicts_leave_a_guess(world) -> None:
    material = world.material(2)
    assert label_test_of(scored(material, description(2)), "m").status == TESTED
    assert label_test_of(scored(material, description(9)), "m").status == FAILED
    little = scored(world.material(2, judged_per_band=1), description(2))
    assert little.n < 30
    assert label_test_of(little, "m").status == GUESS


@pytest.mark.parametrize("said", ["[1, 1, 1, 1, 1]", "[0, 0, 0, 0, 0]"])
def test_a_scorer_that_does_not_look_is_at_chance(world, said: str) -> None:
    found = scored(world.material(2), "whatever", lambda _: said)
    assert found.detection.value == 0.5
    assert found.beats_chance is False
    assert label_test_of(found, "m").status == FAILED


def test_answers_that_cannot_be_read_are_counted_and_take_no_part(world) -> None:
    material = world.material(2)
    calls = []

    def half(messages):
        calls.append(messages)
        return "Well, it depends." if len(calls) % 2 else SAY(messages)

    found = scored(material, description(2), half)
    assert found.answers == len(calls) == len(questions("", material)) == 24
    assert found.unread == 12
    assert found.n + found.n_fuzzing == 60
    assert as_json(found)["unreadable"] == "12 of 24 answers"
    nothing = scored(material, description(2), lambda _: "no idea")
    assert (nothing.n, nothing.unread, nothing.detection, nothing.precision) == (0, 24, None, None)
    assert label_test_of(nothing, "m").status == GUESS
    json.dumps(as_json(nothing))


def test_what_a_label_keeps_says_which_texts_were_judged_how(world) -> None:
    found = scored(world.material(2), description(2))
    test = label_test_of(found, "a scorer")
    kept = test.as_scores()
    assert test.n == 60
    assert kept["unit"] == "texts"
    assert kept["scorer"] == "a scorer"
    assert kept["yes"]["0.99-1"].endswith("of 5")
    assert set(kept["intervals"]) == {"precision", "recall", "auroc_text"}
    assert kept["chance"] == pytest.approx(found.firing.value)


def test_questions_are_of_about_equal_size() -> None:
    assert [len(batch) for batch in batches(range(11))] == [3, 4, 4]
    assert [len(batch) for batch in batches(range(10))] == [BATCH, BATCH]
    assert batches([]) == []
