"""Where documents lie in prompts and what labels they carry, against the joined text taken apart by hand."""

import json
from itertools import islice

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from models.corpus.labels import MAX_VALUE, Document, DocumentLog
from models.corpus.prompts import DEMO, DEMO_LABELS, PromptShape, open_corpus, prompts
from models.demo.corpus.generator import document
from models.errors import CorpusError
from tests.models.tiny import SENTENCES

#: Short ones, of which a prompt has several, one over many prompts, an empty one, and one that fills a prompt exactly.
TEXTS = [*SENTENCES, "a", "", " ".join(SENTENCES * 4), "the cat", *SENTENCES[::-1], "the"]
ROWS = [
    {"text": text, "kind": ("prose", "verse", None)[i % 3], "year": 1900 + i % 2, "is_old": i % 2 == 0}
    for i, text in enumerate(TEXTS)
]
NAMES = ("kind", "year", "is_old")


@pytest.fixture
def corpus_file(tmp_path):
    path = tmp_path / "corpus.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS * 2))
    return path


def logged(corpus, model, shape, n=None):
    log = DocumentLog(corpus.labels)
    found = np.stack(list(islice(prompts(corpus, model, shape, log), n)))
    return found, [json.loads(row) for row in log.rows(0, len(found))], log


def by_hand(model, rows, shape):
    """The labels of each token of each prompt, from the joined text; None for BOS and separators."""
    stream = []
    width = shape.context_size - shape.prepend_bos
    for row in rows:
        labels = {name: str(row[name]).lower() for name in NAMES if row[name] is not None}
        ids = model.tokenize(row["text"])
        stream += [(model.eos_token_id, None)] if ids and len(stream) % width else []
        stream += [(token, labels) for token in ids]
    head = [(model.bos_token_id, None)] * shape.prepend_bos
    return [head + stream[i * width : (i + 1) * width] for i in range(len(stream) // width)]


@pytest.mark.parametrize("shape", [PromptShape(16, True), PromptShape(16, False), PromptShape(40, True)])
def test_every_token_has_the_labels_of_its_document(tiny_gpt2, corpus_file, shape):
    found, documents, _ = logged(open_corpus(str(corpus_file), labels=NAMES), tiny_gpt2, shape)
    wanted = by_hand(tiny_gpt2, ROWS * 2, shape)
    assert [[token for token, _ in row] for row in wanted] == found.tolist()
    for row, parts in zip(wanted, documents, strict=True):
        labels = [None] * shape.context_size
        ends = [0]
        for first, end, of_one in parts:
            assert ends[-1] <= first < end
            labels[first:end] = [of_one] * (end - first)
            ends.append(end)
        assert labels == [label for _, label in row]
    assert max(len(parts) for parts in documents) > 2, "a prompt has parts of several documents"


def test_labels_change_no_prompt_and_a_parquet_file_gives_what_a_jsonl_file_gives(tiny_gpt2, corpus_file, tmp_path):
    shape = PromptShape(16, True)
    found, documents, _ = logged(open_corpus(str(corpus_file), labels=NAMES), tiny_gpt2, shape)
    bare = np.stack(list(prompts(open_corpus(str(corpus_file)), tiny_gpt2, shape)))
    assert (found == bare).all()
    parquet.write_table(pa.Table.from_pylist(ROWS * 2), tmp_path / "corpus.parquet")
    # A parquet file leaves out what is empty, which changes nothing of the text.
    again, of_parquet, _ = logged(open_corpus(str(tmp_path / "corpus.parquet"), labels=NAMES), tiny_gpt2, shape)
    assert (again == found).all()
    assert of_parquet == documents


def test_what_is_not_kept_as_it_came_is_said(tiny_gpt2, tmp_path):
    values = ["x" * (MAX_VALUE + 1), None, " two\nlines \0", ["a", "b"], {"deep": 1}, "\ud800", 1.5, ""]
    path = tmp_path / "odd.jsonl"
    path.write_text("".join(json.dumps({"text": SENTENCES[0], "odd": value}) + "\n" for value in values))
    _, documents, log = logged(open_corpus(str(path), labels=["odd"]), tiny_gpt2, PromptShape(8, False))
    shown = list(dict.fromkeys(part[2].get("odd") for parts in documents for part in parts))
    assert shown == ["x" * (MAX_VALUE - 1) + "…", None, "two lines", '["a", "b"]', '{"deep": 1}', "?", "1.5"]
    assert log.sentence() == f"Labels: of 8 documents read, 2 without odd, 1 with odd cut to {MAX_VALUE} characters."
    whole = DocumentLog(["odd"])
    whole.add(Document("a", {"odd": "b"}), 1, 1)
    assert whole.sentence() == ""


def test_the_generator_labels_what_it_writes(tiny_gpt2):
    corpus = open_corpus(DEMO, seed=3)
    assert corpus.labels == DEMO_LABELS
    _, documents, log = logged(corpus, tiny_gpt2, PromptShape(64, True), 60)
    seen = []
    for parts in documents:
        for _, _, labels in parts:
            if not seen or seen[-1] != labels:
                seen.append(labels)
    wanted = [{name: document(3, i).labels[name] for name in DEMO_LABELS} for i in range(len(seen))]
    assert seen == wanted
    assert log.sentence() == ""
    assert open_corpus(DEMO, labels=["topic"]).labels == ("topic",)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.txt", "some text", "plain text without columns"),
        (
            "a.jsonl",
            '{"text": "a", "kind": 1}',
            "no column 'genre' in the first 1,000 lines of .*; there are text, kind",
        ),
        ("b.jsonl", "[1]", "there is none"),
    ],
)
def test_a_column_that_is_not_there_is_refused_before_anything_is_read(tmp_path, name, content, sentence):
    (tmp_path / name).write_text(content)
    with pytest.raises(CorpusError, match=sentence):
        open_corpus(str(tmp_path / name), labels=["genre"])


def test_a_missing_column_of_a_table_or_of_the_demo_is_refused(tmp_path, tiny_gpt2):
    parquet.write_table(pa.table({"text": ["x"], "kind": ["y"]}), tmp_path / "t.parquet")
    with pytest.raises(CorpusError, match=r"no column 'genre' in .*; there are text, kind"):
        logged(open_corpus(str(tmp_path / "t.parquet"), labels=["genre"]), tiny_gpt2, PromptShape(8, True))
    with pytest.raises(CorpusError, match="there are genre, topic, mood, register, language"):
        open_corpus(DEMO, labels=["formality"])


def test_a_data_set_brings_its_columns_or_says_which_are_missing(tmp_path, tiny_gpt2, monkeypatch, corpus_file):
    folder = tmp_path / "owner" / "texts"
    folder.mkdir(parents=True)
    parquet.write_table(pa.Table.from_pylist(ROWS * 2), folder / "train.parquet")
    wanted = logged(open_corpus(str(corpus_file), labels=NAMES), tiny_gpt2, PromptShape(16, True))[1]
    monkeypatch.chdir(tmp_path)
    import models.corpus.prompts as module
    from models.corpus.data_sets import read_hub

    def hub(names):
        return module.Corpus("owner/texts", lambda: read_hub("owner/texts", names), labels=names)

    assert logged(hub(NAMES), tiny_gpt2, PromptShape(16, True))[1] == wanted
    with pytest.raises(CorpusError, match="no column 'genre' in the data set owner/texts"):
        logged(hub(("genre",)), tiny_gpt2, PromptShape(16, True))
