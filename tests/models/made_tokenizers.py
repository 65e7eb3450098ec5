"""Tokenizers of the three kinds, trained on a few sentences, with what a language model needs of them."""

from collections.abc import Sequence
from typing import Any

from models.records import ModelFacts
from models.running.model_tokens import ModelTokens
from tests.models.tiny import SENTENCES

KINDS = ("byte-level", "sentencepiece", "wordpiece", "unigram")


def made_tokenizer(kind: str, special: Sequence[str] = ("<s>", "</s>"), template: str = "", **names: Any) -> Any:
    """A tokenizer of transformers; ``names``: ``bos_token`` and the like, of ``special``."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    common: dict[str, Any] = {"vocab_size": 400, "show_progress": False}
    letters = sorted(set("".join(SENTENCES)))
    if kind == "byte-level":
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.decoder = decoders.ByteLevel()
        trainer: Any = trainers.BpeTrainer(
            special_tokens=list(special), initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), **common
        )
    elif kind == "sentencepiece":
        tokenizer = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>", fuse_unk=True))
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first")
        tokenizer.decoder = decoders.Sequence([decoders.Metaspace(prepend_scheme="first"), decoders.ByteFallback()])
        bytes_ = [f"<0x{byte:02X}>" for byte in range(256)]
        trainer = trainers.BpeTrainer(special_tokens=["<unk>", *special, *bytes_], initial_alphabet=letters, **common)
    elif kind == "unigram":
        tokenizer = Tokenizer(models.Unigram())
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
        tokenizer.decoder = decoders.Metaspace()
        trainer = trainers.UnigramTrainer(special_tokens=["<unk>", *special], unk_token="<unk>", **common)
    else:
        tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
        tokenizer.normalizer = normalizers.BertNormalizer()
        tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        tokenizer.decoder = decoders.WordPiece()
        trainer = trainers.WordPieceTrainer(special_tokens=["[UNK]", *special], **common)
    tokenizer.train_from_iterator(SENTENCES * 3, trainer)
    if kind == "sentencepiece":  # the bytes were given to the trainer as special only to have them all
        tokenizer = _plain_bytes(tokenizer)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, additional_special_tokens=list(special), **names)
    if template:
        fast.chat_template = template
    return fast


def _plain_bytes(tokenizer: Any) -> Any:
    import json

    from tokenizers import Tokenizer

    state = json.loads(tokenizer.to_str())
    state["added_tokens"] = [t for t in state["added_tokens"] if not t["content"].startswith("<0x")]
    return Tokenizer.from_str(json.dumps(state))


def tokens_of(tokenizer: Any, n_rows: int | None = None) -> ModelTokens:
    """The tokenizer as a model with ``n_rows`` embeddings reads with it; by default one for every entry."""
    rows = max(tokenizer.get_vocab().values()) + 1 if n_rows is None else n_rows
    return ModelTokens(tokenizer, ModelFacts("tiny", "tiny", "Tiny", 1, 8, rows, 512))
