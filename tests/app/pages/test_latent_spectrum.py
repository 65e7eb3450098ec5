"""The spectrum: groups by rules in the address, their numbers against brute force over the fixture's texts."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup, Tag
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.corpus.rules import NEAR
from app.db import packing
from app.db.queries.latents import latent_record
from app.db.queries.sources import source_by_slug
from app.db.tables.builds import LatentDetail
from app.text.formats import percent
from models.records import LatentRecord, Sample
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
    assert rest[0] == "everything else"
    # No active token of the rest is in the sample: there are limits instead of numbers that look exact.
    assert not (acts[counts & ~inside] > 0).any() or rest[4] == "0"
    assert rest[2][:8] == "at most "
    low, _, high = group[5].partition(" to ")
    assert float(low) - 0.002 <= truth <= float(high) + 0.002
    assert float(high) - float(low) < 0.06
    assert rest[5] == f"{1 - float(high):.3f} to {1 - float(low):.3f}"


def test_two_halves_of_the_activations_have_opposite_numbers(get: Get) -> None:
    group, rest = rows(spectrum(get, ("", "snow | ice | frost", "token")))
    assert min(int(group[4]), int(rest[4])) > 0
    assert float(rest[5].split()[0]) == pytest.approx(1 - float(group[5].split()[0]), abs=0.002)
    assert "–" in group[5].split()[1]


def figures(page: BeautifulSoup) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is at zero, and what is active."""
    zeros, active = (json.loads(str(figure["data-figure"])) for figure in page.select("[data-figure]"))
    return zeros, active


def captions(page: BeautifulSoup) -> list[str]:
    """The words for the share at zero, below the figure and for those who do not see it."""
    figure = page.select("[data-figure]")[0]
    return [str(figure["aria-label"]), text_of(one(page, ".spectrum-plots + .note"))]


def test_the_figure_stacks_the_active_tokens_by_the_first_group_that_has_them(get: Get) -> None:
    page = spectrum(get, ("cold", "snow|ice", "token"), ("winter", RULE, "token"))
    zeros, active = figures(page)
    stacked = [trace for trace in active["data"] if trace["type"] == "bar"]
    assert [trace["name"] for trace in stacked] == ["cold", "winter", "everything else"]
    acts = activations(make_corpus(), WINTER, 1)
    assert sum(sum(trace["y"]) for trace in stacked) == pytest.approx((acts > 0).sum(), rel=0.001)
    assert [trace["name"] for trace in zeros["data"]] == ["cold", "winter", "everything else"]
    assert zeros["data"][0]["y"][0] < 0.5
    assert [name for name in ("group-1", "group-2", "group-0") if page.select(f"td .{name}")] == [
        "group-1", "group-2", "group-0",
    ]  # fmt: skip


def test_the_outline_is_the_exact_histogram_and_circles_mark_what_the_sample_lacks(get: Get) -> None:
    page = get(f"{HREF}/spectrum")
    _, active = figures(page)
    outline, marks = (trace for trace in active["data"] if trace["type"] == "scatter")
    (bars,) = (trace for trace in active["data"] if trace["type"] == "bar")
    values = activations(make_corpus(), WINTER, 1)
    counted, _ = np.histogram(values[values > 0], outline["x"])
    assert outline["y"][:-1] == counted.tolist()
    missing = {x: n for x, n, shown in zip(bars["x"], counted.tolist(), bars["y"], strict=True) if n and not shown}
    assert missing
    assert dict(zip(marks["x"], marks["y"], strict=True)) == missing
    assert f"of which the sample has none, {sum(missing.values())} tokens in all" in text_of(page)
    assert active["layout"]["showlegend"]


