"""Tiny SAEs in the files of published layouts, with the encoder and decoder that their authors' programs have.

The arithmetic is written from those programs (sparsify's SparseCoder, dictionary_learning's classes, OpenAI's
Autoencoder, OpenMOSS's SparseAutoEncoder, circuit-tracer's transcoders, the Gemma Scope tutorial), with their names and
their way round of matrices, and shares nothing with models/.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor

D, N = 32, 96
Function = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Published:
    """Where the SAE is, what it computes by its authors, and what Periscope should find without being told."""

    path: Path
    encode: Function
    decode: Callable[[Tensor, Tensor], Tensor]
    layout: str
    kind: str
    hook: str | None = None
    hook_out: str | None = None
    options: dict[str, Any] = field(default_factory=dict)


def draw(seed: int = 0) -> Callable[..., Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return lambda *shape, scale=1.0: scale * torch.randn(shape, generator=generator)


def parameters(seed: int = 0, d_out: int = D) -> dict[str, Tensor]:
    """W_enc (D, N), W_dec (N, d_out), biases, a threshold: about a third of the latents is active."""
    normal = draw(seed)
    return {
        "W_enc": normal(D, N, scale=D**-0.5),
        "W_dec": normal(N, d_out, scale=N**-0.5) * normal(N, 1, scale=0.3).exp(),
        "b_enc": normal(N, scale=0.2) - 0.3,
        "b_dec": normal(d_out, scale=0.1),
        "threshold": normal(N).abs() * 0.3,
    }


def write(path: Path, tensors: dict[str, Tensor], **others: Any) -> Path:
    """The tensors in the form that the file's ending says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".npz":
        np.savez(path, **{name: value.numpy() for name, value in tensors.items()})
    elif path.suffix == ".safetensors":
        save_file({name: value.contiguous() for name, value in tensors.items()}, path)
    else:
        torch.save({**{name: value.contiguous() for name, value in tensors.items()}, **others}, path)
    return path


def describe(path: Path, **said: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(said))


def topk(pre: Tensor, k: int) -> Tensor:
    values, places = pre.topk(k, -1)
    return torch.zeros_like(pre).scatter_(-1, places, values)


def jump(pre: Tensor, threshold: Tensor | float) -> Tensor:
    return torch.relu(pre) * (pre > threshold)


def linear(p: dict[str, Tensor]) -> Callable[[Tensor, Tensor], Tensor]:
    return lambda a, x: a @ p["W_dec"] + p["b_dec"]


# ---------------------------------------------------------------- Gemma Scope


def gemma_scope(root: Path, site: str = "res") -> Published:
    hooks = {
        "res": ("blocks.1.hook_resid_post", None),
        "mlp": ("blocks.1.hook_mlp_out", None),
        "att": ("blocks.1.attn.hook_z", None),
        "transcoders": ("blocks.1.ln2.hook_normalized", "blocks.1.hook_mlp_out"),
    }
    p = parameters(1)
    folder = root / f"gemma-scope-2b-pt-{site}" / "layer_1" / "width_16k" / "average_l0_30"
    write(folder / "params.npz", p)
    hook, out = hooks[site]
    kind = "jumprelu_transcoder" if site == "transcoders" else "jumprelu"
    return Published(
        folder, lambda x: jump(x @ p["W_enc"] + p["b_enc"], p["threshold"]), linear(p), "Gemma Scope", kind, hook, out
    )


def gemma_scope_embedding(root: Path) -> Published:
    p = parameters(2)
    folder = root / "gemma-scope-2b-pt-res" / "embedding" / "width_4k" / "average_l0_6"
    write(folder / "params.npz", p)
    return Published(
        folder,
        lambda x: jump(x @ p["W_enc"] / D**0.5 + p["b_enc"], p["threshold"]),
        lambda a, x: a @ p["W_dec"] * D**0.5 + p["b_dec"],
        "Gemma Scope",
        "jumprelu",
        "hook_embed",
    )


