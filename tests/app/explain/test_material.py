"""Which texts are shown and which are judged: never the same, balanced over bands, hard where they are silent."""

from collections import Counter

import numpy as np
import pytest

from app.errors import Unfit
from app.explain.material import OTHER, SAME_TOKEN, SILENT, TOGETHER, material_of
from app.explain.request import Plan
from models.corpus.windows import Windows
from tests.app.explain.world import EDGES, make_world, strings, text_of

BANDS = tuple(name for name, _ in EDGES)


@pytest.fixture(scope="module")
def world():
    return make_world()


def test_no_text_that_is_judged_was_shown_nor_is_its_prompt(world) -> None:
    for index in (0, 5, 12):
        material = world.material(index)
        shown = {text_of(text) for text in material.shown}
        judged = {text_of(text) for text in material.judged}
        assert shown
        assert judged
        assert not shown & judged
        assert not shown & {"".join(text.tokens) for text in material.marked}


def test_bands_are_equal_and_so_are_the_two_halves(world) -> None:
    material = world.material(1)
    counts = Counter(text.stratum for text in material.judged)
    assert [counts[name] for name in BANDS] == [5] * 6
    assert sum(counts[name] for name in SILENT) == 30
    assert counts[SAME_TOKEN] >= 8
    assert all(text.fires == (text.stratum in BANDS) for text in material.judged)
    shown = Counter(text.stratum for text in material.shown if text.fires)
    assert [shown[name] for name in BANDS] == [3] * 6
    assert sum(not text.fires for text in material.shown) == 6


def test_hard_texts_have_a_token_of_the_latent_or_fire_a_companion(world) -> None:
    index = 1
    record, windows = world.records[index], world.windows
    tokens = {strings([item.token_id])[item.token_id] for item in record.top_tokens}
    companions = windows.companions(index, 5)
    texts = {"".join(strings(row)[i] for i in row.tolist()): number for number, row in enumerate(windows.token_ids)}
    for text in world.material(index).judged:
        if text.stratum == SAME_TOKEN:
            assert tokens & set(text.tokens)
        elif text.stratum == TOGETHER:
            number = texts[text_of(text)]
            assert any(windows.maxima(other)[number] > 0 for other in companions.tolist())
        elif text.stratum == OTHER:
            assert not tokens & set(text.tokens)


def test_weights_are_the_shares_of_all_windows(world) -> None:
    material = world.material(0)
    fires = world.windows.maxima(0) > 0
    assert sum(material.weights[name] for name in BANDS) == pytest.approx(1)
    assert sum(material.weights[name] for name in SILENT) == pytest.approx(1)
    assert material.firing.value == pytest.approx(fires.mean())
    top = world.windows.maxima(0) >= world.records[0].bands[0].low
    assert material.weights["0.99-1"] == pytest.approx(top.sum() / fires.sum())


def test_marks_are_on_active_tokens_or_on_none_of_them(world) -> None:
    material = world.material(3)
    values = {text.tokens: text.values for text in material.judged}
    right = [text for text in material.marked if text.is_right]
    wrong = [text for text in material.marked if not text.is_right]
    assert len(right) == len(wrong) == 30
    for text in right:
        assert text.marks == tuple(value > 0 for value in values[text.tokens])
    for text in wrong:
        assert any(text.marks)
        assert not any(mark and value > 0 for mark, value in zip(text.marks, values[text.tokens], strict=True))
    hosts = Counter(max(values[text.tokens]) > 0 for text in wrong)
    assert hosts == {True: 15, False: 15}


def test_the_choice_is_the_same_every_time_and_another_with_another_seed(world) -> None:
    assert world.material(4) == world.material(4)
    assert world.material(4).judged != world.material(4, seed=1).judged


def changed(windows: Windows, **fields) -> Windows:
    return Windows(**{**vars(windows), **fields})


def test_a_latent_that_fires_nowhere_in_too_few_or_in_all_texts_is_refused_with_the_reason(world) -> None:
    windows, record = world.windows, world.records[0]
    mine = windows.pair_latents == 0
    few = ~mine | (np.cumsum(mine) <= 3)
    rare = changed(
        windows,
        pair_windows=windows.pair_windows[few],
        pair_latents=windows.pair_latents[few],
        pair_maxima=windows.pair_maxima[few],
    )
    with pytest.raises(Unfit, match=r"Latent 0 fires in 3 of the 6,000 texts .* --tokens"):
        material_of(rare, record, Plan(), strings)
    everywhere = np.arange(len(windows))
    dense = changed(
        windows,
        pair_windows=np.concatenate([everywhere, windows.pair_windows[~mine]]),
        pair_latents=np.concatenate([np.zeros(len(windows), int), windows.pair_latents[~mine]]),
        pair_maxima=np.concatenate([np.ones(len(windows), np.float32), windows.pair_maxima[~mine]]),
    )
    with pytest.raises(Unfit, match="no silent text"):
        material_of(dense, record, Plan(), strings)
    dead = type(record)(**{**vars(record), "n_active": 0})
    with pytest.raises(Unfit, match="never fired"):
        material_of(windows, dead, Plan(), strings)
