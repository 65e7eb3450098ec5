"""Real text that lies on every machine: the documentation of Python and of the packages installed beside Periscope.

It needs no network and no file of one's own. It is English and technical, with some program code: good enough for a
first look at a model, and no substitute for text like that which the model was trained on. Which packages are there
differs between machines, so numbers from it are not to be compared.

1. Readme files of the packages, docstrings of modules, and every eighth module as the code that it is.
2. At most ``PER_PACKAGE`` files of a package, so that none gives most of the text; no tests.
3. In an order that depends on nothing but the seed and the names of the files; what was said once is left out.
"""

import ast
import hashlib
import importlib.metadata
import inspect
import os
import sysconfig
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from models.corpus.labels import Document

#: What ``--corpus`` calls it, and the labels that its documents carry.
INSTALLED = "installed"
LABELS = ("kind", "package")
README, DOCSTRINGS, CODE = "readme", "docstrings", "code"
PER_PACKAGE = 300
#: One module in so many is read as code.
CODE_SHARE = 8
#: Characters of a document, and of a docstring that says more than its name.
SHORTEST, LONGEST, SHORTEST_DOCSTRING = 400, 20_000, 100
LARGEST_FILE = 1 << 20  # bytes
_NOT_ENTERED = frozenset({"test", "tests", "testing", "idle_test", "__pycache__", "site-packages", "dist-packages"})


@dataclass(frozen=True)
class _Place:
    """Where text lies; ``order`` is its place among the others."""

    order: bytes
    package: str
    source: Path | importlib.metadata.Distribution


def documents(seed: int = 0) -> Iterator[Document]:
    """The texts, each with its labels ``kind`` and ``package``."""
    seen: set[bytes] = set()
    for place in sorted(_places(seed), key=lambda place: place.order):
        if isinstance(place.source, Path):
            kind, text = _module(place.source, place.order, seen)
        else:
            kind, text = README, (place.source.read_text("METADATA") or "").partition("\n\n")[2].strip()
        if len(text) >= SHORTEST and _is_new(text, seen):
            yield Document(text[:LONGEST], {"kind": kind, "package": place.package})


def _places(seed: int) -> Iterator[_Place]:
    for root in dict.fromkeys(Path(sysconfig.get_path(name)) for name in ("stdlib", "purelib", "platlib")):
        by_package: dict[str, list[_Place]] = {}
        for path in _modules(root):
            name = path.relative_to(root)
            package = name.parts[0].removesuffix(".py")
            by_package.setdefault(package, []).append(_Place(_digest(f"{seed}:{name}"), package, path))
        for found in by_package.values():
            yield from sorted(found, key=lambda place: place.order)[:PER_PACKAGE]
    for distribution in importlib.metadata.distributions():
        package = str(distribution.metadata["Name"])
        yield _Place(_digest(f"{seed}:readme of {package}"), package, distribution)


def _modules(root: Path) -> Iterator[Path]:
    for folder, names, files in os.walk(root):
        names[:] = sorted(name for name in names if name not in _NOT_ENTERED)
        yield from (Path(folder, name) for name in files if name.endswith(".py"))


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "replace")).digest()


def _is_new(text: str, seen: set[bytes]) -> bool:
    digest = _digest(text)
    is_new = digest not in seen
    seen.add(digest)
    return is_new


def _module(path: Path, order: bytes, seen: set[bytes]) -> tuple[str, str]:
    """A module as code, or the docstrings in it that no other module had."""
    code = _read(path)
    return (CODE, code) if order[-1] % CODE_SHARE == 0 else (DOCSTRINGS, "\n\n".join(_docstrings(code, seen)))


def _docstrings(code: str, seen: set[bytes]) -> Iterator[str]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of other people's code
            tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in ast.walk(tree):
        if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        text = inspect.cleandoc(ast.get_docstring(node, clean=False) or "")
        if len(text) >= SHORTEST_DOCSTRING and _is_new(text, seen):
            yield text


def _read(path: Path) -> str:
    """The text of a file; empty if it is none, or too large to be written by a person."""
    try:
        return path.read_text(encoding="utf-8") if path.stat().st_size <= LARGEST_FILE else ""
    except (OSError, UnicodeDecodeError):
        return ""
