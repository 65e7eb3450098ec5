"""Documents of all kinds -> two .jsonl files that ``periscope build`` reads as well: what is trained on, and a tenth of
the documents held out. Every line has ``group``, the kind of text, and ``task``, what a chat's question asked for.
"""

import json
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scripts.chat_demo.readers import READERS

SEED = 11
CHAT, SMALL_TALK = "chat", "small talk"
Row = dict[str, Any]
#: Kinds whose text stays where it comes from: under the GPL alone, or quotations by many authors.
NOT_SHIPPED = frozenset({"fantasy", "handbook", "manual", "quotation"})
SHIPPED = 2_400_000


def write_texts(packages: Path, folder: Path) -> None:
    """``texts.jsonl`` and ``texts-held-out.jsonl`` from the unpacked packages."""
    _write([*_texts(packages), *_small_talk(packages)], folder, "texts")


def write_chats(chats: Path, folder: Path) -> None:
    """``chats.jsonl`` and ``chats-held-out.jsonl`` from what ``sample_chats`` wrote."""
    rows = [json.loads(line) for line in chats.read_text().splitlines()]
    whole = [row for row in rows if all(turn["content"] for turn in row["messages"])]
    _write([{"messages": row["messages"], "group": CHAT, "task": row["task"]} for row in whole], folder, "chats")


def write_shipped(folder: Path, target: Path) -> None:
    """The documents that may be passed on, as one .parquet file that ``periscope build`` reads: every chat, and of each
    other kind the same share, ``SHIPPED`` characters in all.
    """
    import pyarrow as pa
    from pyarrow import parquet

    names = ("texts", "texts-held-out", "chats", "chats-held-out")
    rows = [json.loads(line) for name in names for line in (folder / f"{name}.jsonl").read_text("utf-8").splitlines()]
    rows = [row for row in rows if row["group"] not in NOT_SHIPPED]
    share = SHIPPED / sum(len(json.dumps(row)) for row in rows if "text" in row)
    chosen = [row for row in rows if "messages" in row or random.Random(row["text"]).random() < share]
    random.Random(SEED).shuffle(chosen)
    whole = [{key: row.get(key) for key in ("text", "messages", "group", "task")} for row in chosen]
    target.parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(pa.Table.from_pylist(whole), target, compression="zstd", compression_level=19)
    print(f"{target.name}: {len(whole):,} documents, {target.stat().st_size / 2**20:.1f} MiB", flush=True)


def _texts(packages: Path) -> Iterator[Row]:
    for group, (readers, most) in READERS.items():
        for reader in readers:
            documents = sorted(set(reader(packages)))
            random.Random(SEED).shuffle(documents)
            size = 0
            for document in documents:
                size += len(document)
                if size > most // len(readers):
                    break
                yield {"text": document, "group": group}


def _small_talk(packages: Path) -> Iterator[Row]:
    """Questions and answers of chatterbot-corpus, each conversation a chat of its own."""
    import yaml

    left_out = {"gossip", "politics"}
    for path in sorted((packages / "pypi/chatterbot-corpus").glob("chatterbot_corpus/data/english/*.yml")):
        turns = [] if path.stem in left_out else yaml.safe_load(path.read_text(encoding="utf-8"))["conversations"]
        for conversation in turns:
            said = [str(turn).strip() for turn in conversation][: len(conversation) // 2 * 2]
            roles = ("user", "assistant")
            messages = [{"role": roles[n % 2], "content": turn} for n, turn in enumerate(said)]
            if messages and all(said) and random.Random(said[0]).random() < 1 / 4:
                yield {"messages": messages, "group": SMALL_TALK}


def _write(rows: list[Row], folder: Path, name: str) -> None:
    lines = {json.dumps(row, ensure_ascii=False): row["group"] for row in rows}
    order = sorted(lines)
    random.Random(SEED).shuffle(order)
    place: Counter[str] = Counter()
    parts: dict[str, list[str]] = {"": [], "-held-out": []}
    for line in order:  # of each kind every tenth document is held out
        parts["" if place[lines[line]] % 10 else "-held-out"].append(line)
        place[lines[line]] += 1
    for suffix, some in parts.items():
        (folder / f"{name}{suffix}.jsonl").write_text("".join(line + "\n" for line in some), encoding="utf-8")
        counts = Counter(lines[line] for line in some)
        print(
            f"{name}{suffix}: {len(some):,} documents, {sum(map(len, some)):,} characters, {dict(counts)}", flush=True
        )
