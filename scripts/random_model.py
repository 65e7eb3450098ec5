"""A GPT-2-small-shaped model with random weights and random SAEs in published formats, for benchmarks."""

import json
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

#: About so many latents are active per token.
L0 = 60


def save_model(folder: Path, vocabulary_size: int = 50_257) -> None:
    """A Hugging Face folder: 12 layers of width 768, and a tokenizer of as many words."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

    torch.manual_seed(0)
    config = GPT2Config(bos_token_id=0, eos_token_id=0, vocab_size=vocabulary_size)
    GPT2LMHeadModel(config).save_pretrained(folder)
    vocabulary = {"<|endoftext|>": 0} | {f"w{i}": i for i in range(1, vocabulary_size)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<|endoftext|>"))  # noqa: S106 (a token of text)
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    end = "<|endoftext|>"
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token=end, eos_token=end).save_pretrained(folder)


def save_sae(folder: Path, hook: str, sample: Tensor, seed: int, d_sae: int = 24_576) -> None:
    """A SAELens folder: a JumpReLU SAE whose thresholds let about ``L0`` latents through on ``sample`` (n, d_in)."""
    generator = torch.Generator().manual_seed(seed)
    d_in = sample.shape[1]
    W_dec = torch.nn.functional.normalize(torch.randn(d_sae, d_in, generator=generator), dim=-1)
    pre = (sample @ W_dec.T).flatten()
    threshold = float(pre.topk(L0 * len(sample)).values[-1])
    parameters = {
        "W_enc": W_dec.T.contiguous(),
        "W_dec": W_dec,
        "b_enc": torch.zeros(d_sae),
        "b_dec": torch.zeros(d_in),
        "threshold": torch.full((d_sae,), threshold),
    }
    config = {
        "architecture": "jumprelu",
        "d_in": d_in,
        "d_sae": d_sae,
        "dtype": "float32",
        "device": "cpu",
        "apply_b_dec_to_input": False,
        "normalize_activations": "none",
        "reshape_activations": "none",
        "metadata": {"hook_name": hook, "prepend_bos": True, "context_size": 128, "model_name": "random"},
    }
    folder.mkdir(parents=True, exist_ok=True)
    save_file(parameters, folder / "sae_weights.safetensors")
    (folder / "cfg.json").write_text(json.dumps(config))


def words(n: int, seed: int = 0) -> str:
    """A text of ``n`` tokens for the tokenizer of ``save_model``."""
    numbers: Sequence[int] = torch.randint(1, 50_000, (n,), generator=torch.Generator().manual_seed(seed)).tolist()
    return " ".join(f"w{i}" for i in numbers)
