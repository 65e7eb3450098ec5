"""Training: defaults and refusals, the order of the activations, kinds that come out readable, states gone on from."""

import json

import numpy as np
import pytest
import torch

from models.corpus.prompts import PromptShape, open_corpus, prompts
from models.errors import CorpusError, HookMismatch, MemoryRefused, TrainingRefused
from models.loading.opening import inspect_loaded, load_dictionary
from models.running.uncounted import uncounted_ids
from models.sources import SourceSpec
from models.training import need, stream
from models.training.hooks import require_hook
from models.training.need import estimate_training
from models.training.prompts_file import Prompts, read_prompts, require_enough, write_prompts
from models.training.recipe import KINDS, ModelSize, Recipe, Wishes, resolve
from models.training.run import Training
from models.training.stream import LONGEST, ActivationStream
from tests.models.tiny import D_MODEL, SENTENCES

HOOK, OTHER = "blocks.1.hook_resid_post", "blocks.2.hook_mlp_out"
SMALL = ModelSize(parameters=135_000_000, d_model=576, context=2048, is_on_gpu=False, has_bos=True)


def recipe(kind="topk", **changes):
    wishes = {"d_sae": 96, "tokens": 4000, "context": 32, "step_tokens": 64, "batch": 8} | changes
    size = ModelSize(100_000, D_MODEL, 64, False, True)
    return resolve(Wishes(kind=kind, **wishes), size)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    path = tmp_path_factory.mktemp("corpus") / "texts.jsonl"
    rng = np.random.default_rng(0)
    words = " ".join(SENTENCES).split()
    path.write_text("".join(json.dumps({"text": " ".join(rng.choice(words, 60))}) + "\n" for _ in range(150)))
    return path


def cut(corpus, model, tmp_path, asked):
    found = prompts(open_corpus(str(corpus)), model, PromptShape(asked.context, asked.prepend_bos))
    write_prompts(tmp_path / "p.i32", found, asked, uncounted_ids(model), lambda n: None)
    return read_prompts(tmp_path / "p.i32", asked, uncounted_ids(model))


@pytest.fixture
def start(tiny_gpt2, corpus, tmp_path):
    """Begins a training of a kind on some hooks."""

    def begin(asked, hooks=(HOOK,)):
        found = cut(corpus, tiny_gpt2, tmp_path, asked)
        widths = {hook: tiny_gpt2.width(hook) for hook in hooks}
        metadata = {h: {"model_name": "t", "hook_name": h, "context_size": 32, "prepend_bos": True} for h in hooks}
        training = Training(asked, ActivationStream(tiny_gpt2, found, asked, widths), metadata, "cpu")
        training.begin()
        return training

    return begin


def tensors(training):
    return {
        f"{hook} {name}": value.clone()
        for hook, trainer in training.trainers.items()
        for name, value in trainer.sae.state_dict().items()
    }


# ---------------------------------------------------------------- the recipe


def test_defaults_follow_the_size_of_the_model():
    small = resolve(Wishes(), SMALL)
    assert (small.kind, small.d_sae, small.k, small.context, small.tokens) == ("batchtopk", 4608, 64, 256, 2_000_000)
    assert (small.step_tokens, small.batch, small.prepend_bos) == (1024, 16, True)
    large = resolve(Wishes(), ModelSize(9_000_000_000, 3584, 8192, True, True))
    assert (large.d_sae, large.context, large.tokens, large.step_tokens, large.batch) == (
        28672,
        1024,
        50_000_000,
        4096,
        4,
    )
    tiny = resolve(Wishes(kind="standard"), ModelSize(1000, 16, 64, False, False))
    assert (tiny.context, tiny.prepend_bos, tiny.k, tiny.l1) == (64, False, None, 1.0)
    assert resolve(Wishes(kind="topk"), ModelSize(1000, 16, 64, False, False)).k == 4


