"""Corpora as people have them: packed, tables of text, token ids, a prefix, special tokens, other encodings."""

import csv
import gzip
import json
import re

import numpy as np
import pyarrow as pa
import pytest
import zstandard
from pyarrow import parquet

from models.corpus.forms import form_of
from models.corpus.prompts import PromptShape, open_corpus, prompts
from models.errors import CorpusError
from models.loading.opening import load_language_model
from tests.models.tiny import END, SENTENCES

TEXTS = [f'{i}: "{SENTENCES[i % 5]}"\n{SENTENCES[(i + 2) % 5]}, café' for i in range(40)]
SHAPE = PromptShape(16, True)


def read(location, model, shape=SHAPE, **options):
    return np.stack(list(prompts(open_corpus(str(location), **options), model, shape)))


def lines(texts=TEXTS, end="\n"):
    return "".join(json.dumps({"text": t}, ensure_ascii=False) + end for t in texts)


def zst(raw):
    return zstandard.ZstdCompressor().compress(raw)


@pytest.fixture
def wanted(tmp_path, tiny_gpt2):
    (tmp_path / "plain.jsonl").write_text(lines(), encoding="utf-8")
    return read(tmp_path / "plain.jsonl", tiny_gpt2)


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.jsonl.zst", "a.json.gz", "a.zst", "a.gz", "A.JSONL.GZ", "a.json"])
def test_a_packed_file_gives_what_is_in_it(tmp_path, tiny_gpt2, wanted, name):
    raw = lines().encode()
    packed = zst(raw) if name.endswith("zst") else gzip.compress(raw) if name.lower().endswith("gz") else raw
    (tmp_path / name).write_bytes(packed)
    assert (read(tmp_path / name, tiny_gpt2) == wanted).all()


def test_several_members_of_a_packed_file_are_read_one_after_another(tmp_path, tiny_gpt2, wanted):
    parts = [lines(TEXTS[:7]).encode(), lines(TEXTS[7:]).encode()]
    (tmp_path / "a.jsonl.zst").write_bytes(b"".join(map(zst, parts)))
    (tmp_path / "b.jsonl.gz").write_bytes(b"".join(map(gzip.compress, parts)))
    for name in ("a.jsonl.zst", "b.jsonl.gz"):
        assert (read(tmp_path / name, tiny_gpt2) == wanted).all()


def test_a_packed_text_file_gives_what_a_plain_one_gives(tmp_path, tiny_gpt2):
    raw = "\n".join(TEXTS).encode()
    (tmp_path / "a.txt").write_bytes(raw)
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(raw))
    (tmp_path / "b.zst").write_bytes(zst(raw))
    assert form_of(tmp_path / "b.zst") == "txt"
    for name in ("a.txt.gz", "b.zst"):
        assert (read(tmp_path / name, tiny_gpt2) == read(tmp_path / "a.txt", tiny_gpt2)).all()


@pytest.mark.parametrize(("bom", "end"), [("", "\r\n"), ("\ufeff", "\n"), ("\ufeff", "\r\n")])
def test_a_byte_order_mark_and_windows_line_ends_are_no_text(tmp_path, tiny_gpt2, wanted, bom, end):
    (tmp_path / "w.jsonl").write_bytes((bom + lines(end=end)).encode())
    assert (read(tmp_path / "w.jsonl", tiny_gpt2) == wanted).all()
    text = "\n".join(TEXTS)
    (tmp_path / "u.txt").write_bytes(text.encode())
    (tmp_path / "w.txt").write_bytes((bom + text.replace("\n", end)).encode())
    assert (read(tmp_path / "w.txt", tiny_gpt2) == read(tmp_path / "u.txt", tiny_gpt2)).all()


