"""The corpus as token ids: a byte-level BPE trained on it, and rows packed for training.

A row is ``<|endoftext|>`` (as BOS) and 255 tokens of a stream in which documents follow each other, separated by
``<|endoftext|>``. Document ``i`` depends on ``(seed, i)`` alone, so any slice can be made again on its own.
"""

import json
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from models.demo import bundle
from models.demo.corpus.generator import documents

VOCABULARY = 4096
_BLOCK = 2_000  # documents that one worker writes at a time


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


def _encode_block(seed: int, start: int, tokenizer_file: str) -> tuple[NDArray[np.uint16], float, int]:
    tokenizer = Tokenizer.from_file(tokenizer_file)
    stream = documents(seed, start)
    block = [next(stream) for _ in range(_BLOCK)]
    ids: list[int] = []
    nats = 0.0
    for encoding, document in zip(tokenizer.encode_batch([d.text for d in block]), block, strict=True):
        ids.extend(encoding.ids)
        ids.append(0)
        nats += document.nats
    return np.array(ids, dtype=np.uint16), nats, len(block)


def token_rows(
    seed: int, n_tokens: int, folder: Path, *, start: int = 0, workers: int = 2
) -> tuple[NDArray[np.uint16], float]:
    """Rows ``(n, 256)`` of at least ``n_tokens`` tokens from document ``start`` on, and the grammar's nats per token.

    The nats per token are the surprise of every derivation divided by the tokens it was written in, separators
    included: the floor that the model's loss is read against.
    """
    tokenizer_file = str(folder / "tokenizer.json")
    pieces: list[NDArray[np.uint16]] = []
    total, nats = 0, 0.0
    with ProcessPoolExecutor(workers) as pool:
        while total < n_tokens:
            starts = [start + _BLOCK * i for i in range(workers)]
            start += _BLOCK * workers
            for ids, block_nats, _ in pool.map(_encode_block, [seed] * workers, starts, [tokenizer_file] * workers):
                pieces.append(ids)
                total += len(ids)
                nats += block_nats
    stream = np.concatenate(pieces)
    width = bundle.CONTEXT_SIZE - 1
    n_rows = len(stream) // width
    rows = np.zeros((n_rows, bundle.CONTEXT_SIZE), dtype=np.uint16)
    rows[:, 1:] = stream[: n_rows * width].reshape(n_rows, width)
    return rows, nats / len(stream)
