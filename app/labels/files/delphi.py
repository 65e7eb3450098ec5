"""Explanations and scores as delphi leaves them: ``explanations/HOOK_latentN.txt``, ``scores/detection`` and
``scores/fuzz`` with files of the same names, and ``run_config.json``.

A file of scores lists windows: ``activating``, whether the latent fires there, and ``prediction``, what the scorer said
to the explanation (null: garbage). Detection is the test: precision and recall over its windows. They are as many
active as silent ones, or as the run was set up, so chance is the share of active ones among them, not the density.
"""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

from app.db.queries.answers import SourceInfo
from app.db.writes.explanations import ImportedLabel, NewExplanation
from app.errors import InvalidRequest
from app.labels.files.reading import MAX_LINE, Broken, LineError, ReadLabels, index_of, label_text
from models.statistics.label_tests import MACHINE, Figure, LabelTest

FILE = re.compile(r"(?P<hook>.+)_latent(?P<index>\d{1,9})\.txt")
DETECTION, FUZZ = "detection", "fuzz"
CONFIG = "run_config.json"
MAX_NAME = 80


def is_delphi(folder: Path) -> bool:
    """Whether a folder has explanations as delphi names them."""
    inside = folder / "explanations"
    return inside.is_dir() and any(FILE.fullmatch(path.name) for path in inside.iterdir())


def read_folder(folder: Path, source: SourceInfo, hook: str | None = None) -> ReadLabels:
    """Read the results of a run for a source; ``hook``: which hook's, as the files call it.

    Raises InvalidRequest if the files are of several hooks and none is chosen, or none is of the one that is.
    """
    paths = sorted((folder / "explanations").iterdir())
    files = {path: match for path in paths if (match := FILE.fullmatch(path.name))}
    hooks = Counter(match["hook"] for match in files.values())
    if hook is None and len(hooks) > 1:
        names = ", ".join(sorted(hooks)[:8])
        raise InvalidRequest(f"{folder.name} has results of {len(hooks)} hooks; choose one with --hook: {names}.")
    if hook is not None and hook not in hooks:
        raise InvalidRequest(f"{folder.name} has no results of {hook!r}; there are {', '.join(sorted(hooks)[:8])}.")
    author = _explainer(folder)
    labels: list[ImportedLabel] = []
    broken: list[Broken] = []
    for path, match in files.items():
        if hook not in (None, match["hook"]):
            continue
        try:
            text = label_text(_text(_json(path)), "the explanation")
            index = index_of(match["index"], source.facts.d_sae)
            scores, test = _scores(folder / "scores", match)
        except LineError as error:
            broken.append(Broken(path.name, 0, str(error)))
            continue
        new = NewExplanation(index, text, scores, test)
        labels.append(ImportedLabel(new, author, MACHINE, "delphi", source.facts.weights_hash, None))
    note = f"A run of delphi names no weights; it is taken to be of the weights that {source.slug} has now."
    return ReadLabels(tuple(labels), tuple(broken), (note,))


def _explainer(folder: Path) -> str:
    try:
        name = _json(folder / CONFIG).get("explainer_model")
    except (LineError, AttributeError):
        name = None
    return " ".join(name.split())[:MAX_NAME] if isinstance(name, str) and name.strip() else "delphi"


def _json(path: Path) -> Any:
    try:
        if path.stat().st_size > MAX_LINE:
            raise LineError("it is too long")
        return json.loads(path.read_bytes())
    except OSError as error:
        raise LineError(f"it cannot be read ({error.strerror or error})") from None
    except (ValueError, RecursionError) as error:
        raise LineError(str(error) if isinstance(error, LineError) else "it is not JSON") from None


def _text(found: Any) -> Any:
    """The explanation; of the best of several, the first."""
    return found[0] if isinstance(found, list) and found else found


def _scores(folder: Path, match: "re.Match[str]") -> tuple[dict[str, Any], LabelTest | None]:
    """(what was scored, the test that detection is)."""
    scores: dict[str, Any] = {}
    test: LabelTest | None = None
    name = f"{match['hook']}_latent{match['index']}.txt"
    for kind in (DETECTION, FUZZ):
        path = folder / kind / name.replace("/", "--")
        if not path.is_file():
            path = folder / kind / name
        if not path.is_file():
            continue
        windows = _json(path)
        if not isinstance(windows, list) or not all(isinstance(item, dict) for item in windows):
            raise LineError(f"its scores of {kind} are no list of windows")
        counts = Counter((bool(w.get("activating")), w["prediction"] >= 0.5) for w in windows if _is_answer(w))
        if not counts:
            continue
        found = _test(counts, len(windows))
        scores[kind] = {
            "precision": None if found.precision is None else found.precision.value,
            "recall": None if found.recall is None else found.recall.value,
            "windows": found.n,
            "unreadable": len(windows) - found.n,
        }
        test = found if kind == DETECTION else test
    return scores, test


def _is_answer(window: dict[str, Any]) -> bool:
    return isinstance(window.get("prediction"), int | float)


def _test(counts: "Counter[tuple[bool, bool]]", n_windows: int) -> LabelTest:
    hits, misses, alarms = counts[True, True], counts[True, False], counts[False, True]
    n = sum(counts.values())
    return LabelTest(
        n=n,
        unit="windows",
        precision=Figure.of_counts(hits, hits + alarms),
        recall=Figure.of_counts(hits, hits + misses),
        chance=(hits + misses) / n,
    )
