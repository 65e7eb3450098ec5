"""The import arrows: rooms of app/ import only what ARROWS allows, models/ never app/, nothing in a circle, and nothing
heavy where pages only read.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
#: Modules of app/ that any room may import.
SHARED = frozenset({"errors", "hints", "memory", "places", "preparing", "private_files", "settings", "stopping"})
#: What the rooms of pages stand on.
BASE = frozenset({"db", "engine", "text", "web"})
#: Room -> rooms that it may import besides SHARED. A new arrow is a decision: write it down here, or move the fact.
ARROWS = {
    "db": set(),
    "text": {"db"},
    "web": {"db", "text"} | {"engine"},  # web.openapi reads the limits of texts
    "engine": {"db", "text", "web"},
    "corpus": BASE,
    "search": BASE,
    "home": BASE | {"builds", "sources"},
    "lists": BASE | {"labels"},
    "reference": BASE,
    "trainings": BASE | {"corpus"},
    "builds": BASE | {"corpus", "search", "trainings"},
    "sources": BASE | {"builds"},
    "labels": BASE | {"corpus"},
    "explain": BASE | {"builds"},
    "latents": BASE | {"corpus", "explain", "labels", "sources"},
    "spectrum": BASE | {"corpus"},
    "microscope": BASE | {"latents"},
    "ablate": BASE | {"corpus"},
    "vectors": BASE | {"steer"},
    "steer": BASE | {"vectors"},
    "openai": BASE | {"steer"},
    "demo": BASE | {"builds", "search", "steer"},
}
#: Whole modules that put rooms together.
TOP = frozenset({"app", "app.main", "app.cli"})
#: A package or module -> what it may never import, at any level of its files.
FORBIDDEN = {
    "models": ("app", "sqlalchemy", "fastapi", "starlette", "jinja2"),
    "app.db": ("fastapi", "starlette", "jinja2"),
    "app.text": ("fastapi", "starlette", "jinja2"),
    "app.settings": ("app.db", "torch", "fastapi", "sqlalchemy"),
    "app.errors": ("app.db", "torch", "fastapi", "sqlalchemy"),
    "models.records": ("torch",),
    "models.sources": ("torch",),
    "models.errors": ("torch", "numpy"),
    "models.statistics": ("torch", "models.running.language_model", "models.running.dictionary"),
    "models.demo.corpus": ("torch", "numpy"),
}
#: Files of a room, by name -> what they may never import: a view knows no database, a service no request.
KINDS = {
    "views": ("app.db", "app.engine", "fastapi", "starlette", "sqlalchemy", "jinja2"),
    "schemas": ("fastapi", "starlette", "jinja2", "app.engine"),
    "service": ("fastapi", "starlette", "jinja2"),
}
#: What runs models or trains may import torch; everything else in app/ never does, not even inside a function.
TORCH = ("app.engine", "app.builds", "app.trainings", "app.commands", "app.explain.source_run", "app.demo.prepare")
#: A program of its own, whose imports are not those of who starts it; nobody may import it.
PROGRAM = "models.running.template_program"


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@lru_cache
def sources() -> dict[str, Path]:
    return {module_name(p): p for package in ("app", "models") for p in sorted((ROOT / package).rglob("*.py"))}


@lru_cache
def imported(path: Path) -> frozenset[str]:
    """Modules that a file imports anywhere, ``if TYPE_CHECKING`` blocks too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(a.name for a in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.update(f"{node.module}.{a.name}" for a in node.names)
    return frozenset(found)


def is_in(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


def room_of(name: str) -> str:
    """``app.steer.task`` and ``app.steer`` -> ``steer``; a module at the top of app/ -> its own name."""
    return name.split(".")[1] if name.count(".") else name


def crossings() -> Iterator[tuple[str, str]]:
    """(module, what it imports of another room of app/)."""
    rooms = {path.name for path in (ROOT / "app").iterdir() if path.is_dir()} | SHARED
    for name, path in sources().items():
        if is_in(name, "app") and name not in TOP:
            for target in imported(path):
                if is_in(target, "app") and room_of(target) in rooms and room_of(target) != room_of(name):
                    yield name, target


def test_every_room_has_its_arrows() -> None:
    rooms = {path.name for path in (ROOT / "app").iterdir() if (path / "__init__.py").exists()}
    assert rooms - {"commands"} == set(ARROWS)
    files = {path.stem for path in (ROOT / "app").glob("*.py")} - {"__init__", "main", "cli"}
    assert files == SHARED


def test_rooms_import_only_what_their_arrows_allow() -> None:
    wrong = [
        f"{name} imports {target}"
        for name, target in crossings()
        if room_of(name) not in ("commands", *SHARED) and room_of(target) not in SHARED | ARROWS[room_of(name)]
    ]
    assert not wrong


def test_nothing_but_the_command_line_imports_commands() -> None:
    assert not [f"{name} imports {target}" for name, target in crossings() if room_of(target) == "commands"]


def test_what_all_share_imports_no_room() -> None:
    assert not [f"{name} imports {target}" for name, target in crossings()
                if room_of(name) in SHARED and room_of(target) not in SHARED]  # fmt: skip


@pytest.mark.parametrize("package", FORBIDDEN)
def test_imports_follow_the_arrows(package: str) -> None:
    assert any(is_in(name, package) for name in sources())
    wrong = [
        f"{name} imports {target}"
        for name, path in sources().items()
        if is_in(name, package) and name != PROGRAM
        for target in imported(path)
        if any(is_in(target, forbidden) for forbidden in FORBIDDEN[package])
    ]
    assert not wrong


@pytest.mark.parametrize("kind", KINDS)
def test_files_of_a_kind_know_their_place(kind: str) -> None:
    files = [name for name in sources() if name.startswith("app.") and name.endswith(f".{kind}")]
    assert len(files) > 3
    wrong = [
        f"{name} imports {target}"
        for name in files
        for target in imported(sources()[name])
        if any(is_in(target, forbidden) for forbidden in KINDS[kind])
    ]
    assert not wrong


def test_only_what_runs_models_imports_torch() -> None:
    wrong = [
        name
        for name, path in sources().items()
        if is_in(name, "app") and any(is_in(target, "torch") for target in imported(path))
        if not any(is_in(name, allowed) for allowed in TORCH) and not name.rpartition(".")[2].endswith("task")
    ]
    assert not wrong


def test_the_program_for_templates_is_started_and_never_imported() -> None:
    assert PROGRAM in sources()
    assert not [name for name, path in sources().items() if any(is_in(t, PROGRAM) for t in imported(path))]


def edges() -> dict[str, set[str]]:
    files = sources()
    found = {}
    for name, path in files.items():
        targets = set()
        for target in imported(path):
            module = target if target in files else target.rpartition(".")[0]
            # A package and its own modules belong together.
            if module in files and module != name and not is_in(name, module):
                targets.add(module)
        found[name] = targets
    return found


def test_no_two_modules_import_each_other_even_in_a_circle() -> None:
    graph = edges()
    done: set[str] = set()
    path: list[str] = []

    def walk(name: str) -> None:
        if name in path:
            pytest.fail(" -> ".join([*path[path.index(name) :], name]))
        if name in done:
            return
        path.append(name)
        for target in sorted(graph[name]):
            walk(target)
        path.pop()
        done.add(name)

    for name in sorted(graph):
        walk(name)


def test_no_two_rooms_import_each_other() -> None:
    arrows = {(room_of(name), room_of(target)) for name, target in crossings()}
    assert not [(a, b) for a, b in arrows if (b, a) in arrows and a < b]


def test_no_module_only_passes_names_on() -> None:
    """A name is imported from where it is defined: a file that has nothing but imports is a second place for it."""
    wrong = []
    for name, path in sources().items():
        body = ast.parse(path.read_text(encoding="utf-8")).body
        rest = [node for node in body if not isinstance(node, ast.Import | ast.ImportFrom | ast.Expr)]
        lists = [node for node in rest if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"]
        if any(isinstance(node, ast.ImportFrom) for node in body) and len(rest) == len(lists):
            wrong.append(name)
    assert not wrong


@pytest.mark.parametrize(
    "module",
    ["app.cli", "app.settings", "app.errors", "app.latents.views", "app.main", "models.records", "models.sources"],
)
def test_what_only_reads_imports_nothing_heavy(module: str) -> None:
    code = (
        f"import sys, {module}; "
        "print([m for m in ('torch', 'transformers', 'transformer_lens', 'sae_lens', 'datasets') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert found.stdout.strip() == "[]"
