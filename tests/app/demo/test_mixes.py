"""The demo's ready-made mixes: each plays, and the vectors move the style of the chat's answers."""

from itertools import islice
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.demo.grammar_mixes import STYLES, Style
from models.demo.corpus.generator import documents
from models.demo.corpus.styles import shows_style
from tests.app.demo.conftest import ask, ask_all

pytestmark = pytest.mark.demo
N_QUESTIONS = 16


def mixes(demo: TestClient) -> dict[str, Any]:
    return {mix["name"]: mix for mix in demo.get("/api/v1/mixes").json()["mixes"]}


def test_there_are_moods_registers_lengths_languages_and_three_topics(demo: TestClient) -> None:
    names = list(mixes(demo))
    assert {style.mix for style in STYLES} <= set(names)
    assert sum(name.startswith("Topic: ") for name in names) == 3
    for kind in ("Mood: ", "Register: ", "In "):
        assert sum(name.startswith(kind) for name in names) == 1


def test_every_mix_plays_and_changes_the_text(demo: TestClient) -> None:
    for name, mix in mixes(demo).items():
        answer = ask(demo, "/steer", mix["options"] | {"terms": mix["terms"]})
        assert answer["steered"]["text"] != answer["baseline"]["text"], name


@pytest.mark.parametrize("style", STYLES, ids=lambda style: style.table)
def test_a_vector_moves_the_style_of_answers(demo: TestClient, style: Style) -> None:
    """Answers that show the style, by the generator's own phrases: more with the vector, fewer against it."""
    vector = mixes(demo)[style.mix]["terms"][0]["vector"]
    questions = [
        next(m["content"] for m in document.messages or () if m["role"] == "user")
        for document in islice(documents(660_001, genre="chat"), N_QUESTIONS)
    ]

    def shares(strength: float) -> tuple[float, float]:
        asked = [
            {"model": "periscope-demo", "messages": [{"role": "user", "content": question}], "temperature": 0.8,
             "terms": [{"vector": vector, "strength": strength}], "seed": seed, "max_new_tokens": 64}
            for seed, question in enumerate(questions)
        ]  # fmt: skip
        answers = [answer["steered"]["text"] for answer in ask_all(demo, "/steer", asked)]
        first, second = (
            sum(shows_style(text, style.table, value) for text in answers) / len(answers)
            for value in (style.positive, style.negative)
        )
        return first, second

    (more, less), (fewer, others) = shares(style.strength), shares(-style.strength)
    assert more >= fewer + 0.3, (more, fewer)
    assert others >= less + 0.3, (others, less)
