"""Direct logit effect: which tokens a latent's decoder row raises and lowers when it goes straight to the
logits.

effect_i = (γ ⊙ d_i) W_U − mean over the vocabulary, with d_i the decoder row in the residual stream, γ the
gain of the final norm, W_U the unembedding. It leaves out the final norm's scale (one positive number per
token), its centring (which only shifts all logits alike), a softcap (monotone) and everything that later
layers do: it is the *direct* effect only. Decoder rows that live elsewhere are first carried into the
residual stream (``residual_map``: W_O for hook_z).
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.errors import Unsupported
from models.running.dictionary import Dictionary
from models.running.language_model import LanguageModel
from models.running.top_rows import largest_per_row

#: Values of one block of logits: 64 MiB of float32.
_BLOCK = 1 << 24


@dataclass(frozen=True, eq=False)
class LogitEffects:
    """The strongest direct effects per latent; arrays (n_latents, k), strongest first."""

    promoted_ids: NDArray[np.int64]
    promoted_values: NDArray[np.float32]
    suppressed_ids: NDArray[np.int64]
    suppressed_values: NDArray[np.float32]


@torch.inference_mode()
def logit_effects(W_dec: Tensor, gain: Tensor, W_U: Tensor, k: int = 10, chunk: int | None = None) -> LogitEffects:
    """The k most promoted and k most suppressed tokens of every decoder row.

    Args:
        W_dec: decoder rows in the residual stream (n, d_model).
        gain: gain of the final norm (d_model,).
        W_U: unembedding (d_model, vocab).
        k: tokens per side; at most the size of the vocabulary.
        chunk: rows per block; by default as many as make 64 MiB of logits.

    Equal effects are ordered by token id. Works on the device of ``W_U``.
    """
    vocab = W_U.shape[1]
    k = min(k, vocab)
    W_U = W_U.float()
    rows = W_dec.to(W_U) * gain.to(W_U)
    # Centring shifts a row of logits by one number, so it does not change the order and is done on the
    # winners.
    means = rows @ W_U.mean(1)
    chunk = chunk or max(1, _BLOCK // vocab)
    parts: list[tuple[Tensor, ...]] = []
    for start in range(0, rows.shape[0], chunk):
        logits = rows[start : start + chunk] @ W_U
        mean = means[start : start + chunk].unsqueeze(1)
        up_ids, up = largest_per_row(logits, k)
        down_ids, down = largest_per_row(logits.neg_(), k)
        parts.append((up_ids, up - mean, down_ids, -down - mean))
    if not parts:
        parts = [tuple(rows.new_zeros(0, k, dtype=d) for d in (torch.long, None, torch.long, None))]
    up_ids, up, down_ids, down = (torch.cat(column).cpu() for column in zip(*parts, strict=True))
    return LogitEffects(up_ids.numpy(), up.numpy(), down_ids.numpy(), down.numpy())


def require_direct_path(model: LanguageModel, dictionary: Dictionary, name: str) -> None:
    """Refuse an SAE whose latents have no direct effect on the logits, before any work is spent on it.

    Raises:
        Unsupported: naming the hook, and for a transcoder without an output hook the remedy.
    """
    if dictionary.is_transcoder and dictionary.hook_out == dictionary.hook_name:
        raise Unsupported(
            f"Transcoder {name} does not say which hook it writes to, so what its latents promote is unknown; add "
            "hook_name_out to the metadata of its cfg.json and add the source again."
        )
    try:
        model.residual_map(dictionary.hook_out)
    except Unsupported as error:
        raise Unsupported(f"{name} cannot be built: {error}") from error


@torch.inference_mode()
def dictionary_logit_effects(model: LanguageModel, dictionary: Dictionary, k: int = 10) -> LogitEffects:
    """The same for all latents of an SAE: rows carried into the residual stream, ids of the tokenizer only.

    Raises:
        Unsupported: the SAE's output site does not reach the residual stream by a linear map.
    """
    carry = model.residual_map(dictionary.hook_out)
    rows = dictionary.W_dec.float().to(model.device)
    if carry is not None:
        rows = rows @ carry.float()
    # Embeddings are often padded beyond the tokenizer; those rows are no tokens.
    vocab = min(len(model.tokenizer), model.facts.vocab_size)
    return logit_effects(rows, model.final_norm_gain(), model.unembedding()[:, :vocab], k)
