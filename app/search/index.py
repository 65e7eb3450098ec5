"""What the search reads, made for sources that are built: their words, and the vectors of words and labels.

A build does it as its last step; ``periscope search-index`` does it for builds from before there was this search, and
for labels that came since. What is there already is left.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from sqlalchemy.orm import Session, sessionmaker

from app.db.queries.search import named, search_words
from app.db.queries.sources import all_sources, source_by_slug, sources_by_slugs
from app.db.session import make_engine, make_ready, make_session_maker
from app.db.writes.search import write_search_words
from app.errors import NotBuilt, PeriscopeError
from app.hints import command
from app.search.meanings import Meanings
from app.settings import Settings
from models.building.sentence_encoder import FETCH, installed_encoder
from models.errors import PeriscopeModelError

#: What is done, how much of it, of how much.
Report = Callable[[str, int, int], None]


def make_search_index(settings: Settings, slugs: Sequence[str], report: Report) -> str:
    """Make what is missing for these sources, or for all that are built; gives a sentence on what was done.

    Raises UnknownSource and NotBuilt for a source that is named.
    """
    engine = make_engine(settings, is_durable=False)
    try:
        make_ready(engine)
        sessions = make_session_maker(engine)
        with sessions() as session:
            found = sources_by_slugs(session, slugs) if slugs else all_sources(session)
            built = [source.slug for source in found if source.build is not None]
            if slugs and len(built) < len(found):
                raise NotBuilt(next(source.slug for source in found if source.build is None))
        n_new = sum(write_words(sessions, slug, report) for slug in built)
        n_texts = add_meanings(settings.data_dir, sessions, built, report)
    finally:
        engine.dispose()
    done = f"The words of {n_new} of {len(built)} sources were made; the others had theirs."
    if n_texts is None:
        return f"{done} Search by meaning needs a small language model as well: `{FETCH}`, then this command again."
    return f"{done} {n_texts:,} words and labels were read for their meaning."


def write_words(sessions: sessionmaker[Session], slug: str, report: Report) -> bool:
    """Make the words of a built source; False: it had them."""
    with sessions() as session:
        source = source_by_slug(session, slug)
        if source.build is None:
            raise NotBuilt(slug)
        return write_search_words(session, source.build.id, partial(report, f"words of {slug}"))


def add_meanings(data_dir: Path, sessions: sessionmaker[Session], slugs: Sequence[str], report: Report) -> int | None:
    """Make the vectors that are missing of the sources' words and labels; None: the model is not installed."""
    if installed_encoder() is None:
        return None
    meanings, n_new = Meanings(data_dir), 0
    with sessions() as session:
        for slug in slugs:
            n_new += meanings.add(_texts(session, slug), partial(report, f"meaning of {slug}"))
    return n_new


def read_after_build(
    data_dir: Path, sessions: sessionmaker[Session], slugs: Sequence[str], report: Report, say: Callable[[str], None]
) -> None:
    """The same when a build is complete: pages show it already, so what goes wrong here is told and no failure of it.

    KeyboardInterrupt says what is left to do.
    """
    later = f"`{command('search-index')}` goes on with the search by meaning"
    try:
        add_meanings(data_dir, sessions, slugs, report)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"Stopped; the sources are built, and {later}.") from None
    except (PeriscopeError, PeriscopeModelError, OSError) as error:
        say(f"The sources are built, but not yet searched by meaning ({error}); {later}.")


def _texts(session: Session, slug: str) -> Iterator[str]:
    source = source_by_slug(session, slug)
    for index in (search_words(session, source), named(session, source).texts):
        if index is not None:
            yield from filter(None, map(index.text, range(len(index))))
