"""Corpora of every form give the same prompts, and bad ones one sentence."""

import json
from itertools import islice

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from models.corpus.prompts import DEMO, PromptShape, open_corpus, prompts
from models.errors import CorpusError
from models.loading.opening import load_language_model
from models.running.uncounted import uncounted_ids
from tests.models.tiny import SENTENCES

TEXTS = [f"{i}: {SENTENCES[i % 5]} <|endoftext|> {SENTENCES[(i + 2) % 5]}" for i in range(40)]
SHAPE = PromptShape(16, True)


def all_prompts(location, model, shape=SHAPE):
    return np.stack(list(prompts(open_corpus(str(location)), model, shape)))


def write(folder, suffix):
    path = folder / f"corpus{suffix}"
    if suffix == ".jsonl":
        path.write_text("".join(json.dumps({"text": t}) + "\n" for t in TEXTS) + "\n")
    elif suffix == ".parquet":
        parquet.write_table(pa.table({"text": TEXTS, "other": list(range(40))}), path)
    else:
        path.write_text("\n".join(TEXTS))
    return path


def test_documents_are_joined_by_separators_and_cut_with_a_bos_first(tmp_path, tiny_gpt2):
    found = all_prompts(write(tmp_path, ".jsonl"), tiny_gpt2)
    stream = joined(tiny_gpt2, 15)
    n = len(stream) // 15
    assert (found[:, 0] == tiny_gpt2.bos_token_id).all()
    assert found[:, 1:].reshape(-1).tolist() == stream[: n * 15]


def joined(model, width):
    """The texts with a separator before each that does not begin a prompt of ``width`` tokens."""
    stream = []
    for text in TEXTS:
        stream += [*([model.eos_token_id] if len(stream) % width else []), *model.tokenize(text)]
    return stream


def test_without_bos_the_whole_prompt_is_text(tmp_path, tiny_gpt2):
    found = all_prompts(write(tmp_path, ".jsonl"), tiny_gpt2, PromptShape(16, False)).reshape(-1)
    assert found.tolist() == joined(tiny_gpt2, 16)[: len(found)]


def test_a_parquet_file_gives_what_a_jsonl_file_gives(tmp_path, tiny_gpt2):
    first = all_prompts(write(tmp_path, ".jsonl"), tiny_gpt2)
    assert (first == all_prompts(write(tmp_path, ".parquet"), tiny_gpt2)).all()


def test_a_text_file_keeps_its_text(tmp_path, tiny_gpt2):
    found = all_prompts(write(tmp_path, ".txt"), tiny_gpt2)[:, 1:].reshape(-1).tolist()
    text = tiny_gpt2.tokenizer.decode(found)
    assert "\n".join(TEXTS).startswith(text[:500])


def test_the_generator_is_a_corpus_and_its_special_tokens_are_meant(tiny_gpt2):
    corpus = open_corpus(DEMO, seed=3)
    assert corpus.allow_special
    first = [p.tolist() for p in islice(prompts(corpus, tiny_gpt2, SHAPE), 5)]
    assert first == [p.tolist() for p in islice(prompts(open_corpus(DEMO, seed=3), tiny_gpt2, SHAPE), 5)]
    assert first != [p.tolist() for p in islice(prompts(open_corpus(DEMO, seed=4), tiny_gpt2, SHAPE), 5)]


def test_special_tokens_written_in_a_file_are_plain_text(tmp_path, tiny_gpt2):
    found = all_prompts(write(tmp_path, ".jsonl"), tiny_gpt2)
    n_separators = np.isin(found[:, 1:], uncounted_ids(tiny_gpt2)).sum()
    assert n_separators <= len(TEXTS)


def test_a_chat_in_a_jsonl_file_is_rendered_by_the_models_template(tmp_path, tiny_models):
    model = load_language_model(str(tiny_models["llama"]), "cpu")
    chat = [
        {"role": "user", "content": f"{SENTENCES[0]} <|assistant|>"},
        {"role": "assistant", "content": SENTENCES[1]},
    ]
    path = tmp_path / "chats.jsonl"
    path.write_text(
        "".join(json.dumps(row) + "\n" for row in ({"messages": chat}, {"text": SENTENCES[2]}) for _ in "ab")
    )
    found = all_prompts(path, model, PromptShape(8, False)).reshape(-1).tolist()
    user, assistant = (model.tokenizer.convert_tokens_to_ids(f"<|{role}|>") for role in ("user", "assistant"))
    written = model.tokenize(f"{SENTENCES[0]} <|assistant|>")  # what a user types is text
    assert found[: len(written) + 1] == [user, *written]
    assert found.count(assistant) == found.count(user) == 2
    assert found[-5:] in (model.tokenize(SENTENCES[2])[n : n + 5] for n in range(100))


