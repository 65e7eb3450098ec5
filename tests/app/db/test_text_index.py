"""Searching the joined texts, and the lists of latents in memory, find what searching by hand finds; the cache that
keeps them stays within its bound.
"""

import itertools
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.db.display import searchable
from app.db.index_cache import IndexCache
from app.db.latent_table import texts as texts_module
from app.db.latent_table.postings import SEGMENT, Lists, Postings
from app.db.latent_table.reading import NO_TOKEN, lists_of
from app.db.latent_table.texts import TextIndex

TEXTS = st.lists(st.text(st.sampled_from("aAbß İ\n%_é\N{GRINNING FACE}"), max_size=6), max_size=12)


@given(TEXTS, st.text(st.sampled_from("abAß é%_"), min_size=1, max_size=3))
def test_a_text_index_finds_what_a_search_in_each_text_finds(texts: list[str], wanted: str) -> None:
    index = TextIndex.of(texts)
    expected = [number for number, text in enumerate(texts) if searchable(wanted) in searchable(text)]
    assert index.containing(wanted).tolist() == expected
    assert [index.text(number) for number in range(len(texts))] == texts
    assert index.texts([0]) == {0: texts[0] if texts else "<0>"}
    keys = [searchable(text).strip() for text in texts]
    assert sorted(range(len(texts)), key=lambda i: (index.ranks[i], i)) == sorted(
        range(len(texts)), key=lambda i: (keys[i], i)
    )


def test_texts_beyond_those_that_are_kept_are_read_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts_module, "KNOWN", 2)
    index = TextIndex.of(["a", "ß", "", "d\n"])
    for _ in range(2):
        assert [index.text(number) for number in (-1, 0, 1, 2, 3, 4)] == ["<-1>", "a", "ß", "", "d\n", "<4>"]
    assert index.text(0) is index.text(0)


def test_lists_of_latents_are_the_promoted_tokens_turned_around() -> None:
    promoted = np.array([[3, 1], [NO_TOKEN, NO_TOKEN], [1, NO_TOKEN], [0, 3]], np.uint32)
    found = lists_of(promoted)
    assert found.tokens.tolist() == [0, 1, 3]
    assert [part.tolist() for part in np.split(found.latents, found.lengths.cumsum()[:-1])] == [[3], [0, 2], [0, 3]]


@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 3, 40]), st.sets(st.integers(0, 11)))
def test_lists_in_memory_find_what_promotes_any_of_some_tokens(seed: int, n_parts: int, wanted: set[int]) -> None:
    rng = np.random.default_rng(seed)
    d_sae, n_tokens = 2 * SEGMENT + 100, 12
    promoted = np.full((d_sae, 2), NO_TOKEN, np.uint32)
    edges = [0, 1, SEGMENT - 1, SEGMENT, 2 * SEGMENT - 1, 2 * SEGMENT, d_sae - 1]
    some = np.unique([*edges, *rng.integers(0, d_sae, 30)])
    promoted[some] = rng.integers(0, n_tokens + 2, (len(some), 2))  # ids that the vocabulary lacks are left out
    lists = lists_of(promoted)
    cuts = np.linspace(0, len(lists.tokens), n_parts + 1).astype(int)
    ends = np.append(0, lists.lengths.cumsum())
    parts = [
        Lists(lists.tokens[a:b], lists.lengths[a:b], lists.latents[ends[a] : ends[b]])
        for a, b in itertools.pairwise(cuts)
    ]
    mask = np.zeros(d_sae, np.bool_)
    Postings.of(d_sae, n_tokens, len(lists.latents), parts).mark(mask, np.array(sorted(wanted), np.int64))
    assert mask.tolist() == np.isin(promoted, sorted(wanted)).any(1).tolist()


class Piece:
    def __init__(self, nbytes: int) -> None:
        self.nbytes = nbytes


def test_the_cache_keeps_what_was_used_last_within_its_bound() -> None:
    cache = IndexCache(limit=10)
    first = cache.get("a", lambda: Piece(4))
    cache.get("b", lambda: Piece(4))
    assert cache.get("a", lambda: Piece(99)) is first
    cache.get("c", lambda: Piece(4))  # b goes
    assert cache.nbytes == 8
    assert cache.get("a", lambda: Piece(99)) is first
    assert cache.get("b", lambda: Piece(3)).nbytes == 3
    assert cache.get("huge", lambda: Piece(100)).nbytes == 100
    assert cache.nbytes == 100


def test_one_thread_makes_what_several_ask_for() -> None:
    cache, made, started = IndexCache(), [], threading.Barrier(4)

    def make() -> Piece:
        made.append(1)
        return Piece(1)

    def ask() -> None:
        started.wait()
        cache.get("key", make)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [1]


def test_what_cannot_be_made_is_tried_again() -> None:
    cache = IndexCache()

    def fail() -> Piece:
        raise OSError("no disk")

    with pytest.raises(OSError, match="no disk"):
        cache.get("key", fail)
    assert cache.get("key", lambda: Piece(1)).nbytes == 1