@pytest.mark.parametrize("bom", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_csv_file_gives_its_texts_with_quotes_and_line_ends(tmp_path, tiny_gpt2, wanted, bom, end):
    with (tmp_path / "a.csv").open("w", encoding="utf-8", newline="") as file:
        file.write(bom)
        writer = csv.writer(file, lineterminator=end)
        writer.writerow(["id", "text", "kind"])
        writer.writerows([i, text, "ab"[i % 2]] for i, text in enumerate(TEXTS))
        file.write(end)
    assert (read(tmp_path / "a.csv", tiny_gpt2) == wanted).all()
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress((tmp_path / "a.csv").read_bytes()))
    assert (read(tmp_path / "b.csv.gz", tiny_gpt2) == wanted).all()
    corpus = open_corpus(str(tmp_path / "a.csv"), labels=["kind"])
    assert [document.labels["kind"] for document in corpus.documents()][:4] == ["a", "b", "a", "b"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("id,body\n1,x\n", 'has no column "text" but id, body; its first line must name the columns'),
        ("text,text\nx,y\n", "has two columns"),
        ("text,a\nx,1\nonly\n", "Line 3 of .* has 1 fields, and its head has 2"),
        ('text\nx\n"open\nmore\n', "Line 3 of .* is no row of a CSV file"),
        ('text\n"a" b\n', "Line 2 of .* is no row of a CSV file"),
        ("text\nx\0y\n", "Line 2 of .* zero byte"),
        ("text\n" + "x" * (17 << 20), "Line 2 .* longer than 16 MiB"),
        ("", "is empty"),
    ],
)
def test_a_bad_csv_file_is_one_sentence(tmp_path, tiny_gpt2, content, sentence):
    (tmp_path / "a.csv").write_text(content)
    with pytest.raises(CorpusError, match=sentence):
        read(tmp_path / "a.csv", tiny_gpt2)


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("cut.jsonl.gz", lambda raw: gzip.compress(raw)[:-20]),
        ("cut.jsonl.zst", lambda raw: zst(raw)[:-20]),
        ("other.jsonl.gz", lambda raw: raw),
        ("other.jsonl.zst", lambda raw: raw),
        ("spoilt.jsonl.gz", lambda raw: gzip.compress(raw)[:60] + b"\xff" * 60 + gzip.compress(raw)[120:]),
        ("spoilt.jsonl.zst", lambda raw: zst(raw)[:60] + b"\xff" * 60 + zst(raw)[120:]),
    ],
)
def test_a_damaged_packed_file_is_one_sentence(tmp_path, tiny_gpt2, name, make):
    (tmp_path / name).write_bytes(make(lines().encode()))
    with pytest.raises(CorpusError, match=rf"{re.escape(name)} is not a readable \.(gz|zst) file|Line \d+ of"):
        read(tmp_path / name, tiny_gpt2)


@pytest.mark.parametrize("pack", [gzip.compress, zst])
def test_a_file_that_unfolds_without_end_is_refused(tmp_path, tiny_gpt2, pack, monkeypatch):
    monkeypatch.setattr("models.corpus.forms.SUSPICIOUS_BYTES", 1 << 20)
    name = "bomb.jsonl.gz" if pack is gzip.compress else "bomb.jsonl.zst"
    (tmp_path / name).write_bytes(pack(b"\n" * (8 << 20)))
    with pytest.raises(CorpusError, match="unfolds to more than 100 times its size"):
        read(tmp_path / name, tiny_gpt2)


def test_a_packed_table_and_a_json_array_are_refused_with_the_way_on(tmp_path, tiny_gpt2):
    (tmp_path / "a.parquet.gz").write_bytes(gzip.compress(b"x"))
    with pytest.raises(CorpusError, match="unpack it, tables are packed inside"):
        read(tmp_path / "a.parquet.gz", tiny_gpt2)
    (tmp_path / "a.json").write_text('[{"text": "a"}]')
    with pytest.raises(CorpusError, match="is one JSON array; write each of its objects on a line"):
        read(tmp_path / "a.json", tiny_gpt2)


# ---------------------------------------------------------------- encodings


@pytest.mark.parametrize("suffix", [".txt", ".jsonl", ".csv"])
@pytest.mark.parametrize("word", ["Füße", "naïve", "créée", "it\u2019s"])
def test_a_file_in_latin_1_is_refused_with_its_line(tmp_path, tiny_gpt2, suffix, word):
    rows = ["plain words"] * 5 + [f"then {word} came"] + ["plain words"] * 50
    if suffix == ".jsonl":
        text = "".join(f'{{"text": "{row}"}}\n' for row in rows)
    else:
        text = ("text\n" if suffix == ".csv" else "") + "\n".join(rows)
    place = 7 if suffix == ".csv" else 6
    (tmp_path / f"a{suffix}").write_bytes(text.encode("cp1252"))
    with pytest.raises(
        CorpusError, match=rf"Line {place} of .*a{suffix} is not UTF-8: it has the byte 0x.., which is .*iconv"
    ):
        read(tmp_path / f"a{suffix}", tiny_gpt2)


