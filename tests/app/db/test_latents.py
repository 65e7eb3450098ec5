"""A latent's page: the record comes back as the build wrote it, in few queries that use the indexes."""

import random
from dataclasses import replace

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.db.latent_table.lists import latents_by_index
from app.db.queries.latents import (
    EXAMPLES,
    EXAMPLES_OF_BANDS,
    densities,
    density_histogram,
    latent_details,
    latent_record,
    max_activations,
    prompts,
    random_latent,
    shown_latent,
)
from app.db.queries.points import latent_points
from app.db.queries.scores import count_unscored, unscored_latents
from app.db.queries.sources import shown_source, source_by_slug
from app.db.queries.texts import token_texts
from app.db.writes.builds import finish_build
from app.db.writes.explanations import add_label
from app.db.writes.latents import write_latents, write_output_scores
from app.errors import NotBuilt, UnknownLatent, UnknownSource
from tests.app.db.support import begin, built, equal_records, fill, statements
from tests.records import CONTEXT, HOSTILE, VOCABULARY, make_prompts, make_records


def test_records_come_back_as_they_were_written(session: Session) -> None:
    source = built(session)
    for record in make_records(64, dead=(3, 40)):
        assert equal_records(latent_record(session, source, record.index), record)


def test_prompts_come_back_as_they_were_written(session: Session) -> None:
    source = built(session)
    assert source.build
    wanted = dict(make_prompts(20))
    found = prompts(session, source.build.id, [0, 19, 5, 5, 999])
    assert sorted(found) == [0, 5, 19]
    assert all(equal_records(found[i], wanted[i]) for i in found)


def test_hostile_tokens_are_kept_as_text(session: Session) -> None:
    source = built(session)
    texts = token_texts(session, source.language_model_id, range(len(HOSTILE)))
    assert texts[HOSTILE.index("\0")] == "␀"
    assert texts[HOSTILE.index("a\0b")] == "a␀b"
    assert texts[HOSTILE.index("\ud800")] == "\\ud800"
    same = [i for i, token in enumerate(HOSTILE) if "\0" not in token and token != "\ud800"]
    assert [texts[i] for i in same] == [HOSTILE[i] for i in same]


def test_an_id_outside_the_vocabulary_reads_as_its_number(session: Session) -> None:
    source = built(session)
    assert token_texts(session, source.language_model_id, [999_999]) == {999_999: "<999999>"}


def test_details_hold_every_text_that_the_page_shows(session: Session) -> None:
    source = built(session)
    details = latent_details(session, source, 5)
    assert details.top_token == VOCABULARY[details.record.top_tokens[0].token_id]
    for item in (*details.record.promoted, *details.record.suppressed, *details.record.top_tokens):
        assert item.token_id in details.tokens
    for example in details.record.bands[0].examples:
        window = details.window_tokens(example.prompt, example.window_start, len(example.window))
        assert len(window) == len(example.window)
        assert len(details.prompts[example.prompt]) == CONTEXT
    shown = {example.prompt for band in details.record.bands for example in band.examples}
    assert set(details.prompts) == shown


def test_a_dead_latent_has_empty_details(session: Session) -> None:
    details = latent_details(session, built(session), 3)
    assert (details.record.n_active, details.top_token, details.label) == (0, None, None)
    assert details.record.bands == ()


def test_a_latents_examples_are_one_query(engine: Engine, session: Session) -> None:
    source = built(session)
    with statements(engine) as sent:
        latent_record(session, source, 5)
    assert len(sent) == 2
    assert sum("example" in statement for statement in sent) == 1


def test_details_take_the_same_few_queries_for_every_latent(engine: Engine, session: Session) -> None:
    source = built(session)
    latent_details(session, source, 4)  # reads the vocabulary, once per process
    for index in (5, 6, 63):
        with statements(engine) as sent:
            latent_details(session, source, index)
        assert len(sent) == 4


