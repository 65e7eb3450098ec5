"""Builds of bundled sources as processes, and all that a build stored, for comparing to the last bit."""

import hashlib
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from app.db.tables.base import Base
from app.db.tables.builds import Build
from app.db.tables.sources import Source
from models.demo import bundle
from models.demo.corpus.generator import document
from scripts.attack.server import environment, periscope

#: Columns of a build's own row that say what it found; the others say when, how and by whom.
FOUND = (
    "status", "tokens", "tokens_done", "context_size", "seed", "density_histogram", "l0", "explained_variance",
    "loss_clean", "loss_sae", "loss_zero", "loss_recovered", "dead_fraction", "mean_residual_norm",
)  # fmt: skip
SEED = 11
#: Seconds after which a build that nobody disturbs is given up.
LONGEST_BUILD = 600.0


@dataclass(frozen=True)
class Job:
    """A build that can be started again and again."""

    settings: dict[str, str]
    folder: Path
    slugs: tuple[str, ...]
    tokens: int
    save_seconds: float  # from one checkpoint to the next
    log: Path  # what the build in hand says

    @property
    def corpus(self) -> Path:
        """The file that is read."""
        return self.folder / "corpus.jsonl"

    def write_corpus(self, characters_per_token: float = 6.0) -> None:
        """Documents of the demo's generator, more than ``tokens`` need."""
        left, number = self.tokens * characters_per_token, 0
        with self.corpus.open("w") as file:
            while left > 0:
                text = document(SEED, number).text
                file.write(json.dumps({"text": text}) + "\n")
                left, number = left - len(text), number + 1

    def add_sources(self) -> None:
        """Register the bundled sources in the database of the settings."""
        run(self.settings, "db", "upgrade")
        for source in bundle.SOURCES:
            if source.slug in self.slugs:
                run(self.settings, "sources", "add", str(bundle.LANGUAGE_MODEL), str(source.folder), "--slug",
                    source.slug)  # fmt: skip

    @property
    def address(self) -> str:
        """The database as PERISCOPE_DATABASE_URL has it."""
        return self.settings.get("PERISCOPE_DATABASE_URL") or f"sqlite:///{self.folder / 'data' / 'periscope.db'}"

    def start(self, resume: bool) -> "subprocess.Popen[bytes]":
        """A build as a process."""
        code = (
            f"from app.builds import run as builds; builds.CHECKPOINT_SECONDS = {self.save_seconds}; "
            "from app.cli import main; main()"
        )
        command = [sys.executable, "-c", code, "build", *self.slugs, "--corpus", str(self.corpus), "--tokens",
                   str(self.tokens), "--batch", "8", *(["--resume"] if resume else [])]  # fmt: skip
        with self.log.open("wb") as sink:
            return subprocess.Popen(command, env=environment(self.settings), cwd=self.folder, stdout=sink, stderr=sink)

    def said(self) -> str:
        """All that the last build said."""
        return self.log.read_text(errors="replace")

    def has_checkpoint(self) -> bool:
        """Whether a build that ended left something to go on from."""
        return any((self.folder / "data" / "builds").glob("*/state.npz"))


def ended(process: "subprocess.Popen[bytes]", seconds: float = LONGEST_BUILD) -> int | None:
    """The status of a build; None for one that had not ended after so many seconds and was killed."""
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        return None
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def run(settings: dict[str, str], *arguments: str, timeout: float = 300) -> "subprocess.CompletedProcess[str]":
    """A ``periscope`` command that has to succeed."""
    done = command(settings, *arguments, timeout=timeout)
    if done.returncode:
        raise SystemExit(f"periscope {' '.join(arguments)} ended with {done.returncode}: {done.stderr[-2000:]}")
    return done


def command(settings: dict[str, str], *arguments: str, timeout: float = 300) -> "subprocess.CompletedProcess[str]":
    """A ``periscope`` command, however it ends."""
    folder = settings["PERISCOPE_DATA_DIR"]
    return subprocess.run(
        periscope(*arguments), env=environment(settings), cwd=folder, capture_output=True, text=True, timeout=timeout
    )


def engine_of(address: str) -> sa.Engine:
    """A plain engine on the database, without anything of the application's."""
    url = sa.make_url(address)
    if url.get_backend_name() == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    return sa.create_engine(url)


def digests(address: str, slugs: tuple[str, ...]) -> dict[str, str]:
    """For each source and each table, a hash over every byte of the rows of the build that is shown."""
    engine = engine_of(address)
    found = {}
    try:
        with engine.connect() as connection:
            for slug in slugs:
                shown = sa.select(Source.current_build_id).where(Source.slug == slug)
                build = connection.execute(shown).scalar_one()
                chosen = sa.select(*(Build.__table__.c[name] for name in FOUND)).where(Build.id == build)
                found[f"{slug} build"] = _digest(connection, chosen)
                for table in Base.metadata.sorted_tables:
                    if "build_id" in table.c:
                        columns = [column for column in table.c if column.name != "build_id"]
                        rows = sa.select(*columns).where(table.c.build_id == build).order_by(*table.primary_key)
                        found[f"{slug} {table.name}"] = _digest(connection, rows)
    finally:
        engine.dispose()
    return found


def _digest(connection: sa.Connection, rows: sa.Select[tuple[object, ...]]) -> str:
    digest = hashlib.sha256()
    for row in connection.execute(rows):
        digest.update(repr(tuple(row)).encode())
    return digest.hexdigest()


def leftovers(address: str) -> list[str]:
    """Rows of builds that no source shows, and builds that seem to run."""
    engine = engine_of(address)
    found = []
    try:
        with engine.connect() as connection:
            shown = set(connection.execute(sa.select(Source.current_build_id)).scalars())
            for table in Base.metadata.sorted_tables:
                if "build_id" in table.c:
                    owners = set(connection.execute(sa.select(table.c.build_id).distinct()).scalars())
                    if owners - shown:
                        found.append(f"{table.name} has rows of builds {sorted(owners - shown)}")
            if n := connection.execute(sa.select(sa.func.count()).where(Build.status == "running")).scalar():
                found.append(f"{n} builds seem to run")
    finally:
        engine.dispose()
    return found
