"""The batched loop with its cache against plain transformers without one, token by token."""

from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from models.errors import ContextMismatch, SteeringError
from models.loading.opening import load_dictionary, load_language_model
from models.running.generate import Request, TextBatch, TokenEvent, generate
from models.running.language_model import LanguageModel
from models.running.prefill import PromptMemory
from models.running.sampling import Chooser, Sampling, nucleus
from models.sources import SourceSpec
from models.steering.terms import Board, LatentSubject, SteerTerm, VectorSubject
from tests.models.steering_reference import Change, latent_delta, steered_logits
from tests.models.test_steering import active_latents, sae_for, term, vector
from tests.models.tiny import ARCHITECTURES, CONTEXT, D_MODEL

PROMPTS = [(0, 17, 40, 260, 33, 290, 71, 8, 199), (0, 9, 88), (55, 120, 64, 301, 77, 12)]
GREEDY = Sampling(max_new_tokens=12, temperature=0.0, stop_at_eos=False, alternatives=3)
SOURCES = {
    "resid": ("jumprelu", "blocks.1.hook_resid_post", None),
    "mlp": ("topk", "blocks.0.hook_mlp_out", None),
    "z": ("gated", "blocks.2.attn.hook_z", None),
    "transcoder": ("transcoder", "blocks.1.mlp.hook_in", "blocks.1.hook_mlp_out"),
}


@pytest.fixture(scope="module")
def loaded(tiny_models: dict[str, Path]) -> dict[str, LanguageModel]:
    return {name: load_language_model(str(folder), device="cpu") for name, folder in tiny_models.items()}


@pytest.fixture(scope="module")
def plain(tiny_models: dict[str, Path]) -> dict[str, Any]:
    from transformers import AutoModelForCausalLM

    return {
        name: AutoModelForCausalLM.from_pretrained(folder, attn_implementation="eager").eval()
        for name, folder in tiny_models.items()
    }


@pytest.fixture(scope="module")
def saes(loaded: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Path]]:
    root = tmp_path_factory.mktemp("saes")
    return {
        architecture: {
            name: sae_for(model, root / architecture / name, kind, hook, seed=2, hook_out=out)
            for name, (kind, hook, out) in SOURCES.items()
        }
        for architecture, model in loaded.items()
    }


def dictionaries(folders: dict[str, Path]) -> dict[str, Any]:
    return {name: load_dictionary(SourceSpec("x", str(folder))) for name, folder in folders.items()}


def texts(events: list[TokenEvent]) -> dict[tuple[int, str], list[TokenEvent]]:
    found: dict[tuple[int, str], list[TokenEvent]] = defaultdict(list)
    for event in events:
        found[event.request, event.side].append(event)
    return dict(found)


def ids(events: list[TokenEvent]) -> list[int]:
    return [event.token_id for event in events]


def board_and_changes(model: LanguageModel, folders: dict[str, Path]) -> tuple[Board, list[Change]]:
    """One term per kind of source, and the same for the reference."""
    terms, changes = [], []
    for (name, folder), mode, s in zip(
        folders.items(), ("clamp", "scale", "add", "clamp"), (1.5, 3.0, 1.0, 2.0), strict=True
    ):
        _, read, out = SOURCES[name]
        index = active_latents(folder, model.run_to_hooks(torch.tensor([PROMPTS[0]]), [read])[read])[0]
        terms.append(term(index, mode, s, name))
        changes.append(Change(read, out or read, latent_delta(folder, index, mode, s, 2.0)))
    return Board(tuple(terms)), changes


