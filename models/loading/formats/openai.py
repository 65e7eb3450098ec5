"""OpenAI's autoencoders for GPT-2 small (https://github.com/openai/sparse_autoencoder): one .pt for each layer.

latents = activation(encoder(x - pre_bias) + latent_bias); those with TopK read activations that are normalised per
token, (x - mean) / (std + 1e-5), and decoding undoes it. Place and layer are in the names:
``resid_post_mlp_v5_32k/autoencoders/8.pt``.
"""

import re
from typing import TYPE_CHECKING

from models.errors import Unsupported
from models.loading.formats.reading import Layout, Reading, configuration, obey, object_of, transposed, whole
from models.loading.formats.tensor_files import TensorFile, open_tensors
from models.sources import LocalSae

if TYPE_CHECKING:
    from torch import Tensor

_NAME = "OpenAI sparse_autoencoder"
_PLACES = {
    "mlp_post_act": "mlp.hook_post",
    "resid_delta_attn": "hook_attn_out",
    "resid_delta_mlp": "hook_mlp_out",
    "resid_post_attn": "hook_resid_mid",
    "resid_post_mlp": "hook_resid_post",
}


def _read(sae: LocalSae) -> Reading:
    file = open_tensors(sae.path)
    d_sae, d_in = file.shape("encoder.weight", 2)
    activation = file.others.get("activation", "ReLU")
    state = object_of(file.others, sae.path, "activation_state_dict")
    post = state.get("postact_fn", "ReLU")
    if activation not in ("ReLU", "TopK") or post != "ReLU":
        raise Unsupported(
            f"{sae.path} has the activation function {str(activation)[:40]!r} with {str(post)[:40]!r}; of this layout "
            "ReLU and TopK with ReLU are read."
        )
    is_topk = activation == "TopK"
    k = whole(state.get("k"), sae.path, "k", d_sae) if is_topk else None
    obey(sae, _NAME, kind="topk" if is_topk else "standard", k=k)

    def take() -> "dict[str, Tensor]":
        decoder = (
            file.load("encoder.weight") if "decoder.weight" not in file.shapes else transposed(file, "decoder.weight")
        )
        return {
            "W_enc": transposed(file, "encoder.weight"),
            "W_dec": decoder,
            "b_enc": file.load("latent_bias"),
            "b_dec": file.load("pre_bias"),
        }

    file.shape("latent_bias", 1)
    cfg = configuration(
        "topk" if is_topk else "standard",
        d_in,
        d_sae,
        subtract_b_dec=True,
        normalisation="layer_norm" if is_topk else "none",
        k=k,
        hook_name=_hook(sae),
        published_context=64,
        prepend_bos=False,
    )
    return Reading(_NAME, cfg, (sae.path,), take)


def _hook(sae: LocalSae) -> str | None:
    place = next((end for name, end in _PLACES.items() for part in sae.path.parts[-4:] if part.startswith(name)), None)
    layer = re.fullmatch(r"\d{1,3}", sae.path.stem)
    return f"blocks.{int(layer.group())}.{place}" if place and layer else None


def _fits(file: TensorFile) -> bool:
    return {"pre_bias", "latent_bias", "encoder.weight"} <= set(file.shapes)


LAYOUT = Layout(_NAME, "`LAYER.pt`", _read, file=_fits)
