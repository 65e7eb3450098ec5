"""What it costs that a label, a mix or a vector survives a power cut: SQLite's ``synchronous`` FULL beside NORMAL.

    python -m scripts.benchmark_durability [--folder FOLDER] [--writes N]

Both write the same labels, one commit each, in turn, so that what else the machine does hits both alike. FULL waits
until the disk has every commit, so the figures are the disk's: name a FOLDER on the one that holds the data. A build
commits a few hundred latents at once; "build" is 200 such commits.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.db.queries.sources import source_by_slug
from app.db.session import make_engine, make_session_maker, upgrade
from app.db.tables.builds import Prompt
from app.db.writes.explanations import add_label
from app.settings import Settings
from scripts.synthetic_source import Plan, make_source

ROWS, BUILD_COMMITS, N_LATENTS = 256, 200, 64


def main() -> None:
    """Write, and print milliseconds per commit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, help="where the database is made (a temporary folder)")
    parser.add_argument("--writes", type=int, default=500)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        print(f"{given.writes} labels and {BUILD_COMMITS} commits of {ROWS} rows on each, in {folder}")
        measure(Path(folder), given.writes)


def measure(folder: Path, writes: int) -> None:
    """One database for both, each on its own engine."""
    settings = Settings(_env_file=None, data_dir=folder)  # type: ignore[call-arg]
    engines = {name: make_engine(settings, is_durable=name == "FULL") for name in ("NORMAL", "FULL")}
    upgrade(engines["FULL"])
    sessions = {name: make_session_maker(engine)() for name, engine in engines.items()}
    with make_session_maker(engines["FULL"])() as session:
        make_source(session, Plan("bench", d_sae=N_LATENTS, n_examples=2))
        source = source_by_slug(session, "bench")

    def label(session: Session, n: int) -> None:
        add_label(session, source, n % N_LATENTS, f"label {n}", "bench")

    labels = interleaved(sessions, writes, label)
    build = interleaved(sessions, BUILD_COMMITS, write_rows)
    for name in sessions:
        print(f"{name:6}  label {said(labels[name])}   build {said(build[name])}")
    for session in sessions.values():
        session.close()
    for engine in engines.values():
        engine.dispose()


def interleaved(
    sessions: dict[str, Session], n: int, write: Callable[[Session, int], object]
) -> dict[str, list[float]]:
    """Milliseconds of each write, in turn on each session."""
    times: dict[str, list[float]] = {name: [] for name in sessions}
    for number in range(n):
        for place, (name, session) in enumerate(sessions.items()):
            began = time.perf_counter()
            write(session, 2 * number + place)
            times[name].append(1000 * (time.perf_counter() - began))
    return times


def write_rows(session: Session, number: int) -> None:
    """Prompts, as a build stores them."""
    build_id = session.scalars(sa.text("SELECT min(id) FROM build")).one()
    first = 10_000 + ROWS * number
    rows = [{"build_id": build_id, "prompt_index": first + row, "token_ids": bytes(129)} for row in range(ROWS)]
    session.execute(sa.insert(Prompt), rows)
    session.commit()


def said(times: list[float]) -> str:
    """Median and 95th percentile."""
    ordered = sorted(times)
    return f"p50 {ordered[len(ordered) // 2]:6.2f} p95 {ordered[int(0.95 * len(ordered))]:6.2f} ms"


if __name__ == "__main__":
    main()
