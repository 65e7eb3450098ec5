"""Tiny random models, tokenizers and SAEs, saved in the formats of published ones, for tests of every layer.

Norm gains and biases are moved away from 1 and 0, so that folding or centring by mistake shows in the
numbers.
"""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

D_MODEL, N_LAYERS, CONTEXT = 32, 3, 64
ARCHITECTURES = ("gpt2", "neox", "llama", "gemma2")
SENTENCES = [
    "the cat sat on the mat and the dog sat on the log",
    "where is the café? the naïve chef said: it's by the sea!",
    "a bird sang 3 songs in the old garden, 12 in the new one",
    "she sells sea shells, he sells old songs and new maps",
    "Paris is the capital of France; Rome is the capital of Italy.",
]
END = "<|endoftext|>"
CHAT_TEMPLATE = (
    "{% for message in messages %}<|{{ message['role'] }}|>{{ message['content'] }}" + END + "{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


def save_tokenizer(folder: Path, *, chat: bool = False, vocab_size: int = 320) -> None:
    """A byte-level BPE tokenizer trained on ``SENTENCES``, one special token, three more for a chat."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    special = [END, "<|user|>", "<|assistant|>", "<|system|>"] if chat else [END]
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(SENTENCES, trainer)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=END,
        eos_token=END,
        pad_token=END,
        additional_special_tokens=special[1:],
    )
    if chat:
        fast.chat_template = CHAT_TEMPLATE
    fast.save_pretrained(folder)


def build_model(architecture: str, seed: int = 0, **changes: Any) -> Any:
    """A random transformers model with perturbed norms and biases, float32, evaluation mode."""
    import transformers as tf

    common = {"bos_token_id": 0, "eos_token_id": 0}
    shape = {
        "hidden_size": D_MODEL,
        "intermediate_size": 64,
        "num_hidden_layers": N_LAYERS,
        "num_attention_heads": 4,
        "vocab_size": 320,
        "max_position_embeddings": CONTEXT,
        **common,
    }
    torch.manual_seed(seed)
    if architecture == "gpt2":
        config: Any = tf.GPT2Config(
            n_layer=N_LAYERS,
            n_embd=D_MODEL,
            n_head=4,
            n_positions=CONTEXT,
            vocab_size=320,
            **common,
            **changes,
        )
        model: Any = tf.GPT2LMHeadModel(config)
    elif architecture == "neox":
        config = tf.GPTNeoXConfig(**{**shape, **changes})
        model = tf.GPTNeoXForCausalLM(config)
    elif architecture == "llama":
        config = tf.LlamaConfig(**{**shape, "num_key_value_heads": 2, "head_dim": 8, **changes})
        model = tf.LlamaForCausalLM(config)
    elif architecture == "gemma2":
        config = tf.Gemma2Config(
            **{
                **shape,
                "num_key_value_heads": 2,
                "head_dim": 8,
                "sliding_window": 16,
                "query_pre_attn_scalar": 8,
                "attn_logit_softcapping": 5.0,
                "final_logit_softcapping": 3.0,
                **changes,
            }
        )
        model = tf.Gemma2ForCausalLM(config)
    else:
        raise ValueError(architecture)
    return perturb(model, seed)


def perturb(model: Any, seed: int) -> Any:
    """The model with norms and biases moved away from what they are at first, in evaluation mode."""
    generator = torch.Generator().manual_seed(seed + 1)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() == 1:
                scale = 0.1 if "bias" in name else 0.3
                parameter.add_(scale * torch.randn(parameter.shape, generator=generator))
            else:
                parameter.mul_(5.0)  # random initialisation is so small that every layer would look like the identity
    return model.eval()


def save_model(folder: Path, architecture: str = "gpt2", *, seed: int = 0, chat: bool = False, **changes: Any) -> Path:
    """Save a tiny model with its tokenizer to ``folder`` and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    build_model(architecture, seed, **changes).save_pretrained(folder)
    save_tokenizer(folder, chat=chat)
    return folder


def sae_parameters(
    kind: str, d_in: int, d_sae: int, d_out: int | None = None, seed: int = 0, *, subtract_b_dec: bool = True
) -> dict[str, torch.Tensor]:
    """Random parameters, such that about a third of the latents is active on unit-variance activations."""
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape: int, scale: float = 1.0) -> torch.Tensor:
        return scale * torch.randn(shape, generator=generator)

    out = d_out or d_in
    if kind in ("matching_pursuit", "temporal"):
        return tied_parameters(kind, d_in, d_sae, seed)
    parameters = {
        "W_enc": normal(d_in, d_sae, scale=d_in**-0.5),
        "W_dec": normal(d_sae, out, scale=d_sae**-0.5) * (0.5 + torch.rand(d_sae, 1, generator=generator)),
        "b_dec": normal(out, scale=0.1),
    }
    if kind == "gated":
        parameters |= {
            "b_gate": normal(d_sae, scale=0.2),
            "b_mag": normal(d_sae, scale=0.2),
            "r_mag": normal(d_sae, scale=0.2),
        }
    else:
        parameters["b_enc"] = normal(d_sae, scale=0.2) - 0.3
    if kind.startswith("jumprelu"):
        parameters["threshold"] = 0.5 * torch.rand(d_sae, generator=generator)
    if "skip" in kind:
        parameters["W_skip"] = normal(out, d_in, scale=0.1)
    return parameters