@pytest.mark.parametrize("damage", [b"\xe2\x80", b"\xed\xa0\x80", b"\xff", b"\xc0\x80", "é".encode() + b"\xe9"])
def test_a_damaged_character_of_utf_8_is_no_latin_1(tmp_path, tiny_gpt2, damage):
    (tmp_path / "a.jsonl").write_bytes(b'{"text": "x' + damage + b' y"}\n' + lines().encode())
    corpus = open_corpus(str(tmp_path / "a.jsonl"))
    list(prompts(corpus, tiny_gpt2, SHAPE))
    assert "replaced by U+FFFD, in line 1." in corpus.repairs.sentence()


def test_a_wrong_byte_in_a_text_of_utf_8_is_still_replaced(tmp_path, tiny_gpt2):
    raw = lines().encode()
    (tmp_path / "a.jsonl").write_bytes(raw + raw.replace(b"caf\xc3\xa9", b"caf\xe9", 1))
    corpus = open_corpus(str(tmp_path / "a.jsonl"))
    list(prompts(corpus, tiny_gpt2, SHAPE))
    assert "1 character that are not Unicode were replaced" in corpus.repairs.sentence()
    assert "line 41" in corpus.repairs.sentence()


# ---------------------------------------------------------------- token ids


def rows_of_ids(model, n=30, size=16, bos=True):
    rng = np.random.default_rng(1)
    rows = rng.integers(5, model.facts.vocab_size, (n, size))
    if bos:
        rows[:, 0] = model.bos_token_id
    return rows


@pytest.mark.parametrize("column", ["input_ids", "tokens"])
def test_rows_of_the_prompts_length_are_prompts_as_they_stand(tmp_path, tiny_gpt2, column):
    from datasets import Dataset

    rows = rows_of_ids(tiny_gpt2)
    table = {column: rows.tolist(), "attention_mask": np.ones_like(rows).tolist()}
    parquet.write_table(pa.table(table), tmp_path / "a.parquet")
    (tmp_path / "a.jsonl").write_text("".join(json.dumps({column: row}) + "\n" for row in rows.tolist()))
    Dataset.from_dict(table).save_to_disk(tmp_path / "saved")
    for name in ("a.parquet", "a.jsonl", "saved"):
        assert (read(tmp_path / name, tiny_gpt2) == rows).all()


