"""A tiny Llama in a GGUF file, written as llama.cpp's converter does: its names of tensors and its order of the rotary
halves.
"""

import json
from pathlib import Path

import gguf
import numpy as np
from safetensors.numpy import load_file

_NAMES = {
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
_WHOLE = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}


def write_gguf(
    model: Path,
    path: Path,
    *,
    architecture: str = "llama",
    quantised: bool = False,
    without: str = "",
    tokenizer: bool = True,
    parts: int = 1,
) -> Path:
    """The model of a Hugging Face folder (a Llama) as a GGUF file; ``without``: a tensor that is left out."""
    config = json.loads((model / "config.json").read_text())
    writer = gguf.GGUFWriter(path, architecture)
    heads, key_heads = config["num_attention_heads"], config["num_key_value_heads"]
    writer.add_name("tiny")
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(heads)
    writer.add_head_count_kv(key_heads)
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_rope_freq_base(config["rope_parameters"]["rope_theta"])
    writer.add_vocab_size(config["vocab_size"])
    if parts > 1:
        writer.add_uint16("split.count", parts)
    if tokenizer:
        _add_tokenizer(writer, model)
    for name, values in load_file(model / "model.safetensors").items():
        stem = name.removesuffix(".weight")
        if stem.endswith("q_proj"):
            values = _halves(values, heads)
        if stem.endswith("k_proj"):
            values = _halves(values, key_heads)
        block, _, rest = stem.removeprefix("model.layers.").partition(".")
        short = _WHOLE[stem] if stem in _WHOLE else f"blk.{block}.{_NAMES[rest]}"
        if short == without:
            continue
        if quantised and values.ndim == 2:
            kind = gguf.GGMLQuantizationType.Q8_0
            writer.add_tensor(f"{short}.weight", gguf.quants.quantize(values, kind), raw_dtype=kind)
        else:
            writer.add_tensor(f"{short}.weight", values.astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _halves(values: np.ndarray, heads: int) -> np.ndarray:
    """From the order in which transformers rotates (halves) to llama.cpp's (neighbours)."""
    rows, width = values.shape
    return np.ascontiguousarray(values.reshape(heads, 2, rows // heads // 2, width).swapaxes(1, 2).reshape(rows, width))


def _add_tokenizer(writer: gguf.GGUFWriter, model: Path) -> None:
    data = json.loads((model / "tokenizer.json").read_text())
    vocabulary = data["model"]["vocab"] | {token["content"]: token["id"] for token in data["added_tokens"]}
    tokens = sorted(vocabulary, key=vocabulary.__getitem__)
    special = {token["content"] for token in data["added_tokens"]}
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(tokens)
    writer.add_token_types([gguf.TokenType.CONTROL if token in special else gguf.TokenType.NORMAL for token in tokens])
    writer.add_token_merges([" ".join(pair) for pair in data["model"]["merges"]])
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(0)
    template = model / "chat_template.jinja"
    if template.exists():
        writer.add_chat_template(template.read_text())