def test_few_tokens_are_cut_into_steps_enough_to_learn_something():
    assert resolve(Wishes(tokens=30_000), SMALL).steps > 200


@pytest.mark.parametrize(
    ("wishes", "sentence"),
    [
        ({"k": 100, "d_sae": 99}, "--k 100 latents cannot be active at once in an SAE of 99"),
        ({"k": 10_000}, "--k 10,000 latents cannot be active at once in an SAE of 4,608"),
        ({"tokens": 200}, "fewer than two steps of 128"),
        ({"tokens": 5000, "step_tokens": 4096}, "fewer than two steps of 4,096"),
        ({"context": 4096}, "exceeds the model's context of 2,048"),
        ({"kind": "topkk"}, "--kind 'topkk' is not one that can be trained; choose one of topk, batchtopk"),
        ({"kind": "temporal"}, "temporal are read, not trained here"),
        ({"kind": "standard", "k": 3}, "made sparse by --l1"),
        ({"kind": "jumprelu", "l1": 3.0}, "made sparse by --k"),
    ],
)
def test_numbers_that_cannot_be_are_refused(wishes, sentence):
    with pytest.raises(TrainingRefused, match=sentence):
        resolve(Wishes(**wishes), SMALL)


def test_bos_is_refused_where_there_is_none():
    with pytest.raises(TrainingRefused, match="no BOS token"):
        resolve(Wishes(prepend_bos=True), ModelSize(1000, 16, 64, False, False))


@pytest.mark.parametrize(
    ("hook", "sentence"),
    [
        ("blocks.1.hook_resid_pots", "near it are: .*blocks.1.hook_resid_post"),
        ("blocks.7.hook_mlp_out", "its blocks are 0 to 2; the last one there is blocks.2.hook_mlp_out"),
        ("1", "near it are: blocks.0.hook_resid_post"),
    ],
)
def test_a_hook_that_is_not_there_is_refused_with_near_ones(tiny_gpt2, hook, sentence):
    with pytest.raises(HookMismatch, match=sentence):
        require_hook(tiny_gpt2, hook)
    require_hook(tiny_gpt2, HOOK)


# ---------------------------------------------------------------- prompts and activations


def test_what_is_held_out_is_the_beginning_and_never_trained_on(tiny_gpt2, corpus, tmp_path):
    asked = recipe()
    found = cut(corpus, tiny_gpt2, tmp_path, asked)
    wanted = np.stack(list(prompts(open_corpus(str(corpus)), tiny_gpt2, PromptShape(32, True))))
    assert (found.held_out == wanted[: asked.n_held_out]).all()
    assert (found.train == wanted[asked.n_held_out : asked.n_held_out + len(found.train)]).all()
    assert 4000 <= found.n_tokens < 4000 + 32


def test_a_corpus_that_is_too_short_is_refused_unless_it_may_be_read_again(tiny_gpt2, corpus, tmp_path):
    asked = recipe(tokens=400_000)
    found = cut(corpus, tiny_gpt2, tmp_path, asked)
    assert len(found.held_out) == (len(found.held_out) + len(found.train)) // 10
    with pytest.raises(CorpusError, match=r"--tokens asks for 400,000; give more text, --tokens \d+000, or --repeat"):
        require_enough(found, asked, "texts.jsonl", repeat=False)
    assert require_enough(found, asked, "texts.jsonl", repeat=True) == pytest.approx(400_000 / found.n_tokens)
    nothing = Prompts(found.train[:1], found.held_out, found.uncounted)
    with pytest.raises(CorpusError, match="fewer than two steps"):
        require_enough(nothing, asked, "texts.jsonl", repeat=True)


