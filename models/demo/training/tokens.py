"""The corpus as token ids: a byte-level BPE trained on it, and rows packed for training.

Document ``i`` depends on ``(seed, i)`` alone, so any slice can be made again on its own.
"""

import json
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from torch import Tensor

from models.demo import bundle
from models.demo.corpus.generator import document, documents

VOCABULARY = 4096


def train_tokenizer(seed: int, n_documents: int, folder: Path) -> Tokenizer:
    """Train the BPE on ``n_documents`` and write tokenizer.json, tokenizer_config.json to ``folder``."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=list(bundle.SPECIAL_TOKENS),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_plain_texts(seed, n_documents), trainer, length=n_documents)
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    end = bundle.SPECIAL_TOKENS[0]
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": end,
        "eos_token": end,
        "pad_token": end,
        "unk_token": end,
        "additional_special_tokens": list(bundle.SPECIAL_TOKENS[1:]),
        "model_max_length": bundle.CONTEXT_SIZE,
        "clean_up_tokenization_spaces": False,
        "chat_template": bundle.CHAT_TEMPLATE,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n")
    return tokenizer


def _plain_texts(seed: int, n_documents: int) -> Iterator[str]:
    stream = documents(seed)
    for _ in range(n_documents):
        text = next(stream).text
        for special in bundle.SPECIAL_TOKENS:
            text = text.replace(special, "\n")
        yield text


def stream_rows(seed: int, folder: Path, worker: int = 0, workers: int = 1, at_once: int = 64) -> Iterator[Tensor]:
    """Rows (256,) without end: documents, each after ``<|endoftext|>``, the last one cut where the row is full.

    A row begins with a document, so that nothing is asked of the model that only a cut-off beginning would tell.
    Of ``workers`` streams every one has documents of its own; ``at_once`` rows are written and encoded together.
    """
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    numbers = count(worker, workers)
    while True:
        texts = [document(seed, next(numbers)).text for _ in range(2 * at_once)]
        row: list[int] = []
        for encoding in tokenizer.encode_batch(texts):
            row += [0, *encoding.ids]
            if len(row) >= bundle.CONTEXT_SIZE:
                yield torch.tensor(row[: bundle.CONTEXT_SIZE])
                row = []


def token_rows(seed: int, n_tokens: int, folder: Path) -> NDArray[np.int32]:
    """The first rows of the stream, (n, 256), of at least ``n_tokens`` tokens."""
    n_rows = -(-n_tokens // bundle.CONTEXT_SIZE)
    return np.stack([row.numpy() for row in islice(stream_rows(seed, folder), n_rows)]).astype(np.int32)


def held_out_documents(seed: int, n: int, folder: Path) -> tuple[list[Tensor], float]:
    """``n`` documents that fit the context, each between two ``<|endoftext|>``, and their surprise in nats in all.

    The surprise of a document is that of the choices that made it: the floor that a model's loss is read against.
    """
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    found: list[Tensor] = []
    nats = 0.0
    for number in count():
        if len(found) == n:
            break
        candidate = document(seed, number)
        ids = tokenizer.encode(candidate.text).ids
        if len(ids) < bundle.CONTEXT_SIZE:
            found.append(torch.tensor([0, *ids, 0]))
            nats += candidate.nats
    return found, nats