def gemma_scope_2(root: Path, site: str = "resid_post") -> Published:
    ends = {
        "resid_post": ("output", None, "blocks.1.hook_resid_post", None),
        "attn_out": ("self_attn.o_proj.input", None, "blocks.1.attn.hook_z", None),
        "mlp_out": ("post_feedforward_layernorm.output", None, "blocks.1.hook_mlp_out", None),
        "transcoder": (
            "pre_feedforward_layernorm.output",
            "post_feedforward_layernorm.output",
            "blocks.1.mlp.hook_in",
            "blocks.1.hook_mlp_out",
        ),
    }
    read, written, hook, out = ends[site]
    p, skip = parameters(3), draw(4)(D, D, scale=0.1)
    folder = root / site / f"layer_1_width_16k_l0_medium{'_affine' if written else ''}"
    tensors = {name.lower(): value for name, value in p.items()}
    write(folder / "params.safetensors", tensors | ({"affine_skip_connection": skip} if written else {}))
    describe(
        folder / "config.json",
        architecture="jump_relu",
        model_name="google/gemma-3-1b-pt",
        hf_hook_point_in=f"model.layers.1.{read}",
        hf_hook_point_out=f"model.layers.1.{written or read}",
        width=N,
        l0=30,
        affine_connection=bool(written),
        type="transcoder" if written else "sae",
    )
    return Published(
        folder,
        lambda x: jump(x @ p["W_enc"] + p["b_enc"], p["threshold"]),
        lambda a, x: linear(p)(a, x) + (x @ skip if written else 0),
        "Gemma Scope 2",
        "jumprelu_skip_transcoder" if written else "jumprelu",
        hook,
        out,
    )


def gemma_scope_2_clt(root: Path) -> Published:
    p, decoders = parameters(5), draw(6)(N, 3, D, scale=N**-0.5)
    tensors = {name.lower(): value for name, value in p.items()} | {"w_dec": decoders}
    path = write(root / "clt" / "width_262k_l0_medium" / "params_layer_1.safetensors", tensors)
    return Published(
        path,
        lambda x: jump(x @ p["W_enc"] + p["b_enc"], p["threshold"]),
        lambda a, x: torch.einsum("bf,flo->blo", a, decoders)[:, 1] + p["b_dec"],
        "Gemma Scope 2",
        "jumprelu_transcoder",
        "blocks.1.mlp.hook_in",
        "blocks.1.hook_mlp_out",
    )


# ---------------------------------------------------------------- sparsify


def sparsify(root: Path, name: str = "layers.1", hook: str = "blocks.1.hook_resid_post", **cfg: Any) -> Published:
    p, W_skip = parameters(7), draw(8)(D, D, scale=0.1)
    folder = root / "sae-tiny" / name
    said = {"expansion_factor": 3, "normalize_decoder": True, "num_latents": 0, "k": 8, "multi_topk": False, "d_in": D}
    describe(folder / "cfg.json", **said | cfg)
    describe(root / "sae-tiny" / "config.json", model="EleutherAI/tiny", ctx_len=48)
    has_skip, transcodes = cfg.get("skip_connection", False), cfg.get("transcode", False)
    tensors = {"encoder.weight": p["W_enc"].T, "encoder.bias": p["b_enc"], "W_dec": p["W_dec"], "b_dec": p["b_dec"]}
    write(folder / "sae.safetensors", tensors | ({"W_skip": W_skip} if has_skip else {}))
    kind = "skip_transcoder" if has_skip else "transcoder" if transcodes else "topk"

    def encode(x: Tensor) -> Tensor:
        x = x if transcodes else x - p["b_dec"]
        return topk(torch.relu(torch.nn.functional.linear(x, p["W_enc"].T, p["b_enc"])), 8)

    return Published(
        folder,
        encode,
        lambda a, x: linear(p)(a, x) + (x @ W_skip.mT if has_skip else 0),
        "EleutherAI sparsify",
        kind,
        hook,
        None if kind == "topk" else "blocks.1.hook_mlp_out",
    )


