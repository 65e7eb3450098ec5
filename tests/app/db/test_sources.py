"""Sources are registered whole or not at all, and removed with everything that was built from them."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from app.db.latent_table.filters import LatentQuery
from app.db.latent_table.lists import latent_page
from app.db.queries.answers import SourceInfo
from app.db.queries.kept_labels import known_labels
from app.db.queries.latents import density_histogram, shown_latent
from app.db.queries.sources import all_sources, builds_now, shown_source, source_by_slug, source_now, sources_by_slugs
from app.db.queries.texts import vocabulary
from app.db.tables.base import Base
from app.db.tables.sources import LanguageModel, Source, Token
from app.db.tables.steering import Mix
from app.db.writes.builds import fail_build, finish_build, update_progress
from app.db.writes.explanations import add_explanation, add_label
from app.db.writes.sources import register_source, remove_source, require_free_slug
from app.errors import BuildRunning, InvalidRequest, SlugTaken, UnknownSource
from tests.app.db.support import begin, built, fill, start, statements
from tests.records import VOCABULARY, make_facts, make_records


def count(session: Session, table: type[Base]) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0


def test_facts_come_back_as_they_were_registered(session: Session) -> None:
    facts = make_facts(explained_variance=None, warnings=("one", "two"))
    source_id = register_source(session, "a.b-c_1", facts, VOCABULARY)
    source = source_by_slug(session, "a.b-c_1")
    assert (source.id, source.slug, source.facts) == (source_id, "a.b-c_1", facts)
    assert (source.build, source.running, source.latest) == (None, None, None)
    assert (datetime.now(UTC) - source.created).total_seconds() < 60
    assert len(vocabulary(session, source.language_model_id)) == len(VOCABULARY)


def test_sources_of_one_model_share_its_vocabulary(session: Session) -> None:
    register_source(session, "one", make_facts(), VOCABULARY)
    register_source(session, "two", make_facts(layer=1), VOCABULARY)
    assert (count(session, LanguageModel), count(session, Token)) == (1, len(VOCABULARY))
    register_source(session, "three", make_facts(), [*VOCABULARY[:-1], "changed"])
    assert count(session, LanguageModel) == 2


def test_a_slug_can_be_taken_once(session: Session) -> None:
    register_source(session, "tiny", make_facts(), VOCABULARY)
    with pytest.raises(SlugTaken, match="tiny"):
        register_source(session, "tiny", make_facts("other"), VOCABULARY)
    assert (count(session, Source), count(session, LanguageModel)) == (1, 1)


@pytest.mark.parametrize("slug", ["", "A", "a/b", "a b", "-a", "a-", "a" * 101, "ä", "a\n", "..", "a\0b"])
def test_slugs_that_do_not_fit_a_url_are_refused(slug: str) -> None:
    with pytest.raises(InvalidRequest, match="slug"):
        require_free_slug(Session(), slug)


def test_registering_leaves_nothing_when_the_vocabulary_cannot_be_stored(session: Session) -> None:
    with pytest.raises(AttributeError):
        register_source(session, "tiny", make_facts(), ["a", None, "b"])  # type: ignore[list-item]
    assert (count(session, Source), count(session, LanguageModel), count(session, Token)) == (0, 0, 0)


def test_an_unknown_source_lists_a_few_that_exist(session: Session) -> None:
    with pytest.raises(UnknownSource, match="periscope sources add"):
        source_by_slug(session, "none")
    for i in range(8):
        register_source(session, f"s{i}", make_facts(), VOCABULARY)
    with pytest.raises(UnknownSource, match=r"s0, s1, s2, s3, s4, \.\.\."):
        source_by_slug(session, "no\0ne'; --")
    with pytest.raises(UnknownSource):
        sources_by_slugs(session, ["s1", "S1"])
    assert [source.slug for source in sources_by_slugs(session, ["s3", "s1"])] == ["s3", "s1"]


@pytest.mark.parametrize("slug", ["ti\0ny", "tiny\0", "\0tiny", "ti\udcffny", "TINY"])
def test_a_slug_is_asked_for_exactly(session: Session, slug: str) -> None:
    register_source(session, "tiny", make_facts(), VOCABULARY)
    for ask in (
        source_by_slug,
        shown_source,
        lambda session, slug: shown_latent(session, slug, 0),
        lambda session, slug: source_now(session, slug, builds_now(session)),
    ):
        with pytest.raises(UnknownSource, match="tiny"):
            ask(session, slug)


def test_sources_are_listed_by_model_and_layer(session: Session) -> None:
    for slug, model, layer in (("z", "b", 1), ("y", "a", 9), ("x", "b", 0), ("w", "b", 1)):
        register_source(session, slug, make_facts(model, layer=layer), VOCABULARY)
    assert [source.slug for source in all_sources(session)] == ["y", "x", "w", "z"]


def test_no_sources_are_an_empty_list(session: Session) -> None:
    assert all_sources(session) == ()


def test_a_removed_source_leaves_no_row(session: Session) -> None:
    source = built(session)
    add_explanation(session, source, 1, "boats", author="a", method="m")
    remove_source(session, "tiny")
    left = {mapper.class_.__tablename__: count(session, mapper.class_) for mapper in Base.registry.mappers}
    assert len(left) == len(Base.metadata.tables)
    assert set(left.values()) == {0}, left


def test_a_model_stays_while_something_needs_it(session: Session) -> None:
    built(session)
    register_source(session, "two", make_facts(layer=1), VOCABULARY)
    remove_source(session, "tiny")
    assert count(session, Token) == len(VOCABULARY)
    model_id = source_by_slug(session, "two").language_model_id
    session.add(Mix(language_model_id=model_id, name="mine", terms=[], options={}, created=datetime.now(UTC)))
    session.commit()
    remove_source(session, "two")
    assert (count(session, LanguageModel), count(session, Mix)) == (1, 1)


def test_a_source_is_not_removed_under_a_running_build(session: Session) -> None:
    begin(session)
    with pytest.raises(BuildRunning):
        remove_source(session, "tiny")
    assert count(session, Source) == 1


def test_removing_an_unknown_source_is_refused(session: Session) -> None:
    with pytest.raises(UnknownSource):
        remove_source(session, "none")


def test_the_shown_source_is_kept_until_something_changes(engine: Engine, session: Session) -> None:
    source = built(session)
    first = shown_source(session, source.slug)
    assert first == replace(source, running=None, latest=source.build)
    with statements(engine) as sent:
        assert shown_source(session, source.slug) is first
    assert len(sent) == 1
    add_label(session, source, 3, "a new label")
    assert shown_source(session, source.slug).table_version == first.table_version + 1
    remove_source(session, source.slug)
    with pytest.raises(UnknownSource):
        shown_source(session, source.slug)


def test_the_source_with_its_builds_is_kept_while_nothing_runs(engine: Engine, session: Session) -> None:
    def now() -> SourceInfo:
        return source_now(session, "tiny", builds_now(session))

    source = built(session)
    first = now()
    assert first == source
    with statements(engine) as sent:
        assert now() is first
    assert len(sent) == 2

    running = start(session, source.id)
    assert now().running
    update_progress(session, running, progress=0.5)
    reported = now().running
    assert reported
    assert reported.progress == 0.5
    fail_build(session, running, "The disk is full.")
    failed = now()
    assert failed == source_by_slug(session, "tiny")
    assert failed.latest
    assert failed.latest.error == "The disk is full."
    assert now() is failed


def test_a_build_that_takes_the_number_of_one_that_is_gone_is_seen(session: Session) -> None:
    source = built(session)
    other = built(session, slug="other")
    assert other.build
    assert source_now(session, "tiny", builds_now(session)).latest == source.build
    remove_source(session, "other")
    number = start(session, source.id)
    fail_build(session, number, "x")
    latest = source_now(session, "tiny", builds_now(session)).latest
    assert latest
    assert (latest.id, latest.status) == (number, "failed")


def test_densities_are_read_once_per_build(engine: Engine, session: Session) -> None:
    source = built(session)
    first = density_histogram(session, source)
    with statements(engine) as sent:
        assert density_histogram(session, source) == first
    assert not sent
    number = start(session, source.id)
    fill(session, number, make_records(64))
    finish_build(session, number)
    again = source_by_slug(session, "tiny")
    with statements(engine) as sent:
        density_histogram(session, again)
    assert len(sent) == 1


def test_a_source_made_anew_under_the_numbers_of_one_that_was_removed_is_another(session: Session) -> None:
    """SQLite gives the ids of rows that were deleted to the next ones; what is kept in memory must not mix them up."""

    def labelled(source: SourceInfo) -> list[tuple[int, str | None]]:
        page = latent_page(session, source, LatentQuery("index", "asc", labelled="yes"), 50)
        return [(row.index, row.label) for row in page.rows]

    def firing_on(source: SourceInfo, word: str) -> int:
        return latent_page(session, source, LatentQuery("index", "asc", top_token=word), 50).total

    old = built(session)
    for index, text in ((3, "old one"), (4, "old two")):
        add_label(session, old, index, text)
    old = source_by_slug(session, "tiny")
    top = latent_page(session, old, LatentQuery("index", "asc"), 50).rows[0].top_token or ""
    assert labelled(old) == [(3, "old one"), (4, "old two")]
    assert known_labels(session, old, [3, 20]) == {3: "old one"}
    assert firing_on(old, top) > 0

    remove_source(session, "tiny")
    other_words = [f"other{number}" for number in range(len(VOCABULARY))]
    source_id = register_source(session, "tiny", make_facts(), other_words)
    build_id = start(session, source_id)
    fill(session, build_id, make_records(64))
    finish_build(session, build_id)
    new = source_by_slug(session, "tiny")
    for index, text in ((20, "new one"), (21, "new two")):
        add_label(session, new, index, text)
    new = source_by_slug(session, "tiny")

    assert new.table_version == old.table_version
    if session.get_bind().dialect.name == "sqlite":
        assert (new.id, new.language_model_id, build_id) == (old.id, old.language_model_id, old.build and old.build.id)
    assert labelled(new) == [(20, "new one"), (21, "new two")]
    assert known_labels(session, new, [3, 20]) == {20: "new one"}
    assert firing_on(new, top) == 0
    assert firing_on(new, "other") > 0
    assert new.build
    assert old.build
    assert new.build.version != old.build.version
