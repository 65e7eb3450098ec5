"""What is attacked: an empty folder, a database of each kind, a made-up source as wide as real ones."""

import contextlib
import random
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scripts.benchmark_pages import Address, addresses, database, fill
from scripts.synthetic_source import Plan, vocabulary

KINDS = ("sqlite", "postgresql")
SLUG, LATENTS, SHOWN = "wide", 24_576, 4096
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


@contextlib.contextmanager
def world(kind: str, latents: int = LATENTS) -> Iterator[World]:
    """A database of the kind with the source ``wide``; all of it is removed at the end."""
    # Not under a deep path: the address of PostgreSQL's socket is limited to about 100 bytes.
    folder = Path(tempfile.mkdtemp(prefix="periscope-attack-"))
    plan = Plan(SLUG, latents, min(latents, SHOWN))
    try:
        with database("sqlite" if kind == "sqlite" else "postgres", folder) as settings:
            fill(settings, [plan])
            yield World(kind, folder, settings, plan)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


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
