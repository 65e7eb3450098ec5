"""Prompts as SAELens's training store makes them, and what stands between documents."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sae_lens.pretokenize_runner import get_special_token_from_cfg
from sae_lens.tokenization_and_batching import concat_and_batch_sequences

from models.corpus.labels import Document, DocumentLog
from models.corpus.prompts import Corpus, PromptShape, open_corpus, prompts
from models.corpus.training_store import separator_asked, separator_of, training_store, usual_separator, wants_bos
from models.errors import CorpusError, InputMismatch, Unsupported, WeightsInvalid
from models.loading.dictionary_facts import DictionaryFacts
from models.loading.load_dictionary import load_dictionary
from models.loading.opening import inspect_loaded, load_language_model
from models.loading.store_facts import TrainingStore
from models.running.model_tokens import ModelTokens
from models.sources import SourceSpec
from tests.models.chat_templates import SHAPES
from tests.models.made_tokenizers import made_tokenizer, tokens_of
from tests.models.tiny import SENTENCES, save_model, save_sae

TEXTS = [SENTENCES[n % 5][: 7 * n % 61 + 1] for n in range(40)]
SPECIAL = ("<s>", "</s>", "<|im_start|>", "<|im_end|>", "<|endoftext|>", "[SEP]", "[INST]", "[/INST]")


def reads(special: Sequence[str] = SPECIAL, template: str = "", **names: str) -> Any:
    return tokens_of(made_tokenizer("byte-level", special, template, **names))


def corpus_of(texts: Sequence[str]) -> Corpus:
    return Corpus("texts", lambda: iter([Document(text) for text in texts]))


def by_saelens(model: ModelTokens, texts: Sequence[str], context: int, **options: Any) -> np.ndarray[Any, Any]:
    ids = (torch.tensor(model.tokenize(text), dtype=torch.long) for text in texts)
    return np.stack([row.numpy() for row in concat_and_batch_sequences(ids, context, **options)])


@pytest.mark.parametrize("context", [2, 5, 16, 33])
@pytest.mark.parametrize("prepend_bos", [True, False])
@pytest.mark.parametrize("separator", ["bos", "eos", "sep", "none", 7])
def test_prompts_are_those_of_saelens(context: int, prepend_bos: bool, separator: Any) -> None:
    model = reads(bos_token="<s>", eos_token="</s>", sep_token="[SEP]")
    theirs = None if separator == "none" else get_special_token_from_cfg(separator, model.tokenizer)
    ours = separator_of(model, TrainingStore(separator))
    assert ours == theirs
    found = np.stack(list(prompts(corpus_of(TEXTS), model, PromptShape(context, prepend_bos, ours))))
    wanted = by_saelens(
        model,
        TEXTS,
        context,
        begin_batch_token_id=model.bos_token_id if prepend_bos else None,
        sequence_separator_token_id=theirs,
    )
    assert (found == wanted).all()


@pytest.mark.parametrize("prepend_bos", [True, False])
def test_documents_that_are_not_joined_are_those_of_saelens(prepend_bos: bool) -> None:
    model = reads(bos_token="<s>", eos_token="</s>")
    shape = PromptShape(12, prepend_bos, None, concatenates=False)
    log = DocumentLog(["n"])
    corpus = Corpus("texts", lambda: iter([Document(text, {"n": n}) for n, text in enumerate(TEXTS)]))
    found = np.stack(list(prompts(corpus, model, shape, log)))
    options = {"begin_batch_token_id": model.bos_token_id if prepend_bos else None, "disable_concat_sequences": True}
    assert (found == by_saelens(model, TEXTS, 12, **options)).all()
    head = int(prepend_bos)
    long = [n for n, text in enumerate(TEXTS) if len(model.tokenize(text)) >= 12 - head]
    assert [json.loads(row) for row in log.rows(0, len(found))] == [[[head, 12, {"n": str(n)}]] for n in long]


def test_a_corpus_of_short_documents_that_are_not_joined_is_refused() -> None:
    shape = PromptShape(100, True, None, concatenates=False)
    with pytest.raises(CorpusError, match="No document of the corpus texts fills a prompt of 100 tokens"):
        list(prompts(corpus_of(TEXTS), reads(bos_token="<s>", eos_token="</s>"), shape))


def name(model: Any, token_id: int | None) -> str | None:
    return None if token_id is None else model.token_strings([token_id])[0]


@pytest.mark.parametrize(
    ("bos", "eos", "template", "wanted"),
    [
        ("<s>", "</s>", "", "<s>"),
        (None, "</s>", "", "</s>"),
        # A chat model's end of turn is its EOS, and nothing else begins or ends documents but the third.
        (None, "<|im_end|>", SHAPES["chatml"], "<|endoftext|>"),
        ("<|im_start|>", "<|im_end|>", SHAPES["chatml"], "<|endoftext|>"),
        (None, "</s>", SHAPES["chatml"], "</s>"),
        ("<s>", "</s>", SHAPES["mistral"], "<s>"),
        ("<s>", "<|im_end|>", SHAPES["gemma"], "<s>"),
    ],
)
def test_usual_separators_are_no_markers_of_turns(bos: str | None, eos: str, template: str, wanted: str) -> None:
    names = {"eos_token": eos} | ({"bos_token": bos} if bos else {})
    model = reads(template=template, **names)
    assert name(model, usual_separator(model)) == wanted


def test_where_all_there_is_ends_turns_nothing_stands_between_documents() -> None:
    model = reads(("<|im_start|>", "<|im_end|>"), SHAPES["chatml"], eos_token="<|im_end|>")
    assert usual_separator(model) is None
    found = np.concatenate(list(prompts(corpus_of(TEXTS), model, PromptShape(8, False))))
    assert set(found) & model.special_token_ids == set()


def test_a_separator_that_is_asked_for_is_found_by_word_number_and_name() -> None:
    model = reads(bos_token="<s>", eos_token="</s>")
    asked = {word: name(model, separator_asked(model, word)) for word in ("bos", "EOS", "none", "[SEP]")}
    assert asked == {"bos": "<s>", "EOS": "</s>", "none": None, "[SEP]": "[SEP]"}
    assert separator_asked(model, "12") == 12
    for word, why in (("sep", "has no SEP token"), ("99999", "ids end at"), ("two words", "not one token")):
        with pytest.raises(InputMismatch, match=why):
            separator_asked(model, word)


def test_metadata_say_how_documents_were_joined() -> None:
    assert training_store({}, "s") == TrainingStore()
    said = {"sequence_separator_token": None, "disable_concat_sequences": True, "model_class_name": "HookedTransformer"}
    assert training_store(said, "s") == TrainingStore("none", concatenates=False)
    assert training_store({"sequence_separator_token": 3}, "s").separator == 3
    assert not training_store({"model_class_name": "AutoModelForCausalLM"}, "s").gives_bos
    for wrong in (
        {"sequence_separator_token": "<s>"},
        {"sequence_separator_token": -1},
        {"disable_concat_sequences": 2},
    ):
        with pytest.raises(Unsupported, match=r"SAE s .*correct its"):
            training_store(wrong, "s")


def test_a_separator_that_the_model_does_not_have_is_refused() -> None:
    with pytest.raises(WeightsInvalid, match="name token 99,999 between documents"):
        separator_of(reads(eos_token="</s>"), TrainingStore(99_999))


def facts(store: TrainingStore, prepend_bos: bool = True) -> DictionaryFacts:
    return DictionaryFacts(
        "standard", "s", "blocks.0.hook_mlp_out", None, 4, 8, 4, context_size=None, prepend_bos=prepend_bos, store=store
    )


def test_a_tokenizer_without_bos_has_its_eos_there_as_in_the_store() -> None:
    model = reads(eos_token="<|im_end|>")
    assert name(model, model.bos_token_id) == "<|im_end|>"
    assert model.own_bos_token_id is None
    assert wants_bos(model, facts(TrainingStore()))
    assert not wants_bos(model, facts(TrainingStore(gives_bos=False)))
    assert not wants_bos(model, facts(TrainingStore(), prepend_bos=False))
    assert wants_bos(reads(bos_token="<s>", eos_token="</s>"), facts(TrainingStore(gives_bos=False)))


@pytest.mark.parametrize(
    ("metadata", "prepend_bos", "sentence"),
    [
        ({}, True, r"texts start with <\|endoftext\|>, which SAELens's training store puts there"),
        ({"model_class_name": "AutoModelForCausalLM"}, False, "texts start without one"),
    ],
)
def test_registration_says_what_stands_in_the_place_of_a_bos(
    tmp_path: Path,
    metadata: dict[str, Any],
    prepend_bos: bool,
    sentence: str,
) -> None:
    model = load_language_model(str(save_model(tmp_path / "model")), "cpu")
    model.tokenizer.bos_token = None
    folder = save_sae(tmp_path / "sae", metadata=metadata)
    found = inspect_loaded(model, load_dictionary(SourceSpec("x", str(folder))))
    assert found.prepend_bos == prepend_bos
    assert any(re.search(sentence, warning) for warning in found.warnings)


def test_rows_without_a_text_are_counted_with_their_place(tmp_path: Path, tiny_gpt2: Any) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    parquet.write_table(pa.table({"text": [SENTENCES[0], None, SENTENCES[1], "", None]}), tmp_path / "t.parquet")
    corpus = open_corpus(str(tmp_path / "t.parquet"))
    list(prompts(corpus, tiny_gpt2, PromptShape(8, True)))
    assert corpus.repairs.sentence() == (
        f"Of the corpus {tmp_path / 't.parquet'}, 3 rows were left out, first row 2: they hold no text."
    )
    (tmp_path / "t.jsonl").write_text(json.dumps({"text": SENTENCES[0]}) + "\n" + '{"text": ""}\n')
    corpus = open_corpus(str(tmp_path / "t.jsonl"))
    list(prompts(corpus, tiny_gpt2, PromptShape(8, True)))
    assert "line 2 was left out: it holds no text" in corpus.repairs.sentence()
