"""Labels: texts that say what a latent means, bound to the weights they were written for."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.db.display import displayable
from app.db.queries.answers import SourceInfo
from app.db.queries.texts import in_parts
from app.db.tables.sources import Source
from app.db.tables.steering import Explanation
from app.db.writes.bulk import rolled_back_on_error
from app.errors import InvalidRequest, NotFound, UnknownLatent
from models.statistics import label_tests
from models.statistics.label_tests import CAUSAL, FIGURES, GUESS, KINDS, MACHINE, TESTED, LabelTest

MAX_TEXT = 2000
MAX_LABEL, MAX_AUTHOR, MAX_RULE = 500, 80, 500
#: The method of labels that people write on a latent's page, which is their kind as well.
HUMAN = label_tests.HUMAN
#: Why a label no longer counts; its row stays as history.
WITHDRAWN, REPLACED = "withdrawn", "replaced"

#: Rows of one insert.
INSERTED = 1000

EXPLANATION = Explanation.__table__
#: Which label of a latent leads: what holds before what is not tested, what failed last; of tested ones that with the
#: best score; of the rest that of a person, then the newest.
STANDING = (
    sa.case({CAUSAL: 0, TESTED: 1, GUESS: 2}, value=EXPLANATION.c.status, else_=3),
    sa.case((EXPLANATION.c.status.in_((CAUSAL, TESTED)), -EXPLANATION.c.score), else_=0.0),
    sa.case({HUMAN: 0, MACHINE: 1}, value=EXPLANATION.c.kind, else_=2),
    EXPLANATION.c.id.desc(),
)


@dataclass(frozen=True)
class NewExplanation:
    """A text for one latent. ``test``: how it did; None: a guess. ``scores``: what else was measured, JSON with short
    names, such as ``{"detection": {...}, "fuzzing": {...}, "scorer": "name"}``. ``rule``: what tests it again on a
    corpus; empty: none.
    """

    latent_index: int
    text: str
    scores: Mapping[str, Any] = field(default_factory=dict)
    test: LabelTest | None = None
    rule: str = ""
    created: datetime | None = None  # None: now


def add_explanation(
    session: Session,
    source: SourceInfo,
    latent_index: int,
    text: str,
    *,
    author: str,
    method: str,
    kind: str = MACHINE,
    scores: Mapping[str, Any] | None = None,
    test: LabelTest | None = None,
    rule: str = "",
) -> int:
    """Store one text; it replaces the same author's text by the same method. Gives the number of the row."""
    new = NewExplanation(latent_index, text, scores or {}, test, rule)
    add_explanations(session, source, [new], author=author, method=method, kind=kind)
    query = sa.select(sa.func.max(Explanation.id)).where(
        Explanation.source_id == source.id, Explanation.latent_index == latent_index
    )
    return session.scalars(query).one() or 0


def add_explanations(
    session: Session,
    source: SourceInfo,
    items: Sequence[NewExplanation],
    *,
    author: str,
    method: str,
    kind: str = MACHINE,
    weights_hash: str | None = None,
) -> None:
    """Store many texts of one kind by one author at once, all or none; each replaces that author's text by the same
    method. ``weights_hash``: of the weights they were written for; None: those that the source has.

    Raises:
        UnknownLatent, InvalidRequest: a latent that the source does not have, a text that is none.
    """
    if kind not in KINDS:
        raise InvalidRequest(f"A label is of the kind {', '.join(KINDS)}, not {kind!r}.")
    weights = weights_hash or source.facts.weights_hash
    now = datetime.now(UTC)
    rows = [_row(source, item, author, method, kind, weights, now) for item in items]
    if not rows:
        return
    with rolled_back_on_error(session):
        _count_change(session, source)
        for part in in_parts(item.latent_index for item in items):
            _delete(
                session,
                Explanation.source_id == source.id,
                Explanation.weights_hash == weights,
                Explanation.author == author,
                Explanation.method == method,
                Explanation.latent_index.in_(part),
            )
        session.execute(sa.insert(Explanation), rows)
        _choose_leads(session, source, weights, {item.latent_index for item in items})
        session.commit()


def replace_explanations(
    session: Session, source: SourceInfo, items: Sequence[NewExplanation], *, author: str, kind: str, method: str
) -> None:
    """Store these texts in place of all that the author has of the kind in the source, by whatever method."""
    now = datetime.now(UTC)
    weights = source.facts.weights_hash
    rows = [_row(source, item, author, method, kind, weights, now) for item in items]
    theirs = (
        Explanation.source_id == source.id,
        Explanation.weights_hash == weights,
        Explanation.author == author,
        Explanation.kind == kind,
    )
    with rolled_back_on_error(session):
        _count_change(session, source)
        touched = set(session.scalars(sa.select(Explanation.latent_index).where(*theirs)))
        _delete(session, *theirs)
        if rows:
            session.execute(sa.insert(Explanation), rows)
        _choose_leads(session, source, weights, touched | {item.latent_index for item in items})
        session.commit()