def take_out_of_the_sample(session: Session, word: str) -> LatentRecord:
    """Leave no token of this word in the latent's sample, as if chance had not met one; the record without them."""
    source = source_by_slug(session, "tiny-mid")
    assert source.build
    record = latent_record(session, source, WINTER)
    sample, at = record.sample, members_of(word)
    keep = ~at[record.sample.prompts, record.sample.positions]
    left = Sample(sample.prompts[keep], sample.positions[keep], sample.activations[keep])
    assert 0 < len(left.prompts) < len(sample.prompts)
    row = sa.update(LatentDetail).where(LatentDetail.build_id == source.build.id, LatentDetail.latent_index == WINTER)
    session.execute(row.values(sample=packing.pack_sample(left)))
    session.commit()
    return replace(record, sample=left)


def members_of(word: str) -> np.ndarray:
    """Which tokens are this word, (prompts, context)."""
    corpus = make_corpus()
    return np.array([token.strip() == word for token in corpus.vocabulary])[corpus.ids]


def test_a_group_that_the_sample_misses_is_not_called_inactive(own_client: TestClient, own_session: Session) -> None:
    record = take_out_of_the_sample(own_session, "frost")
    answer = own_client.get(f"{HREF}/spectrum?rule=frost&where=token")
    page = BeautifulSoup(answer.text, "html.parser")
    at, acts, counts = members_of("frost"), activations(make_corpus(), WINTER, 1), make_corpus().ids != 0
    stored = {(e.prompt, e.position) for band in record.bands for e in band.examples}
    known = sum(bool(at[token]) for token in stored)
    top = next(band.examples for band in record.bands if band.name == "top")
    of_top = sum(bool(at[e.prompt, e.position]) for e in top)
    assert 0 < of_top <= known
    row, rest = rows(page)
    n = int((at & counts).sum())
    assert (row[4], row[6]) == ("0", f"{of_top} of {len(top)}")
    assert rest[6] == f"{len(top) - of_top} of {len(top)}"
    # At least what the examples prove, which holds the truth; at most what so large a sample misses once in 20 times.
    most_active = record.n_active * (1 - 0.05 ** (1 / len(record.sample.prompts)))
    share = f"{percent(known / n, 2)} to {percent(min(1, most_active / n), 2)}".replace("\xa0", " ")
    assert row[2] == share
    assert known / n <= (acts[at & counts] > 0).mean()
    values, others = acts[at & counts][:, None], acts[counts & ~at][None]
    auroc = float(((values > others) + 0.5 * (values == others)).mean())
    low, _, high = row[5].partition(" to ")
    assert 0.5 < float(low) <= auroc
    assert float(low) < float(high) <= 1
    assert rest[5] == f"{1 - float(high):.3f} to {1 - float(low):.3f}"
    for caption in captions(page):
        assert f"frost: none in the sample, {row[2]};" in caption.replace("\xa0", " ")
    (bar, _) = figures(page)[0]["data"]
    assert (bar["text"], bar["marker"]["color"]) == (["none in the sample"], "rgba(0,0,0,0)")
    assert "at zero" not in bar["hovertemplate"]
    verb = "is" if of_top == 1 else "are"
    assert text_of(one(page, ".group-note")) == (
        f"frost: None of the {len(record.sample.prompts)} sampled tokens is in this group, but {of_top} of the "
        f"{len(top)} strongest examples {verb}: the group is rare and fires strongly; the sample is too small to say "
        "how often."
    )


def test_a_group_without_any_token_says_so(get: Get) -> None:
    page = spectrum(get, ("", "xyzzy", "token"))
    assert rows(page)[0][1:3] == ["0", "–"]
    assert "xyzzy: no tokens found;" in captions(page)[0]
    assert text_of(one(page, ".group-note")) == "xyzzy: No token of the text that was read is in this group."


