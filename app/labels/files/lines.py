"""Labels as lines of JSON: each line is one label with all that is known of it, and the weights it was written for.

``{"source", "model", "d_sae", "weights_hash", "index", "text", "kind", "author", "method", "status", "n", "precision",
"recall", "auroc_token", "auroc_text", "rule", "scores", "created", "ended"}``. To read one, ``index`` and ``text`` are
enough. The status is not taken from the file: it follows from the figures.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from app.db.queries.answers import SourceInfo
from app.db.queries.texts import every_explanation
from app.db.writes.explanations import MAX_RULE, REPLACED, WITHDRAWN, ImportedLabel, NewExplanation
from app.errors import InvalidRequest
from app.labels.files.reading import (
    Broken,
    LineError,
    ReadLabels,
    author_text,
    index_of,
    label_text,
    lines_of,
    object_of,
    text_of,
)
from models.statistics.label_tests import CAUSAL, FIGURES, HUMAN, KINDS, MACHINE, Figure, LabelTest

#: Of a label's ``scores`` what its test is made of.
OF_TEST = ("unit", "intervals", "chance")


def exported_lines(session: Session, source: SourceInfo) -> Iterator[str]:
    """A line for each label of the source, those of other weights and those that ended included."""
    facts = source.facts
    for index, item in every_explanation(session, source):
        row: dict[str, Any] = {
            "source": source.slug,
            "model": facts.model.name,
            "d_sae": facts.d_sae,
            "weights_hash": item.weights_hash,
            "index": index,
            "text": item.text,
            "kind": item.kind,
            "author": item.author,
            "method": item.method,
            "status": item.status,
            "n": item.n,
        }
        row |= {name: getattr(item, name) for name in FIGURES}
        row |= {
            "rule": item.rule or None,
            "scores": dict(item.scores),
            "created": item.created.isoformat(),
            "ended": item.ended_as or None,
        }
        yield json.dumps(row, ensure_ascii=False) + "\n"


def read_lines(path: Path, source: SourceInfo) -> ReadLabels:
    """Read such a file for a source."""
    labels: list[ImportedLabel] = []
    broken: list[Broken] = []
    for number, line in lines_of(path):
        try:
            labels.append(_label(object_of(line), source))
        except LineError as error:
            broken.append(Broken(path.name, number, str(error)))
    return ReadLabels(tuple(labels), tuple(broken))


def _label(row: dict[str, Any], source: SourceInfo) -> ImportedLabel:
    facts = source.facts
    for name, own in (("model", facts.model.name), ("d_sae", facts.d_sae)):
        if row.get(name) not in (None, own):
            raise InvalidRequest(
                f"These labels are for an SAE with {name} {row[name]!s:.60}, and {source.slug} has {own}; none was "
                "imported."
            )
    kind = row.get("kind", MACHINE)
    if kind not in KINDS:
        raise LineError(f"kind is one of {', '.join(KINDS)}")
    weights = row.get("weights_hash")
    weights = facts.weights_hash if weights is None else text_of(weights, "weights_hash", 200)
    ended = row.get("ended")
    if ended not in (None, WITHDRAWN, REPLACED):
        raise LineError(f"ended is {WITHDRAWN}, {REPLACED} or null")
    scores = row.get("scores") or {}
    if not isinstance(scores, dict) or len(json.dumps(scores)) > 20_000:
        raise LineError("scores is an object of names and numbers, at most 20,000 characters")
    method = text_of(row.get("method") or (HUMAN if kind == HUMAN else "imported"), "method", 80)
    new = NewExplanation(
        latent_index=index_of(row.get("index"), facts.d_sae),
        text=label_text(row.get("text")),
        scores={name: value for name, value in scores.items() if name not in OF_TEST},
        test=_test(row, scores),
        rule=text_of(row.get("rule") or "", "rule", MAX_RULE, may_be_empty=True),
        created=_moment(row.get("created")),
    )
    return ImportedLabel(new, author_text(row.get("author")), kind, HUMAN if kind == HUMAN else method, weights, ended)


def _test(row: dict[str, Any], scores: dict[str, Any]) -> LabelTest | None:
    n = row.get("n")
    if n is None:
        return None
    if not isinstance(n, int) or isinstance(n, bool) or not 0 < n < 2**62:
        raise LineError("n is a number of tokens, windows or texts")
    intervals = scores.get("intervals")
    ends = intervals if isinstance(intervals, dict) else {}
    unit = scores.get("unit")
    return LabelTest(
        n=n,
        unit=unit if isinstance(unit, str) and len(unit) <= 20 else "tokens",
        chance=_share("chance", scores.get("chance")),
        is_causal=row.get("status") == CAUSAL,
        precision=_figure("precision", row, ends),
        recall=_figure("recall", row, ends),
        auroc_token=_figure("auroc_token", row, ends),
        auroc_text=_figure("auroc_text", row, ends),
    )


def _figure(name: str, row: dict[str, Any], intervals: dict[str, Any]) -> Figure | None:
    share = _share(name, row.get(name))
    if share is None:
        return None
    ends = intervals.get(name)
    if isinstance(ends, list) and len(ends) == 2:
        low, high = (_share(f"the interval of {name}", end) for end in ends)
        return Figure(share, low, high)
    return Figure(share)


def _share(name: str, value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise LineError(f"{name} is a number from 0 to 1")
    return float(value)


def _moment(value: object) -> datetime | None:
    if value is None:
        return None
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        found = None
    if found is None:
        raise LineError("created is a moment such as 2026-01-31T12:00:00+00:00")
    return found if found.tzinfo else found.replace(tzinfo=UTC)