# ---------------------------------------------------------------- dictionary_learning


def dictionary_learning(root: Path, name: str = "AutoEncoder", *, has_config: bool = True) -> Published:
    p, normal = parameters(9), draw(10)
    W_enc, W_dec, b_enc, b_dec = (p[key] for key in ("W_enc", "W_dec", "b_enc", "b_dec"))
    turned = {"encoder.weight": W_enc.T, "decoder.weight": W_dec.T}
    one = torch.tensor(0.35)
    r_mag, gate_bias, mag_bias = normal(N, scale=0.2), normal(N, scale=0.2), normal(N, scale=0.2)
    k = torch.tensor(7, dtype=torch.int32)

    def gated(x: Tensor) -> Tensor:
        x_enc = (x - b_dec) @ W_enc
        return (x_enc + gate_bias > 0) * torch.relu(r_mag.exp() * x_enc + mag_bias)

    def centred(x: Tensor) -> Tensor:
        return torch.relu((x - b_dec) @ W_enc + b_enc)

    def batch(x: Tensor) -> Tensor:
        return centred(x) * (centred(x) > one)

    straight = {"W_enc": W_enc, "W_dec": W_dec, "b_enc": b_enc, "b_dec": b_dec}
    top = {**turned, "encoder.bias": b_enc, "b_dec": b_dec, "k": k}
    gates = {"decoder_bias": b_dec, "r_mag": r_mag, "gate_bias": gate_bias, "mag_bias": mag_bias}
    classes: dict[str, tuple[str, dict[str, Tensor], Function]] = {
        "AutoEncoder": ("standard", {**turned, "encoder.bias": b_enc, "bias": b_dec}, centred),
        "AutoEncoderNew": (
            "standard",
            {**turned, "encoder.bias": b_enc, "decoder.bias": b_dec},
            lambda x: torch.relu(x @ W_enc + b_enc),
        ),
        "GatedAutoEncoder": ("gated", turned | gates, gated),
        "JumpReluAutoEncoder": ("jumprelu", p, lambda x: jump(x @ W_enc + b_enc, p["threshold"])),
        "AutoEncoderTopK": ("topk", {**top, "threshold": torch.tensor(0.2)}, lambda x: topk(centred(x), 7)),
        "BatchTopKSAE": ("jumprelu", {**top, "threshold": one}, batch),
        "MatryoshkaBatchTopKSAE": (
            "jumprelu",
            {**straight, "k": k, "threshold": one, "group_sizes": torch.tensor([32, 64])},
            batch,
        ),
    }
    kind, tensors, encode = classes[name]
    folder = root / "resid_post_layer_1" / "trainer_0"
    write(folder / "ae.pt", tensors)
    if has_config:
        trainer = {"dict_class": name, "activation_dim": D, "dict_size": N, "layer": 1, "lm_name": "EleutherAI/tiny"}
        trainer |= {"submodule_name": "resid_post_layer_1"} | ({"k": 7} if "TopK" in name else {})
        describe(folder / "config.json", trainer=trainer, buffer={"d_submodule": D, "io": "out", "ctx_len": 40})
    hook = "blocks.1.hook_resid_post" if has_config else None
    return Published(folder, encode, linear(p), "dictionary_learning", kind, hook)


# ---------------------------------------------------------------- OpenMOSS