def check_against_no_cache(
    plain_model: Any, architecture: str, prompt: tuple[int, ...], events: list[TokenEvent], board: Board, changes: Any
) -> None:
    """Token, log-prob, base log-prob, KL and alternatives of every step from whole forward passes."""
    written: list[int] = []
    start = 1 if prompt[0] == 0 else 0
    for event in events:
        whole = [*prompt, *written]
        places = {
            "all": range(start, len(whole)),
            "prompt": range(start, len(prompt)),
            "generated": range(len(prompt), len(whole)),
        }[board.positions]
        steered = steered_logits(plain_model, architecture, whole, changes, list(places))[-1].log_softmax(-1)
        base = steered_logits(plain_model, architecture, whole, [])[-1].log_softmax(-1)
        assert event.token_id == int(steered.argmax())
        assert event.step == len(written)
        assert event.logprob == pytest.approx(float(steered[event.token_id]), abs=1e-4)
        assert event.base_logprob == pytest.approx(float(base[event.token_id]), abs=1e-4)
        assert event.kl == pytest.approx(float((steered.exp() * (steered - base)).sum()), abs=1e-4)
        top = steered.topk(3)
        assert [token for token, _ in event.alternatives] == top.indices.tolist()
        assert [value for _, value in event.alternatives] == pytest.approx(top.values.tolist(), abs=1e-4)
        written.append(event.token_id)


@pytest.mark.parametrize("positions", ["all", "prompt", "generated"])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_batched_left_padded_and_cached_equals_alone_without_cache(
    architecture: str, positions: str, loaded: Any, plain: Any, saes: Any
) -> None:
    """Three prompts of different lengths under four kinds of source, in one batch; beyond Gemma's window of 16."""
    model = loaded[architecture]
    board, changes = board_and_changes(model, saes[architecture])
    board = replace(board, positions=positions)
    loaded_saes = dictionaries(saes[architecture])
    found = texts(list(generate(model, loaded_saes, [Request(p, board, GREEDY) for p in PROMPTS])))
    for number, prompt in enumerate(PROMPTS):
        check_against_no_cache(plain[architecture], architecture, prompt, found[number, "steered"], board, changes)
        none = Board((), positions)
        baseline = [replace(event, kl=0.0) for event in found[number, "baseline"]]
        check_against_no_cache(plain[architecture], architecture, prompt, baseline, none, [])
        assert all(event.kl is None for event in found[number, "baseline"])
        assert found[number, "steered"][-1].finish == "length"
    assert max(event.kl or 0.0 for event in found[0, "steered"]) > 1e-3
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in model.model.modules())


def test_greedy_text_equals_the_generate_of_transformers(loaded: Any) -> None:
    for model in loaded.values():
        found = texts(list(generate(model, {}, [Request(PROMPTS[0], None, GREEDY)])))
        tokens = torch.tensor([PROMPTS[0]])
        options = {"max_new_tokens": 12, "do_sample": False, "eos_token_id": None, "pad_token_id": 0}
        expected = model.model.generate(tokens, attention_mask=torch.ones_like(tokens), **options)
        assert ids(found[0, "baseline"]) == expected[0, len(PROMPTS[0]) :].tolist()


def test_greedy_steered_text_equals_the_bridge_with_hooks_and_no_cache(loaded: Any, saes: Any) -> None:
    model = loaded["gpt2"]
    values = torch.randn(D_MODEL, generator=torch.Generator().manual_seed(0))
    board = Board((vector(values, s=2.0),), steer_bos=True)
    found = texts(list(generate(model, {}, [Request(PROMPTS[2], board, GREEDY)])))
    bridge = model.lens()
    with bridge.hooks(fwd_hooks=[("blocks.1.hook_resid_post", lambda t, hook: t + 2.0 * values)]):
        expected = bridge.generate(
            torch.tensor([PROMPTS[2]]),
            max_new_tokens=12,
            do_sample=False,
            stop_at_eos=False,
            use_past_kv_cache=False,
            verbose=False,
            return_type="tokens",
        )
    assert ids(found[0, "steered"]) == expected[0, len(PROMPTS[2]) :].tolist()


