"""The table of latents: keyset pages give what sorting everything by hand gives."""

import base64
import itertools
import json
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from app.db.display import searchable
from app.db.latent_table.filters import ORDERS, SORTS, LatentQuery
from app.db.latent_table.lists import MAX_LIMIT, all_matching, beside, latent_page, latents_by_index, rows_in_order
from app.db.queries.answers import LatentPage, LatentRow, SourceInfo
from app.db.queries.latents import latent_record
from app.db.queries.sources import source_by_slug
from app.db.queries.texts import token_texts
from app.db.writes.builds import finish_build
from app.db.writes.explanations import NewExplanation, add_explanation, add_explanations
from app.db.writes.latents import write_output_scores
from app.errors import BadCursor, InvalidRequest
from tests.app.db.support import begin, built, fill, start, statements
from tests.records import VOCABULARY, make_records

TIED = 10


@pytest.fixture
def source(session: Session) -> SourceInfo:
    """Latents with ties in every column (the first ten are alike), and output scores for some of them."""
    _, build_id = begin(session)
    fill(session, build_id, make_records(64, dead=(3, 40, 41, 42)))
    session.execute(
        text(
            "UPDATE latent SET density = 0.01, max_activation = 2, mean_activation = 1 "
            "WHERE latent_index < :n AND n_active > 0"
        ),
        {"n": TIED},
    )
    session.commit()
    write_output_scores(session, build_id, {i: (i * 7 % 5) / 3 for i in range(0, 64, 3)})
    finish_build(session, build_id)
    return source_by_slug(session, "tiny")


def all_pages(session: Session, source: SourceInfo, query: LatentQuery, limit: int) -> list[LatentRow]:
    """Every row by following the cursors on to the end, and the same rows by following them back."""
    pages: list[LatentPage] = []
    cursor: str | None = None
    for _ in range(100):
        pages.append(latent_page(session, source, query, limit, cursor))
        cursor = pages[-1].next_cursor
        if cursor is None:
            break
        assert len(pages[-1].rows) == limit
    rows = [row for page in pages for row in page.rows]
    assert [page.total for page in pages] == [len(rows)] * len(pages)
    assert pages[0].previous_cursor is None
    for earlier, later in itertools.pairwise(pages):
        back = latent_page(session, source, query, limit, later.previous_cursor)
        assert back.rows == earlier.rows
        assert (back.next_cursor, back.previous_cursor) == (earlier.next_cursor, earlier.previous_cursor)
    return rows


def value_of(row: LatentRow, sort: str) -> Any:
    """What a row is sorted by; None comes last."""
    if sort == "index":
        return row.index
    if sort == "promoted":
        return alphabetical(row.promoted[0]) if row.promoted else None
    if sort == "telling":  # all labels here are guesses without a score
        if row.n_active == 0:
            return None
        if row.label is not None:
            return 2.0
        return 1 + row.density if row.density <= 0.1 else 1 - row.density
    found = getattr(row, sort)
    return alphabetical(found) if isinstance(found, str) else found


def alphabetical(text: str) -> str:
    return searchable(text).strip()


def fits(row: LatentRow, query: LatentQuery) -> bool:
    for name in ("density", "max_activation", "mean_activation", "output_score"):
        value, low, high = getattr(row, name), getattr(query, f"min_{name}"), getattr(query, f"max_{name}")
        if (low is not None or high is not None) and value is None:
            return False
        if (low is not None and value < low) or (high is not None and value > high):
            return False
    texts = {"label": (row.label,), "top_token": (row.top_token,), "promoted": row.promoted}
    texts["q"] = tuple(text for group in texts.values() for text in group)
    for name, group in texts.items():
        wanted = searchable(getattr(query, name).strip())
        if wanted and not any(text is not None and wanted in searchable(text) for text in group):
            return False
    if query.labelled and (query.labelled == "yes") != (row.label is not None):
        return False
    return not query.dead or (query.dead == "only") == (row.n_active == 0)


def by_hand(rows: list[LatentRow], query: LatentQuery) -> list[int]:
    kept = [row for row in rows if fits(row, query)]
    known = [row for row in kept if value_of(row, query.sort) is not None]
    known.sort(key=lambda row: (value_of(row, query.sort), row.index), reverse=query.order == "desc")
    unknown = sorted(row.index for row in kept if value_of(row, query.sort) is None)
    return [row.index for row in known] + unknown