@dataclass(frozen=True)
class ImportedLabel:
    """A label as it was read from a file."""

    new: NewExplanation
    author: str
    kind: str
    method: str
    weights_hash: str
    ended_as: str | None


def import_explanations(session: Session, source: SourceInfo, labels: Sequence[ImportedLabel]) -> None:
    """Store labels of many authors at once, all or none. What is there already, word for word, is not stored again; a
    program's text for a latent replaces what it had for it by the same method.
    """
    now = datetime.now(UTC)
    rows: dict[tuple[Any, ...], dict[str, Any]] = {}
    for label in labels:
        author = displayable(label.author)
        row = _row(source, label.new, author, displayable(label.method), label.kind, label.weights_hash, now)
        row |= {"ended_as": label.ended_as, "ended": row["created"] if label.ended_as else None}
        rows[_identity(row)] = row
    with rolled_back_on_error(session):
        _count_change(session, source)
        touched: dict[str, set[int]] = {}
        for row in rows.values():
            touched.setdefault(row["weights_hash"], set()).add(row["latent_index"])
        for weights, latents in touched.items():
            for part in in_parts(latents):
                for there in _there(session, source, weights, part):
                    new = rows.get(_identity(there))
                    if new is not None and there["kind"] == HUMAN:
                        del rows[_identity(there)]
                    elif new is not None:
                        _delete(session, Explanation.id == there["id"])
        for some in _steps(list(rows.values()), INSERTED):
            session.execute(sa.insert(Explanation), some)
        for weights, latents in touched.items():
            _choose_leads(session, source, weights, latents)
        session.commit()


