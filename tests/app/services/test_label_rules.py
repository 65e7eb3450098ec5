"""Rules of labels: what they cover, and one sentence for each that cannot be read."""

import numpy as np
import pytest

from app.corpus.labels import LabelledTokens
from app.corpus.patterns import Words
from app.corpus.reading import Reading
from app.errors import InvalidRequest
from app.labels.rules import MAX_DEPTH, has_words, parse_rule, rule_help

TOKENS = ["The", " cold", " sea", " (", "and", " snow", ")", " fell", " |", ' "', " near", " the", " rock"]
DOCUMENTS = ({"topic": "sea"}, {"topic": "rock & roll"})


def reading() -> Reading:
    """Two prompts: the tokens as one document about the sea, and again as one about rock & roll."""
    n = len(TOKENS)
    of_token = np.repeat([0, 1], n)
    return Reading(
        words=Words.of([TOKENS, TOKENS]),
        labels=LabelledTokens(DOCUMENTS, of_token),
        starts={0: 0, 1: n},
        prompt_of=of_token,
        is_counted=np.ones(2 * n, bool),
        is_real=np.ones(2 * n, bool),
        texts=of_token,
        n_prompts=2,
        n_all=2,
    )


def covered(rule: str) -> list[str]:
    """The tokens that a rule covers, those of the second document with a mark."""
    mask = parse_rule(rule, ("topic",)).mask(reading())
    return [f"{token}{'²' * (place >= len(TOKENS))}" for place, token in enumerate(TOKENS * 2) if mask[place]]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("snow", [" snow", " snow²"]),
        ("snow & topic: sea", [" snow"]),
        ("topic:SEA & (snow | cold)", [" cold", " snow"]),
        ("(snow | cold) & !topic: sea", [" cold²", " snow²"]),
        ("snow | cold & topic: sea", [" cold", " snow", " snow²"]),  # & binds before |
        ('topic: "rock & roll" & snow', [" snow²"]),
        ('topic: sea & "("', [" ("]),
        ('topic: sea & ("(" | ")" | "|")', [" (", ")", " |"]),
        ('topic: sea & """"', [' "']),
        ("topic: sea & cold sea", [" cold", " sea"]),
        ("topic: sea & s*", [" sea", " snow"]),
        ("topic: sea & near", [" near"]),
        ("!!snow", [" snow", " snow²"]),
        ("prompt(snow) & cold", [" cold", " cold²"]),
        ("near(snow | fell) & topic: sea & cold", [" cold"]),
        ("snow & cold", []),
    ],
)
def test_a_rule_covers_what_it_says(rule: str, expected: list[str]) -> None:
    assert covered(rule) == expected


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("", "empty"),
        ("  ", "empty"),
        ("x" * 501, "at most 500"),
        ("snow |", "empty part"),
        ("& snow", "empty part"),
        ("!", "empty part"),
        ("(snow", "parenthesis is open"),
        ("snow)", "one too many"),
        ('"snow" cold', "one too many"),
        ('"snow', "quote is open"),
        ('""', "1 to 20 words"),
        ("near(topic: sea)", "takes words"),
        ("near(!snow)", "takes words"),
        ("near(snow & cold)", "takes words"),
        ("(" * (MAX_DEPTH + 1) + "a" + ")" * (MAX_DEPTH + 1), "nested"),
        ("!" * (MAX_DEPTH + 5) + "a", "nested"),
        ("|".join("a" * 249), "at most 50 parts"),
    ],
)
def test_what_cannot_be_read_is_refused_in_a_sentence(rule: str, said: str) -> None:
    with pytest.raises(InvalidRequest, match=said):
        parse_rule(rule, ("topic",))


def test_a_label_that_the_corpus_does_not_have_is_words() -> None:
    assert has_words(parse_rule("mood: happy", ("topic",)))
    assert not has_words(parse_rule("topic: sea", ("topic",)))
    assert "topic: value" in rule_help(("topic",))
    assert "value" not in rule_help(())
