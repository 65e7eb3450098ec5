"""A rule tested on what a build keeps: planted labels pass, shuffled ones fail, and what is missed is found."""

import numpy as np
import pytest
from sqlalchemy.orm import Session

from app.db.queries.answers import SourceInfo
from app.db.queries.sources import source_by_slug
from app.errors import InvalidRequest, NotBuilt, UnknownLatent
from app.labels.rule_test import RuleTest, measure_rule
from models.statistics.label_tests import FAILED, TESTED, LabelTest
from tests import fixtures_source as fixture
from tests import planted as plants
from tests.fixture_texts import theme_tokens
from tests.planted import DEAD, DENSE, RARE, RECIPES, SNOW_IN_RECIPES, WINTER, kinds, planted

WORDS = " | ".join(sorted(word.strip() for word in theme_tokens("winter")))
TRUE = {WINTER: WORDS, SNOW_IN_RECIPES: f"kind: recipe & ({WORDS})", RECIPES: "kind: recipe"}


@pytest.fixture(params=[None, 128], ids=["all kept", "a sample"])
def source(request: pytest.FixtureRequest, session: Session) -> SourceInfo:
    return planted(session, n_sample=request.param)


def figures_of(session: Session, source: SourceInfo, latent: int, rule: str) -> LabelTest:
    found = measure_rule(session, source, latent, rule)
    assert found.test is not None, found.said
    return found.test


def truth(latent: int, mask: np.ndarray) -> tuple[float, float]:
    """(precision, recall) by counting."""
    fires = plants.fires(fixture.make_corpus(), latent)
    return float((fires & mask).sum() / mask.sum()), float((fires & mask).sum() / fires.sum())


@pytest.mark.parametrize("latent", TRUE)
def test_planted_labels_pass(session: Session, source: SourceInfo, latent: int) -> None:
    assert figures_of(session, source, latent, TRUE[latent]).status == TESTED


@pytest.mark.parametrize(("latent", "other"), [(a, b) for a in TRUE for b in (*TRUE, RARE) if a != b])
def test_shuffled_labels_fail(session: Session, source: SourceInfo, latent: int, other: int) -> None:
    """SNOW_IN_RECIPES fires on half of WINTER's tokens, so each rule's half is wrong for the other."""
    assert figures_of(session, source, other, TRUE[latent]).status != TESTED


def test_a_latent_that_is_nearly_always_active_has_no_label(session: Session, source: SourceInfo) -> None:
    for rule in (*TRUE.values(), "!kind: recipe", "!snow"):
        assert figures_of(session, source, DENSE, rule).status == FAILED


@pytest.mark.parametrize(
    ("latent", "rule"), [(RECIPES, WORDS), (WINTER, "kind: recipe"), (RECIPES, "kind: rest | snow")]
)
def test_figures_are_those_that_counting_gives(session: Session, source: SourceInfo, latent: int, rule: str) -> None:
    corpus = fixture.make_corpus()
    winter = np.isin(plants.words(corpus), sorted(theme_tokens("winter")))
    snow = plants.words(corpus) == " snow"
    kind = kinds()
    mask = {
        WORDS: winter & (kind != ""),
        "kind: recipe": kind == "recipe",
        "kind: rest | snow": (kind == "rest") | snow,
    }[rule]
    precision, recall = truth(latent, mask & (kind != ""))
    test = figures_of(session, source, latent, rule)
    assert test.precision is not None
    assert test.recall is not None
    if test.recall.low is None:  # counted
        assert test.precision.value == pytest.approx(precision)
        assert test.recall.value == pytest.approx(recall)
        values, fires = plants.values(corpus, latent), kind != ""
        inside, outside = values[mask & fires], values[~mask & fires]
        ordered = ((inside[:, None] > outside) + 0.5 * (inside[:, None] == outside)).mean()
        assert test.auroc_token is not None
        assert test.auroc_token.value == pytest.approx(ordered, abs=1e-6)
    else:
        assert test.precision.low is not None
        assert test.precision.high is not None
        assert test.recall.high is not None
        assert test.recall.low - 0.03 <= recall <= test.recall.high + 0.03
        assert test.precision.low - 0.03 <= precision <= test.precision.high + 0.03


def test_the_auroc_by_text_is_known_only_where_every_active_token_is_kept(session: Session) -> None:
    whole, sampled = planted(session), planted(session, "sampled", 64)
    counted = figures_of(session, whole, WINTER, "kind: recipe")
    assert counted.auroc_text is not None
    assert counted.auroc_text.low is None
    found = measure_rule(session, sampled, WINTER, "kind: recipe")
    assert found.test is not None
    assert found.test.auroc_text is None
    assert "not known" in found.basis


def test_what_a_rule_misses_is_found_strongest_first(session: Session, source: SourceInfo) -> None:
    found = measure_rule(session, source, WINTER, "snow")
    corpus = fixture.make_corpus()
    shown, values = plants.words(corpus), plants.values(corpus, WINTER)
    assert found.missed
    for place in found.missed:
        assert shown[place.prompt, place.position] != " snow"
        assert place.activation == pytest.approx(float(values[place.prompt, place.position]))
    strengths = [place.activation for place in found.missed]
    assert strengths == sorted(strengths, reverse=True)
    best = max(v for v, word in zip(values.ravel(), shown.ravel(), strict=True) if word != " snow")
    assert strengths[0] == pytest.approx(float(best))  # the strongest of all is among the examples


def test_matches_on_which_the_latent_is_silent_are_found(session: Session, source: SourceInfo) -> None:
    found = measure_rule(session, source, SNOW_IN_RECIPES, "snow")
    fires = plants.fires(fixture.make_corpus(), SNOW_IN_RECIPES)
    shown = plants.words(fixture.make_corpus())
    assert found.n_silent > 0
    for place in found.silent:
        assert shown[place.prompt, place.position] == " snow"
        assert not fires[place.prompt, place.position]


def said(session: Session, source: SourceInfo, latent: int, rule: str) -> RuleTest:
    found = measure_rule(session, source, latent, rule)
    assert found.test is None
    return found


def test_rules_that_say_nothing_are_told_in_a_sentence(session: Session, source: SourceInfo) -> None:
    assert "matches none" in said(session, source, WINTER, "xylophone").said
    assert "matches all" in said(session, source, WINTER, "snow | !snow").said
    assert "never fired" in said(session, source, DEAD, "snow").said


def test_what_cannot_be_tested_is_refused(session: Session, source: SourceInfo) -> None:
    with pytest.raises(InvalidRequest):
        measure_rule(session, source, WINTER, "snow |")
    with pytest.raises(UnknownLatent):
        measure_rule(session, source, fixture.D_SAE, "snow")


def test_a_source_without_a_build_has_no_text(session: Session) -> None:
    fixture.fill(session)
    with pytest.raises(NotBuilt):
        measure_rule(session, source_by_slug(session, "other-mlp"), 1, "snow")