def test_rows_of_another_length_are_documents(tmp_path, tiny_gpt2):
    rows = rows_of_ids(tiny_gpt2, size=23, bos=False).tolist()
    parquet.write_table(pa.table({"tokens": rows}), tmp_path / "a.parquet")
    stream = []
    for row in rows:  # the separator stands before every document that does not begin a prompt
        stream += [*([tiny_gpt2.bos_token_id] if len(stream) % 15 else []), *row]
    found = read(tmp_path / "a.parquet", tiny_gpt2)
    assert (found[:, 0] == tiny_gpt2.bos_token_id).all()
    assert found[:, 1:].reshape(-1).tolist() == stream[: len(stream) // 15 * 15]
    # So are those that begin with no BOS where prompts do.
    rows = rows_of_ids(tiny_gpt2, bos=False)
    parquet.write_table(pa.table({"tokens": rows.tolist()}), tmp_path / "b.parquet")
    assert read(tmp_path / "b.parquet", tiny_gpt2)[0, 1:].tolist() == rows[0, :15].tolist()
    assert (read(tmp_path / "b.parquet", tiny_gpt2, PromptShape(16, False)) == rows).all()


def test_texts_win_over_ids_and_labels_come_along(tmp_path, tiny_gpt2, wanted):
    rows = [{"text": text, "input_ids": [1, 2], "kind": "a"} for text in TEXTS]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    parquet.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")
    for name in ("a.jsonl", "a.parquet"):
        assert (read(tmp_path / name, tiny_gpt2) == wanted).all()
    ids = rows_of_ids(tiny_gpt2).tolist()
    (tmp_path / "b.jsonl").write_text("".join(json.dumps({"tokens": row, "kind": "b"}) + "\n" for row in ids))
    corpus = open_corpus(str(tmp_path / "b.jsonl"), labels=["kind"])
    assert {document.labels["kind"] for document in corpus.documents()} == {"b"}


@pytest.mark.parametrize("ids", [[], [1.5], ["a"], [True], [-1], [1 << 40], "text", {"a": 1}, [[1]], [None]])
def test_what_is_no_list_of_ids_is_refused_with_its_row(tmp_path, tiny_gpt2, ids):
    (tmp_path / "a.jsonl").write_text('{"input_ids": [1, 2]}\n' + json.dumps({"input_ids": ids}) + "\n")
    with pytest.raises(CorpusError, match=r'Line 2 .* token ids under "input_ids"'):
        read(tmp_path / "a.jsonl", tiny_gpt2)


def test_ids_of_another_model_are_refused(tmp_path, tiny_gpt2):
    (tmp_path / "a.jsonl").write_text(json.dumps({"tokens": [5, 50_000]}) + "\n")
    with pytest.raises(CorpusError, match="the token id 50,000, and tiny-gpt2 has 320 tokens; it was tokenised for"):
        read(tmp_path / "a.jsonl", tiny_gpt2)
    parquet.write_table(pa.table({"tokens": [["a"]]}), tmp_path / "a.parquet")
    with pytest.raises(CorpusError, match=r'Row 1 of .* holds no token ids in the column "tokens"'):
        read(tmp_path / "a.parquet", tiny_gpt2)


def test_a_saved_data_set_of_texts_is_read_and_its_parts_are_named(tmp_path, tiny_gpt2, wanted):
    from datasets import Dataset, DatasetDict

    texts = Dataset.from_dict({"text": TEXTS})
    DatasetDict({"train": texts, "test": texts}).save_to_disk(tmp_path / "both")
    assert (read(tmp_path / "both", tiny_gpt2) == wanted).all()
    DatasetDict({"a": texts, "b": texts}).save_to_disk(tmp_path / "none")
    with pytest.raises(CorpusError, match="has the parts a, b, none of them train; give the folder of one"):
        read(tmp_path / "none", tiny_gpt2)
    (tmp_path / "both" / "train" / "data-00000-of-00001.arrow").write_bytes(b"nothing")
    with pytest.raises(CorpusError, match="is not a readable data set"):
        read(tmp_path / "both", tiny_gpt2)


# ---------------------------------------------------------------- prefix and special tokens


def test_a_prefix_comes_before_every_document_with_its_special_tokens(tmp_path, tiny_gpt2):
    (tmp_path / "a.jsonl").write_text(lines())
    prefix = f"{END}new: "
    found = read(tmp_path / "a.jsonl", tiny_gpt2, PromptShape(16, False), prefix=prefix)
    head = tiny_gpt2.tokenize(prefix, allow_special=True)
    assert head[0] == tiny_gpt2.eos_token_id
    stream = [token for t in TEXTS for token in (*head, *tiny_gpt2.tokenize(t))]  # the prefix brings the separator
    assert found.reshape(-1).tolist() == stream[: len(stream) // 16 * 16]


def test_a_text_file_is_one_document_with_one_prefix(tmp_path, tiny_gpt2):
    (tmp_path / "a.txt").write_text("the cat sat\n" * 10_000)
    corpus = open_corpus(str(tmp_path / "a.txt"), prefix="Paris")
    found = np.stack(list(prompts(corpus, tiny_gpt2, PromptShape(16, False)))).reshape(-1)
    head = tiny_gpt2.tokenize("Paris")
    assert found[: len(head)].tolist() == head
    assert tiny_gpt2.tokenizer.decode(found.tolist()).count("Paris") == 1


def test_special_tokens_that_a_corpus_spells_are_told_of_and_read_on_request(tmp_path, tiny_models):
    model = load_language_model(str(tiny_models["llama"]), "cpu")
    texts = ["nothing of that kind", f"<|user|>{SENTENCES[0]}{END}<|assistant|>{SENTENCES[1]}{END}"] * 20
    (tmp_path / "a.jsonl").write_text(lines(texts))
    plain = open_corpus(str(tmp_path / "a.jsonl"))
    found = np.stack(list(prompts(plain, model, PromptShape(16, False))))
    user = model.tokenizer.convert_tokens_to_ids("<|user|>")
    assert user not in found
    said = plain.spelled.news()
    assert "spells special tokens of the model, <|user|> first in document 2" in said
    assert "--special-tokens" in said
    assert plain.spelled.news() == "", "it is said once"
    meant = open_corpus(str(tmp_path / "a.jsonl"), special_tokens=True)
    found = np.stack(list(prompts(meant, model, PromptShape(16, False))))
    assert (found == user).sum() >= 19
    assert meant.spelled.news() == ""


def test_a_corpus_without_special_tokens_is_not_warned_of(tmp_path, tiny_gpt2):
    (tmp_path / "a.jsonl").write_text(lines())
    corpus = open_corpus(str(tmp_path / "a.jsonl"))
    list(prompts(corpus, tiny_gpt2, SHAPE))
    assert corpus.spelled.news() == ""
