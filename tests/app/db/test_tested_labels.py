"""What a label is worth in the database: which one leads, how it is filtered and sorted, and how it is taken back."""

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.db.latent_table.filters import LatentQuery
from app.db.latent_table.lists import latent_page, latents_by_index
from app.db.queries.answers import SourceInfo
from app.db.queries.latents import latent_details, latent_record
from app.db.queries.names import latent_name, latent_names
from app.db.queries.sources import source_by_slug
from app.db.queries.texts import explanations
from app.db.queries.texts import labels as stored_labels
from app.db.tables.steering import Explanation
from app.db.writes.explanations import (
    ImportedLabel,
    NewExplanation,
    add_explanation,
    add_explanations,
    add_label,
    import_explanations,
    replace_explanations,
    withdraw_label,
)
from app.errors import InvalidRequest, NotFound
from models.statistics.label_tests import CAUSAL, FAILED, GUESS, HUMAN, MACHINE, TAG, TESTED, Figure, LabelTest
from tests.app.db.support import built


def having(share: float, **more: object) -> LabelTest:
    """A test in which precision and recall are about ``share``."""
    figure = Figure.of_counts(share * 1000, 1000)
    return LabelTest(n=5000, precision=figure, recall=figure, chance=0.01, **more)  # type: ignore[arg-type]


def add(session: Session, source: SourceInfo, index: int, text: str, kind: str, test: LabelTest | None = None) -> int:
    return add_explanation(session, source, index, text, author=kind, method=text, kind=kind, test=test)


def now(session: Session) -> SourceInfo:
    return source_by_slug(session, "tiny")


def called(session: Session, index: int = 5) -> tuple[str | None, str | None]:
    name = latent_name(session, now(session), index)
    return name.label, name.label_status


def test_the_best_tested_label_leads_whoever_wrote_it_and_when(session: Session) -> None:
    source = built(session)
    add(session, source, 5, "good", TAG, having(0.8))
    add(session, source, 5, "better", MACHINE, having(0.9))
    add(session, source, 5, "worse", TAG, having(0.7))
    add_label(session, source, 5, "a person's guess", "Ada")
    assert called(session) == ("better", TESTED)
    add(session, source, 5, "steers", TAG, having(0.7, is_causal=True))
    assert called(session) == ("steers", CAUSAL)


def test_of_guesses_that_of_a_person_leads_then_the_newest(session: Session) -> None:
    source = built(session)
    add(session, source, 5, "tag", TAG)
    assert called(session) == ("tag", GUESS)
    add(session, source, 5, "machine", MACHINE)
    add(session, source, 5, "newer", MACHINE)
    assert called(session) == ("newer", GUESS)
    add_label(session, source, 5, "person", "Ada")
    add(session, source, 5, "newest", MACHINE)
    assert called(session) == ("person", GUESS)


def test_a_label_that_failed_names_nothing(session: Session) -> None:
    source = built(session)
    add(session, source, 5, "wrong", TAG, having(0.2))
    assert called(session) == (None, FAILED)
    name = latent_name(session, now(session), 5)
    assert name.summary is not None
    assert name.summary.startswith("fires on “")
    row = latent_page(session, now(session), LatentQuery(status="failed")).rows[0]
    assert (row.index, row.label, row.label_status) == (5, None, FAILED)
    add(session, source, 5, "a guess", MACHINE)
    assert called(session) == ("a guess", GUESS)


def test_every_question_gives_the_same_name(session: Session) -> None:
    source = built(session)
    neighbour = latent_record(session, source, 5).neighbours[0].index
    for index in (5, neighbour):
        add(session, source, index, "named", TAG, having(0.9))
        add_label(session, source, index, "guessed", "Ada")
    source = now(session)
    details = latent_details(session, source, 5)
    rows = latents_by_index(session, source, [5, neighbour])
    names = latent_names(session, source, [5, neighbour])
    assert details.name == rows[5].name == names[5]
    assert details.neighbours[neighbour].name == rows[neighbour].name == names[neighbour]
    assert names[5].label == "named"


def test_one_label_of_a_latent_leads_and_no_more(session: Session) -> None:
    source = built(session)
    for text, share in (("a", 0.9), ("b", 0.2), ("c", 0.8)):
        add(session, source, 5, text, TAG, having(share))
        add_label(session, source, 5, text, "Ada")
    leads = sa.select(sa.func.count()).where(Explanation.latent_index == 5, Explanation.leads)
    assert session.execute(leads).scalar_one() == 1


