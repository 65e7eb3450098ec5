"""The table of latents: keyset pages give what sorting everything by hand gives."""

import base64
import itertools
import json
import re

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from app.db import queries, writes
from app.db.display import searchable
from app.db.queries import MAX_LIMIT, ORDERS, SORTS, LatentQuery, LatentRow, SourceInfo
from app.db.writes import NewExplanation
from app.errors import BadCursor, InvalidRequest
from tests.app.db.support import begin, built, fill, statements
from tests.records import VOCABULARY, make_records

TIED = 10


@pytest.fixture
def source(session: Session) -> SourceInfo:
    """Latents with ties in every column (the first ten are alike), and output scores for some of them."""
    _, build_id = begin(session)
    fill(session, build_id, make_records(64, dead=(3, 40, 41, 42)))
    session.execute(
        text("UPDATE latent SET density = 0.01, max_activation = 2, mean_activation = 1 WHERE latent_index < :n"),
        {"n": TIED},
    )
    session.commit()
    writes.write_output_scores(session, build_id, {i: (i * 7 % 5) / 3 for i in range(0, 64, 3)})
    writes.finish_build(session, build_id)
    return queries.source_by_slug(session, "tiny")


def all_pages(session: Session, source: SourceInfo, query: LatentQuery, limit: int) -> list[LatentRow]:
    rows: list[LatentRow] = []
    cursor: str | None = None
    for _ in range(100):
        page = queries.latent_page(session, source, query, limit, cursor)
        rows += page.rows
        cursor = page.next_cursor
        if cursor is None:
            assert page.total == len(rows)
            return rows
        assert len(page.rows) == limit
    raise AssertionError("the pages never end")


def by_hand(rows: list[LatentRow], query: LatentQuery) -> list[int]:
    low = query.min_density if query.min_density is not None else 0.0
    high = query.max_density if query.max_density is not None else 1.0
    kept = [row for row in rows if low <= row.density <= high]
    down = query.order == "desc"
    if query.sort == "index":
        return sorted((row.index for row in kept), reverse=down)
    known = [row for row in kept if getattr(row, query.sort) is not None]
    known.sort(key=lambda row: (getattr(row, query.sort), row.index), reverse=down)
    unknown = sorted(row.index for row in kept if getattr(row, query.sort) is None)
    return [row.index for row in known] + unknown


@pytest.mark.parametrize("limit", [1, 7, 64])
def test_pages_equal_a_sort_by_hand(session: Session, source: SourceInfo, limit: int) -> None:
    everything = all_pages(session, source, LatentQuery(), MAX_LIMIT)
    assert len(everything) == 64
    ranges = ((None, None), (0.005, 0.03), (None, 0.01), (0.9, 1.0))
    for sort, order, (low, high) in itertools.product(SORTS, ORDERS, ranges):
        query = LatentQuery(sort, order, low, high)
        found = all_pages(session, source, query, limit)
        assert [row.index for row in found] == by_hand(everything, query), query


def test_pages_are_read_in_the_order_of_an_index(engine: Engine, session: Session, source: SourceInfo) -> None:
    for sort, order in itertools.product(SORTS, ORDERS):
        first = queries.latent_page(session, source, LatentQuery(sort, order), 5)
        with statements(engine) as sent:
            queries.latent_page(session, source, LatentQuery(sort, order), 5, first.next_cursor)
        rows = [statement for statement in sent if "JOIN latent_detail" in statement]
        assert len(rows) == 1
        plan = explain(session, rows[0])
        assert "TEMP B-TREE" not in plan
        assert "Sort" not in plan
        if engine.dialect.name == "sqlite":
            assert ("PRIMARY KEY" if sort == "index" else f"INDEX ix_latent_{sort}") in plan
        else:
            assert ("pk_latent" if sort == "index" else f"ix_latent_{sort}") in plan


def explain(session: Session, statement: str) -> str:
    """The plan of a statement, whatever its parameters."""
    if session.get_bind().dialect.name == "sqlite":
        found = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", (0,) * statement.count("?"))
        return "\n".join(row[-1] for row in found)
    # So small a table would be read whole; the question is whether an index can give the order.
    for way in ("seqscan", "bitmapscan", "sort", "hashjoin", "mergejoin"):
        session.execute(text(f"SET LOCAL enable_{way} = off"))
    generic = re.sub(r"%\(\w+\)s(::\w+)?", "1", statement)
    return "\n".join(row[0] for row in session.connection().exec_driver_sql(f"EXPLAIN {generic}"))


def test_a_page_takes_four_queries(engine: Engine, session: Session, source: SourceInfo) -> None:
    with statements(engine) as sent:
        page = queries.latent_page(session, source, LatentQuery("density", "desc"))
    assert len(page.rows) == 50
    assert len(sent) == 4  # total, rows, token texts, labels


def test_rows_carry_label_top_token_and_promoted_tokens(session: Session, source: SourceInfo) -> None:
    writes.add_explanation(session, source, 5, "about boats", author="me", method="by hand")
    row = queries.latents_by_index(session, source, [5])[5]
    record = queries.latent_record(session, source, 5)
    assert row.label == "about boats"
    assert (
        row.top_token
        == queries.token_texts(session, source.language_model_id, [record.top_tokens[0].token_id])[
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
    writes.add_explanations(session, source, items, author="a", method="m")
    assert indices(session, source, "old ships_100%") == [8]
    assert indices(session, source, "ships%100") == []
    writes.add_explanation(session, source, 8, "trains", author="b", method="m")
    assert indices(session, source, "old ships") == []
    assert indices(session, source, "trains") == [8]


def indices(session: Session, source: SourceInfo, q: str) -> list[int]:
    return [row.index for row in queries.latent_page(session, source, LatentQuery(q=q), 500).rows]


@pytest.mark.parametrize(
    "values",
    [
        {"sort": "label"},
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
            queries.latent_page(session, source, LatentQuery(), limit)


def encoded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def test_cursors_of_others_are_refused(session: Session, source: SourceInfo) -> None:
    foreign = [
        ["density", "asc", 0.5], ["density", "desc", 0.5, 1], ["index", "asc", None, 1], ["density", "asc", None, 1],
        ["density", "asc", "0.5", 1], ["density", "asc", float("nan"), 1], ["density", "asc", float("inf"), 1],
        ["density", "asc", True, 1], ["density", "asc", 0.5, -1],
        ["density", "asc", 0.5, 2**31], ["density", "asc", 0.5, 1.5], ["density", "asc", 0.5, True], [], {},
    ]  # fmt: skip
    broken = [base64.urlsafe_b64encode(data).decode() for data in (b"[" * 200, b"\xff\xfe")]
    for cursor in [*map(encoded, foreign), *broken, "x", "!!!", "é", "a" * 1000]:
        with pytest.raises(BadCursor):
            queries.latent_page(session, source, LatentQuery("density", "asc"), cursor=cursor)


def test_a_cursor_may_stand_on_a_value_that_is_gone(session: Session, source: SourceInfo) -> None:
    page = queries.latent_page(session, source, LatentQuery("density"), cursor=encoded(["density", "asc", 0.0123, 7]))
    assert all(row.density >= 0.0123 for row in page.rows)


def test_an_empty_list_of_indices_needs_no_rows(session: Session) -> None:
    assert queries.latents_by_index(session, built(session), []) == {}