def test_the_examples_of_chosen_bands_alone_come_with_their_prompts_alone(session: Session) -> None:
    source = built(session)
    whole = latent_details(session, source, 5)
    for places in ([0], [1, 0], []):
        details = latent_details(session, source, 5, lambda bands, places=places: places)
        for place, (band, full) in enumerate(zip(details.record.bands, whole.record.bands, strict=True)):
            wanted = full.examples if place in places else ()
            assert equal_records(band, replace(full, examples=wanted))
        shown = {example.prompt for band in details.record.bands for example in band.examples}
        assert set(details.prompts) == shown


def test_the_first_examples_of_each_band_alone_come(session: Session) -> None:
    source = built(session)
    whole = latent_details(session, source, 5)
    first = latent_details(session, source, 5, lambda bands: range(len(bands)), 2)
    assert max(len(band.examples) for band in whole.record.bands) > 2
    for band, full in zip(first.record.bands, whole.record.bands, strict=True):
        assert equal_records(band, replace(full, examples=full.examples[:2]))


def test_examples_are_one_range_of_the_primary_key(engine: Engine, session: Session) -> None:
    source = built(session)
    assert source.build
    dialect = sqlite.dialect() if engine.dialect.name == "sqlite" else postgresql.dialect()  # type: ignore[no-untyped-call]
    compiled = EXAMPLES.params(build_id=source.build.id, index=5).compile(
        dialect=dialect, compile_kwargs={"literal_binds": True}
    )
    if engine.dialect.name == "sqlite":
        plan = [row[-1] for row in session.execute(text(f"EXPLAIN QUERY PLAN {compiled}"))]
        assert plan == ["SEARCH example USING PRIMARY KEY (build_id=? AND latent_index=?)"]
        # A page reads a part of it; the prompt of each example is found by its key, and nothing is sorted.
        chosen = EXAMPLES_OF_BANDS.params(build_id=source.build.id, index=5, bands=[0, 1], most=9)
        compiled = chosen.compile(dialect=dialect, compile_kwargs={"literal_binds": True})
        assert [row[-1] for row in session.execute(text(f"EXPLAIN QUERY PLAN {compiled}"))] == [
            "SEARCH example USING PRIMARY KEY (build_id=? AND latent_index=? AND band=? AND rank<?)",
            "SEARCH prompt USING INDEX sqlite_autoindex_prompt_1 (build_id=? AND prompt_index=?)",
        ]
        return
    # A table this small would be read whole; the question is whether the index can answer.
    session.execute(text("SET LOCAL enable_seqscan = off"))
    session.execute(text("SET LOCAL enable_bitmapscan = off"))
    plan = [row[0] for row in session.execute(text(f"EXPLAIN {compiled}"))]
    assert plan[0].startswith("Index Scan using pk_example")
    assert not any("Sort" in line for line in plan)


def test_an_index_outside_the_dictionary_is_refused(session: Session) -> None:
    source = built(session)
    for index in (-1, 64, 2**31, 10**30):
        with pytest.raises(UnknownLatent, match="0 to 63"):
            latent_details(session, source, index)


def test_a_source_without_a_build_says_how_to_build(session: Session) -> None:
    begin(session)
    source = source_by_slug(session, "tiny")
    with pytest.raises(NotBuilt, match="periscope build tiny"):
        latent_details(session, source, 0)


def test_a_half_written_build_is_invisible(session: Session) -> None:
    _, build_id = begin(session)
    fill(session, build_id, make_records(10))
    source = source_by_slug(session, "tiny")
    assert source.build is None
    assert source.running
    assert source.running.id == build_id


def test_the_density_histogram_counts_every_latent_once(session: Session) -> None:
    source = built(session)
    histogram = density_histogram(session, source)
    assert histogram.dead == 2
    assert sum(histogram.counts) == 62
    assert len(histogram.edges) == len(histogram.counts) + 1
    assert (histogram.edges[0], histogram.edges[-1]) == (-8, 0)


