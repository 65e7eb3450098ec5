"""Labels belong to the weights: the newest counts, and they survive a rebuild."""

from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db.queries.kept_labels import known_labels
from app.db.queries.latents import latent_details, latent_record
from app.db.queries.sources import source_by_slug
from app.db.queries.texts import explanations, labels
from app.db.writes.builds import finish_build
from app.db.writes.explanations import (
    HUMAN,
    NewExplanation,
    add_explanation,
    add_explanations,
    add_label,
    remove_explanation,
)
from app.errors import InvalidRequest, NotFound, UnknownLatent
from tests.app.db.support import built, fill, start
from tests.records import make_records


def test_the_newest_explanation_is_the_label(session: Session) -> None:
    source = built(session)
    add_explanation(session, source, 5, "boats", author="a", method="by hand")
    newest = add_explanation(
        session, source, 5, " about\n ships ", author="b", method="corpus labels", scores={"auroc": 0.98, "texts": 200}
    )
    found = explanations(session, source, 5)
    assert [item.text for item in found] == ["about ships", "boats"]
    assert (found[0].id, found[0].author, found[0].method) == (newest, "b", "corpus labels")
    assert found[0].scores == {"auroc": 0.98, "texts": 200}
    assert all(item.is_current for item in found)
    assert labels(session, source, [4, 5, 6]) == {5: "about ships"}
    remove_explanation(session, source, newest)
    assert labels(session, source, [5]) == {5: "boats"}


def test_the_same_author_and_method_replace_their_text(session: Session) -> None:
    source = built(session)
    for words in ("boats", "ships"):
        add_explanations(session, source, [NewExplanation(1, words), NewExplanation(2, words)], author="a", method="m")
    assert [item.text for item in explanations(session, source, 1)] == ["ships"]
    assert labels(session, source, range(64)) == {1: "ships", 2: "ships"}


def test_labels_survive_a_rebuild(session: Session) -> None:
    source = built(session)
    add_explanation(session, source, 5, "boats", author="a", method="m")
    build_id = start(session, source.id)
    fill(session, build_id, make_records(64, seed=9))
    finish_build(session, build_id)
    source = source_by_slug(session, "tiny")
    assert latent_details(session, source, 5).label == "boats"


def test_labels_of_other_weights_are_shown_as_such(session: Session) -> None:
    source = built(session)
    add_explanation(session, source, 5, "boats", author="a", method="m")
    session.execute(text("UPDATE explanation SET weights_hash = 'older'"))
    session.commit()
    details = latent_details(session, source, 5)
    assert details.label is None
    assert [item.is_current for item in details.explanations] == [False]


def test_neighbours_come_with_their_labels(session: Session) -> None:
    source = built(session)
    neighbour = latent_record(session, source, 5).neighbours[0].index
    add_explanation(session, source, neighbour, "next door", author="a", method="m")
    assert latent_details(session, source, 5).neighbours[neighbour].label == "next door"


def test_all_or_none_are_stored(session: Session) -> None:
    source = built(session)
    items = [NewExplanation(1, "fine"), NewExplanation(64, "outside")]
    with pytest.raises(UnknownLatent):
        add_explanations(session, source, items, author="a", method="m")
    for words in ("", " \n ", "x" * 2001):
        with pytest.raises(InvalidRequest, match="2000"):
            add_explanation(session, source, 1, words, author="a", method="m")
    add_explanations(session, source, [], author="a", method="m")
    assert explanations(session, source, 1) == ()


def test_an_explanation_is_removed_only_from_its_own_source(session: Session) -> None:
    source, other = built(session), built(session, slug="other")
    made = add_explanation(session, source, 1, "boats", author="a", method="m")
    with pytest.raises(NotFound):
        remove_explanation(session, other, made)
    assert labels(session, source, [1]) == {1: "boats"}


def test_hostile_labels_are_kept_as_text(session: Session) -> None:
    source = built(session)
    add_explanation(session, source, 1, "<b>\0\ud800'; --", author="a", method="m")
    assert labels(session, source, [1]) == {1: "<b>␀\\ud800'; --"}


def test_an_edited_label_keeps_its_history(session: Session) -> None:
    source = built(session)
    add_explanation(session, source, 5, "machine's guess", author="auto", method="llm")
    numbers = [
        add_label(session, source, 5, words, author)
        for words, author in (("boats", "Ada"), (" ships \n at sea", "Ada"), ("boats", "Ada"), ("boats", "Ben"))
    ]
    found = explanations(session, source, 5)
    assert [(item.text, item.author) for item in found] == [
        ("boats", "Ben"), ("boats", "Ada"), ("ships at sea", "Ada"), ("boats", "Ada"), ("machine's guess", "auto"),
    ]  # fmt: skip
    assert [item.id for item in found[:4]] == numbers[::-1]
    assert {item.method for item in found[:4]} == {HUMAN}
    assert labels(session, source, [5]) == {5: "boats"}


def test_the_same_label_sent_twice_is_stored_once(session: Session) -> None:
    source = built(session)
    first = add_label(session, source, 5, "boats", "Ada")
    assert add_label(session, source, 5, "  boats ", "Ada") == first
    assert len(explanations(session, source, 5)) == 1


def test_a_label_has_limits_and_a_latent(session: Session) -> None:
    source = built(session)
    for words, author in (("", ""), (" \n", ""), ("x" * 501, ""), ("fine", "y" * 81)):
        with pytest.raises(InvalidRequest, match=r"empty|at most"):
            add_label(session, source, 1, words, author)
    with pytest.raises(UnknownLatent):
        add_label(session, source, 64, "outside")
    add_label(session, source, 1, "x" * 500, "y" * 80)
    assert labels(session, source, [1]) == {1: "x" * 500}


def test_a_label_is_bound_to_the_weights_it_was_written_for(session: Session) -> None:
    source = built(session)
    add_label(session, source, 5, "boats")
    session.execute(text("UPDATE source SET weights_hash = 'newer'"))
    session.commit()
    source = source_by_slug(session, "tiny")
    assert labels(session, source, [5]) == {}
    # The same words for other weights are another statement.
    add_label(session, source, 5, "boats")
    assert [item.is_current for item in explanations(session, source, 5)] == [True, False]


def test_labels_kept_in_memory_are_those_of_the_database(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    source = built(session)
    wanted = range(64)
    assert known_labels(session, source, wanted) == {}
    for index, words in ((5, "first"), (9, "other"), (5, "second")):
        add_label(session, source, index, words)
    source = source_by_slug(session, source.slug)
    expected = {5: "second", 9: "other"}
    assert known_labels(session, source, wanted) == labels(session, source, wanted) == expected
    assert known_labels(session, source, [9, 10]) == {9: "other"}
    other = replace(source, facts=replace(source.facts, weights_hash="other weights"))
    assert known_labels(session, other, wanted) == {}
    monkeypatch.setattr("app.db.queries.kept_labels.FEW", 2)
    add_label(session, source, 11, "third")
    source = source_by_slug(session, source.slug)
    assert known_labels(session, source, wanted) == expected | {11: "third"}
