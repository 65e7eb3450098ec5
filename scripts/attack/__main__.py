"""Attack a server of this checkout and hold it against its promises (docs/reliability.md).

    python -m scripts.attack [load|...|all] [--database sqlite|postgresql|both] [--seconds 60] [--clients 24,100,400]

Everything happens on this machine, over the loopback interface, in a folder of its own: a made-up source, a database,
a ``periscope serve`` as a process. What was started is ended. Ends with 1 if a bar is missed.
"""

import argparse
import sys
from collections.abc import Callable

from scripts.attack.crowd import MANNERS
from scripts.attack.load import Load, load
from scripts.attack.report import Report
from scripts.attack.world import KINDS, LATENTS, world

Part = Callable[[Report, argparse.Namespace], None]


def _load(report: Report, options: argparse.Namespace) -> None:
    for kind in options.databases:
        with world(kind, options.latents) as made:
            for manner in options.manners:
                load(report, made, Load(options.seconds, options.clients, manner))


def _database(report: Report, options: argparse.Namespace) -> None:
    scale = options.seconds / 60
    if "sqlite" in options.databases:
        lock_sqlite(report, LOCK_SECONDS * scale)
    if "postgresql" in options.databases and has_postgres(report):
        freeze_postgres(report, FREEZE_SECONDS * scale)
        kill_postgres(report, DOWN_SECONDS)


PARTS: dict[str, Part] = {"load": _load, "database": _database}


def _numbers(text: str) -> tuple[int, ...]:
    try:
        found = tuple(int(part) for part in text.split(","))
    except ValueError:
        found = ()
    if not found or not all(1 <= number <= 2000 for number in found):
        raise argparse.ArgumentTypeError(f"numbers from 1 to 2000 with commas, such as 24,100,400, not {text}")
    return found


def _seconds(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if not 1 <= found <= 3600:
        raise argparse.ArgumentTypeError(f"a number of seconds from 1 to 3600, not {text}")
    return found


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.attack", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)} or all (the default)")
    parser.add_argument("--database", choices=[*KINDS, "both"], default="both")
    parser.add_argument("--seconds", type=_seconds, default=60.0, help="that each crowd of clients stays [60]")
    parser.add_argument("--clients", type=_numbers, default=(24, 100, 400), help="sizes of the crowds [24,100,400]")
    parser.add_argument("--manners", choices=[*MANNERS, "both"], default="polite", help="rude clients never wait")
    parser.add_argument("--latents", type=int, default=LATENTS, help=f"width of the made-up source [{LATENTS}]")
    options = parser.parse_args(arguments)
    if unknown := [name for name in options.parts if name not in (*PARTS, "all")]:
        parser.error(f"there is no part {unknown[0]}; there are {', '.join(PARTS)} and all")
    if not options.parts or "all" in options.parts:
        options.parts = list(PARTS)
    options.databases = list(KINDS) if options.database == "both" else [options.database]
    options.manners = list(MANNERS) if options.manners == "both" else [options.manners]
    return options


def main() -> int:
    """Run the parts one after the other; 1 if a bar is missed."""
    options = parse()
    report = Report()
    for name in dict.fromkeys(options.parts):
        PARTS[name](report, options)
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