def test_each_token_comes_once_in_a_reading_in_an_order_of_its_own(tiny_gpt2, corpus, tmp_path, monkeypatch):
    monkeypatch.setattr(stream, "LONGEST", 1e9)
    asked = recipe(step_tokens=7)
    found = cut(corpus, tiny_gpt2, tmp_path, asked)
    one = ActivationStream(tiny_gpt2, found, asked, {HOOK: D_MODEL})
    n = found.n_tokens // 7
    rows = torch.cat([one.next()[HOOK] for _ in range(n)])
    ids = torch.from_numpy(found.train.astype(np.int64))
    plain = tiny_gpt2.run_to_hooks(ids, [HOOK])[HOOK][torch.from_numpy(~np.isin(found.train, found.uncounted))]
    near = torch.cdist(rows, plain)
    assert float(near.min(1).values.max()) < 1e-2
    assert len(set(near.argmin(1).tolist())) > 0.9 * len(rows)
    assert near.argmin(1).tolist() != sorted(near.argmin(1).tolist())


def test_the_stream_goes_on_from_any_place(tiny_gpt2, corpus, tmp_path, monkeypatch):
    monkeypatch.setattr(Recipe, "buffer_prompts", lambda self, width: 16)
    asked = recipe()
    found = cut(corpus, tiny_gpt2, tmp_path, asked)
    first = ActivationStream(tiny_gpt2, found, asked, {HOOK: D_MODEL})
    steps = [(first.place, first.next()[HOOK]) for _ in range(30)]
    assert len({place.buffer for place, _ in steps}) > 3
    for place, wanted in steps[::7]:
        again = ActivationStream(tiny_gpt2, found, asked, {HOOK: D_MODEL})
        again.place, again.scales = place, first.scales
        assert torch.equal(again.next()[HOOK], wanted)


def test_rows_far_longer_than_others_are_shortened(tiny_gpt2, corpus, tmp_path):
    asked = recipe()
    one = ActivationStream(tiny_gpt2, cut(corpus, tiny_gpt2, tmp_path, asked), asked, {HOOK: D_MODEL})
    rows = torch.ones(100, D_MODEL)
    rows[3] *= 1000
    one._shorten(HOOK, rows)
    assert float(rows[3].norm()) == pytest.approx(LONGEST * float(rows[0].norm()), rel=1e-5)
    rows[5, 0] = float("nan")
    with pytest.raises(TrainingRefused, match="NaN or infinity"):
        one._shorten(HOOK, rows)


# ---------------------------------------------------------------- training


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_learns_and_is_read_as_a_source(start, tiny_gpt2, tmp_path, kind):
    asked = recipe(kind, tokens=9000, **({} if kind in ("standard", "gated") else {"k": 8}))
    training = start(asked)
    first = None
    while not training.is_done:
        training.step()
        first = first or training.readings()[HOOK]
    last = training.readings()[HOOK]
    assert last.explained_variance > max(0.3, first.explained_variance)
    rows = training.stream.next()[HOOK]
    trainer = training.trainers[HOOK]
    with torch.no_grad():
        wanted = trainer.sae.eval()(trainer.activation_scaler(rows)) / trainer.activation_scaler.scaling_factor
    training.finish()
    training.publish(HOOK, tmp_path / "sae")
    dictionary = load_dictionary(SourceSpec("t", str(tmp_path / "sae")))
    facts = inspect_loaded(tiny_gpt2, dictionary)
    assert (facts.hook_name, facts.d_in, facts.context_size) == (HOOK, D_MODEL, 32)
    rebuilt = dictionary.decode(dictionary.encode(rows), rows)
    if kind not in ("batchtopk", "matryoshka"):  # which choose over a step in training, by a threshold afterwards
        assert torch.allclose(rebuilt, wanted, atol=1e-3 * float(rows.norm(dim=-1).mean()))
    error = (rows - rebuilt).square().sum() / (rows - rows.mean(0)).square().sum()
    assert 1 - float(error) > 0.3
    if asked.k is not None and kind not in ("jumprelu",):
        active = (dictionary.encode(rows) > 0).sum(-1).float().mean()
        assert 0.5 * asked.k < float(active) < 2 * asked.k


