"""What is attacked: an empty folder, a database of each kind, a made-up source as wide as real ones."""

import contextlib
import random
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scripts.attack.postgres import Postgres, postgres
from scripts.benchmark_pages import Address, addresses, fill
from scripts.synthetic_source import Plan, vocabulary

KINDS = ("sqlite", "postgresql")
SLUG, LATENTS, SHOWN = "wide", 24_576, 4096
#: Latents where the width of the source does not matter.
FEW = 2048
#: How often each kind of address is asked for, of a hundred.
MIX = {"api": 30, "latent": 30, "source": 15, "search": 10, "later bands": 5, "home": 5, "api list": 5}
N_PATHS = 4000


@dataclass(frozen=True)
class World:
    """A folder with a filled database; ``settings`` for servers and commands on it."""

    kind: str
    folder: Path
    settings: dict[str, str]
    plan: Plan
    postgres: Postgres | None = None

    @property
    def file(self) -> Path:
        """The file of an SQLite database."""
        return self.folder / "data" / "periscope.db"

    @property
    def address(self) -> str:
        """The database as PERISCOPE_DATABASE_URL has it."""
        return f"sqlite:///{self.file}" if self.postgres is None else self.postgres.address


@contextlib.contextmanager
def world(kind: str, latents: int = LATENTS, folder: Path | None = None) -> Iterator[World]:
    """A database of the kind with the source ``wide``, in ``folder`` or one of its own; removed at the end."""
    # Not under a deep path: the address of PostgreSQL's socket is limited to about 100 bytes.
    place = folder or Path(tempfile.mkdtemp(prefix="periscope-attack-"))
    plan = Plan(SLUG, latents, min(latents, SHOWN))
    settings = {"PERISCOPE_DATA_DIR": str(place / "data")}
    (place / "data").mkdir(parents=True)
    try:
        with contextlib.ExitStack() as stack:
            server = None
            if kind == "postgresql":
                server = stack.enter_context(postgres(place / "pg"))
                settings["PERISCOPE_DATABASE_URL"] = server.address
            fill(settings, [plan])
            yield World(kind, place, settings, plan, server)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def paths(plan: Plan, n: int = N_PATHS, seed: int = 0) -> list[str]:
    """Addresses of the API and of pages, mixed, hardly two the same."""
    rng = random.Random(seed)
    api = f"/api/v1/sources/{plan.slug}/latents"
    known: dict[str, Address] = {
        **addresses(plan, vocabulary()),
        "api": lambda r: f"{api}/{r.randrange(plan.n_examples)}",
        "api list": lambda r: f"{api}?limit=20&sort={r.choice(('index', 'density'))}",
        "home": lambda _: "/",
    }
    names = rng.choices(list(MIX), list(MIX.values()), k=n)
    return [known[name](rng) for name in names]
