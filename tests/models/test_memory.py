"""The stated memory of a build."""

from typing import Any

from models.building import memory
from models.building.output_score import ROWS


def estimate(model: Any, output_scores: bool) -> memory.MemoryNeed:
    return memory.estimate(model, {}, {}, n_tokens=1000, batch=1, context_size=32, output_scores=output_scores)


def test_output_scores_count_where_their_logits_are_larger_than_the_pass(tiny_gpt2: Any, monkeypatch: Any) -> None:
    small, same = estimate(tiny_gpt2, False), estimate(tiny_gpt2, True)
    assert same.total == small.total, "with a small vocabulary the pass needs more"
    vocabulary = 10_000_000
    monkeypatch.setattr(tiny_gpt2, "facts", Changed(tiny_gpt2.facts, vocabulary))
    assert estimate(tiny_gpt2, False).forward == small.forward
    assert estimate(tiny_gpt2, True).forward >= ROWS * vocabulary * 4 * 3
    assert estimate(tiny_gpt2, True).statistics == estimate(tiny_gpt2, False).statistics


class Changed:
    """Facts with another vocabulary."""

    def __init__(self, facts: Any, vocab_size: int) -> None:
        self.vocab_size, self.d_model = vocab_size, facts.d_model
