"""Speed of the search over a made-up source (scripts/synthetic_source.py), in the process that asks.

    python -m scripts.benchmark_search [--latents 1000000] [--examples 20000] [--labels 25000] [--queries 200]
        [--folder FOLDER]

Times are of the whole search: words or the meaning of what was typed, scores of all latents, reasons of the best 20.
Every search asks for other words. The vectors of words are random but for groups of 40 that are near each other, so
that a search by meaning has many words to look at. ``--folder`` keeps the data and takes it up again.
"""

import argparse
import random
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from app.db.queries.search import named, search_words
from app.db.queries.sources import all_sources, source_by_slug
from app.db.session import make_engine, make_session_maker, upgrade
from app.db.writes.explanations import NewExplanation, add_explanations
from app.search.meanings import Meanings, keys_of
from app.search.service import MEANING, WORDS, SearchQuery, search
from app.settings import Settings
from models.building.sentence_encoder import DIMENSIONS
from scripts.synthetic_source import Plan, make_source, vocabulary

#: Milliseconds at the 95th percentile.
BARS = {WORDS: 150, MEANING: 300}
GROUP, SLUG = 40, "wide"


class GroupedMeanings(Meanings):
    """Vectors of groups of words; a search is the middle of its group, after the real model has read it."""

    def encode(self, texts: list[str]) -> np.ndarray:  # type: ignore[override]
        """Takes the time of the real model, where that is installed."""
        super().encode(texts)
        return np.stack([vector_of(text) for text in texts])


def vector_of(text: str) -> np.ndarray:
    """A unit vector near those of the group of its text."""
    group = np.random.default_rng(hash_of(text) % 1200).normal(size=DIMENSIONS)
    own = np.random.default_rng(hash_of(text)).normal(size=DIMENSIONS)
    both = group + 0.5 * own
    return (both / np.linalg.norm(both)).astype(np.float32)


def hash_of(text: str) -> int:
    """The same in every process."""
    return int(keys_of([text])[0] >> np.uint64(1))


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Print how long the block took."""
    began = time.monotonic()
    yield
    print(f"{what}: {time.monotonic() - began:.1f} s", flush=True)


def main() -> None:
    """Make the source, ask, and print the quantiles."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("latents", 1_000_000), ("examples", 20_000), ("labels", 0), ("queries", 200)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--folder", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = asked.folder or Path(made)
        settings = Settings(_env_file=None, data_dir=folder)  # type: ignore[call-arg]
        engine = make_engine(settings, is_durable=False)
        upgrade(engine)
        meanings = GroupedMeanings(folder)
        words = vocabulary()
        with make_session_maker(engine)() as session:
            if not all_sources(session):
                with timed(f"a source of {asked.latents:,} latents"):
                    make_source(session, Plan(SLUG, asked.latents, asked.examples))
            source = source_by_slug(session, SLUG)
            if asked.labels > len(named(session, source).texts):
                rng = np.random.default_rng(1)
                texts = [
                    " ".join(words[t].strip() for t in ids) for ids in rng.integers(0, len(words), (asked.labels, 4))
                ]
                items = [NewExplanation(index, text) for index, text in enumerate(texts)]
                with timed(f"{asked.labels:,} labels"):
                    add_explanations(session, source, items, author="benchmark", method="more")
            source = source_by_slug(session, SLUG)
            known = search_words(session, source)
            if known is None:
                raise SystemExit("The words of this folder are not whole; delete it.")
            texts = [known.text(number) for number in range(1, len(known))]
            label_index = named(session, source).texts
            labels = [label_index.text(number) for number in range(len(label_index))]
            print(f"{len(texts):,} words, {len(labels):,} labels")
            with timed("vectors"):
                store = [
                    text
                    for text, row in zip(texts + labels, meanings.stored().rows(texts + labels), strict=True)
                    if row < 0
                ]
                for start in range(0, len(store), 50_000):
                    part = store[start : start + 50_000]
                    meanings.store(part, np.stack([vector_of(text) for text in part]))
        dice = random.Random(3)
        sessions = make_session_maker(engine)
        for by in (WORDS, MEANING):
            times, n_found = [], 0
            for number in range(asked.queries + 3):
                typed = dice.choice(texts) if number % 3 else f"{dice.choice(texts)} {dice.choice(texts)[:4]}"
                with sessions() as session:
                    began = time.perf_counter()
                    found = search(session, meanings, SearchQuery(typed, (), by))
                    times.append(1000 * (time.perf_counter() - began))
                n_found += len(found.latents)
            first, times = times[:3], sorted(times[3:])
            p50, p95 = times[len(times) // 2], times[int(0.95 * len(times))]
            said = "within" if p95 <= BARS[by] else "ABOVE"
            print(
                f"{by}: p50 {p50:.0f} ms, p95 {p95:.0f} ms, {said} the bar of {BARS[by]} ms; first {first[0]:.0f} ms; "
                f"{n_found / len(first + times):.0f} found at a time"
            )
        print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
        engine.dispose()


if __name__ == "__main__":
    main()
