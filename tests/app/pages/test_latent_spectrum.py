"""The spectrum: groups by rules in the address, their numbers against brute force over the fixture's texts."""

import json
from collections.abc import Callable
from urllib.parse import urlencode

import numpy as np
import pytest
from bs4 import BeautifulSoup, Tag
from fastapi.testclient import TestClient

from app.services.spectrum_rules import NEAR
from tests.fixture_texts import THEMES, theme_tokens
from tests.fixtures_source import CONTEXT, DEAD, activations, make_corpus
from tests.web import one, text_of

Get = Callable[[str], BeautifulSoup]
WINTER = 5
HREF = f"/sources/tiny-mid/latents/{WINTER}"
RULE = "|".join(word.strip() for word in sorted(theme_tokens("winter")))


def rows(page: BeautifulSoup) -> list[list[str]]:
    return [[text_of(cell) for cell in row.select("td")] for row in page.select(".spectrum-table tbody tr")]


def spectrum(get: Get, *rules: tuple[str, str, str]) -> BeautifulSoup:
    pairs = [pair for name, rule, where in rules for pair in (("name", name), ("rule", rule), ("where", where))]
    return get(f"{HREF}/spectrum?{urlencode(pairs)}")


def members(where: str) -> np.ndarray:
    """Tokens of the winter's words, or near them, or in a prompt with one; (prompts, context)."""
    corpus = make_corpus()
    known = np.array([token in theme_tokens("winter") for token in corpus.vocabulary])
    at = known[corpus.ids]
    if where == "prompt":
        return np.repeat(at.any(1, keepdims=True), CONTEXT, 1)
    if where == "near":
        return np.array([[row[max(0, t - NEAR) : t + NEAR + 1].any() for t in range(CONTEXT)] for row in at])
    return at


@pytest.mark.parametrize("where", ["token", "near", "prompt"])
def test_the_numbers_of_a_group_are_near_those_of_all_tokens(get: Get, where: str) -> None:
    acts, corpus = activations(make_corpus(), WINTER, 1), make_corpus()
    inside, counts = members(where), corpus.ids != 0
    group, rest = rows(spectrum(get, ("winter", RULE, where)))
    values = acts[counts & inside]
    assert group[0].startswith("winter ")
    tokens = float(group[1].removesuffix(" k")) * (1000 if group[1].endswith("k") else 1)
    assert tokens == pytest.approx(values.size, rel=0.01)
    firing = float(group[2].removesuffix(" %")) / 100
    assert firing == pytest.approx((values > 0).mean(), abs=0.1)
    ins, outs = values[:, None], acts[counts & ~inside][None]
    truth = ((ins > outs) + 0.5 * (ins == outs)).mean()
    assert float(group[5].split()[0]) == pytest.approx(truth, abs=0.06)
    assert rest[0] == "everything else"
    # No active token of the rest is in the sample: there is a limit instead of a number that looks exact.
    assert not (acts[counts & ~inside] > 0).any() or rest[4] == "0"
    assert (rest[2][:8], rest[5]) == ("at most ", "–")


def test_two_halves_of_the_activations_have_opposite_numbers(get: Get) -> None:
    group, rest = rows(spectrum(get, ("", "snow | ice | frost", "token")))
    assert min(int(group[4]), int(rest[4])) > 0
    assert float(rest[5].split()[0]) == pytest.approx(1 - float(group[5].split()[0]), abs=0.002)
    assert "–" in group[5].split()[1]


def test_the_figure_stacks_the_active_tokens_by_the_first_group_that_has_them(get: Get) -> None:
    page = spectrum(get, ("cold", "snow|ice", "token"), ("winter", RULE, "token"))
    figure = json.loads(str(one(page, "[data-figure]")["data-figure"]))
    stacked = [trace for trace in figure["data"] if trace.get("xaxis") == "x2"]
    assert [trace["name"] for trace in stacked] == ["cold", "winter", "everything else"]
    acts = activations(make_corpus(), WINTER, 1)
    assert sum(sum(trace["y"]) for trace in stacked) == pytest.approx((acts > 0).sum(), rel=0.001)
    at_zero = [trace["y"][0] for trace in figure["data"] if "xaxis" not in trace]
    assert at_zero[2] > 0.9
    assert [name for name in ("group-1", "group-2", "group-0") if page.select(f"td .{name}")] == [
        "group-1", "group-2", "group-0",
    ]  # fmt: skip


def test_without_rules_there_is_the_distribution_and_something_to_begin_with(get: Get) -> None:
    page = get(f"{HREF}/spectrum")
    assert not page.select(".spectrum-table")
    links = [str(link["href"]) for link in page.select(".suggestions a")]
    assert len(links) > 1
    for link in links:
        assert len(rows(get(link))) == 2


def test_the_form_keeps_what_was_asked_and_has_room_for_one_more(get: Get) -> None:
    page = spectrum(get, ("cold", "snow | ice", "near"), ("", "sail*", "prompt"))
    fields: list[Tag] = page.select("form.groups fieldset")
    assert [str(one(field, "[name=rule]")["value"]) for field in fields] == ["snow | ice", "sail*", ""]
    assert [str(one(field, "[name=name]")["value"]) for field in fields] == ["cold", "", ""]
    assert [str(one(field, "option[selected]")["value"]) for field in fields] == ["near", "prompt", "token"]


def test_the_page_says_what_the_numbers_rest_on(get: Get) -> None:
    text = text_of(one(spectrum(get, ("", "snow", "token")), "section[aria-labelledby='spectrum-title']"))
    assert "Estimated." in text
    assert "240 of 240 prompts" in text
    assert "15,120 tokens of made-up texts" in text


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("rule=a||b", "has an empty part"),
        ("rule=a&where=nowhere", "not &#39;nowhere&#39;"),
        ("&".join(["rule=a"] * 5), "at most 4 groups, not 5"),
        ("rule=" + "x" * 501, "at most 500 characters"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_answered_in_a_sentence(client: TestClient, query: str, sentence: str) -> None:
    answer = client.get(f"{HREF}/spectrum?{query}")
    assert answer.status_code == 422
    assert sentence in answer.text


@pytest.mark.parametrize(
    "rule", ["<script>alert(1)</script>", "\"onmouseover='x'", "\N{RIGHT-TO-LEFT OVERRIDE}x", "((((a+)+)+)+"]
)
def test_hostile_rules_and_names_are_text(get: Get, rule: str) -> None:
    page = spectrum(get, (rule, rule, "token"))
    assert not [script for script in page.select("script") if not script.get("src")]
    assert not page.select("[onmouseover]")
    assert "\u202e" not in one(page, ".spectrum-table").get_text()
    figure = str(one(page, "[data-figure]")["data-figure"])
    assert "<script>" not in figure


def test_a_dead_latent_has_no_spectrum(get: Get) -> None:
    page = get(f"/sources/tiny-mid/latents/{DEAD}/spectrum?rule=a")
    assert "This latent is dead." in text_of(one(page, ".notice"))
    assert not page.select("[data-figure]")


def test_every_theme_of_the_fixture_is_told_by_its_own_latent(get: Get) -> None:
    for place, theme in enumerate(THEMES):
        rule = "|".join(word.strip() for word in theme_tokens(theme))
        page = get(f"/sources/tiny-mid/latents/{3 + place}/spectrum?rule={rule}")
        assert float(rows(page)[0][5].split()[0]) > 0.95
