"""Attack a server of this checkout and hold it against its promises (docs/reliability.md).

    python -m scripts.attack [PART ...] [--database sqlite|postgresql|both] [--seconds 60] [--clients 24,100,400]

load      many clients at once, pages and API mixed
slow      connections that say nothing, or too little, or never listen
database  SQLite locked, PostgreSQL frozen and killed, while people read and write
disk      no space left, for labels and for a build
damage    bytes of the database overwritten
kills     builds killed at random moments and resumed
readers   200 clients for five times --seconds

Everything happens on this machine, over the loopback interface, in folders of its own: a made-up source, a database,
a `periscope serve` as a process. What was started is ended. Ends with 1 if a bar is missed.
"""

import argparse
import signal
import sys
from collections.abc import Callable

from scripts.attack.crowd import MANNERS
from scripts.attack.damage import damage
from scripts.attack.database import freeze_postgres, kill_postgres, lock_sqlite
from scripts.attack.disk import disk
from scripts.attack.kills import kills
from scripts.attack.load import Load, load
from scripts.attack.postgres import reason_against
from scripts.attack.report import Report
from scripts.attack.slow import slow
from scripts.attack.stalls import Stalls
from scripts.attack.world import KINDS, LATENTS, world

Part = Callable[[Report, argparse.Namespace], None]
#: Seconds at --seconds 60, to which the others are in proportion.
LOCK_SECONDS, FREEZE_SECONDS, FULL_SECONDS, READERS_SECONDS = 30.0, 20.0, 20.0, 300.0
DOWN_SECONDS, READERS = 3.0, 200


def _load(report: Report, options: argparse.Namespace) -> None:
    for kind in options.databases:
        with world(kind, options.latents) as made:
            for manner in options.manners:
                load(report, made, Load(options.seconds, options.clients, manner))


def _readers(report: Report, options: argparse.Namespace) -> None:
    for kind in options.databases:
        with world(kind, options.latents) as made:
            load(report, made, Load(READERS_SECONDS * options.scale, (READERS,), "polite"))


def _slow(report: Report, options: argparse.Namespace) -> None:
    del options  # the limits are the server's
    slow(report)


def _database(report: Report, options: argparse.Namespace) -> None:
    if "sqlite" in options.databases:
        lock_sqlite(report, LOCK_SECONDS * options.scale)
    if "postgresql" in options.databases:
        freeze_postgres(report, FREEZE_SECONDS * options.scale)
        kill_postgres(report, DOWN_SECONDS)


def _disk(report: Report, options: argparse.Namespace) -> None:
    disk(report, options.databases, FULL_SECONDS * options.scale)


def _kills(report: Report, options: argparse.Namespace) -> None:
    for kind in options.databases:
        kills(report, kind, options.kills, options.kills // 2, options.seed)


def _damage(report: Report, options: argparse.Namespace) -> None:
    for kind in options.databases:
        damage(report, kind, options.seed)


PARTS: dict[str, Part] = {
    "load": _load, "slow": _slow, "database": _database, "disk": _disk, "damage": _damage, "kills": _kills,
    "readers": _readers,
}  # fmt: skip


def _numbers(text: str) -> tuple[int, ...]:
    try:
        found = tuple(int(part) for part in text.split(","))
    except ValueError:
        found = ()
    if not found or not all(1 <= number <= 2000 for number in found):
        raise argparse.ArgumentTypeError(f"numbers from 1 to 2000 with commas, such as 24,100,400, not {text}")
    return found


def _between(low: int, high: int) -> Callable[[str], int]:
    def parse_number(text: str) -> int:
        if not text.isdigit() or not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(f"a whole number from {low} to {high}, not {text}")
        return int(text)

    return parse_number


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.attack", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)} or all (the default)")
    parser.add_argument("--database", choices=[*KINDS, "both"], default="both")
    parser.add_argument("--seconds", type=_between(1, 3600), default=60, help="of each crowd of clients [60]")
    parser.add_argument("--clients", type=_numbers, default=(24, 100, 400), help="sizes of the crowds [24,100,400]")
    parser.add_argument("--manners", choices=[*MANNERS, "both"], default="polite", help="rude clients never wait")
    parser.add_argument("--latents", type=_between(100, 2_000_000), default=LATENTS, help=f"of the source [{LATENTS}]")
    parser.add_argument("--kills", type=_between(2, 200), default=20, help="builds to kill; half of them resume [20]")
    parser.add_argument("--seed", type=_between(0, 10**9), default=0, help="of what is chosen at random [0]")
    options = parser.parse_args(arguments)
    if unknown := [name for name in options.parts if name not in (*PARTS, "all")]:
        parser.error(f"there is no part {unknown[0]}; there are {', '.join(PARTS)} and all")
    if not options.parts or "all" in options.parts:
        options.parts = list(PARTS)
    options.databases = list(KINDS) if options.database == "both" else [options.database]
    options.manners = list(MANNERS) if options.manners == "both" else [options.manners]
    options.scale = options.seconds / 60
    return options


def main() -> int:
    """Run the parts one after the other; 1 if a bar is missed."""
    options = parse()
    report, stalls = Report(), Stalls()
    # Whoever ends a run ends what it has started.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    if "postgresql" in options.databases and (reason := reason_against()):
        report.skip("everything on PostgreSQL", reason)
        options.databases.remove("postgresql")
    for name in dict.fromkeys(options.parts):
        PARTS[name](report, options)
    if said := stalls.end():
        report.figure(said)
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
