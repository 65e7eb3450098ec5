"""What models say around their answers, and what is no answer."""

import pytest

from app.explain.prompts import (
    MAX_DESCRIPTION,
    description_in,
    detect_messages,
    explain_messages,
    fuzz_messages,
    verdicts_in,
)
from tests.app.explain.world import make_world
from tests.chat_server import question_of


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("EXPLANATION: words about the sea", "words about the sea"),
        ("Sure! Let me think.\n\nExplanation: words about the sea\n\nHope this helps!", "words about the sea"),
        ("**Explanation:** *words about the sea*", "words about the sea"),
        ("<think>EXPLANATION: no</think>\nEXPLANATION: words about the sea", "words about the sea"),
        ("EXPLANATION:\nwords about the sea", "words about the sea"),
        ('"words about the sea"', "words about the sea"),
        ("EXPLANATION: words\x00 about\u202e the\x1b sea", "words about the sea"),
        ("EXPLANATION: <b>bold</b> & <script>x</script>", "<b>bold</b> & <script>x</script>"),
        ("", None),
        ("   \n ", None),
        ("I cannot help with that.\nPlease ask something else.", None),
        ("EXPLANATION:", None),
        ("EXPLANATION: ...", None),
        ("<think>it might be the sea, or", None),
    ],
)
def test_a_description_is_found_or_it_is_not(said: str, found: str | None) -> None:
    assert description_in(said) == found


def test_a_long_description_is_cut_between_words() -> None:
    found = description_in("EXPLANATION: " + "word " * 500)
    assert found is not None
    assert len(found) <= MAX_DESCRIPTION
    assert found.endswith("word…")


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("[1, 0, 1]", [True, False, True]),
        ("[1,0,1]", [True, False, True]),
        ("Here you are:\n```json\n[1, 0, 1]\n```\nAnything else?", [True, False, True]),
        ("For example [0, 0, 0] would be none. [1, 0, 1]", [True, False, True]),
        ('["yes", "no", "yes"]', [True, False, True]),
        ("[true, false, true]", [True, False, True]),
        ("1. yes\n2. no\n3. Yes, it does", [True, False, True]),
        ("1: 1\n2: 0\n3: 1", [True, False, True]),
        ("<think>[0, 0, 0]</think>[1, 0, 1]", [True, False, True]),
        ("[1, 0]", None),
        ("[1, 0, 1, 1]", None),
        ("[1, 0, 2]", None),
        ("[1, 0, maybe]", None),
        ("1. yes\n3. yes\n2. no", None),
        ("yes", None),
        ("", None),
        ("[[1, 0, 1", None),
        ("<think>[1, 0, 1]", None),
    ],
)
def test_verdicts_are_read_without_guessing(said: str, found: list[bool] | None) -> None:
    assert verdicts_in(said, 3) == found


def test_questions_hold_each_text_on_a_line_of_its_own_with_strengths_and_marks() -> None:
    material = make_world().material(2, with_promoted=True)
    messages = explain_messages(material)
    kind, _, texts = question_of(messages)
    assert (kind, len(texts)) == ("explain", len(material.shown))
    strengths = [int(part.partition("}}")[0]) for text in texts for part in text.split("|")[1:]]
    assert max(strengths) == 10
    assert min(strengths) >= 1
    assert "Tokens that it makes the model say" in messages[1]["content"]
    kind, said, texts = question_of(detect_messages("a rule", material.judged[:5]))
    assert (kind, said, len(texts)) == ("detect", "a rule", 5)
    assert not any("|" in text or "<<" in text for text in texts)
    kind, said, texts = question_of(fuzz_messages("a rule", material.marked[:5]))
    assert (kind, said, len(texts)) == ("fuzz", "a rule", 5)
    assert all("<<" in text for text in texts)