@pytest.mark.parametrize("steer_bos", [False, True])
def test_bos_is_steered_only_when_asked(steer_bos: bool, loaded: Any, plain: Any) -> None:
    values = torch.randn(D_MODEL, generator=torch.Generator().manual_seed(0))
    board = Board((vector(values),), steer_bos=steer_bos)
    one = replace(GREEDY, max_new_tokens=1)
    found = list(generate(loaded["gpt2"], {}, [Request(PROMPTS[0], board, one, baseline=False)]))
    places = range(0 if steer_bos else 1, len(PROMPTS[0]))
    change = Change("blocks.1.hook_resid_post", "blocks.1.hook_resid_post", lambda h: values.expand_as(h))
    expected = steered_logits(plain["gpt2"], "gpt2", PROMPTS[0], [change], list(places))[-1].log_softmax(-1)
    assert found[0].logprob == pytest.approx(float(expected.max()), abs=1e-4)


# ------------------------------------------------------------------------------------------------ sampling


def sampled(seed: int = 0, **changes: Any) -> Sampling:
    return Sampling(**{"max_new_tokens": 16, "seed": seed, "stop_at_eos": False, **changes})


def test_the_same_seed_gives_the_same_text_whatever_else_is_in_the_batch(loaded: Any, saes: Any) -> None:
    for architecture in ("gpt2", "gemma2"):
        model, loaded_saes = loaded[architecture], dictionaries(saes[architecture])
        board, _ = board_and_changes(model, saes[architecture])
        requests = [
            Request(PROMPTS[0], board, sampled(3, temperature=0.8, top_p=0.9)),
            Request(PROMPTS[1], None, sampled(4)),
            Request(PROMPTS[2], replace(board, positions="generated"), sampled(3, frequency_penalty=0.5)),
            Request(PROMPTS[1], board, sampled(5, max_new_tokens=5), baseline=False, reading=False),
        ]
        together = texts(list(generate(model, loaded_saes, requests)))
        for number, request in enumerate(requests):
            alone = texts(list(generate(model, loaded_saes, [request])))
            for (_, side), events in alone.items():
                other = together[number, side]
                assert ids(other) == ids(events)
                for a, b in zip(events, other, strict=True):
                    assert a.logprob == pytest.approx(b.logprob, abs=1e-4)
        assert (3, "baseline") not in together
        assert all(e.kl is None and e.base_logprob is None for e in together[3, "steered"])


def test_another_seed_gives_another_text(loaded: Any) -> None:
    requests = [Request(PROMPTS[0], None, sampled(seed)) for seed in range(8)]
    found = texts(list(generate(loaded["gpt2"], {}, requests)))
    assert len({tuple(ids(events)) for events in found.values()}) == 8


def test_a_board_that_does_nothing_gives_the_baseline_text(loaded: Any, saes: Any) -> None:
    model = loaded["gpt2"]
    board = Board((term(1, "add", 0.0, "resid"), term(1, "scale", 1.0, "mlp")))
    found = texts(list(generate(model, dictionaries(saes["gpt2"]), [Request(PROMPTS[0], board, sampled(7))])))
    assert ids(found[0, "steered"]) == ids(found[0, "baseline"])
    assert [e.logprob for e in found[0, "steered"]] == pytest.approx(
        [e.logprob for e in found[0, "baseline"]], abs=1e-5
    )
    assert max(e.kl for e in found[0, "steered"] if e.kl is not None) < 1e-6


def test_draws_follow_the_distribution() -> None:
    logits = torch.tensor([2.0, 1.0, 0.0, -1.0])
    for temperature in (0.5, 1.0, 2.0):
        chooser = Chooser(Sampling(temperature=temperature, seed=1), torch.device("cpu"))
        counts = Counter(chooser.choose(logits) for _ in range(20_000))
        expected = torch.softmax(logits / temperature, -1)
        for token, p in enumerate(expected.tolist()):
            assert abs(counts[token] / 20_000 - p) < 4 * (p * (1 - p) / 20_000) ** 0.5 + 1e-9


