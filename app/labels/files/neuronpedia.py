"""Explanations as Neuronpedia exports them: ``v1/MODEL/SOURCE/explanations/batch-N.jsonl.gz``, a line for each.

Of a line ``modelId``, ``layer`` (which names the source), ``index`` (a text), ``description``, ``typeName`` and
``explanationModelName`` are read. They come without figures, so they are guesses.
"""

import re
from pathlib import Path

from app.db.queries.answers import SourceInfo
from app.db.writes.explanations import ImportedLabel, NewExplanation
from app.errors import InvalidRequest
from app.labels.files.reading import Broken, LineError, ReadLabels, index_of, label_text, lines_of, object_of
from models.statistics.label_tests import MACHINE

BATCH = re.compile(r"batch-(\d+)\.jsonl(\.gz)?")
#: Characters of an author or a method.
SHORT = 80


def batches_in(folder: Path) -> list[Path]:
    """The batches of a folder, or of its folder ``explanations``, by their numbers."""
    inside = folder / "explanations" if (folder / "explanations").is_dir() else folder
    found = [(int(match[1]), path) for path in inside.iterdir() if (match := BATCH.fullmatch(path.name))]
    return [path for _, path in sorted(found)]


def read_batches(paths: list[Path], source: SourceInfo, *, any_model: bool = False) -> ReadLabels:
    """Read batches for a source.

    Raises InvalidRequest if they are of another model, unless ``any_model``.
    """
    labels: list[ImportedLabel] = []
    broken: list[Broken] = []
    models: set[str] = set()
    layers: set[str] = set()
    for path in paths:
        for number, line in lines_of(path):
            try:
                row = object_of(line)
                index = index_of(row.get("index"), source.facts.d_sae)
                text = label_text(row.get("description"), "description")
            except LineError as error:
                broken.append(Broken(path.name, number, str(error)))
                continue
            models.add(str(row.get("modelId") or ""))
            layers.add(str(row.get("layer") or ""))
            author = _short(row.get("explanationModelName"), "neuronpedia")
            method = _short(row.get("typeName"), "neuronpedia")
            new = NewExplanation(index, text)
            labels.append(ImportedLabel(new, author, MACHINE, method, source.facts.weights_hash, None))
    wrong = sorted(name for name in models if name and not is_same_model(name, source.facts.model.name))
    if wrong and not any_model:
        raise InvalidRequest(
            f"These explanations are of {wrong[0][:80]}, and {source.slug} is an SAE of {source.facts.model.name}; if "
            "that is the same model, say --any-model."
        )
    named = ", ".join(sorted(filter(None, layers))[:3]) or "no source"
    return ReadLabels(
        tuple(labels),
        tuple(broken),
        (f"The files name {named} and no weights; they are taken to be of the weights that {source.slug} has now.",),
    )


def is_same_model(one: str, other: str) -> bool:
    """Whether two names may be of one model: gpt2-small and gpt2, gemma-2-2b and google/gemma-2-2b."""
    short = [re.sub(r"[^a-z0-9]", "", name.rpartition("/")[2].casefold()) for name in (one, other)]
    return bool(min(short)) and (short[0].startswith(short[1]) or short[1].startswith(short[0]))


def _short(value: object, otherwise: str) -> str:
    text = " ".join(value.split()) if isinstance(value, str) else ""
    return (text or otherwise)[:SHORT]
