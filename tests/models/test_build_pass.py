"""The streaming pass equals a dense computation over the same prompts; quality equals one by hand."""

import numpy as np
import pytest
import torch

from models.building.build_pass import BuildPass, PassPlan
from models.building.quality import clean_loss, measure_quality
from models.loading.opening import load_dictionary
from models.running.uncounted import uncounted_ids
from models.sources import SourceSpec
from tests.models.statistics import brute
from tests.models.tiny import save_sae

CONTEXT = 32


@pytest.fixture(scope="module")
def dictionaries(tiny_models, tmp_path_factory):
    root = tmp_path_factory.mktemp("saes")
    folders = {
        "a": save_sae(root / "a", "jumprelu", seed=1),
        "b": save_sae(root / "b", "topk", "blocks.0.hook_mlp_out", d_sae=64, seed=2),
    }
    return {
        slug: load_dictionary(SourceSpec(str(tiny_models["gpt2"]), str(folder), None))
        for slug, folder in folders.items()
    }


def token_rows(n, seed=0):
    ids = np.random.default_rng(seed).integers(1, 250, (n, CONTEXT))
    ids[:, 0] = 0
    ids[::3, 9] = 0  # separators inside
    return ids


def finished(tiny_gpt2, dictionaries, ids, batch=4, n_tokens=None, **options):
    plan = PassPlan(n_tokens or 40 * CONTEXT, CONTEXT, batch, 5, **options)
    state = BuildPass(tiny_gpt2, dictionaries, plan, uncounted_ids(tiny_gpt2))
    for _ in state.run(iter(ids)):
        pass
    return state


def records(state, slug):
    return brute.records(state.statistics[slug], CONTEXT)


@pytest.mark.parametrize("slug", ["a", "b"])
def test_statistics_equal_a_dense_pass_over_the_prompts_after_the_held_out_ones(tiny_gpt2, dictionaries, slug):
    ids = token_rows(32 + 40)
    state = finished(tiny_gpt2, dictionaries, ids)
    assert len(state.held_out) == 32
    rest, sae = ids[32:], dictionaries[slug]
    hidden = tiny_gpt2.run_to_hooks(torch.from_numpy(rest), [sae.hook_name])[sae.hook_name]
    dense = sae.encode(hidden.flatten(0, 1)).view(40, CONTEXT, -1).numpy().copy()
    dense[rest == 0] = 0
    for record in records(state, slug):
        mine = dense[:, :, record.index]
        assert record.n_active == (mine > 0).sum()
        assert record.density == (mine > 0).sum() / (rest != 0).sum()
        assert record.max_activation == pytest.approx(mine.max(), abs=1e-5)
        if record.n_active:
            best = record.bands[0].examples[0]
            assert mine[best.prompt, best.position] == pytest.approx(mine.max(), abs=1e-5)
            assert len(best.window) == min(CONTEXT, best.position + 17) - best.window_start


def test_two_passes_over_parts_merge_to_one_pass_over_all(tiny_gpt2, dictionaries):
    ids = token_rows(32 + 40)
    whole = finished(tiny_gpt2, dictionaries, ids)
    first = finished(tiny_gpt2, dictionaries, ids, n_tokens=20 * CONTEXT)
    again = BuildPass(tiny_gpt2, dictionaries, whole.plan, whole.uncounted)
    again.restore(first.state())
    for _ in again.run(iter(ids)):
        pass
    for slug in dictionaries:
        pairs = zip(records(whole, slug), records(again, slug), strict=True)
        assert all(brute.same(a, b) for a, b in pairs)