@pytest.mark.parametrize("top_p", [0.1, 0.5, 0.8, 0.99, 1.0])
@pytest.mark.parametrize("size", [50, 5000])
def test_the_nucleus_is_the_fewest_tokens_that_reach_p(top_p: float, size: int) -> None:
    generator = torch.Generator().manual_seed(size)
    p = torch.softmax(0.5 * torch.randn(size, generator=generator, dtype=torch.float64), 0)
    kept = nucleus(p, top_p)
    order = p.argsort(descending=True)
    n = 0
    while float(p[order[:n]].sum()) < top_p and n < size:
        n += 1
    assert set(kept.nonzero().squeeze(1).tolist()) == set(order[:n].tolist())
    assert torch.equal(kept[order[:n]], p[order[:n]])


def test_a_small_top_p_is_greedy(loaded: Any) -> None:
    greedy = texts(list(generate(loaded["gpt2"], {}, [Request(PROMPTS[0], None, sampled(temperature=0.0))])))
    narrow = texts(list(generate(loaded["gpt2"], {}, [Request(PROMPTS[0], None, sampled(3, top_p=1e-6))])))
    assert ids(greedy[0, "baseline"]) == ids(narrow[0, "baseline"])


def test_the_frequency_penalty_lowers_a_token_by_how_often_it_was_generated() -> None:
    logits = torch.tensor([3.0, 2.4, 1.0])
    chooser = Chooser(Sampling(temperature=0.0, frequency_penalty=0.5), torch.device("cpu"))
    # 3.0 | 2.5 | 2.0 < 2.4 | 2.0 > 1.9 | 1.5 < 1.9 | 1.5 > 1.4 | ...
    assert [chooser.choose(logits) for _ in range(6)] == [0, 0, 1, 0, 1, 0]
    assert torch.equal(logits, torch.tensor([3.0, 2.4, 1.0]))


def test_a_text_ends_at_eos_and_the_others_go_on(loaded: Any) -> None:
    """EOS is made likely by a vector along its unembedding, in one of three requests."""
    model = loaded["gpt2"]
    push = model.unembedding()[:, 0] * 30
    eos = Board((SteerTerm(VectorSubject("eos", "blocks.2.hook_resid_post", push.numpy()), "add", 1.0),))
    quiet = Board((vector(np.ones(D_MODEL), s=0.01),))
    options = Sampling(max_new_tokens=10, temperature=0.0)
    requests = [
        Request(PROMPTS[0], quiet, options),
        Request(PROMPTS[1], eos, options),
        Request(PROMPTS[2], quiet, options),
    ]
    found = texts(list(generate(model, {}, requests)))
    stopped = found[1, "steered"]
    assert [(e.token_id, e.finish) for e in stopped] == [(0, "eos")]
    assert all(e.finish is None for e in found[0, "steered"][:-1])
    for number in (0, 2):
        alone = texts(list(generate(model, {}, [requests[number]])))
        assert ids(alone[0, "steered"]) == ids(found[number, "steered"])
    on = texts(list(generate(model, {}, [Request(PROMPTS[1], eos, replace(options, stop_at_eos=False))])))
    assert len(on[0, "steered"]) == 10


