"""Where the files lie that are no Python: at the top of a checkout, inside the package once it is installed."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def place(in_package: str, in_checkout: str) -> Path:
    """The folder inside the package where a wheel has it (pyproject.toml), else the one of the checkout."""
    packed = _PACKAGE / in_package
    return packed if packed.is_dir() else _PACKAGE.parent / in_checkout


def is_checkout() -> bool:
    """Whether Periscope runs from a checkout of the repository, with its Makefile and scripts."""
    return (_PACKAGE.parent / "pyproject.toml").is_file()


#: Templates and what browsers load.
FRONTEND = place("frontend", "frontend")
#: The migrations that alembic runs.
MIGRATIONS = place("migrations", "alembic")