def test_a_parquet_file_holds_texts_and_chats_as_a_jsonl_file_does(tmp_path, tiny_models):
    model = load_language_model(str(tiny_models["llama"]), "cpu")
    chat = [{"role": "user", "content": SENTENCES[0]}, {"role": "assistant", "content": SENTENCES[1]}]
    rows = [{"text": None, "messages": chat}, {"text": SENTENCES[2], "messages": None}] * 3
    parquet.write_table(pa.Table.from_pylist(rows), tmp_path / "mixed.parquet")
    (tmp_path / "mixed.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = [all_prompts(tmp_path / f"mixed.{end}", model, PromptShape(8, False)) for end in ("parquet", "jsonl")]
    assert (found[0] == found[1]).all()


def test_a_parquet_file_whose_chats_are_none_is_one_sentence(tmp_path, tiny_gpt2):
    parquet.write_table(pa.table({"messages": [["hello"]]}), tmp_path / "bad.parquet")
    with pytest.raises(CorpusError, match="holds no chat in the column"):
        all_prompts(tmp_path / "bad.parquet", tiny_gpt2)


def test_a_chat_for_a_model_without_a_template_is_one_sentence(tmp_path, tiny_gpt2):
    path = tmp_path / "chats.jsonl"
    path.write_text(json.dumps({"messages": [{"role": "user", "content": "hi"}]}) + "\n")
    with pytest.raises(CorpusError, match=r"holds chats: .* has no chat template"):
        all_prompts(path, tiny_gpt2)


@pytest.mark.parametrize(
    "messages",
    ["hello", [], [{"role": "user"}], [{"role": "robot", "content": "x"}], [{"role": "user", "content": ""}], [3], 7],
)
def test_what_is_no_chat_is_refused_with_its_line(tmp_path, tiny_gpt2, messages):
    path = tmp_path / "chats.jsonl"
    path.write_text('{"text": "a"}\n' + json.dumps({"messages": messages}) + "\n")
    with pytest.raises(CorpusError, match=r"Line 2 .* chat under \"messages\""):
        all_prompts(path, tiny_gpt2)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("missing.txt", None, "There is no file"),
        ("empty.txt", b"", "is empty"),
        ("latin.txt", b"caf\xe9 " * 2000, "not UTF-8"),
        ("table.csv", b"a,b", 'no column "text" but a, b'),
        ("table.tsv", b"a\tb", "is not a .txt, .jsonl, .csv, .parquet file"),
        ("short.txt", b"a few words", "fewer than one prompt of 16"),
        ("bad.jsonl", b'{"text": "fine"}\n{"txt": 1}\n', "Line 2"),
        ("broken.jsonl", b'{"text": ', "Line 1"),
        ("binary.jsonl", b"\xff\xfe\n", "Line 1"),
        ("broken.parquet", b"PAR1 not really", "not a readable parquet file"),
    ],
)
def test_a_bad_file_is_one_sentence(tmp_path, tiny_gpt2, name, content, sentence):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CorpusError, match=sentence):
        all_prompts(path, tiny_gpt2)


def test_a_parquet_file_without_text_names_its_columns(tmp_path, tiny_gpt2):
    parquet.write_table(pa.table({"body": ["x"]}), tmp_path / "t.parquet")
    with pytest.raises(CorpusError, match='no column "text" but body'):
        all_prompts(tmp_path / "t.parquet", tiny_gpt2)


def test_a_data_set_that_cannot_be_reached_is_one_sentence(tiny_gpt2):
    with pytest.raises(CorpusError, match="neither a file here nor a data set"):
        all_prompts("nobody/nothing", tiny_gpt2)


def test_a_local_data_set_streams_like_one_of_the_hub(tmp_path, tiny_gpt2, monkeypatch):
    folder = tmp_path / "owner" / "texts"
    folder.mkdir(parents=True)
    write(folder, ".parquet").rename(folder / "train.parquet")
    monkeypatch.chdir(tmp_path)
    import models.corpus.prompts as corpus
    from models.corpus.data_sets import read_hub

    found = np.stack(list(prompts(corpus.Corpus("owner/texts", lambda: read_hub("owner/texts")), tiny_gpt2, SHAPE)))
    assert (found == all_prompts(write(tmp_path, ".jsonl"), tiny_gpt2)).all()
