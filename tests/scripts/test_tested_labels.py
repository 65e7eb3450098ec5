"""The bundled labels' maker: planted labels are found and hold, shuffled ones fail, dense latents are not named."""

import json
from pathlib import Path

import numpy as np
import pytest

from app.demo.demos import bundled_label
from app.labels.rules import parse_rule
from models.statistics.label_tests import FAILED, TESTED
from scripts.tested_labels.rules import DENSEST, Rule, labels, measured, text_labels
from scripts.tested_labels.tokens import Fires, Tokens
from scripts.tested_labels.write import label_row, write_rows

WORDS = ("sea", "ship", "snow", "(", "the", "a", '"', "\n", "near")
KINDS = ("poem", "recipe", "news")
N, PER_TEXT = 24_000, 40
SEA, SHIPS, IN_RECIPES, SIGNS, DENSE, ONCE_A_TEXT, NOISE = range(7)


@pytest.fixture(scope="module")
def tokens() -> Tokens:
    rng = np.random.default_rng(5)
    word = rng.integers(0, len(WORDS), N)
    text = np.arange(N) // PER_TEXT
    return Tokens(
        first_word=word,
        last_word=word,
        words=WORDS,
        text=text,
        is_test=text % 2 == 1,
        values_of={"kind": (text * 7 // 2) % len(KINDS)},
        values={"kind": KINDS},
    )


@pytest.fixture(scope="module")
def fires(tokens: Tokens) -> Fires:
    rng = np.random.default_rng(6)
    word, kind = tokens.first_word, tokens.values_of["kind"]

    def noisy(where: np.ndarray) -> np.ndarray:
        return np.asarray((where & (rng.random(N) < 0.9)) | (rng.random(N) < 0.002))

    first_of_poem = (np.arange(N) % PER_TEXT == 0) & (kind == 0)
    masks = {
        SEA: noisy(word == 0) & (rng.random(N) < 0.9),
        SHIPS: noisy((word == 0) | (word == 1)) & (kind != 2),
        IN_RECIPES: noisy((word == 2) & (kind == 1)),
        SIGNS: noisy(np.isin(word, (3, 6)) & (kind == 0)),
        DENSE: rng.random(N) < 0.994,
        ONCE_A_TEXT: first_of_poem,
        NOISE: rng.random(N) < 0.05,
    }
    where = [np.flatnonzero(masks[latent] & (rng.random(N) < (1 if latent != SEA else 0.9))) for latent in masks]
    values = [rng.gamma(3, 1, len(part)).astype(np.float32) for part in where]
    bounds = np.concatenate([[0], np.cumsum([len(part) for part in where])])
    return Fires(bounds, np.concatenate(where), np.concatenate(values))


def test_planted_labels_are_found_and_hold(tokens: Tokens, fires: Fires) -> None:
    found = {latent: (rule, test) for latent, rule, test in labels(tokens, fires, NOISE + 1)}
    assert {test.status for _, test in found.values()} == {TESTED}
    assert found[IN_RECIPES][0] == Rule((2,), ("kind", 1))
    assert set(found[SIGNS][0].words) == {3, 6}
    assert found[SIGNS][0].kind == ("kind", 0)
    assert NOISE not in found
    assert ONCE_A_TEXT not in found  # in poems, but on few of their tokens: "poem" would be far too wide


def test_a_latent_that_fires_on_more_than_a_tenth_of_the_tokens_is_not_named(tokens: Tokens, fires: Fires) -> None:
    named = {latent for latent, _, _ in labels(tokens, fires, NOISE + 1)}
    for latent in range(NOISE + 1):
        where, _ = fires.of(latent)
        if tokens.is_test[where].sum() > DENSEST * tokens.is_test.sum():
            assert latent not in named
    assert measured(tokens, Rule(kind=("kind", 2)), *fires.of(DENSE)).status == FAILED


def test_shuffled_labels_fail(tokens: Tokens, fires: Fires) -> None:
    found = [(latent, rule) for latent, rule, _ in labels(tokens, fires, NOISE + 1)]
    assert len(found) >= 2
    for latent, _ in found:
        for other, rule in found:
            if other != latent and not {*rule.words} & {*dict(found)[latent].words}:
                assert measured(tokens, rule, *fires.of(latent)).status == FAILED


def test_what_the_texts_suggest_and_the_tokens_refute_is_told(tokens: Tokens, fires: Fires) -> None:
    [(latent, rule, test)] = [item for item in text_labels(tokens, fires, NOISE + 1, 0.9) if item[0] == ONCE_A_TEXT]
    assert (latent, rule) == (ONCE_A_TEXT, Rule(kind=("kind", 0)))
    assert test.status == FAILED
    assert test.auroc_text is not None
    assert test.auroc_token is not None
    assert test.auroc_text.value > 0.95
    assert test.auroc_token.value < 0.6


def test_figures_are_those_that_counting_gives(tokens: Tokens, fires: Fires) -> None:
    where, values = fires.of(SEA)
    test = measured(tokens, Rule((0,)), where, values)
    half = tokens.is_test
    rule, fired = half & (tokens.first_word == 0), np.zeros(N, bool)
    fired[where] = True
    fired &= half
    assert test.precision is not None
    assert test.recall is not None
    assert test.precision.value == pytest.approx((rule & fired).sum() / rule.sum())
    assert test.recall.value == pytest.approx((rule & fired).sum() / fired.sum())
    assert (test.n, test.chance) == (half.sum(), pytest.approx(fired.sum() / half.sum()))


@pytest.mark.parametrize("rule", [Rule((0,)), Rule((3, 6, 7)), Rule((2, 8), ("kind", 1)), Rule(kind=("kind", 0))])
def test_a_rule_is_written_as_a_latents_page_reads_it(tokens: Tokens, rule: Rule) -> None:
    assert parse_rule(rule.written(tokens), ("kind",))


def test_a_label_comes_back_from_its_file_with_its_verdict(tokens: Tokens, fires: Fires, tmp_path: Path) -> None:
    found = list(labels(tokens, fires, NOISE + 1))
    path = tmp_path / "labels.json"
    write_rows(path, {"source": [label_row(tokens, item) for item in found]}, {"weights": {}})
    rows = json.loads(path.read_text(encoding="utf-8"))["source"]
    for row, (latent, rule, test) in zip(rows, found, strict=True):
        label = bundled_label(row)
        assert label.test is not None
        assert (label.latent_index, label.text, label.rule) == (latent, rule.said(tokens), rule.written(tokens))
        assert label.test.status == test.status == TESTED
        assert label.test.precision is not None
        assert test.precision is not None
        assert label.test.precision.value == pytest.approx(test.precision.value, abs=1e-4)
