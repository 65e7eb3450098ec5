"""Install the torch that constraints.txt pins into the Python that runs this script, for CPUs where there is no GPU.

On Linux the default build of torch brings gigabytes of CUDA libraries, which a machine without an NVIDIA GPU never
uses. So, unless an index is named or a GPU is there, the build for CPUs is looked for, first where pip looks anyway
(a mirror, a folder of wheels), then at PyTorch's own index. Where there is none, the default build is taken, and one
sentence says what that means. Elsewhere the default build is the one for CPUs.

Only torch itself is installed here; what it needs comes with the rest, at the versions of constraints.txt.
"""

import argparse
import importlib.metadata
import os
import platform
import re
import runpy
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path

CONSTRAINTS = Path(__file__).resolve().parents[1] / "constraints.txt"
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
BUILDS = ("auto", "cpu", "gpu")
#: Seconds for the driver's own tool to name its GPUs.
GPU_TIMEOUT = 20


class TorchError(Exception):
    """torch cannot be installed as asked; the message says what to do."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Install torch if it is not there; 0 done, 1 failed with one sentence."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--build", choices=BUILDS, default="auto", help="cpu and gpu fail where they cannot be had")
    parser.add_argument("--index", default="", help="address of the package index that has torch; empty: chosen here")
    given = parser.parse_args(arguments)
    try:
        install(pinned_version(), given.build, given.index.strip())
    except TorchError as error:
        print(f"torch could not be installed: {error}", file=sys.stderr)
        return 1
    return 0


def pinned_version() -> str:
    """The version of torch in constraints.txt."""
    found = re.search(r"^torch==(\S+)$", CONSTRAINTS.read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise TorchError(f"{CONSTRAINTS.name} pins no version of it.")
    return found[1]


def install(version: str, build: str, index: str) -> None:
    """The pinned version, from ``index`` where one is named; TorchError if it does not come or does not fit."""
    noted = Path(sys.prefix) / ".torch-index"
    former = noted.read_text(encoding="utf-8") if noted.is_file() else ""
    if installed_version() != version or (index and index != former):
        if index:
            _pip(f"torch=={version}", "--index-url", index, "--force-reinstall")
        elif build == "cpu" or (build == "auto" and wants_cpu_build()):
            _install_for_cpus(version, is_needed=build == "cpu")
        else:
            _pip(f"torch=={version}")
    if build != "auto" and (kind := installed_kind()) != build:
        raise TorchError(f"the one that is here is for {kind}, not for {build}; name an index that has it.")
    noted.write_text(index or former, encoding="utf-8")


def installed_version() -> str:
    """The version that is there, without the name of its build; empty if there is none."""
    try:
        return importlib.metadata.version("torch").partition("+")[0]
    except importlib.metadata.PackageNotFoundError:
        return ""


def installed_kind() -> str:
    """What the torch that is there was built for: cpu or gpu. It is not imported, since what it needs comes later."""
    file = Path(sysconfig.get_path("purelib")) / "torch" / "version.py"
    facts = runpy.run_path(str(file))
    return "gpu" if facts.get("cuda") or facts.get("hip") else "cpu"


def wants_cpu_build() -> bool:
    """Whether the default build would bring CUDA libraries that nothing here can use."""
    return platform.system() == "Linux" and not has_gpu()


def has_gpu() -> bool:
    """Whether the driver of NVIDIA names a GPU."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return False
    try:
        said = subprocess.run([tool, "-L"], capture_output=True, text=True, timeout=GPU_TIMEOUT, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return said.returncode == 0 and "GPU" in said.stdout


def _install_for_cpus(version: str, *, is_needed: bool) -> None:
    wanted = f"torch=={version}+cpu"
    print(f"Installing torch {version} for CPUs (about 200 MB) ...", flush=True)
    # A first try without the index: it keeps a machine that has a mirror from asking an address it cannot reach.
    for options in ((), ("--extra-index-url", CPU_INDEX, "--retries", "1", "--timeout", "15")):
        try:
            _pip(wanted, *options)
        except TorchError as error:
            reason = error
        else:
            return
    python = "{}.{}".format(*sys.version_info)
    sentence = f"No build of torch {version} for CPUs and Python {python} was found, also not at {CPU_INDEX}"
    if is_needed:
        raise TorchError(f"{sentence} ({reason}).")
    print(
        f"{sentence}. Installing the default build, which brings about 5 GB of CUDA libraries; stop with Ctrl-C and "
        "name an index that has builds for CPUs with TORCH_INDEX=ADDRESS to avoid it.",
        file=sys.stderr,
        flush=True,
    )
    _pip(f"torch=={version}")


def _pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-input", *arguments]
    environment = os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    done = subprocess.run(command, env=environment, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        lines = [line.removeprefix("ERROR: ") for line in done.stderr.splitlines() if line.startswith("ERROR: ")]
        reason = (lines or done.stderr.splitlines() or ["pip gave no reason"])[0].rstrip(".")
        raise TorchError(f"pip says: {reason[:200]}.")


if __name__ == "__main__":
    sys.exit(main())