def test_hooks_trained_together_share_the_forward_passes_and_come_out_as_alone(start, tiny_gpt2, monkeypatch):
    asked = recipe(tokens=2000)
    calls = []
    run = type(tiny_gpt2).run_to_hooks

    def counting(self, ids, hooks, **more):
        calls.append(len(ids))
        return run(self, ids, hooks, **more)

    alone = {}
    for hooks in ((HOOK,), (OTHER,)):
        training = start(asked, hooks)
        while not training.is_done:
            training.step()
        alone |= tensors(training)
    monkeypatch.setattr(type(tiny_gpt2), "run_to_hooks", counting)
    both = start(asked, (HOOK, OTHER))
    while not both.is_done:
        both.step()
    assert sum(calls) < 1.2 * len(both.stream.prompts.train) + 2 * asked.batch
    found = tensors(both)
    assert found.keys() == alone.keys()
    assert all(torch.allclose(found[name], alone[name], atol=1e-5) for name in found)


@pytest.mark.parametrize("kind", KINDS)
def test_a_training_gone_on_from_a_state_gives_the_same_bits(start, tmp_path, kind, monkeypatch):
    monkeypatch.setattr(Recipe, "buffer_prompts", lambda self, width: 32)
    asked = recipe(kind, tokens=3000)
    whole = start(asked)
    while not whole.is_done:
        whole.step()
    part = start(asked)
    for _ in range(asked.steps // 2):
        part.step()
    (tmp_path / "state").mkdir()
    part.save(tmp_path / "state")
    again = start(asked)
    assert again.restore(tmp_path / "state") == ""
    assert again.tokens_done == asked.steps // 2 * 64
    while not again.is_done:
        again.step()
    wanted, found = tensors(whole), tensors(again)
    assert all(torch.equal(found[name], wanted[name]) for name in wanted)
    assert again.readings() == whole.readings()


def test_a_state_of_other_threads_says_so(start, tmp_path):
    training = start(recipe())
    training.step()
    (tmp_path / "state").mkdir()
    training.save(tmp_path / "state")
    path = tmp_path / "state" / "state.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"threads": 99}))
    assert "threads 99 before" in training.restore(tmp_path / "state")


def test_a_loss_that_is_no_number_ends_the_training(start):
    training = start(recipe(lr=1.0))
    training.step()
    with torch.no_grad():
        training.trainers[HOOK].sae.b_dec.fill_(float("nan"))
    training.step()
    with pytest.raises(TrainingRefused, match="is no number any more; start again with a smaller --lr than 1"):
        training.readings()


# ---------------------------------------------------------------- what it needs


def test_what_would_not_fit_is_refused_with_the_numbers(tiny_gpt2, tmp_path, monkeypatch):
    widths = {HOOK: D_MODEL}
    fits = estimate_training(tiny_gpt2, recipe(), widths, 4000, tmp_path / "not" / "there")
    fits.require_fit()
    assert "available" in fits.sentence()
    large = recipe(d_sae=1 << 31)
    with pytest.raises(MemoryRefused, match=r"needs up to [\d.]+ GiB of memory and [\d.]+ GiB are available: use a sm"):
        estimate_training(tiny_gpt2, large, widths, 4000, tmp_path).require_fit()
    monkeypatch.setattr(need, "available_memory", lambda: 1 << 60)
    with pytest.raises(TrainingRefused, match=r"of disk space in .* are free: free some"):
        estimate_training(tiny_gpt2, large, widths, 4000, tmp_path).require_fit()


def test_the_estimate_grows_with_every_hook(tiny_gpt2, tmp_path):
    one = estimate_training(tiny_gpt2, recipe(), {HOOK: D_MODEL}, 4000, tmp_path)
    two = estimate_training(tiny_gpt2, recipe(), {HOOK: D_MODEL, OTHER: D_MODEL}, 4000, tmp_path)
    assert (two.sae > one.sae, two.buffer > one.buffer, two.disk > one.disk) == (True, True, True)