#: Of the tiny temporal SAEs, whose 96 latents are the width of the attention layers.
TEMPORAL = {
    "n_heads": 4,
    "n_attn_layers": 2,
    "bottleneck_factor": 12,
    "sae_diff_type": "topk",
    "kval_topk": 8,
    "tied_weights": True,
    "activation_normalization_factor": 0.5,
    "normalize_activations": "constant_scalar_rescale",
}


def tied_parameters(kind: str, d_in: int, d_sae: int, seed: int) -> dict[str, torch.Tensor]:
    """Of the kinds that have no encoder of their own."""
    generator = torch.Generator().manual_seed(seed)
    W_dec = torch.randn((d_sae, d_in), generator=generator)
    W_dec = W_dec / W_dec.norm(dim=1, keepdim=True)
    parameters = {"W_dec": W_dec, "b_dec": 0.1 * torch.randn(d_in, generator=generator)}
    if kind == "temporal":
        from sae_lens.saes.temporal_sae import ManualAttention

        parameters["W_dec"] = 6 * W_dec
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            for n in range(TEMPORAL["n_attn_layers"]):
                layer = ManualAttention(d_sae, TEMPORAL["n_heads"], TEMPORAL["bottleneck_factor"])
                parameters |= {f"attn_layers.{n}.{name}": value for name, value in layer.state_dict().items()}
    return parameters


def as_served(kind: str, latents: torch.Tensor) -> torch.Tensor:
    """SAELens's latents as Periscope counts them: those of both signs become two."""
    return torch.cat((latents.relu(), (-latents).relu()), -1) if kind == "abstopk" else latents


def save_sae(
    folder: Path,
    kind: str = "standard",
    hook_name: str = "blocks.1.hook_resid_post",
    *,
    d_in: int = D_MODEL,
    d_sae: int = 96,
    d_out: int | None = None,
    hook_out: str | None = None,
    seed: int = 0,
    k: int = 8,
    metadata: dict[str, Any] | None = None,
    **cfg: Any,
) -> Path:
    """Save a random SAE as SAELens 6 does (cfg.json, sae_weights.safetensors) and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    transcoder = "transcoder" in kind
    parameters = sae_parameters(kind, d_in, d_sae, d_out, seed)
    save_file(parameters, folder / "sae_weights.safetensors")
    config: dict[str, Any] = {
        "d_in": d_in,
        "d_sae": d_sae,
        "dtype": "float32",
        "device": "cpu",
        "apply_b_dec_to_input": not transcoder,
        "normalize_activations": "none",
        "reshape_activations": "none",
        "metadata": {
            "sae_lens_version": "6.54.12",
            "sae_lens_training_version": "6.54.12",
            "model_name": "tiny",
            "hook_name": hook_name,
            "prepend_bos": True,
            "context_size": 32,
            **({"hook_name_out": hook_out} if hook_out else {}),
            **(metadata or {}),
        },
        "architecture": kind,
        **({"k": k} if kind in ("topk", "abstopk") else {}),
        **({"d_out": d_out or d_in} if transcoder else {}),
        **({"max_iterations": 12, "residual_threshold": 0.5} if kind == "matching_pursuit" else {}),
        **(TEMPORAL if kind == "temporal" else {}),
        **cfg,
    }
    (folder / "cfg.json").write_text(json.dumps(config))
    return folder


@pytest.fixture(scope="session")
def tiny_models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Architecture -> folder of a saved tiny model; the Llama one has a chat template."""
    root = tmp_path_factory.mktemp("tiny-models")
    return {name: save_model(root / f"tiny-{name}", name, chat=name == "llama") for name in ARCHITECTURES}


@pytest.fixture(scope="session")
def tiny_gpt2(tiny_models: dict[str, Path]) -> Any:
    """The tiny GPT-2 loaded as a ``LanguageModel``; tests must leave it as they found it."""
    from models.loading.opening import load_language_model

    return load_language_model(str(tiny_models["gpt2"]), device="cpu")
