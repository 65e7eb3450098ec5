"""The language model against transformers with plain module hooks, and against transformer_lens's bridge."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import torch

from models.errors import ContextMismatch, HookMismatch, Unsupported
from models.loading.opening import load_language_model
from models.running.language_model import LanguageModel
from tests.models.tiny import ARCHITECTURES, CONTEXT, D_MODEL, END, N_LAYERS, save_model

#: transformer_lens's site -> module and end in each architecture, as found by hand.
LAYER = {"gpt2": "transformer.h", "neox": "gpt_neox.layers", "llama": "model.layers", "gemma2": "model.layers"}
PLACES = {
    "hook_resid_pre": dict.fromkeys(ARCHITECTURES, ("", "in")),
    "hook_resid_post": dict.fromkeys(ARCHITECTURES, ("", "out")),
    "hook_resid_mid": {
        "gpt2": ("ln_2", "in"),
        "llama": ("post_attention_layernorm", "in"),
        "gemma2": ("pre_feedforward_layernorm", "in"),
    },
    "hook_mlp_out": dict.fromkeys(("gpt2", "neox", "llama"), ("mlp", "out"))
    | {"gemma2": ("post_feedforward_layernorm", "out")},
    "hook_attn_out": {
        "gpt2": ("attn", "out"),
        "neox": ("attention.dense", "out"),
        "llama": ("self_attn.o_proj", "out"),
        "gemma2": ("post_attention_layernorm", "out"),
    },
    "attn.hook_z": {
        "gpt2": ("attn.c_proj", "in"),
        "neox": ("attention.dense", "in"),
        "llama": ("self_attn.o_proj", "in"),
        "gemma2": ("self_attn.o_proj", "in"),
    },
    "mlp.hook_in": {
        "gpt2": ("ln_2", "out"),
        "neox": ("post_attention_layernorm", "out"),
        "llama": ("post_attention_layernorm", "out"),
        "gemma2": ("pre_feedforward_layernorm", "out"),
    },
    "mlp.hook_post": {
        "gpt2": ("mlp.c_proj", "in"),
        "neox": ("mlp.dense_4h_to_h", "in"),
        "llama": ("mlp.down_proj", "in"),
        "gemma2": ("mlp.down_proj", "in"),
    },
}
TOKENS = torch.randint(1, 300, (3, 20), generator=torch.Generator().manual_seed(3))


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


@torch.no_grad()
def read_plain(model: Any, module: str, end: str, tokens: torch.Tensor) -> torch.Tensor:
    """The activation by a plain module hook, in a whole forward pass."""
    box: dict[str, torch.Tensor] = {}
    target = model.get_submodule(module)
    if end == "out":
        handle = target.register_forward_hook(lambda m, i, o: box.update(x=o[0] if isinstance(o, tuple) else o) or None)
    else:
        handle = target.register_forward_pre_hook(
            lambda m, a, k: box.update(x=a[0] if a else k["hidden_states"]) or None, with_kwargs=True
        )
    model(tokens)
    handle.remove()
    return box["x"]


@pytest.mark.parametrize("site", PLACES)
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_activations_equal_transformers(architecture: str, site: str, loaded: Any, plain: Any) -> None:
    if architecture not in PLACES[site]:
        with pytest.raises(HookMismatch, match=f"no hook 'blocks.1.{site}'.*blocks.1.hook_resid_post"):
            loaded[architecture].run_to_hooks(TOKENS, [f"blocks.1.{site}"])
        return
    path, end = PLACES[site][architecture]
    for layer in range(N_LAYERS):
        module = ".".join(part for part in (LAYER[architecture], str(layer), path) if part)
        hook = f"blocks.{layer}.{site}"
        found = loaded[architecture].run_to_hooks(TOKENS, [hook])[hook]
        expected = read_plain(plain[architecture], module, end, TOKENS)
        assert found.dim() == 3
        torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_readable_hook_equals_transformer_lens(architecture: str, loaded: Any) -> None:
    model = loaded[architecture]
    names = [f"blocks.1.{site}" for site in PLACES if architecture in PLACES[site]]
    names += ["blocks.1.ln2.hook_normalized", "blocks.1.ln1.hook_normalized", "hook_embed"]
    with torch.inference_mode():
        _, cache = model.lens().run_with_cache(TOKENS, names_filter=names, return_cache_object=False)
    found = model.run_to_hooks(TOKENS, names)
    for name in names:
        torch.testing.assert_close(found[name], cache[name].flatten(2), atol=1e-4, rtol=1e-4, msg=name)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_logits_and_losses_equal_transformers(architecture: str, loaded: Any, plain: Any) -> None:
    model = loaded[architecture]
    with torch.no_grad():
        expected = plain[architecture](TOKENS).logits
    torch.testing.assert_close(model.logits(TOKENS), expected, atol=1e-4, rtol=1e-4)
    losses = -expected[:, :-1].log_softmax(-1).gather(-1, TOKENS[:, 1:, None]).squeeze(-1)
    torch.testing.assert_close(model.token_nll(TOKENS), losses, atol=1e-4, rtol=1e-4)


def test_losses_are_the_same_in_small_pieces_and_row_by_row(loaded: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    model = loaded["gemma2"]
    whole = model.token_nll(TOKENS)
    monkeypatch.setattr("models.running.language_model._LOGITS_AT_ONCE", 320 * 7)
    torch.testing.assert_close(model.token_nll(TOKENS), whole, atol=1e-5, rtol=1e-5)
    monkeypatch.setattr(model, "_head_is_plain", False)
    torch.testing.assert_close(model.token_nll(TOKENS), whole, atol=1e-5, rtol=1e-5)


def test_one_token_has_no_losses(loaded: Any) -> None:
    assert loaded["gpt2"].token_nll(TOKENS[:, :1]).shape == (3, 0)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("site", ["hook_resid_post", "hook_resid_pre", "hook_mlp_out", "hook_attn_out", "attn.hook_z"])
def test_an_edit_has_the_same_effect_as_in_transformer_lens(architecture: str, site: str, loaded: Any) -> None:
    model, hook = loaded[architecture], f"blocks.1.{site}"
    width = model.width(hook)
    vector = torch.linspace(-1, 1, width)

    def edit(activation: torch.Tensor) -> torch.Tensor:
        assert activation.shape == (3, 20, width)
        return activation * 0.5 + vector

    def edit_lens(activation: torch.Tensor, hook: Any) -> torch.Tensor:
        return activation * 0.5 + vector.view(activation.shape[2:])

    with torch.inference_mode():
        logits = model.lens().run_with_hooks(TOKENS, fwd_hooks=[(hook, edit_lens)])
    expected = -logits[:, :-1].log_softmax(-1).gather(-1, TOKENS[:, 1:, None]).squeeze(-1)
    found = model.token_nll(TOKENS, {hook: edit})
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)
    assert not torch.allclose(found, model.token_nll(TOKENS), atol=1e-3)


def test_an_identity_edit_changes_nothing(loaded: Any) -> None:
    model = loaded["llama"]
    edits = {f"blocks.1.{site}": lambda x: x for site in PLACES}
    torch.testing.assert_close(model.token_nll(TOKENS, edits), model.token_nll(TOKENS), atol=0, rtol=0)


def test_a_float32_edit_works_in_a_bfloat16_model(tiny_models: dict[str, Path]) -> None:
    model = load_language_model(str(tiny_models["llama"]), device="cpu", dtype="bfloat16")
    assert model.dtype == torch.bfloat16
    assert model.token_nll(TOKENS, {"blocks.1.hook_resid_post": lambda x: x.float() * 2}).dtype == torch.float32


def test_unknown_hooks_raise_with_the_hooks_nearby(loaded: Any) -> None:
    with pytest.raises(HookMismatch, match=r"tiny-gpt2 has no hook 'blocks.1.hook_resid_pst'.*hook_resid_post"):
        loaded["gpt2"].run_to_hooks(TOKENS, ["blocks.1.hook_resid_pst"])
    with pytest.raises(HookMismatch, match=r"no hook 'blocks\.9\.hook_resid_post'"):
        loaded["gpt2"].token_nll(TOKENS, {"blocks.9.hook_resid_post": lambda x: x})


def test_a_normalised_hook_cannot_be_edited(loaded: Any) -> None:
    with pytest.raises(Unsupported, match="can only be read"):
        loaded["gpt2"].token_nll(TOKENS, {"blocks.1.ln2.hook_normalized": lambda x: x})


def test_the_run_stops_after_the_deepest_hook(loaded: Any) -> None:
    model = loaded["gpt2"]
    calls: list[int] = []
    handles = [
        model.model.get_submodule(f"transformer.h.{layer}").register_forward_pre_hook(
            lambda m, a, layer=layer: calls.append(layer)
        )
        for layer in range(N_LAYERS)
    ]
    found = model.run_to_hooks(TOKENS, ["blocks.1.attn.hook_z", "blocks.0.hook_resid_post", "blocks.0.hook_resid_post"])
    for handle in handles:
        handle.remove()
    assert set(found) == {"blocks.1.attn.hook_z", "blocks.0.hook_resid_post"}
    assert calls == [0, 1]


def test_centring_subtracts_the_mean_where_asked(loaded: Any) -> None:
    hooks = ["blocks.1.hook_resid_post", "blocks.1.hook_mlp_out"]
    raw = loaded["gpt2"].run_to_hooks(TOKENS, hooks)
    found = loaded["gpt2"].run_to_hooks(TOKENS, hooks, center=frozenset(hooks[:1]))
    torch.testing.assert_close(found[hooks[0]], raw[hooks[0]] - raw[hooks[0]].mean(-1, keepdim=True))
    torch.testing.assert_close(found[hooks[1]], raw[hooks[1]])


def test_centred_activations_equal_transformer_lens_with_centred_weights(loaded: Any) -> None:
    hooks = ["blocks.1.hook_resid_post", "blocks.1.hook_mlp_out", "blocks.1.hook_attn_out"]
    bridge = loaded["gpt2"].lens()
    bridge.enable_compatibility_mode(
        disable_warnings=True,
        fold_ln=False,
        center_writing_weights=True,
        center_unembed=False,
        fold_value_biases=False,
    )
    with torch.inference_mode():
        _, cache = bridge.run_with_cache(TOKENS, names_filter=hooks, return_cache_object=False)
    found = loaded["gpt2"].run_to_hooks(TOKENS, hooks, center=frozenset(hooks))
    for hook in hooks:
        torch.testing.assert_close(found[hook], cache[hook], atol=1e-4, rtol=1e-4)


def test_no_hook_is_left_behind_even_when_an_edit_raises(loaded: Any) -> None:
    model = loaded["gpt2"]

    def fail(activation: torch.Tensor) -> torch.Tensor:
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        model.token_nll(TOKENS, {"blocks.1.hook_resid_post": fail})
    model.run_to_hooks(TOKENS, ["blocks.0.hook_resid_post", "blocks.2.attn.hook_z"])
    assert all(not m._forward_hooks and not m._forward_pre_hooks for m in model.model.modules())


def test_edits_of_one_thread_never_reach_another(loaded: Any) -> None:
    model, hook = loaded["gpt2"], "blocks.1.hook_resid_post"
    base, edited = model.token_nll(TOKENS), model.token_nll(TOKENS, {hook: lambda x: x * 3})

    def run(number: int) -> torch.Tensor:
        return model.token_nll(TOKENS, {hook: lambda x: x * 3} if number % 2 else None)

    with ThreadPoolExecutor(4) as pool:
        for number, found in enumerate(pool.map(run, range(40))):
            torch.testing.assert_close(found, edited if number % 2 else base)


def test_more_tokens_than_the_context_are_refused(loaded: Any) -> None:
    tokens = torch.ones(1, CONTEXT + 1, dtype=torch.long)
    for run in (loaded["llama"].logits, loaded["llama"].token_nll):
        with pytest.raises(ContextMismatch, match=f"{CONTEXT + 1} tokens were given.*holds {CONTEXT}; shorten"):
            run(tokens)
    with pytest.raises(ContextMismatch, match="shape"):
        loaded["llama"].logits(torch.ones(4, dtype=torch.long))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_final_norm_gain_and_unembedding_give_the_logits(architecture: str, loaded: Any) -> None:
    model = loaded[architecture]
    gain, unembedding = model.final_norm_gain(), model.unembedding()
    assert gain.shape == (D_MODEL,)
    assert unembedding.shape == (D_MODEL, 320)
    normalised = model.run_to_hooks(TOKENS, ["ln_final.hook_normalized"])["ln_final.hook_normalized"]
    logits = (normalised * gain) @ unembedding
    if architecture in ("gpt2", "neox"):  # LayerNorm has a bias too
        bias = model.model.get_submodule(model.tap("ln_final.hook_in").module).bias
        logits = logits + bias @ unembedding
    if architecture == "gemma2":
        logits = 3.0 * torch.tanh(logits / 3.0)
    torch.testing.assert_close(model.logits(TOKENS), logits, atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_residual_map_carries_z_and_mlp_post_into_the_residual_stream(architecture: str, loaded: Any) -> None:
    model = loaded[architecture]
    for read, written in (("attn.hook_z", "attn.o.hook_out"), ("mlp.hook_post", "mlp.out.hook_out")):
        found = model.run_to_hooks(TOKENS, [f"blocks.1.{read}", f"blocks.1.{written}"])
        product = found[f"blocks.1.{read}"] @ model.residual_map(f"blocks.1.{read}")
        rest = found[f"blocks.1.{written}"] - product  # a bias, the same for every token
        torch.testing.assert_close(rest, rest[:1, :1].expand_as(rest), atol=1e-4, rtol=1e-4)
    assert model.residual_map("blocks.1.hook_resid_post") is None
    with pytest.raises(Unsupported, match="no direct path"):
        model.residual_map("blocks.1.mlp.hook_in")


def test_special_tokens_in_a_text_are_plain_text_unless_allowed(loaded: Any) -> None:
    model = loaded["gpt2"]
    plain = model.tokenize(f"the cat{END}")
    assert model.eos_token_id not in plain
    assert "".join(model.token_strings(plain)) == f"the cat{END}"
    assert model.tokenize(f"the cat{END}", allow_special=True)[-1] == model.eos_token_id
    assert model.tokenize(f"the cat{END}") == plain
    assert model.tokenize("") == []


def test_no_bos_is_ever_added(loaded: Any) -> None:
    for model in loaded.values():
        assert model.bos_token_id not in model.tokenize("the cat sat", allow_special=True)


def test_special_ids_include_the_markers_of_a_chat_template(loaded: Any) -> None:
    model = loaded["llama"]
    ids = model.tokenizer.apply_chat_template([{"role": "user", "content": "hi"}], tokenize=True, return_dict=False)
    assert ids[0] in model.special_token_ids
    assert model.token_strings(ids)[0] == "<|user|>"
    assert model.special_token_ids == {0, 1, 2, 3}


def test_facts_say_what_was_found(loaded: Any, tiny_models: dict[str, Path]) -> None:
    facts = loaded["neox"].facts
    assert (facts.name, facts.location) == ("tiny-neox", str(tiny_models["neox"]))
    assert facts.architecture == "GPTNeoXForCausalLM"
    assert (facts.n_layers, facts.d_model, facts.vocab_size, facts.context_size) == (N_LAYERS, D_MODEL, 320, CONTEXT)
    assert "float32 was picked" in loaded["neox"].dtype_reason


def test_parameters_need_no_gradient_and_the_model_is_in_evaluation_mode(tmp_path: Path) -> None:
    model = load_language_model(str(save_model(tmp_path, "gpt2")), device="cpu")
    assert not model.model.training
    assert not any(parameter.requires_grad for parameter in model.model.parameters())