def _identity(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """What two rows share if the later takes the place of the earlier."""
    whose = (row["latent_index"], row["weights_hash"], row["kind"], row["author"], row["method"])
    return (*whose, row["text"], row["rule"], row["ended_as"]) if row["kind"] == HUMAN else whose


def _there(session: Session, source: SourceInfo, weights: str, part: Sequence[int]) -> list[Mapping[str, Any]]:
    query = sa.select(EXPLANATION).where(
        EXPLANATION.c.source_id == source.id,
        EXPLANATION.c.weights_hash == weights,
        EXPLANATION.c.latent_index.in_(part),
    )
    return [dict(row) for row in session.execute(query).mappings()]


def _steps(rows: list[dict[str, Any]], n: int) -> Iterator[list[dict[str, Any]]]:
    return (rows[first : first + n] for first in range(0, len(rows), n))


def add_label(
    session: Session,
    source: SourceInfo,
    latent_index: int,
    text: str,
    author: str = "",
    *,
    rule: str = "",
    test: LabelTest | None = None,
) -> int:
    """Store what a person calls a latent, with its rule and how that did; what the same person called it before is
    replaced, and stays as history.

    Gives the number of the row; the same words by the same author once more change nothing.
    """
    text, author = displayable(" ".join(text.split())), displayable(" ".join(author.split()))
    rule = displayable(" ".join(rule.split()))
    if not text:
        raise InvalidRequest(f"A label has 1 to {MAX_LABEL} characters; this one is empty.")
    for what, given, most in (("A label", text, MAX_LABEL), ("A rule", rule, MAX_RULE)):
        if len(given) > most:
            raise InvalidRequest(f"{what} has at most {most} characters, not {len(given)}.")
    if len(author) > MAX_AUTHOR:
        raise InvalidRequest(f"The name of an author has at most {MAX_AUTHOR} characters, not {len(author)}.")
    new = NewExplanation(latent_index, text, test=test, rule=rule)
    now = datetime.now(UTC)
    weights = source.facts.weights_hash
    row = _row(source, new, author, HUMAN, HUMAN, weights, now)
    with rolled_back_on_error(session):
        _count_change(session, source)
        last = session.execute(
            sa.select(Explanation.id, Explanation.text, Explanation.author, Explanation.rule)
            .where(
                Explanation.source_id == source.id,
                Explanation.latent_index == latent_index,
                Explanation.weights_hash == weights,
                Explanation.kind == HUMAN,
                Explanation.ended.is_(None),
            )
            .order_by(Explanation.id.desc())
            .limit(1)
        ).first()
        if last is not None and last[1:] == (text, author, rule or None) and test is None:
            session.rollback()
            return int(last[0])
        _end(
            session,
            REPLACED,
            now,
            Explanation.source_id == source.id,
            Explanation.latent_index == latent_index,
            Explanation.weights_hash == weights,
            Explanation.kind == HUMAN,
            Explanation.author == author,
        )
        made: Any = session.execute(sa.insert(Explanation).values(row))
        _choose_leads(session, source, weights, [latent_index])
        session.commit()
    return int(made.inserted_primary_key[0])


def withdraw_label(session: Session, source: SourceInfo, latent_index: int, explanation_id: int) -> None:
    """Take back what a person called a latent: it no longer counts and stays as history.

    Raises:
        NotFound: the latent has no such label, or it was withdrawn or replaced already.
        InvalidRequest: a program wrote it, and would write it again.
    """
    with rolled_back_on_error(session):
        _count_change(session, source)
        row = session.execute(
            sa.select(Explanation.kind, Explanation.weights_hash).where(
                Explanation.id == explanation_id,
                Explanation.source_id == source.id,
                Explanation.latent_index == latent_index,
                Explanation.ended.is_(None),
            )
        ).first()
        if row is None:
            raise NotFound(f"Latent {latent_index} of {source.slug} has no label {explanation_id} to withdraw.")
        if row.kind != HUMAN:
            raise InvalidRequest(f"Label {explanation_id} is not by a person; only labels by people are withdrawn.")
        _end(session, WITHDRAWN, datetime.now(UTC), Explanation.id == explanation_id)
        _choose_leads(session, source, row.weights_hash, [latent_index])
        session.commit()


def remove_explanation(session: Session, source: SourceInfo, explanation_id: int) -> None:
    """Delete one text of this source; the best of the others becomes the label."""
    with rolled_back_on_error(session):
        _count_change(session, source)
        mine = (Explanation.id == explanation_id, Explanation.source_id == source.id)
        row = session.execute(sa.select(Explanation.latent_index, Explanation.weights_hash).where(*mine)).first()
        if row is None:
            raise NotFound(f"{source.slug} has no explanation {explanation_id}.")
        _delete(session, *mine)
        _choose_leads(session, source, row.weights_hash, [row.latent_index])
        session.commit()


def _delete(session: Session, *which: "sa.ColumnElement[bool]") -> None:
    session.execute(sa.delete(Explanation).where(*which).execution_options(synchronize_session=False))


def _end(session: Session, how: str, now: datetime, *which: "sa.ColumnElement[bool]") -> None:
    changed = sa.update(Explanation).where(*which, Explanation.ended.is_(None)).values(ended=now, ended_as=how)
    session.execute(changed.execution_options(synchronize_session=False))


def _choose_leads(session: Session, source: SourceInfo, weights: str, latents: Collection[int]) -> None:
    """Mark the label that leads of each of these latents; no commit."""
    for part in in_parts(latents):
        here = (
            EXPLANATION.c.source_id == source.id,
            EXPLANATION.c.weights_hash == weights,
            EXPLANATION.c.latent_index.in_(part),
        )
        place = sa.func.row_number().over(partition_by=EXPLANATION.c.latent_index, order_by=STANDING)
        ranked = (
            sa.select(EXPLANATION.c.id, place.label("place")).where(*here, EXPLANATION.c.ended.is_(None)).subquery()
        )
        best = sa.select(ranked.c.id).where(ranked.c.place == 1)
        # First none, then one: there must never be two.
        for which, leads in (((*here, EXPLANATION.c.leads), False), ((EXPLANATION.c.id.in_(best),), True)):
            changed = sa.update(Explanation).where(*which).values(leads=leads)
            session.execute(changed.execution_options(synchronize_session=False))


def _count_change(session: Session, source: SourceInfo) -> None:
    """Tell the caches of the table of latents that labels changed. Comes first: who writes labels of the same source
    meanwhile waits for it, so that two never choose a lead at once.
    """
    changed = sa.update(Source).where(Source.id == source.id).values(table_version=Source.table_version + 1)
    session.execute(changed.execution_options(synchronize_session=False))


def _row(
    source: SourceInfo, item: NewExplanation, author: str, method: str, kind: str, weights: str, now: datetime
) -> dict[str, Any]:
    if not 0 <= item.latent_index < source.facts.d_sae:
        raise UnknownLatent(source.slug, item.latent_index, source.facts.d_sae)
    text = displayable(" ".join(item.text.split()))
    if not text or len(text) > MAX_TEXT:
        raise InvalidRequest(f"An explanation has 1 to {MAX_TEXT} characters, not {len(text)}.")
    test = item.test
    figures = {name: None if test is None else _value(test, name) for name in FIGURES}
    return {
        "source_id": source.id,
        "latent_index": item.latent_index,
        "weights_hash": weights,
        "text": text,
        "author": author,
        "method": method,
        "kind": kind,
        "status": GUESS if test is None else test.status,
        "n": None if test is None else test.n,
        "score": None if test is None else test.score,
        "rule": item.rule or None,
        "scores": dict(item.scores) | (test.as_scores() if test else {}),
        "created": item.created or now,
    } | figures


def _value(test: LabelTest, name: str) -> float | None:
    figure = getattr(test, name)
    return None if figure is None else float(figure.value)