def test_a_person_takes_back_a_label_and_its_history_stays(session: Session) -> None:
    source = built(session)
    add(session, source, 5, "machine", MACHINE)
    made = add_label(session, source, 5, "person", "Ada")
    assert called(session) == ("person", GUESS)
    withdraw_label(session, source, 5, made)
    assert called(session) == ("machine", GUESS)
    [label] = [item for item in explanations(session, source, 5) if item.id == made]
    assert (label.ended_as, label.leads) == ("withdrawn", False)
    assert label.ended is not None
    with pytest.raises(NotFound):
        withdraw_label(session, source, 5, made)


def test_a_label_that_was_written_anew_does_not_come_back_when_the_new_one_is_withdrawn(session: Session) -> None:
    source = built(session)
    add_label(session, source, 5, "first thought", "Ada")
    other = add_label(session, source, 5, "another's", "Ben")
    second = add_label(session, source, 5, "second thought", "Ada")
    withdraw_label(session, source, 5, second)
    assert called(session) == ("another's", GUESS)
    withdraw_label(session, source, 5, other)
    assert called(session) == (None, None)
    assert [item.ended_as for item in explanations(session, source, 5)] == [
        "withdrawn",
        "withdrawn",
        "replaced",
    ]


def test_what_a_program_wrote_is_not_withdrawn(session: Session) -> None:
    source = built(session)
    made = add(session, source, 5, "machine", MACHINE)
    with pytest.raises(InvalidRequest, match="not by a person"):
        withdraw_label(session, source, 5, made)
    with pytest.raises(NotFound):
        withdraw_label(session, source, 6, made)


def test_the_table_is_filtered_and_sorted_by_status_and_score(session: Session) -> None:
    source = built(session)
    shares = {1: 0.9, 2: 0.7, 4: 0.2, 5: 0.8}
    for index, share in shares.items():
        add(session, source, index, f"label {index}", TAG, having(share))
    add(session, source, 6, "guess", MACHINE)
    source = now(session)

    def found(**asked: object) -> list[int]:
        return [row.index for row in latent_page(session, source, LatentQuery(**asked)).rows]  # type: ignore[arg-type]

    assert found(status=TESTED) == [1, 2, 5]
    assert found(status=FAILED) == [4]
    assert found(status=GUESS) == [6]
    assert found(min_label_score=0.75) == [1, 5]
    assert found(labelled="yes") == [1, 2, 5, 6]
    assert 4 in found(labelled="no")
    assert found(sort="label_score", order="desc")[:4] == [1, 5, 2, 4]
    assert found(sort="label_status", order="desc")[:5] == [1, 5, 2, 6, 4]
    assert found(label="label 4") == []
    assert found(label="label 4", status=FAILED) == [4]


def test_pages_by_score_meet_without_a_gap(session: Session) -> None:
    source = built(session)
    for index in range(10, 30):
        add(session, source, index, "x", TAG, having(0.6 + index / 100))
    source = now(session)
    query = LatentQuery(sort="label_status", order="desc")
    seen: list[int] = []
    cursor = None
    while True:
        page = latent_page(session, source, query, 7, cursor)
        seen += [row.index for row in page.rows]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 64
    assert seen[:20] == list(range(29, 9, -1))


def test_labels_of_a_demo_are_replaced_whatever_their_method_was(session: Session) -> None:
    source = built(session)
    old = [NewExplanation(index, "old") for index in (1, 2)]
    add_explanations(session, source, old, author="demo", method="corpus labels", kind=TAG)
    add_label(session, source, 2, "person", "Ada")
    new = [NewExplanation(3, "new", test=having(0.9))]
    replace_explanations(session, source, new, author="demo", kind=TAG, method="tested rule")
    assert stored_labels(session, source, range(64)) == {2: "person", 3: "new"}


def test_imported_labels_are_stored_once_and_keep_their_weights(session: Session) -> None:
    source = built(session)
    add_label(session, source, 5, "person", "Ada")
    labels = [
        ImportedLabel(NewExplanation(5, "person"), "Ada", HUMAN, HUMAN, source.facts.weights_hash, None),
        ImportedLabel(
            NewExplanation(5, "machine", test=having(0.9)), "m", MACHINE, "x", source.facts.weights_hash, None
        ),
        ImportedLabel(NewExplanation(6, "other weights"), "m", MACHINE, "x", "other", None),
    ]
    for _ in range(2):
        import_explanations(session, source, labels)
    assert sorted(item.text for item in explanations(session, source, 5)) == ["machine", "person"]
    assert called(session) == ("machine", TESTED)
    assert called(session, 6) == (None, None)
    assert [item.is_current for item in explanations(session, source, 6)] == [False]


@pytest.mark.parametrize("bad", [{"sort": "worth"}, {"status": "good"}, {"min_label_score": 2.0}])
def test_what_cannot_be_meant_is_refused(bad: dict[str, object]) -> None:
    with pytest.raises(InvalidRequest):
        LatentQuery(**bad)  # type: ignore[arg-type]
