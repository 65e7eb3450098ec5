"""Measure models and mixes that a Periscope server serves with a public harness, lm-eval, over the OpenAI endpoint.

Two kinds of tasks, on texts that come with Periscope, so that nothing is fetched but the harness:

* ``bits/byte`` of texts of some groups of the chat demo's corpus (log-likelihoods of echoed prompts of token ids);
* ``prefers``: how often a phrase in a style is likelier than a plain one that says the same (multiple choice).

    pip install "lm_eval[api]"
    periscope demo --no-browser &
    python scripts/evaluate_mix.py --tokenizer data/models/.../ \\
        --model SmolLM2-135M-Instruct --model SmolLM2-135M-Instruct:Religious
"""

import argparse
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from models.demo_chat.bundle import CORPUS
from models.demo_chat.styles import STYLES

#: Characters of a text; the demo's model reads 256 tokens.
CHARACTERS = 600


def main() -> None:
    """Print a line per model and task."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="http://127.0.0.1:8000", help="of the server")
    parser.add_argument("--model", action="append", required=True, help="as GET /v1/models has it; several times")
    parser.add_argument("--tokenizer", required=True, help="folder with the model's tokenizer")
    parser.add_argument("--group", action="append", help="of the corpus; several times")
    parser.add_argument("--style", action="append", help="of models/demo_chat/styles.py; several times")
    parser.add_argument("--limit", type=int, default=12, help="texts of a group")
    asked = parser.parse_args()
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    with tempfile.TemporaryDirectory() as folder:
        tasks = [
            rolling(Path(folder), group, asked.limit) for group in asked.group or ("scripture", "python code", "novel")
        ]
        tasks += [preference(Path(folder), style) for style in asked.style or ("religious", "code", "poetic")]
        for model in asked.model:
            for task, found in evaluate(asked.url, model, asked.tokenizer, tasks).items():
                print(f"{model:40} {task:28} {found}", flush=True)


def rolling(folder: Path, group: str, limit: int) -> dict[str, Any]:
    """The task of the perplexity of a group's texts."""
    rows = pq.read_table(CORPUS, columns=["text", "group"]).to_pylist()
    texts = [row["text"][:CHARACTERS] for row in rows if row["group"] == group and row["text"]][:limit]
    metrics = [{"metric": "bits_per_byte"}]
    return task(folder, f"bits/byte of {group}", [{"text": text} for text in texts]) | {
        "output_type": "loglikelihood_rolling", "doc_to_text": "", "doc_to_target": "{{text}}", "metric_list": metrics,
    }  # fmt: skip


def preference(folder: Path, style: str) -> dict[str, Any]:
    """The task of choosing the phrase that is in a style."""
    pairs = zip(*STYLES[style], strict=True)
    rows = [{"styled": styled, "plain": plain} for styled, plain in pairs]
    return task(folder, f"prefers {style}", rows) | {
        "output_type": "multiple_choice", "doc_to_text": "They said:", "doc_to_choice": "{{[styled, plain]}}",
        "doc_to_target": 0, "metric_list": [{"metric": "acc"}],
    }  # fmt: skip


def task(folder: Path, name: str, rows: list[dict[str, str]]) -> dict[str, Any]:
    """What lm-eval knows every task by."""
    file = folder / f"{name.replace('/', ' ')}.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    data = {"data_files": {"test": str(file)}}
    return {"task": name, "dataset_path": "json", "dataset_kwargs": data, "test_split": "test"}


def evaluate(url: str, model: str, tokenizer: str, tasks: list[dict[str, Any]]) -> dict[str, str]:
    """Task -> its figure, with its standard error where the harness has one."""
    from lm_eval import simple_evaluate  # type: ignore[import-not-found]

    arguments = {
        "model": model, "base_url": f"{url}/v1/completions", "tokenizer": tokenizer, "max_length": 256,
        "tokenizer_backend": "huggingface", "num_concurrent": 2,
    }  # fmt: skip
    found = simple_evaluate("local-completions", model_args=arguments, tasks=tasks, bootstrap_iters=0)
    return {
        name: ", ".join(f"{value:.3f}" for key, value in figures.items() if isinstance(value, float))
        for name, figures in found["results"].items()
    }


if __name__ == "__main__":
    main()
