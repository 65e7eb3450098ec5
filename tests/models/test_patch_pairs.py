"""Means over pairs of prompts, against plain transformers runs with hooks made by hand."""

from pathlib import Path

import numpy as np
import pytest
import torch

from models.causal.patch_pairs import Mean, mean_of, patch_pairs
from models.causal.patching import patch
from models.errors import InputMismatch
from models.running.language_model import LanguageModel
from models.running.pace import result_of
from tests.models.test_attribution import by_hand, prompt, sae_of

PAIRS = (("the cat sat", "the dog ran"), ("ab cd", "cd ab"), ("x y z", "z y x"), ("she sells sea", "she sells old"))


def test_a_mean_has_students_interval() -> None:
    found = mean_of([1.0, 2.0, 3.0])
    assert found.mean == pytest.approx(2)
    assert (found.low, found.high) == pytest.approx((2 - 4.302653 / 3**0.5, 2 + 4.302653 / 3**0.5), abs=1e-5)


def test_a_latents_values_at_all_positions_are_taken_over_together(tiny_gpt2: LanguageModel, tmp_path: Path) -> None:
    dictionary, reference = sae_of(tmp_path)
    texts = [pair for pair in PAIRS if len({prompt(tiny_gpt2, dictionary, text).n_tokens for text in pair}) == 1]
    assert len(texts) >= 2
    pairs = [(prompt(tiny_gpt2, dictionary, a), prompt(tiny_gpt2, dictionary, b)) for a, b in texts]
    found = result_of(patch_pairs(pairs, " the", "a", 6))
    assert len(found.effects) == 6
    assert found.n_exact == found.n_differing
    single = [result_of(patch(a, b, " the", "a", 1)) for a, b in pairs]
    assert found.gaps == pytest.approx([one.gap for one in single], abs=1e-5)
    assert found.gap == mean_of(found.gaps)
    for name, mean in ((r.name, r.noising) for r in found.references):
        values = [next(r.noising for r in one.references if r.name == name) for one in single]
        assert mean.mean == pytest.approx(np.mean(values), abs=1e-4)
    target, contrast = found.targets[0].token_id, found.targets[0].contrast_id
    for effect in found.effects:
        changes, differs = [], 0
        for one, other in pairs:
            with torch.no_grad():
                here, there = (reference.encode(place.state)[:, effect.latent] for place in (one, other))
            step = ((there - here) * torch.from_numpy(one.counts))[:, None] * reference.W_dec[effect.latent].detach()
            differs += bool(step.any())
            ids = tuple(one.rest.token_ids[0].tolist())
            clean = by_hand(tiny_gpt2, ids, "transformer.h.1", "out", lambda h: h)
            after = by_hand(tiny_gpt2, ids, "transformer.h.1", "out", lambda h, step=step: h + step)
            changes.append(float((after - clean)[target] - (after - clean)[contrast or 0]))
        assert effect.n_pairs == differs
        assert effect.noising.mean == pytest.approx(np.mean(changes), abs=1e-4)
    assert isinstance(found.effects[0].denoising, Mean)


def test_a_pair_of_different_lengths_is_named(tiny_gpt2: LanguageModel, tmp_path: Path) -> None:
    dictionary, _ = sae_of(tmp_path)
    good = tuple(prompt(tiny_gpt2, dictionary, "the cat") for _ in range(2))
    bad = (prompt(tiny_gpt2, dictionary, "the cat"), prompt(tiny_gpt2, dictionary, "the cat sat on the mat"))
    with pytest.raises(InputMismatch, match=r"The prompts of pair 2 have \d+ and \d+ tokens"):
        result_of(patch_pairs([good, bad], None, None, 5))  # type: ignore[list-item]