def llama_scope(root: Path, *, by_norm: bool = False, out: float = 8.0) -> Published:
    """A threshold for activations that are not scaled, and weights for scaled ones."""
    p, thr, norm_in = parameters(11), 0.3, 8.0
    folder = root / "Llama3_1-8B-Base-L1R-8x"
    is_transcoder = out != norm_in
    hook_out = "blocks.1.hook_mlp_out" if is_transcoder else "blocks.1.hook_resid_post"
    hook = "blocks.1.mlp.hook_in" if is_transcoder else hook_out
    tensors = {"encoder.weight": p["W_enc"].T, "encoder.bias": p["b_enc"]}
    write(
        folder / "checkpoints" / "final.safetensors",
        tensors | {"decoder.weight": p["W_dec"].T, "decoder.bias": p["b_dec"]},
    )
    describe(
        folder / "hyperparams.json",
        hook_point_in=hook,
        hook_point_out=hook_out,
        act_fn="jumprelu",
        jump_relu_threshold=thr,
        norm_activation="dataset-wise",
        dataset_average_activation_norm={"in": norm_in, "out": out},
        d_model=D,
        d_sae=N,
        top_k=50,
        use_decoder_bias=True,
        apply_decoder_bias_to_pre_encoder=False,
        sparsity_include_decoder_norm=by_norm,
        use_glu_encoder=False,
    )
    s, t = D**0.5 / norm_in, D**0.5 / out
    # As OpenMOSS's standardize_parameters_of_dataset_norm brings it into units of the model.
    b_E, W_D, b_D = p["b_enc"] / s, p["W_dec"] * s / t, p["b_dec"] / t
    n = W_D.norm(dim=-1) if by_norm else 1.0

    def encode(x: Tensor) -> Tensor:
        pre = x @ p["W_enc"] + b_E
        return pre * (pre * n > thr) * s  # SAELens, and so Neuronpedia, have latents in units of scaled activations

    return Published(
        folder,
        encode,
        lambda a, x: a / s @ W_D + b_D,
        "Llama Scope (OpenMOSS)",
        "jumprelu_transcoder" if is_transcoder else "jumprelu",
        hook,
        hook_out if is_transcoder else None,
    )


def openmoss(root: Path) -> Published:
    """The library's later form: W_E, W_D, thresholds and average norms among the weights."""
    p, hook = parameters(12), "blocks.1.hook_resid_post"
    folder = root / "L1R"
    s = D**0.5 / 5.0
    write(
        folder / "sae_weights.safetensors",
        {
            "W_E": p["W_enc"],
            "b_E": p["b_enc"],
            "W_D": p["W_dec"],
            "b_D": p["b_dec"],
            "activation_function.log_jumprelu_threshold": p["threshold"].log(),
            f"dataset_average_activation_norm.{hook}": torch.tensor(5.0),
        },
    )
    describe(
        folder / "config.json",
        sae_type="sae",
        d_model=D,
        expansion_factor=3,
        act_fn="jumprelu",
        norm_activation="dataset-wise",
        hook_point_in=hook,
        hook_point_out=hook,
        sparsity_include_decoder_norm=True,
    )
    n = p["W_dec"].norm(dim=-1)

    def encode(x: Tensor) -> Tensor:
        pre = s * x @ p["W_enc"] + p["b_enc"]
        return jump(pre * n, p["threshold"]) / n

    return Published(
        folder,
        encode,
        lambda a, x: (a @ p["W_dec"] + p["b_dec"]) / s,
        "Llama Scope (OpenMOSS)",
        "jumprelu",
        hook,
    )


# ---------------------------------------------------------------- single files


