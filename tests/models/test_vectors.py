"""Contrast vectors against means taken by hand, and their left-out AUROC against a double loop."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from models.errors import DimensionMismatch, SteeringError, WeightsInvalid
from models.loading.opening import load_dictionary
from models.sources import SourceSpec
from models.steering.vectors import (
    contrast_vector,
    cosine,
    left_out_auroc,
    load_vector,
    nearest_latents,
    promoted_tokens,
    save_vector,
)
from tests.models.tiny import D_MODEL, save_sae

HOOK = "blocks.1.hook_resid_post"
POSITIVE = [[0, 17, 40], [0, 9, 88, 150, 7], [55, 120]]
NEGATIVE = [[0, 64], [301, 77, 12, 4]]


@pytest.mark.parametrize("positions", ["last", "mean"])
def test_the_vector_is_the_difference_of_means(positions: str, tiny_gpt2: Any) -> None:
    found = contrast_vector(tiny_gpt2, POSITIVE, NEGATIVE, HOOK, positions)
    means, norms = [], []
    for prompts in (POSITIVE, NEGATIVE):
        rows = []
        for prompt in prompts:
            h = tiny_gpt2.run_to_hooks(torch.tensor([prompt]), [HOOK])[HOOK][0]
            h = h[1:] if prompt[0] == 0 else h
            norms += h.norm(dim=-1).tolist()
            rows.append(h[-1] if positions == "last" else h.mean(0))
        means.append(torch.stack(rows))
    v = means[0].mean(0) - means[1].mean(0)
    np.testing.assert_allclose(found.values, v.numpy(), atol=1e-5)
    assert found.norm == pytest.approx(float(v.norm()), rel=1e-5)
    assert found.residual_share == pytest.approx(float(v.norm()) / np.mean(norms), rel=1e-4)
    np.testing.assert_allclose(found.positive, (means[0] @ v / v.norm()).numpy(), atol=1e-4)
    np.testing.assert_allclose(found.negative, (means[1] @ v / v.norm()).numpy(), atol=1e-4)
    assert "only 3 positive and 2 negative prompts: below 10" in found.warnings[0]


def test_left_out_auroc_equals_the_double_loop() -> None:
    generator = np.random.default_rng(1)
    for n, m, shift in ((2, 2, 0.0), (5, 3, 1.0), (12, 9, 0.4)):
        a = generator.normal(shift, 1, (n, 6)).astype(np.float32)
        b = generator.normal(0, 1, (m, 6)).astype(np.float32)
        wins = 0.0
        for i in range(n):
            for j in range(m):
                v = np.delete(a, i, 0).mean(0) - np.delete(b, j, 0).mean(0)
                wins += float(a[i] @ v > b[j] @ v)
        assert left_out_auroc(a, b) == pytest.approx(wins / (n * m))


def test_left_out_auroc_of_noise_is_chance_and_of_distinct_groups_is_one() -> None:
    generator = np.random.default_rng(0)
    noise = [left_out_auroc(*generator.normal(0, 1, (2, 10, 200)).astype(np.float32)) for _ in range(60)]
    assert np.mean([value for value in noise if value is not None]) == pytest.approx(0.5, abs=0.06)
    apart = generator.normal(0, 1, (2, 10, 200)).astype(np.float32)
    apart[0] += 2
    assert left_out_auroc(apart[0], apart[1]) == 1.0
    assert left_out_auroc(apart[0][:1], apart[1]) is None


def test_ten_prompts_in_each_list_get_no_warning_of_few(tiny_gpt2: Any) -> None:
    many = [[0, n, n + 1] for n in range(10, 20)]
    found = contrast_vector(tiny_gpt2, many, [[0, n, n + 2] for n in range(100, 110)], HOOK)
    assert not any("below 10" in warning for warning in found.warnings)
    assert found.auroc is not None


def test_promoted_tokens_and_nearest_latents_equal_dense_products(tiny_gpt2: Any, tmp_path: Path) -> None:
    v = np.random.default_rng(0).normal(size=D_MODEL).astype(np.float32)
    effects = promoted_tokens(tiny_gpt2, v, HOOK, 5)
    logits = (torch.from_numpy(v) * tiny_gpt2.final_norm_gain()) @ tiny_gpt2.unembedding()
    logits = (logits - logits.mean())[: len(tiny_gpt2.tokenizer)]
    assert effects.promoted_ids[0].tolist() == logits.topk(5).indices.tolist()
    assert promoted_tokens(tiny_gpt2, v, "blocks.1.mlp.hook_in") is None
    dictionary = load_dictionary(SourceSpec("x", str(save_sae(tmp_path))))
    cosines = torch.nn.functional.cosine_similarity(dictionary.W_dec, torch.from_numpy(v), dim=-1)
    near = nearest_latents(dictionary, v, 4)
    assert [n.index for n in near] == cosines.topk(4).indices.tolist()
    assert [n.cosine for n in near] == pytest.approx(cosines.topk(4).values.tolist(), abs=1e-5)
    assert nearest_latents(dictionary, dictionary.W_dec[7].numpy(), 1)[0].cosine == pytest.approx(1)
    with pytest.raises(DimensionMismatch, match="has 3 values"):
        nearest_latents(dictionary, np.ones(3, np.float32))
    assert cosine(v, -2 * v) == pytest.approx(-1)


def test_a_saved_vector_comes_back_whole(tiny_gpt2: Any, tmp_path: Path) -> None:
    vector = contrast_vector(tiny_gpt2, POSITIVE, NEGATIVE, HOOK)
    save_vector(vector, tmp_path / "v.safetensors")
    again = load_vector(tmp_path / "v.safetensors")
    np.testing.assert_array_equal(again.values, vector.values)
    for name in ("hook_name", "positions", "norm", "residual_share", "positive", "negative", "auroc", "warnings"):
        assert getattr(again, name) == getattr(vector, name)
    from safetensors.numpy import load_file

    assert load_file(tmp_path / "v.safetensors")["vector"].shape == (D_MODEL,)


def test_files_that_are_no_vector_are_refused(tmp_path: Path) -> None:
    from safetensors.numpy import save_file

    (tmp_path / "junk").write_bytes(b"junk")
    save_file({"vector": np.ones(3)}, tmp_path / "bare")
    save_file({"vector": np.ones(3)}, tmp_path / "part", metadata={"periscope": '{"norm": 1}'})
    for name in ("junk", "bare", "part", "missing"):
        with pytest.raises(WeightsInvalid, match=f"{name}"):
            load_vector(tmp_path / name)


def test_lists_that_give_no_direction_are_refused(tiny_gpt2: Any) -> None:
    cases = [
        (([], NEGATIVE, HOOK, "last"), "at least one prompt"),
        ((POSITIVE, [[0]], HOOK, "last"), "no tokens"),
        ((POSITIVE, [[]], HOOK, "last"), "no tokens"),
        ((POSITIVE, POSITIVE, HOOK, "last"), "the same mean activation"),
        ((POSITIVE, NEGATIVE, HOOK, "first"), "Positions 'first' are not known; use last or mean"),
    ]
    for arguments, message in cases:
        with pytest.raises(SteeringError, match=message):
            contrast_vector(tiny_gpt2, *arguments)
