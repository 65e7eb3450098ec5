import math

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from app.text.token_markup import HOT, heat_markup
from app.text.token_views import HeatText, Piece
from app.text.tokens import STEPS, chip, heat_step, pieces


def shown(text: str) -> list[tuple[str, str]]:
    return [(piece.text, piece.mark) for piece in pieces(text)]


def test_a_line_break_is_a_sign_and_keeps_its_neighbours() -> None:
    assert shown("a\nb") == [("a", ""), ("⏎", "line break"), ("b", "")]


@pytest.mark.parametrize(
    ("character", "sign", "name"),
    [
        ("\N{RIGHT-TO-LEFT OVERRIDE}", "‹202E›", "right-to-left override U+202E"),
        ("\N{ZERO WIDTH SPACE}", "‹200B›", "zero width space U+200B"),
        ("\x07", "‹0007›", "control character U+0007"),
        ("\x7f", "‹007F›", "control character U+007F"),
        ("\t", "⇥", "tab"),
    ],
)
def test_invisible_characters_get_a_sign_with_their_name(character: str, sign: str, name: str) -> None:
    assert shown(character) == [(sign, name)]


@given(st.text())
def test_no_character_that_is_shown_is_invisible_or_turns_the_text(text: str) -> None:
    everything = "".join(piece.text for piece in pieces(text))
    assert not any(mark in everything for mark in "\n\t\0\u202e\u202d\u2066\u2067\u2069\u200b\ufeff\u2028")


@given(st.text(st.characters(exclude_categories=("C", "Z"))))
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert "".join(piece.text for piece in pieces(text)) == text


def test_a_chip_shows_the_spaces_at_its_edges() -> None:
    assert chip(" the").pieces == (Piece("·", "space"), Piece("the"))
    assert chip("  ").pieces == (Piece("··", "2 spaces"),)
    assert chip("").pieces == (Piece("∅", "a token without text"),)


def test_a_chip_of_a_long_token_is_cut() -> None:
    assert len("".join(piece.text for piece in chip("x" * 500).pieces)) == 48


def test_heat_goes_from_nothing_to_the_last_step() -> None:
    assert [heat_step(a, 10.0) for a in (0.0, -1.0, 0.01, 5.0, 10.0, 11.0)] == [0, 0, 1, 10, STEPS, STEPS]
    assert heat_step(1.0, 0.0) == 0


def spans(markup: str) -> list[tuple[list[str], str, str]]:
    """Classes, value and text of each token that has a tag of its own."""
    page = BeautifulSoup(f"<pre>{markup}</pre>", "html.parser").pre  # elsewhere it joins spaces
    assert page is not None
    return [
        (tag["class"], str(tag.get("data-a", "")), tag.get_text())
        for tag in page.find_all("span", recursive=False)
        if tag["class"] != ["mark"]
    ]


def test_a_window_marks_its_focus_and_only_active_tokens_have_a_value() -> None:
    markup = heat_markup(HeatText(("a", "b", ""), (0.0, 2.5, 5.0), focus=1, top=5.0))
    assert spans(markup) == [
        (["tok", "act-10", "focus"], "2.5", "b"),
        (["tok", "act-20", "hot"], "5", "∅"),
    ]
    assert 'title="part of the next character"' in markup
    assert markup.startswith("a<span")


TEXTS = st.lists(st.text(st.sampled_from('ab <>&"\n\t\u200b\u202e é'), max_size=3), min_size=1, max_size=9)


@given(st.data(), TEXTS)
def test_the_markup_shows_each_token_with_its_step_value_and_focus(data: st.DataObject, texts: list[str]) -> None:
    values = st.sampled_from([0.0, 0.0, 0.3, 5.0, math.nan])
    activations = data.draw(st.lists(values, min_size=len(texts), max_size=len(texts)))
    focus = data.draw(st.integers(0, len(texts) - 1))
    markup = heat_markup(HeatText(tuple(texts), tuple(activations), focus, 5.0))
    expected = []
    plain = []
    for place, (text, activation) in enumerate(zip(texts, activations, strict=True)):
        shown = "".join(piece.text for piece in pieces(text)) or ("∅" if activation > 0 else "")
        plain.append(shown)
        step = heat_step(activation, 5.0)
        names = ["tok"] + [f"act-{step}"] * (step > 0) + ["hot"] * (step >= HOT) + ["focus"] * (place == focus)
        names += ["unseen"] * math.isnan(activation)
        if len(names) > 1:
            expected.append((names, {0.3: "0.3", 5.0: "5"}.get(activation, ""), shown))
    assert spans(markup) == expected
    page = BeautifulSoup(f"<pre>{markup}</pre>", "html.parser").pre
    assert page is not None
    assert page.get_text() == "".join(plain)


def test_markup_of_tokens_names_step_focus_and_value() -> None:
    assert heat_markup(HeatText(("<i>", "<i>"), (3.1, math.nan), focus=0, top=5.2)) == (
        '<span class="tok act-12 hot focus" data-a="3.1">&lt;i&gt;</span><span class="tok unseen">&lt;i&gt;</span>'
    )