LABELS = {2: "ships", 5: "Ships and harbours", 9: " winter", 30: "winter", 41: "a dead one", 60: "Ünïcode"}
FILTERS: tuple[dict[str, Any], ...] = (
    {},
    {"min_density": 0.005, "max_density": 0.03},
    {"max_density": 0.01},
    {"min_density": 0.9},
    {"min_max_activation": 2.0},
    {"max_max_activation": 2.0},
    {"min_mean_activation": 1.0, "max_mean_activation": 2.5, "dead": "hide"},
    {"min_output_score": 1 / 3},
    {"max_output_score": 1.0, "max_density": 0.02},
    {"dead": "hide"},
    {"dead": "only"},
    {"labelled": "yes"},
    {"labelled": "no", "dead": "hide"},
    {"label": "SHIPS"},
    {"top_token": "word1"},
    {"promoted": "Word2", "max_density": 0.02},
    {"q": "winter"},
    {"q": "word11", "promoted": "word2"},
)


@pytest.fixture
def labelled(session: Session, source: SourceInfo) -> SourceInfo:
    items = [NewExplanation(index, text) for index, text in LABELS.items()]
    add_explanations(session, source, items, author="a", method="m")
    return source_by_slug(session, "tiny")


@pytest.mark.parametrize("is_packed", [True, False])
@pytest.mark.parametrize("limit", [1, 7, 64])
def test_pages_equal_a_sort_by_hand(session: Session, labelled: SourceInfo, limit: int, is_packed: bool) -> None:
    if not is_packed:
        # As a build from before there were packed columns.
        for table in ("build_column", "latents_of_token"):
            session.execute(text(f"DELETE FROM {table}"))  # noqa: S608 (two fixed names)
        session.commit()
    everything = list(latents_by_index(session, labelled, range(64)).values())
    assert len(everything) == 64
    sorts: tuple[str, ...] = SORTS if limit == 7 else ("index", "density", "output_score", "label")
    for (sort, order), given in itertools.product(itertools.product(sorts, ORDERS), FILTERS):
        query = LatentQuery(sort, order, **given)
        found = all_pages(session, labelled, query, limit)
        assert [row.index for row in found] == by_hand(everything, query), query
        if limit == 64:
            indices = all_matching(session, labelled, query)
            assert list(rows_in_order(session, labelled, indices)) == found


@pytest.mark.parametrize("sort", SORTS)
def test_the_latents_beside_one_are_those_of_the_whole_list(session: Session, labelled: SourceInfo, sort: str) -> None:
    for order, given in itertools.product(ORDERS, ({}, {"max_density": 0.01}, {"q": "winter"}, {"dead": "only"})):
        query, whole = LatentQuery(sort, order, **given), LatentQuery(sort, order)
        found = all_matching(session, labelled, query).tolist()
        for place, latent in enumerate(found):
            expected = (found[place - 1] if place else None, found[place + 1] if place + 1 < len(found) else None)
            assert beside(session, labelled, query, latent) == expected, query
        everything = all_matching(session, labelled, whole).tolist()
        for place, latent in enumerate(everything):  # also one that is not in the list has its place in it
            before = [other for other in everything[:place] if other in found]
            after = [other for other in everything[place + 1 :] if other in found]
            assert beside(session, labelled, query, latent) == ((before or [None])[-1], (after or [None])[0]), query


def test_a_page_takes_two_queries(engine: Engine, session: Session, labelled: SourceInfo) -> None:
    query = LatentQuery("max_activation", "desc", q="word1", min_density=0.001)
    latent_page(session, labelled, query)
    with statements(engine) as sent:
        page = latent_page(session, labelled, query)
    assert len(page.rows) > 10
    assert len(sent) == 2  # rows, labels


def test_the_columns_of_a_build_go_when_it_is_replaced(session: Session, source: SourceInfo) -> None:
    assert source.build is not None
    build_id = start(session, source.id)
    fill(session, build_id, make_records(64, seed=1))
    finish_build(session, build_id)
    for table in ("build_column", "latents_of_token"):
        found = session.scalars(text(f"SELECT DISTINCT build_id FROM {table}")).all()  # noqa: S608 (two fixed names)
        assert found == [build_id]


def test_a_new_build_is_seen_at_once(session: Session, source: SourceInfo) -> None:
    before = latent_page(session, source, LatentQuery("density")).rows
    build_id = start(session, source.id)
    fill(session, build_id, make_records(64, seed=1))
    finish_build(session, build_id)
    again = source_by_slug(session, "tiny")
    after = latent_page(session, again, LatentQuery("density")).rows
    assert after != before
    assert [row.density for row in after] == sorted(row.density for row in after)


def test_new_output_scores_are_seen_at_once(session: Session, source: SourceInfo) -> None:
    assert source.build is not None
    latent_page(session, source, LatentQuery("output_score"))
    write_output_scores(session, source.build.id, {63: -5.0})
    page = latent_page(session, source_by_slug(session, "tiny"), LatentQuery("output_score"))
    assert page.rows[0].index == 63