def test_every_end_that_the_generation_config_names_ends_a_text(loaded: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Chat models end a turn with a token that is not the tokenizer's EOS."""
    model = loaded["gpt2"]
    options = Sampling(max_new_tokens=10, temperature=0.0)
    whole = ids(texts(list(generate(model, {}, [Request(PROMPTS[1], None, options)])))[0, "baseline"])
    monkeypatch.setattr(model.model.generation_config, "eos_token_id", [599, whole[2]])
    assert model.stop_token_ids == {0, 599, whole[2]}
    events = texts(list(generate(model, {}, [Request(PROMPTS[1], None, options)])))[0, "baseline"]
    first = whole.index(whole[2])
    assert ids(events) == whole[: first + 1]
    assert events[-1].finish == "eos"


# ------------------------------------------------------------------------------------------------ the step interface


def drain(batch: TextBatch) -> list[TokenEvent]:
    events = []
    while batch.live:
        events += batch.step()
    return events


def steps_until(batch: TextBatch, request: int, tokens: int) -> list[TokenEvent]:
    """Steps until a request has so many steered tokens; a slow machine reads a prompt in several steps."""
    events: list[TokenEvent] = []
    while len([event for event in events if (event.request, event.side) == (request, "steered")]) < tokens:
        events += batch.step()
    return events


def test_requests_join_and_leave_between_steps_without_changing_the_others(loaded: Any, saes: Any) -> None:
    for architecture in ARCHITECTURES:
        model, loaded_saes = loaded[architecture], dictionaries(saes[architecture])
        board, _ = board_and_changes(model, saes[architecture])
        requests = [Request(p, board, sampled(n, max_new_tokens=20)) for n, p in enumerate(PROMPTS)]
        expected = [texts(list(generate(model, loaded_saes, [r]))) for r in requests]
        batch = TextBatch(model, loaded_saes)
        first = batch.add(requests[0])
        events = steps_until(batch, first, 4)
        second = batch.add(requests[1])
        events += batch.step()
        gone = batch.add(replace(requests[2], prompt=PROMPTS[0]))
        events += steps_until(batch, gone, 2)
        batch.remove(gone)
        third = batch.add(requests[2])
        events += drain(batch)
        found = texts(events)
        for number, alone in zip((first, second, third), expected, strict=True):
            for side in ("baseline", "steered"):
                assert ids(found[number, side]) == ids(alone[0, side])
                assert [e.logprob for e in found[number, side]] == pytest.approx(
                    [e.logprob for e in alone[0, side]], abs=1e-4
                )
        assert len(found[gone, "steered"]) == 2
        assert batch.step() == []


def test_a_cancelled_run_ends_within_one_token(loaded: Any) -> None:
    events: list[TokenEvent] = []
    request = Request(PROMPTS[0], None, GREEDY)
    for event in generate(loaded["gpt2"], {}, [request], cancelled=lambda: len(events) == 2):
        events.append(event)
    assert len(events) == 2


def test_the_lock_is_free_between_steps(loaded: Any) -> None:
    from threading import Thread

    model = loaded["gpt2"]
    stream = generate(model, {}, [Request(PROMPTS[0], Board((vector(np.ones(D_MODEL)),)), GREEDY)])
    next(stream)
    taken: list[bool] = []

    def take() -> None:
        taken.append(model.lock.acquire(timeout=1))
        if taken[0]:
            model.lock.release()

    thread = Thread(target=take)
    thread.start()
    thread.join()
    assert taken == [True]
    assert not any(m._forward_hooks for m in model.model.modules())


def test_a_moved_slider_does_not_run_the_unsteered_prompt_again(loaded: Any, saes: Any, monkeypatch: Any) -> None:
    model, loaded_saes = loaded["gpt2"], dictionaries(saes["gpt2"])
    board, _ = board_and_changes(model, saes["gpt2"])
    memory = PromptMemory()
    fresh = list(generate(model, loaded_saes, [Request(PROMPTS[0], board.scaled(2), sampled(1))]))
    list(generate(model, loaded_saes, [Request(PROMPTS[0], board, sampled(1))], memory=memory))
    shapes: list[tuple[int, ...]] = []
    whole = model.model.forward
    monkeypatch.setattr(
        model.model, "forward", lambda *a, **k: shapes.append(tuple(k["input_ids"].shape)) or whole(*a, **k)
    )
    again = list(
        generate(model, loaded_saes, [Request(PROMPTS[0], board.scaled(2), sampled(1), baseline=False)], memory=memory)
    )
    assert shapes[0] == (1, len(PROMPTS[0]))
    assert shapes[1] == (2, 1)
    only_generated = replace(board, positions="generated")
    shapes.clear()
    list(generate(model, loaded_saes, [Request(PROMPTS[0], only_generated, sampled(1))], memory=memory))
    assert shapes[0] == (3, 1)
    steered = [e for e in fresh if e.side == "steered"]
    assert ids(again) == ids(steered)
    assert [e.kl for e in again] == pytest.approx([e.kl for e in steered], abs=1e-4)


def test_the_memory_forgets_what_was_not_used_for_longest(loaded: Any) -> None:
    model, memory = loaded["gpt2"], PromptMemory()
    one = replace(GREEDY, max_new_tokens=1)
    list(generate(model, {}, [Request(PROMPTS[0], None, one)], memory=memory))
    memory.max_bytes = 2 * memory.used
    list(generate(model, {}, [Request(PROMPTS[1], None, one)], memory=memory))
    assert memory.get(PROMPTS[0]) is not None
    list(generate(model, {}, [Request((*PROMPTS[0][:-1], 5), None, one)], memory=memory))
    assert memory.get(PROMPTS[1]) is None
    assert memory.get(PROMPTS[0]) is not None
    assert memory.used <= memory.max_bytes


def test_the_last_event_brings_the_injected_share(loaded: Any) -> None:
    model = loaded["gpt2"]
    hook = "blocks.1.hook_resid_post"
    values = np.ones(D_MODEL)
    options = replace(GREEDY, max_new_tokens=4)
    other = Request(PROMPTS[1], None, replace(options, max_new_tokens=2))
    events = texts(list(generate(model, {}, [Request(PROMPTS[0], Board((vector(values, hook),)), options), other])))
    steered = events[0, "steered"]
    assert all(e.injected_norm_share is None for e in steered[:-1])
    # The last token is never read by the model, so it is never steered.
    whole = [*PROMPTS[0], *ids(steered)[:-1]]
    h = model.run_to_hooks(torch.tensor([whole]), [hook])[hook][0, 1:]
    assert steered[-1].injected_norm_share == pytest.approx(D_MODEL**0.5 / float(h.norm(dim=-1).mean()), rel=1e-4)


# ------------------------------------------------------------------------------------------------ refusals


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"temperature": -1}, "temperature -1 is outside 0 to 10"),
        ({"temperature": float("nan")}, "temperature nan is outside"),
        ({"top_p": 0}, "top_p 0 leaves no token"),
        ({"top_p": 1.5}, "top_p 1.5 is outside 0 to 1"),
        ({"max_new_tokens": 0}, "max_new_tokens 0 is outside"),
        ({"seed": -1}, "seed -1 is outside"),
    ],
)
def test_sampling_outside_its_range_is_refused(changes: dict[str, Any], message: str, loaded: Any) -> None:
    with pytest.raises(SteeringError, match=message):
        next(generate(loaded["gpt2"], {}, [Request(PROMPTS[0], None, Sampling(**changes))]))


def test_prompts_that_do_not_fit_are_refused_with_the_limit(loaded: Any) -> None:
    cases = [
        ((), ContextMismatch, "The prompt has no tokens"),
        ((1,) * 60, ContextMismatch, f"60 prompt tokens and 12 new ones.*holds {CONTEXT}; .* ask for 4 new tokens"),
        ((1, 9999), SteeringError, "outside the vocabulary, which is 0 to 319"),
    ]
    for prompt, error, message in cases:
        with pytest.raises(error, match=message):
            next(generate(loaded["gpt2"], {}, [Request(prompt, None, GREEDY)]))


def test_a_refused_board_leaves_the_others_alone(loaded: Any) -> None:
    batch = TextBatch(loaded["gpt2"], {})
    number = batch.add(Request(PROMPTS[0], None, GREEDY))
    with pytest.raises(SteeringError):
        batch.add(Request(PROMPTS[0], Board((SteerTerm(LatentSubject("x", 0, 1.0), "add"),)), GREEDY))
    assert len(texts(drain(batch))[number, "baseline"]) == 12
