"""The import arrows: pages, api -> services -> db -> models, no cycles, nothing heavy where pages read."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
#: A package or module -> what it may never import, at any level of its files.
FORBIDDEN = {
    "models": ("app", "sqlalchemy", "fastapi", "starlette", "jinja2"),
    "app.db": ("app.services", "app.pages", "app.latents.api", "app.commands", "app.builds.run", "fastapi", "torch"),
    "app.services": ("app.pages", "app.latents.api", "app.commands", "fastapi", "starlette", "jinja2", "torch"),
    "app.views": ("app.db", "app.services", "app.pages", "fastapi", "sqlalchemy", "torch"),
    "app.pages": ("app.commands", "torch"),
    "app.latents.api": ("app.commands", "torch"),
    "app.openai": ("app.commands", "torch"),
    "app.web": ("app.services", "app.pages", "app.latents.api", "app.commands", "app.engine", "app.jobs", "torch"),
    "app.settings": ("app.db", "torch", "fastapi", "sqlalchemy"),
    "app.errors": ("app.db", "torch", "fastapi", "sqlalchemy"),
    "models.records": ("torch",),
    "models.sources": ("torch",),
    "models.errors": ("torch", "numpy"),
    "models.statistics": ("torch", "models.language_model", "models.dictionary"),
    "models.demo.corpus": ("torch", "numpy"),
}
#: A program of its own, whose imports are not those of who starts it; nobody may import it.
PROGRAM = "models.template_program"


def module_name(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def sources():
    return {module_name(p): p for package in ("app", "models") for p in sorted((ROOT / package).rglob("*.py"))}


def imported(path, top_level_only=False):
    """Modules a file imports; ``if TYPE_CHECKING`` blocks do not count."""
    tree = ast.parse(path.read_text())
    found = set()

    def visit(node):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            return
        if top_level_only and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return
        if isinstance(node, ast.Import):
            found.update(a.name for a in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{a.name}" for a in node.names)
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(tree)
    return found


def is_in(name, package):
    return name == package or name.startswith(package + ".")


@pytest.mark.parametrize("package", FORBIDDEN)
def test_imports_follow_the_arrows(package):
    wrong = [
        f"{name} imports {target}"
        for name, path in sources().items()
        if is_in(name, package) and name != PROGRAM
        for target in imported(path)
        if any(is_in(target, forbidden) for forbidden in FORBIDDEN[package])
    ]
    assert not wrong


def test_the_program_for_templates_is_started_and_never_imported():
    assert PROGRAM in sources()
    assert not [name for name, path in sources().items() if PROGRAM in imported(path)]


def test_no_two_modules_import_each_other_even_in_a_circle():
    files = sources()
    edges = {name: {t for t in imported(path) if t in files and t != name} for name, path in files.items()}
    done, path = set(), []

    def walk(name):
        if name in path:
            pytest.fail(" -> ".join([*path[path.index(name) :], name]))
        if name in done:
            return
        path.append(name)
        for target in sorted(edges[name]):
            # A package and its own modules belong together: `from app.db.queries import x` is not a circle.
            if not is_in(name, target):
                walk(target)
        path.pop()
        done.add(name)

    for name in sorted(files):
        walk(name)


@pytest.mark.parametrize(
    "module", ["app.cli", "app.settings", "app.errors", "app.views", "app.main", "models.records", "models.sources"]
)
def test_what_only_reads_imports_nothing_heavy(module):
    code = (
        f"import sys, {module}; "
        "print([m for m in ('torch', 'transformers', 'transformer_lens', 'sae_lens', 'datasets') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert found.stdout.strip() == "[]"