def test_a_label_that_is_looked_for_as_a_word_is_told_where_labels_are_found(get: Get) -> None:
    note = text_of(one(spectrum(get, ("", "theme: xyzzy", "token")), ".group-note"))
    assert "If you mean a label of the corpus, choose “in texts with this label of the corpus”" in note


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
    ("query", "typed", "sentence"),
    [
        ("rule=snow||ice", "snow||ice", "has an empty part"),
        ("rule=||", "||", "has an empty part"),
        ("rule=ice&where=nowhere", "ice", "not 'nowhere'"),
        ("rule=" + "x" * 501, "x" * 501, "at most 500 characters"),
        ("rule=x:%20y&where=label", "x: y", "carries no labels"),
    ],
)
def test_a_rule_that_cannot_be_meant_stays_in_the_form_with_the_reason(
    client: TestClient, query: str, typed: str, sentence: str
) -> None:
    answer = client.get(f"{HREF}/spectrum?{query}&name=mine")
    assert answer.status_code == 422
    page = BeautifulSoup(answer.text, "html.parser")
    field, error = one(page, "[aria-invalid]"), one(page, "form.groups [role=alert]")
    assert (field["value"], field["aria-describedby"]) == (typed, error["id"])
    assert field.get("maxlength") is None
    assert sentence in text_of(error)
    assert one(page, "#name-1")["value"] == "mine"
    # The rest of the page is there: the distribution, of which no group could be made.
    assert len(page.select("[data-figure]")) == 2
    assert not page.select(".spectrum-table")


def test_the_other_groups_are_shown_beside_a_rule_that_cannot_be_meant(client: TestClient) -> None:
    pairs = [("rule", "a||b"), ("where", "token"), ("name", ""), ("rule", "snow"), ("where", "near"), ("name", "cold")]
    answer = client.get(f"{HREF}/spectrum?{urlencode(pairs)}")
    assert answer.status_code == 422
    page = BeautifulSoup(answer.text, "html.parser")
    assert [field["value"] for field in page.select("form.groups [name=rule]")] == ["a||b", "snow", ""]
    assert [field.get("aria-invalid") for field in page.select("form.groups [name=rule]")] == ["true", None, None]
    assert [row[0].split()[0] for row in rows(page)] == ["cold", "everything"]
    # It keeps the colour of its place in the form.
    assert page.select(".spectrum-table td .group-2")
    assert figures(page)[0]["data"][0]["marker"]["color"] == "@warn"


def test_of_too_many_groups_the_first_are_shown(client: TestClient) -> None:
    answer = client.get(f"{HREF}/spectrum?{'&'.join(f'rule={word}' for word in 'abcde')}")
    assert answer.status_code == 422
    page = BeautifulSoup(answer.text, "html.parser")
    assert "at most 4 groups, not 5" in text_of(one(page, "form.groups > [role=alert]"))
    assert [field["value"] for field in page.select("form.groups [name=rule]")] == list("abcd")
    assert len(rows(page)) == 5


@pytest.mark.parametrize(
    "rule", ["<script>alert(1)</script>", "\"onmouseover='x'", "\N{RIGHT-TO-LEFT OVERRIDE}x", "((((a+)+)+)+"]
)
def test_hostile_rules_and_names_are_text(get: Get, rule: str) -> None:
    page = spectrum(get, (rule, rule, "token"))
    assert not [script for script in page.select("script") if not script.get("src")]
    assert not page.select("[onmouseover]")
    assert "\u202e" not in one(page, ".spectrum-table").get_text()
    assert "<script>" not in "".join(str(figure["data-figure"]) for figure in page.select("[data-figure]"))


def test_a_dead_latent_has_no_spectrum(get: Get) -> None:
    page = get(f"/sources/tiny-mid/latents/{DEAD}/spectrum?rule=a")
    assert "This latent is dead." in text_of(one(page, ".notice"))
    assert not page.select("[data-figure]")


def test_every_theme_of_the_fixture_is_told_by_its_own_latent(get: Get) -> None:
    for place, theme in enumerate(THEMES):
        rule = "|".join(word.strip() for word in theme_tokens(theme))
        page = get(f"/sources/tiny-mid/latents/{3 + place}/spectrum?rule={rule}")
        assert float(rows(page)[0][5].split()[0]) > 0.95