def test_points_are_all_latents_or_thin_out_evenly(session: Session) -> None:
    source = built(session)
    records = make_records(64, dead=(3, 40))
    points = latent_points(session, source)
    assert points.step == 1
    assert points.densities.tolist() == [record.density for record in records]
    few = latent_points(session, source, limit=16)
    assert few.step == 4
    assert few.max_activations.tolist() == [record.max_activation for record in records[::4]]


def test_random_latents_are_alive_and_differ(session: Session) -> None:
    source = built(session, dead=[i for i in range(64) if i not in (7, 20, 50)])
    found = {random_latent(session, source, random.Random(seed)) for seed in range(40)}
    assert found == {7, 20, 50}


def test_a_build_with_only_dead_latents_still_has_a_random_one(session: Session) -> None:
    assert random_latent(session, built(session, d_sae=4, dead=range(4))) == 0


def test_numbers_of_many_latents_come_in_one_query(engine: Engine, session: Session) -> None:
    source = built(session)
    with statements(engine) as sent:
        found = max_activations(session, source, [1, 2, 3, 2, 999, -5])
    assert len(sent) == 1
    assert found == {record.index: record.max_activation for record in make_records(4, dead=(3,))[1:]}
    assert len(densities(session, source)) == 64


def test_output_scores_are_set_after_the_latents(session: Session) -> None:
    source = built(session)
    assert source.build
    write_output_scores(session, source.build.id, {1: 0.5, 2: -0.25})
    write_output_scores(session, source.build.id, {})
    rows = latents_by_index(session, source, [0, 1, 2])
    assert [rows[i].output_score for i in range(3)] == [None, 0.5, -0.25]


def test_output_scores_are_stored_with_the_latents_that_have_one(session: Session) -> None:
    _, build_id = begin(session)
    write_latents(session, build_id, make_records(64), VOCABULARY.__getitem__, {2: 0.25})
    finish_build(session, build_id)
    source = source_by_slug(session, "tiny")
    rows = latents_by_index(session, source, range(64))
    assert {index: row.output_score for index, row in rows.items() if row.output_score is not None} == {2: 0.25}


def test_unscored_latents_are_the_active_ones_without_a_score_in_order(session: Session) -> None:
    source = built(session, dead=(3, 5))
    assert source.build
    build_id = source.build.id
    write_output_scores(session, build_id, {0: 0.5, 4: 0.5})
    wanted = [index for index in range(64) if index not in (0, 3, 4, 5)]
    assert count_unscored(session, build_id) == len(wanted)
    first = unscored_latents(session, build_id, -1, 10)
    rest = unscored_latents(session, build_id, int(first.indices[-1]), 100)
    assert [*first.indices, *rest.indices] == wanted
    place, record = wanted.index(6), latent_record(session, source, 6)
    assert first.maxima[place] == record.max_activation
    assert first.promoted[place].tolist() == [item.token_id for item in record.promoted]
    assert len(unscored_latents(session, build_id, 63, 10)) == 0


def test_a_page_asks_for_the_source_and_the_latent_at_once(session: Session, engine: Engine) -> None:
    source = built(session)
    shown_latent(session, "tiny", 4)  # reads the source and the vocabulary, once per process
    shown = replace(source, running=None, latest=source.build)
    for index, label, n in ((5, "", 3), (5, "boats", 4), (3, "", 1), (3, "dead one", 2)):
        if label:
            add_label(session, source, index, label)
            shown = replace(shown, table_version=shown.table_version + 1)
            shown_source(session, "tiny")
        with statements(engine) as sent:
            found, details = shown_latent(session, "tiny", index)
        assert found == shown
        whole = latent_details(session, shown, index)
        assert equal_records(details.record, whole.record)
        assert (details.label, details.explanations) == (whole.label, whole.explanations)
        assert details.neighbours == whole.neighbours
        assert len(sent) == n, index
    for index in (-1, 64, 2**31, 2**70):
        with pytest.raises(UnknownLatent):
            shown_latent(session, "tiny", index)
    with pytest.raises(UnknownSource, match="tiny"):
        shown_latent(session, "tinny\0", 1)
    begin(session, "empty")
    with pytest.raises(NotBuilt):
        shown_latent(session, "empty", 1)
