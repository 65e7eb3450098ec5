"""The streaming statistics equal brute force, and do not depend on how the tokens came."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.statistics import selection, token_counts
from models.statistics.accumulator import SAMPLE, TOP, SourceStatistics
from models.statistics.kept import AFTER, BEFORE
from models.statistics.totals import fixed_point
from tests.models.statistics import brute

few = settings(max_examples=40, deadline=None)


@pytest.fixture(autouse=True)
def sort_often(monkeypatch):
    """Let selections and token counts settle after a handful of events, as long runs do after many."""
    monkeypatch.setattr(selection, "_MIN_PENDING", 7)
    monkeypatch.setattr(token_counts, "_MIN_PENDING", 7)


def one_run(seed, n_prompts=9, context=40, skip=(0,), share=0.3, scale=1.0):
    acts = brute.activations(seed, n_prompts, context, share=share, scale=scale)
    tokens = brute.token_ids(seed, n_prompts, context)
    keep = brute.counted(context, skip)
    return acts, tokens, keep


@few
@given(st.integers(0, 10_000), st.sampled_from([0.02, 0.3, 1.0]), st.sampled_from([1e-3, 1.0, 300.0]))
def test_counts_sums_and_maxima_equal_those_of_the_dense_matrix(seed, share, scale):
    acts, tokens, keep = one_run(seed, share=share, scale=scale)
    found = brute.statistics(acts, tokens, [[0, 1], [2], [3, 4, 5, 6], [7, 8]], keep)
    flat = acts[:, keep].reshape(-1, acts.shape[2])
    for record in brute.records(found, acts.shape[1]):
        mine = flat[:, record.index]
        active = mine[mine > 0].astype(np.float64)
        assert record.n_active == len(active)
        assert record.density == len(active) / len(mine)
        if len(active):
            assert record.max_activation == active.max()
            assert record.mean_activation == pytest.approx(active.mean(), rel=1e-6, abs=2**-24)
            assert record.mean_activation == np.float32(record.mean_activation)


@few
@given(st.integers(0, 10_000), st.sampled_from([0.05, 0.5]))
def test_quantiles_are_right_to_five_per_cent_and_the_histogram_is_exact(seed, share):
    acts, tokens, keep = one_run(seed, share=share)
    found = brute.statistics(acts, tokens, [[i] for i in range(9)], keep)
    flat = acts[:, keep].reshape(-1, acts.shape[2])
    for record in brute.records(found, acts.shape[1]):
        active = np.sort(flat[:, record.index][flat[:, record.index] > 0])
        if len(active) == 0:
            continue
        for q, value in record.quantiles.items():
            near = float(q) * (len(active) - 1)  # between the two neighbouring order statistics
            low, high = active[int(np.floor(near))], active[int(np.ceil(near))]
            assert low * 0.95 <= value <= high * 1.05
        counts, _ = np.histogram(active, record.histogram_edges)
        assert record.histogram_counts.tolist() == counts.tolist()
        assert len(counts) >= 40
        assert record.histogram_edges[0] == 0
        assert record.histogram_edges[-2] <= record.max_activation <= record.histogram_edges[-1]


@few
@given(st.integers(0, 10_000), st.sampled_from([0.05, 0.6]))
def test_top_examples_are_the_largest_tokens_of_their_prompts(seed, share):
    acts, tokens, keep = one_run(seed, n_prompts=30, context=20, share=share)
    found = brute.statistics(acts, tokens, [list(range(i, i + 3)) for i in range(0, 30, 3)], keep)
    for record in brute.records(found, 20):
        if record.n_active == 0:
            continue
        mine = acts[:, :, record.index] * keep
        best = [(-mine[p].max(), p, int(mine[p].argmax())) for p in range(30) if mine[p].max() > 0]
        wanted = [(p, t, -a) for a, p, t in sorted(best)[:TOP]]
        assert [(e.prompt, e.position, e.activation) for e in record.bands[0].examples] == wanted
        for example in record.bands[0].examples:
            start = max(0, example.position - BEFORE)
            stop = min(20, example.position + AFTER + 1)
            assert example.window_start == start
            assert example.window.tolist() == mine[example.prompt, start:stop].tolist()


@few
@given(st.integers(0, 10_000))
def test_windows_skip_what_does_not_count_and_stop_at_the_prompts_ends(seed):
    acts, tokens, keep = one_run(seed, n_prompts=3, context=70, skip=(0, 10, 11, 12, 50), share=0.7)
    found = brute.statistics(acts, tokens, [[0, 1, 2]], keep)
    for record in brute.records(found, 70):
        mine = acts[:, :, record.index] * keep
        for band in record.bands:
            for e in band.examples:
                stop = min(70, e.position + AFTER + 1)
                assert e.window.tolist() == mine[e.prompt, max(0, e.position - BEFORE) : stop].tolist()


@few
@given(st.integers(0, 10_000), st.sampled_from([0.02, 0.2, 0.8]))
def test_band_examples_lie_in_their_band_and_shares_are_exact(seed, share):
    acts, tokens, keep = one_run(seed, n_prompts=20, context=30, share=share)
    found = brute.statistics(acts, tokens, [list(range(20))], keep)
    for record in brute.records(found, 30):
        active = acts[:, keep][:, :, record.index]
        active = active[active > 0]
        for view in ("quantile", "width"):
            bands = [b for b in record.bands if b.view == view]
            assert sum(b.share_of_active for b in bands) == pytest.approx(1.0 if len(active) else 0.0)
            for number, band in enumerate(bands):
                above = active <= band.high if number == 0 else active < band.high
                inside = ((active >= band.low) & above).sum()
                if band.share_of_active > 0:
                    assert band.share_of_active == inside / len(active)
                assert len({e.prompt for e in band.examples}) == len(band.examples) <= 5
                for e in band.examples:
                    assert band.low <= e.activation <= band.high


def test_bands_come_near_their_nominal_shares():
    acts, tokens, keep = one_run(3, n_prompts=200, context=100, share=0.5)
    found = brute.statistics(acts, tokens, [list(range(i, i + 20)) for i in range(0, 200, 20)], keep)
    record = brute.records(found, 100)[0]
    for band in (b for b in record.bands if b.view == "quantile"):
        low, high = map(float, band.name.split("-"))
        assert band.share_of_active == pytest.approx(high - low, abs=0.015)
        assert len(band.examples) == 5


@few
@given(st.integers(0, 10_000), st.randoms(use_true_random=False))
def test_records_do_not_depend_on_batches_or_their_order(seed, shuffler):
    acts, tokens, keep = one_run(seed, n_prompts=24, context=25, share=0.4)
    whole = brute.records(brute.statistics(acts, tokens, [list(range(24))], keep), 25)
    order = list(range(24))
    shuffler.shuffle(order)
    cuts = sorted(shuffler.sample(range(1, 24), 5))
    batches = [sorted(order[a:b]) for a, b in zip([0, *cuts], [*cuts, 24], strict=True)]
    pieces = brute.records(brute.statistics(acts, tokens, batches, keep), 25)
    assert all(brute.same(a, b) for a, b in zip(whole, pieces, strict=True))


@few
@given(st.integers(0, 10_000), st.integers(1, 23), st.booleans())
def test_two_merged_halves_equal_one_run_also_after_a_checkpoint(seed, cut, swap):
    acts, tokens, keep = one_run(seed, n_prompts=24, context=25, share=0.4)
    whole = brute.records(brute.statistics(acts, tokens, [list(range(24))], keep), 25)
    parts = [
        brute.statistics(acts, tokens, [[i] for i in range(cut)], keep),
        brute.statistics(acts, tokens, [list(range(cut, 24))], keep),
    ]
    first, second = parts[::-1] if swap else parts
    again = brute.SourceStatistics(first.d_sae, first.vocab_size, first.seed)
    again.restore(first.state())
    again.merge(second)
    assert all(brute.same(a, b) for a, b in zip(whole, brute.records(again, 25), strict=True))


@few
@given(st.integers(0, 10_000), st.booleans())
def test_token_counts_are_exact_dense_and_sparse(seed, sparse):
    acts, tokens, keep = one_run(seed, n_prompts=12, context=25)
    with pytest.MonkeyPatch.context() as patch:
        if sparse:
            patch.setattr(token_counts, "DENSE_CELLS", 0)
        found = brute.statistics(acts, tokens, [[i, i + 1] for i in range(0, 12, 2)], keep)
        for record in brute.records(found, 25):
            mine, seen = acts[:, keep][:, :, record.index], tokens[:, keep]
            sums = {token: fixed_point(mine[(seen == token) & (mine > 0)]).sum() for token in np.unique(seen[mine > 0])}
            counts = {token: int(((seen == token) & (mine > 0)).sum()) for token in sums}
            wanted = sorted(sums, key=lambda token: (-sums[token], -counts[token], token))
            assert [(v.token_id, v.value) for v in record.top_tokens] == [(token, counts[token]) for token in wanted]


@few
@given(st.integers(0, 10_000), st.booleans(), st.sampled_from([1e-3, 1.0, 300.0]))
def test_mean_activations_per_token_are_those_of_the_dense_matrix(seed, sparse, scale):
    acts, tokens, keep = one_run(seed, n_prompts=12, context=25, scale=scale)
    with pytest.MonkeyPatch.context() as patch:
        if sparse:
            patch.setattr(token_counts, "DENSE_CELLS", 0)
        found = brute.statistics(acts, tokens, [[i, i + 1] for i in range(0, 12, 2)], keep)
        for record in brute.records(found, 25):
            mine, ids = acts[:, keep][:, :, record.index], tokens[:, keep]
            assert record.token_means is not None
            assert record.token_means.distinct == len(np.unique(ids[mine > 0]))
            wanted = [mine[(ids == item.token_id) & (mine > 0)].astype(np.float64).mean() for item in record.top_tokens]
            assert record.token_means.means == pytest.approx(wanted, rel=1e-6, abs=2**-24)


@pytest.mark.parametrize("cells", [0, token_counts.DENSE_CELLS])
def test_mean_activations_per_token_do_not_depend_on_the_order_or_the_split(monkeypatch, cells):
    monkeypatch.setattr(token_counts, "DENSE_CELLS", cells)
    acts, tokens, keep = one_run(5, n_prompts=24, context=25, scale=3.7)
    whole = brute.records(brute.statistics(acts, tokens, [list(range(24))], keep), 25)
    first = brute.statistics(acts, tokens, [[p] for p in range(23, 11, -1)], keep)
    resumed = SourceStatistics(acts.shape[2], 11, 0)
    resumed.restore(first.state())
    resumed.merge(brute.statistics(acts, tokens, [[0, 3, 5, 7], [1, 2, 4, 6, 8, 9, 10, 11]], keep))
    assert [r.token_means for r in brute.records(resumed, 25)] == [r.token_means for r in whole]


def test_the_sample_is_uniform_over_active_tokens():
    """Each of 1,280 active tokens is drawn with probability 0.1: a chi-square over 16 groups stays small."""
    acts = np.ones((32, 40, 1), np.float32)
    tokens = brute.token_ids(0, 32, 40)
    hits = np.zeros(32)
    for seed in range(30):
        found = brute.statistics(acts, tokens, [list(range(32))], brute.counted(40), seed=seed)
        sample = brute.records(found, 40)[0].sample
        assert len(sample.prompts) == SAMPLE
        hits += np.bincount(sample.prompts, minlength=32)
    expected = 30 * SAMPLE / 32
    assert ((hits - expected) ** 2 / expected).sum() < 70  # 31 degrees of freedom: p < 1e-4 beyond 70


def test_middle_bands_show_the_common_topic_that_top_examples_hide():
    """A latent fires at 5 on a rare topic and at 4 on a common one: only the bands tell."""
    random = np.random.default_rng(7)
    acts = np.zeros((400, 20, 1), np.float32)
    topic = np.where(np.arange(400) % 10 == 0, "rare", "common")
    for prompt in range(400):
        acts[prompt, random.integers(1, 20), 0] = (5 if topic[prompt] == "rare" else 4) + random.normal(0, 0.05)
    found = brute.statistics(acts, brute.token_ids(1, 400, 20), [list(range(400))], brute.counted(20))
    bands = {b.name: b for b in brute.records(found, 20)[0].bands if b.view != "width"}
    shown = {name: {str(topic[e.prompt]) for e in band.examples} for name, band in bands.items()}
    assert shown["top"] == {"rare"}
    assert shown["0.5-0.7"] == shown["0.7-0.9"] == shown["0-0.5"] == {"common"}
