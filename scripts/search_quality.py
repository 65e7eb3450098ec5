"""How often the first ten results of a search have a latent that is about what was looked for.

    python -m scripts.search_quality grammar|chat [--by words] [--by meaning] [--sources SLUG,...] [--show]

The questions stand in scripts/search_queries.json, 30 for each demo, written before a result was seen, with the words
that an answer would be about. A latent counts as about it where the words of its tested label have one of these, or
where at least half of its ten strongest examples, of different texts, have one within two tokens of the place where it
fires most. The search's own weights are not asked. Reads the database of PERISCOPE_DATA_DIR.
"""

import argparse
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from sqlalchemy.orm import Session

from app.db.queries.search import strongest_windows
from app.db.queries.sources import source_by_slug
from app.db.queries.texts import explanations
from app.db.session import make_engine, make_session_maker
from app.search.meanings import Meanings
from app.search.service import MEANING, WORDS, FoundLatent, SearchQuery, search
from app.settings import load_settings
from models.building.search_words import WORD, Window, fold, words_of

QUERIES = Path(__file__).with_name("search_queries.json")
FIRST, EXAMPLES, NEAR = 10, 10, 2


def is_about(session: Session, found: FoundLatent, about: Iterable[str]) -> bool:
    """Whether the latent's tested label, or half of its examples, have one of the words (or its plural)."""
    wanted = {fold(word) for word in about}
    wanted |= {f"{word}s" for word in wanted}
    source = source_by_slug(session, found.source)
    tested = [item for item in explanations(session, source, found.index) if item.status == "tested"]
    if any(fold(match.group()) in wanted for item in tested for match in WORD.finditer(item.text)):
        return True
    windows = _distinct(strongest_windows(session, source, [found.index]).get(found.index, []))[:EXAMPLES]
    hits = sum(_has(window, wanted) for window in windows)
    return bool(windows) and 2 * hits >= len(windows)


def _distinct(windows: Sequence[Window]) -> list[Window]:
    """Windows whose words around the focus differ."""
    found = {tuple(w.tokens[max(0, w.focus - 3) : w.focus + 4]): w for w in reversed(windows)}
    return list(found.values())[::-1]


def _has(window: Window, wanted: set[str]) -> bool:
    return any(
        word in wanted and first - NEAR <= window.focus < end + NEAR for word, first, end in words_of(window.tokens)
    )


def main() -> None:
    """Print each question with the place of the first latent that is about it, and the share of questions."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("demo", choices=("grammar", "chat"))
    parser.add_argument("--by", action="append", choices=(WORDS, MEANING))
    parser.add_argument("--sources", default="")
    parser.add_argument("--show", action="store_true", help="print what was found")
    asked = parser.parse_args()
    settings = load_settings()
    engine = make_engine(settings)
    meanings = Meanings(settings.data_dir)
    questions = json.loads(QUERIES.read_text(encoding="utf-8"))[asked.demo]
    slugs = tuple(filter(None, asked.sources.split(",")))
    with make_session_maker(engine)() as session:
        for by in asked.by or (MEANING, WORDS):
            answered = 0
            for question in questions:
                found = search(session, meanings, SearchQuery(question["query"], slugs, by, FIRST)).latents
                places = [place for place, item in enumerate(found, 1) if is_about(session, item, question["about"])]
                answered += bool(places)
                said = f"place {places[0]}, {len(places)} of {len(found)}" if places else f"none of {len(found)}"
                print(f"{by:8} {question['query']:20} {said}")
                for item in found if asked.show else ():
                    why = "; ".join(f"{reason.field}: {reason.text!r}" for reason in item.why[:3])
                    print(f"    {item.score:.3f} {item.source} {item.index} {item.label or ''} | {why[:200]}")
            print(f"{by}: {answered} of {len(questions)} questions, {answered / len(questions):.0%}")
    engine.dispose()


if __name__ == "__main__":
    main()