def test_rows_carry_label_top_token_and_promoted_tokens(session: Session, source: SourceInfo) -> None:
    add_explanation(session, source, 5, "about boats", author="me", method="by hand")
    row = latents_by_index(session, source, [5])[5]
    record = latent_record(session, source, 5)
    assert row.label == "about boats"
    assert (
        row.top_token
        == token_texts(session, source.language_model_id, [record.top_tokens[0].token_id])[
            record.top_tokens[0].token_id
        ]
    )
    assert len(row.promoted) == 10


def test_a_search_finds_tokens_literally_and_in_any_case(session: Session, source: SourceInfo) -> None:
    searches = (" WORD1", "İstanbul", "%", "_", "\\", "'; drop", "\0", "<SCRIPT>", "no such text")
    for wanted in searches:
        needle = searchable(wanted.strip())
        expected = []
        for record in make_records(64, dead=(3, 40, 41, 42)):
            shown = [item.token_id for item in (*record.top_tokens[:1], *record.promoted)]
            if any(needle in searchable(VOCABULARY[token_id]) for token_id in shown):
                expected.append(record.index)
        found = all_pages(session, source, LatentQuery(q=wanted), 100)
        assert [row.index for row in found] == expected, wanted


def test_a_search_finds_labels_but_not_replaced_ones(session: Session, source: SourceInfo) -> None:
    items = [NewExplanation(8, "Old Ships_100%"), NewExplanation(9, "harbours")]
    add_explanations(session, source, items, author="a", method="m")
    assert indices(session, source, "old ships_100%") == [8]
    assert indices(session, source, "ships%100") == []
    add_explanation(session, source, 8, "trains", author="b", method="m")
    assert indices(session, source, "old ships") == []
    assert indices(session, source, "trains") == [8]


def indices(session: Session, source: SourceInfo, q: str) -> list[int]:
    source = source_by_slug(session, source.slug)
    return [row.index for row in latent_page(session, source, LatentQuery(q=q), 500).rows]


@pytest.mark.parametrize(
    "values",
    [
        {"sort": "search_text"},
        {"labelled": "maybe"},
        {"dead": "yes"},
        {"min_max_activation": float("nan")},
        {"max_output_score": float("-inf")},
        {"promoted": "x" * 201},
        {"order": "down"},
        {"min_density": -0.1},
        {"max_density": 1.5},
        {"min_density": float("nan")},
        {"max_density": float("inf")},
        {"q": "x" * 201},
    ],
)
def test_values_that_cannot_be_meant_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(InvalidRequest):
        LatentQuery(**values)  # type: ignore[arg-type]


def test_limits_are_refused_outside_their_range(session: Session, source: SourceInfo) -> None:
    for limit in (0, -1, MAX_LIMIT + 1, 10**30):
        with pytest.raises(InvalidRequest, match="limit"):
            latent_page(session, source, LatentQuery(), limit)


def encoded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def test_cursors_of_others_are_refused(session: Session, source: SourceInfo) -> None:
    foreign = [
        ["density", "asc", 0.5], ["density", "desc", 0.5, 1], ["index", "asc", None, 1], ["density", "asc", None, 1],
        ["density", "asc", "0.5", 1], ["density", "asc", float("nan"), 1], ["density", "asc", float("inf"), 1],
        ["density", "asc", True, 1], ["density", "asc", 0.5, -1],
        ["density", "asc", 0.5, 2**31], ["density", "asc", 0.5, 1.5], ["density", "asc", 0.5, True],
        ["density", "asc", 0.5, 1, "back", 1],
        ["density", "asc", 0.5, 1, "forth"], [], {},
    ]  # fmt: skip
    broken = [base64.urlsafe_b64encode(data).decode() for data in (b"[" * 200, b"\xff\xfe")]
    for cursor in [*map(encoded, foreign), *broken, "x", "!!!", "é", "a" * 1000]:
        with pytest.raises(BadCursor):
            latent_page(session, source, LatentQuery("density", "asc"), cursor=cursor)


def test_a_cursor_may_stand_on_a_value_that_is_gone(session: Session, source: SourceInfo) -> None:
    page = latent_page(session, source, LatentQuery("density"), cursor=encoded(["density", "asc", 0.0123, 7]))
    assert all(row.density >= 0.0123 for row in page.rows)


def test_an_empty_list_of_indices_needs_no_rows(session: Session) -> None:
    assert latents_by_index(session, built(session), []) == {}