def test_batch_size_changes_no_count_and_no_choice(tiny_gpt2, dictionaries):
    """Matrix products of other shapes may round the last bit differently: activations are compared to 1e-5."""
    ids = token_rows(32 + 40)
    one = records(finished(tiny_gpt2, dictionaries, ids, batch=1), "b")
    many = records(finished(tiny_gpt2, dictionaries, ids, batch=40), "b")
    for a, b in zip(one, many, strict=True):
        assert a.n_active == b.n_active
        assert a.max_activation == pytest.approx(b.max_activation, abs=1e-5)
        assert (
            [(e.prompt, e.position) for e in a.bands[0].examples]
            == [(e.prompt, e.position) for e in b.bands[0].examples]
            if a.bands
            else not b.bands
        )
        assert (a.sample.prompts.size, [t.value for t in a.top_tokens]) == (
            b.sample.prompts.size,
            [t.value for t in b.top_tokens],
        )


def test_outliers_are_left_out_only_when_asked(tiny_gpt2, dictionaries):
    ids = token_rows(32 + 40)
    everything = finished(tiny_gpt2, dictionaries, ids)
    fewer = finished(tiny_gpt2, dictionaries, ids, max_norm_ratio=1.05)
    sae = dictionaries["a"]
    hidden = tiny_gpt2.run_to_hooks(torch.from_numpy(ids), [sae.hook_name])[sae.hook_name]
    norms, keep = hidden.norm(dim=-1), torch.from_numpy(ids != 0)
    limit = 1.05 * norms[:32][keep[:32]].median()
    assert fewer.statistics["a"].totals.n_tokens == int((norms[32:][keep[32:]] <= limit).sum())
    assert everything.statistics["a"].totals.n_tokens == int(keep[32:].sum())


def test_quality_equals_a_computation_by_hand(tiny_gpt2, dictionaries):
    state = finished(tiny_gpt2, dictionaries, token_rows(72))
    held = state.held_out_tokens()
    clean = clean_loss(tiny_gpt2, held)
    sae = dictionaries["a"]
    found = measure_quality(tiny_gpt2, sae, held, clean)
    ids = torch.from_numpy(held.token_ids)
    keep = ids != 0
    h = tiny_gpt2.run_to_hooks(ids, [sae.hook_name])[sae.hook_name]
    flat = h[keep]
    latents = sae.encode(flat)
    rebuilt = sae.decode(latents, flat)
    assert found.l0 == pytest.approx(float((latents > 0).float().sum(-1).mean()))
    wanted = 1 - float((flat - rebuilt).square().sum() / (flat - flat.mean(0)).square().sum())
    assert found.explained_variance == pytest.approx(wanted, abs=1e-4)
    assert found.mean_residual_norm == pytest.approx(float(flat.norm(dim=-1).mean()), rel=1e-5)

    model = tiny_gpt2.model  # transformers itself, its own hook
    spliced = h.clone()
    spliced[keep] = rebuilt

    def loss(replacement):
        handle = model.transformer.h[1].register_forward_hook(
            lambda _m, _i, out: replacement if not isinstance(out, tuple) else (replacement, *out[1:])
        )
        with torch.inference_mode():
            logits = model(ids).logits if replacement is not None else None
        handle.remove()
        losses = torch.nn.functional.cross_entropy(logits[:, :-1].transpose(1, 2), ids[:, 1:], reduction="none")
        return float(losses[keep[:, 1:]].mean())

    zeroed = h.clone()
    zeroed[keep] = 0
    ce_clean, ce_sae, ce_zero = loss(h), loss(spliced), loss(zeroed)
    assert found.loss_clean == pytest.approx(ce_clean, abs=1e-4)
    assert found.loss_sae == pytest.approx(ce_sae, abs=1e-4)
    assert found.loss_zero == pytest.approx(ce_zero, abs=1e-4)
    assert found.loss_recovered == pytest.approx((ce_zero - ce_sae) / (ce_zero - ce_clean), abs=1e-2)


def test_a_corpus_too_small_to_hold_anything_out_has_no_quality(tiny_gpt2, dictionaries):
    state = finished(tiny_gpt2, dictionaries, token_rows(3))
    assert state.n_prompts == 3
    assert measure_quality(tiny_gpt2, dictionaries["a"], state.held_out_tokens(), None).l0 is None