def openai(root: Path, *, is_topk: bool = True) -> Published:
    p = parameters(13)
    place = "resid_post_mlp_v5_32k" if is_topk else "mlp_post_act"
    others = {"activation": "TopK", "activation_state_dict": {"k": 6, "postact_fn": "ReLU"}} if is_topk else {}
    tensors = {"pre_bias": p["b_dec"], "latent_bias": p["b_enc"], "encoder.weight": p["W_enc"].T}
    tensors |= {"decoder.weight": p["W_dec"].T, "stats_last_nonzero": torch.zeros(N, dtype=torch.long)}
    path = write(root / place / "autoencoders" / "1.pt", tensors, **others)

    def norm(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        mu = x.mean(dim=-1, keepdim=True)
        std = (x - mu).std(dim=-1, keepdim=True)
        return (x - mu) / (std + 1e-5), mu, std

    def encode(x: Tensor) -> Tensor:
        pre = ((norm(x)[0] if is_topk else x) - p["b_dec"]) @ p["W_enc"] + p["b_enc"]
        return topk(pre, 6).relu() if is_topk else torch.relu(pre)

    def decode(a: Tensor, x: Tensor) -> Tensor:
        out = linear(p)(a, x)
        return out * norm(x)[2] + norm(x)[1] if is_topk else out

    hook = "blocks.1.hook_resid_post" if is_topk else "blocks.1.mlp.hook_post"
    return Published(path, encode, decode, "OpenAI sparse_autoencoder", "topk" if is_topk else "standard", hook)


def goodfire(root: Path) -> Published:
    p = parameters(14)
    tensors = {"encoder_linear.weight": p["W_enc"].T, "encoder_linear.bias": p["b_enc"]}
    tensors |= {"decoder_linear.weight": p["W_dec"].T, "decoder_linear.bias": p["b_dec"]}
    path = write(root / "Llama-3.1-8B-Instruct-SAE-l1.pth", tensors)
    return Published(
        path,
        lambda x: torch.relu(x @ p["W_enc"] + p["b_enc"]),
        linear(p),
        "Goodfire",
        "standard",
        "blocks.1.hook_resid_post",
    )


def deepseek(root: Path) -> Published:
    p = parameters(15)
    tensors = {"encoder.weight": p["W_enc"].T, "encoder.bias": p["b_enc"]}
    tensors |= {"decoder.weight": p["W_dec"].T, "decoder.bias": p["b_dec"]}
    path = write(root / "DeepSeek-R1-Distill-Llama-8B-SAE-l1.pt", tensors)
    return Published(
        path,
        lambda x: torch.relu(x @ p["W_enc"] + p["b_enc"]),
        linear(p),
        "dictionary_learning",
        "standard",
        "blocks.1.hook_resid_post",
    )


def qwen_scope(root: Path) -> Published:
    p = parameters(16)
    tensors = {"W_enc": p["W_enc"].T, "W_dec": p["W_dec"].T, "b_enc": p["b_enc"], "b_dec": p["b_dec"]}
    path = write(root / "SAE-Res-Qwen3-1.7B-Base-W32K-L0_9" / "layer1.sae.pt", tensors)
    return Published(
        path,
        lambda x: topk(x @ p["W_enc"] + p["b_enc"], 9).relu(),
        linear(p),
        "Qwen Scope",
        "topk",
        "blocks.1.hook_resid_post",
    )


def kissane(root: Path) -> Published:
    p = parameters(17)
    tensors = {name: value for name, value in p.items() if name != "threshold"}
    path = write(root / "gpt2-small_L1_Hcat_z_v9.pt", tensors)
    describe(root / "gpt2-small_L1_Hcat_z_v9_cfg.json", act_size=D, dict_size=N, act_name="blocks.1.attn.hook_z")
    return Published(
        path,
        lambda x: torch.relu((x - p["b_dec"]) @ p["W_enc"] + p["b_enc"]),
        linear(p),
        "attention SAEs of Kissane et al.",
        "standard",
        "blocks.1.attn.hook_z",
    )


# ---------------------------------------------------------------- circuit-tracer


def transcoder(root: Path, *, has_skip: bool = False, jumps: bool = False) -> Published:
    p, W_skip = parameters(18), draw(19)(D, D, scale=0.1)
    tensors = {"W_enc": p["W_enc"].T, "W_dec": p["W_dec"], "b_enc": p["b_enc"], "b_dec": p["b_dec"]}
    tensors |= {"W_skip": W_skip} if has_skip else {}
    tensors |= {"activation_function.threshold": p["threshold"]} if jumps else {}
    path = write(root / "transcoders" / "layer_1.safetensors", tensors)
    write(root / "transcoders" / "layer_0.safetensors", tensors)
    (root / "transcoders" / "config.yaml").write_text(
        "model_name: tiny\nmodel_kind: transcoder_set\nfeature_input_hook: mlp.hook_in\n"
        "feature_output_hook: hook_mlp_out\nscan: tiny/none\n"
    )
    return Published(
        path,
        lambda x: jump(x @ p["W_enc"] + p["b_enc"], p["threshold"] if jumps else 0.0),
        lambda a, x: linear(p)(a, x) + (x @ W_skip.T if has_skip else 0),
        "circuit-tracer transcoder",
        f"{'jumprelu_' if jumps else ''}{'skip_' if has_skip else ''}transcoder",
        "blocks.1.mlp.hook_in",
        "blocks.1.hook_mlp_out",
    )


def clt(root: Path, *, layer: int = 1, has_skip: bool = False) -> Published:
    """A cross-layer transcoder of three layers; of one layer what reads and writes there."""
    folder, normal = root / "clt", draw(20)
    layers = [parameters(21 + n) for n in range(3)]
    skips = [normal(D, D, scale=0.1) for _ in layers]
    decoders = [normal(N, 3 - n, D, scale=N**-0.5) for n in range(3)]
    for n, p in enumerate(layers):
        tensors = {f"W_enc_{n}": p["W_enc"].T, f"b_enc_{n}": p["b_enc"], f"b_dec_{n}": p["b_dec"]}
        tensors |= {f"threshold_{n}": p["threshold"]} | ({f"W_skip_{n}": skips[n]} if has_skip else {})
        write(folder / f"W_enc_{n}.safetensors", tensors)
        write(folder / f"W_dec_{n}.safetensors", {f"W_dec_{n}": decoders[n]})
    (folder / "config.yaml").write_text(
        "model_name: tiny\nmodel_kind: cross_layer_transcoder\nfeature_input_hook: hook_resid_mid\n"
        "feature_output_hook: hook_mlp_out\n"
    )
    p = layers[layer]
    return Published(
        folder / f"W_enc_{layer}.safetensors",
        lambda x: jump(x @ p["W_enc"] + p["b_enc"], p["threshold"]),
        lambda a, x: a @ decoders[layer][:, 0] + p["b_dec"] + (x @ skips[layer] if has_skip else 0),
        "circuit-tracer CLT",
        f"jumprelu_{'skip_' if has_skip else ''}transcoder",
        f"blocks.{layer}.hook_resid_mid",
        f"blocks.{layer}.hook_mlp_out",
    )


# ---------------------------------------------------------------- plain tensors


def plain(root: Path, ending: str = "npz", kind: str = "standard", *, turned: bool = False) -> Published:
    p = parameters(30)
    tensors = {name: value for name, value in p.items() if name != "threshold" or kind == "jumprelu"}
    if turned:
        tensors |= {"W_enc": p["W_enc"].T, "W_dec": p["W_dec"].T}
    path = write(root / f"mine.{ending}", tensors)

    def encode(x: Tensor) -> Tensor:
        if kind == "jumprelu":
            return jump(x @ p["W_enc"] + p["b_enc"], p["threshold"])
        if kind == "transcoder":
            return torch.relu(x @ p["W_enc"] + p["b_enc"])
        pre = (x - p["b_dec"]) @ p["W_enc"] + p["b_enc"]
        return topk(pre, 5).relu() if kind == "topk" else torch.relu(pre)

    is_transcoder = kind == "transcoder"
    hook = "blocks.1.mlp.hook_in" if is_transcoder else "blocks.1.hook_resid_post"
    options = {"hook": hook} | ({"k": 5} if kind == "topk" else {}) | ({"kind": kind} if is_transcoder else {})
    out = "blocks.1.hook_mlp_out" if is_transcoder else None
    return Published(path, encode, linear(p), "plain tensors", kind, hook, out, options)
