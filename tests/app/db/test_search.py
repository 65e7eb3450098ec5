"""The words of a build in both databases: made once, when it is finished; complete or made again; gone with it."""

import numpy as np
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.db import packing
from app.db.queries.latents import latent_record
from app.db.queries.search import has_search_words, named, postings, search_words, shown_tokens, strongest_windows
from app.db.queries.sources import source_by_slug
from app.db.tables.search import SearchPosting, SearchWord
from app.db.writes import search as module
from app.db.writes.builds import finish_build, start_build
from app.db.writes.explanations import add_explanation, add_label
from app.db.writes.search import write_search_words
from app.db.writes.sources import remove_source
from models.building.search_words import latent_words
from models.statistics.label_tests import Figure, LabelTest
from tests.app.db.support import begin, built, fill
from tests.records import VOCABULARY, make_records


def words_of(session: Session, build_id: int) -> dict[str, list[tuple[int, ...]]]:
    """Word -> its rows, as stored."""
    query = sa.select(SearchWord.word_id, SearchWord.text).where(SearchWord.build_id == build_id)
    found = {}
    for number, text in session.execute(query):
        lists = postings(session, build_id, [number]).get(number, [])
        found[text] = [tuple(row) for part in lists for row in part.tolist()]
    return found


def test_a_finished_build_has_the_words_of_every_live_latent(session: Session) -> None:
    source = built(session)
    assert source.build is not None
    stored = words_of(session, source.build.id)
    for index in (0, 17, 63):
        windows = strongest_windows(session, source, [index])[index]
        record = latent_record(session, source, index)
        text = dict(enumerate(VOCABULARY)).__getitem__
        wanted = latent_words(
            windows,
            [(text(t.token_id), t.value / record.n_active) for t in record.top_tokens],
            [(text(t.token_id), t.value) for t in record.promoted],
            begins_with_space=True,
        )
        plain = {word: w for word, w in wanted.items() if word.startswith("word")}
        assert len(plain) > 5
        for word, weights in plain.items():
            (row,) = [row for row in stored[word] if row[0] == index]
            assert row[1:] == pytest.approx(
                [255 * weights.examples, 255 * weights.fires, 255 * weights.promoted], abs=1
            )


def test_dead_latents_have_no_words_and_lists_ascend(session: Session) -> None:
    source = built(session, dead=(3, 40))
    assert source.build is not None
    stored = words_of(session, source.build.id)
    latents = [[row[0] for row in rows] for rows in stored.values()]
    assert all(row == sorted(set(row)) for row in latents)
    assert {3, 40}.isdisjoint({latent for row in latents for latent in row})


def test_lists_in_parts_are_those_of_one_part(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = built(session, slug="whole")
    monkeypatch.setattr(module, "PART", 10)
    monkeypatch.setattr(module, "READ_STEP", 7)
    parted = built(session, slug="parted")
    assert whole.build is not None
    assert parted.build is not None
    assert words_of(session, whole.build.id) == words_of(session, parted.build.id)
    n_parts = sa.select(sa.func.count(SearchPosting.part.distinct())).where(SearchPosting.build_id == parted.build.id)
    assert session.scalar(n_parts) == 7


def test_a_build_in_which_no_latent_fired_is_finished_without_words(session: Session) -> None:
    source = built(session, dead=range(64))
    assert source.build is not None
    assert words_of(session, source.build.id) == {"": []}
    assert search_words(session, source) is not None


def test_words_are_made_once(session: Session) -> None:
    source = built(session)
    assert source.build is not None
    assert write_search_words(session, source.build.id) is False


def test_what_an_interrupted_run_left_is_made_again(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    source = built(session)
    assert source.build is not None
    before = words_of(session, source.build.id)
    session.execute(sa.delete(SearchWord).where(SearchWord.word_id == 0))
    session.execute(sa.delete(SearchPosting).where(SearchPosting.word_id > 9))
    session.commit()
    assert search_words(session, source) is None

    def stop(done: int, total: int) -> None:
        if done:
            raise KeyboardInterrupt

    monkeypatch.setattr(module, "READ_STEP", 16)
    with pytest.raises(KeyboardInterrupt):
        write_search_words(session, source.build.id, stop)
    assert not has_search_words(session, source.build.id)
    assert write_search_words(session, source.build.id) is True
    assert words_of(session, source.build.id) == before


def test_the_words_go_with_their_build(session: Session) -> None:
    source = built(session)
    build_id = start_build(
        session, source.id, corpus="c", tokens=100, context_size=32, seed=1, config={}, slug="tiny"
    )  # fmt: skip
    fill(session, build_id, make_records(64, seed=2))
    finish_build(session, build_id)
    assert set(session.scalars(sa.select(SearchWord.build_id))) == {build_id}
    assert set(session.scalars(sa.select(SearchPosting.build_id))) == {build_id}
    remove_source(session, "tiny")
    assert session.scalar(sa.select(sa.func.count()).select_from(SearchWord)) == 0


def test_a_running_build_does_not_show_its_words(session: Session) -> None:
    _, build_id = begin(session)
    fill(session, build_id, make_records(64))
    assert search_words(session, source_by_slug(session, "tiny")) is None


def test_the_newest_text_is_the_label_and_its_scores_say_how_far_it_holds(session: Session) -> None:
    source = built(session)
    good = LabelTest(1000, precision=Figure(0.9, 0.85, 0.95), recall=Figure(0.9, 0.85, 0.95), chance=0.01)
    for text, test in (("second", good), ("first", None)):  # the tested one leads, whichever is newer
        add_explanation(session, source, 5, text, author=text, method="m", test=test)
    add_label(session, source, 2, "sea", "ada")
    found = named(session, source_by_slug(session, "tiny"))
    rows = [(found.latents[k], found.texts.text(k), bool(found.is_label[k]), int(found.statuses[k])) for k in range(3)]
    assert rows == [(5, "second", True, 1), (5, "first", False, 0), (2, "sea", True, 0)]


def test_a_label_for_other_weights_names_nothing(session: Session) -> None:
    source = built(session)
    add_label(session, source, 5, "old", "ada")
    session.execute(sa.text("UPDATE explanation SET weights_hash = 'other'"))
    session.commit()
    fresh = source_by_slug(session, "tiny")
    add_label(session, fresh, 6, "new", "ada")
    found = named(session, source_by_slug(session, "tiny"))
    assert found.latents.tolist() == [6]


def test_tokens_of_several_latents_come_together(session: Session) -> None:
    source = built(session)
    found = shown_tokens(session, source, [4, 9])
    for index in (4, 9):
        record = latent_record(session, source, index)
        assert found[index][0] == [VOCABULARY[t.token_id] for t in record.top_tokens] or any(
            "\0" in t for t in VOCABULARY
        )
        assert len(found[index][1]) == len(record.promoted)


def test_damaged_lists_are_refused_as_damage() -> None:
    with pytest.raises(Exception, match="damaged"):
        packing.unpack_postings(b"12345")
    assert packing.unpack_postings(np.zeros(2, packing.POSTING).tobytes()).shape == (2,)
