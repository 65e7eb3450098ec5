"""Writes a demo's tested labels as JSON: slug -> a list of labels, each on a line."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from models.statistics.label_tests import FIGURES, LabelTest
from scripts.tested_labels.rules import Rule
from scripts.tested_labels.tokens import Tokens

Label = tuple[int, Rule, LabelTest]


def label_row(tokens: Tokens, label: Label, more: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A label as :func:`app.demo.demos.bundled_label` reads it: figures with the ends of their intervals."""
    latent, rule, test = label
    row: dict[str, Any] = {"index": latent, "text": rule.said(tokens), "rule": rule.written(tokens), "n": test.n}
    for name in FIGURES:
        figure = getattr(test, name)
        if figure is not None:
            row[name] = [round(value, 4) for value in (figure.value, figure.low, figure.high)]
    row["chance"] = float(f"{test.chance:.3g}")
    return row | dict(more or {})


def write_rows(path: Path, rows: Mapping[str, Iterable[Mapping[str, Any]]], head: Mapping[str, Any]) -> None:
    """Write the file, ``head`` first."""
    parts = [f"{json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}" for name, value in head.items()]
    parts += [
        f"{json.dumps(slug)}: [\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in found) + "\n]"
        for slug, found in rows.items()
    ]
    path.write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="utf-8")
