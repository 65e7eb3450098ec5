"""Which build of torch is installed: for CPUs unless a GPU is there, from local indexes of small stand-ins."""

import hashlib
import os
import runpy
import subprocess
import sys
import venv
import zipfile
from base64 import urlsafe_b64encode
from pathlib import Path

import pip
import pytest

from scripts import install_torch

pytestmark = pytest.mark.slow

SCRIPT = Path(install_torch.__file__)
VERSION = install_torch.pinned_version()
#: As the real one, it cannot be imported before the packages that it needs are there.
CODE = "import of_nowhere\n"
FACTS = "__version__ = {version!r}\ncuda = {cuda!r}\nhip = None\n"


def wheel(index: Path, version: str, cuda: str | None = None) -> None:
    """A stand-in for a build of torch that needs, as the real one, a package that no index here has."""
    folder = index / "torch"
    folder.mkdir(parents=True, exist_ok=True)
    info = f"torch-{version}.dist-info"
    files = {
        "torch/__init__.py": CODE,
        "torch/version.py": FACTS.format(cuda=cuda, version=version),
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: torch\nVersion: {version}\nRequires-Dist: of-nowhere\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    lines = [f"{info}/RECORD,,"]
    with zipfile.ZipFile(folder / f"torch-{version}-py3-none-any.whl", "w") as archive:
        for name, text in files.items():
            digest = urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
            lines.append(f"{name},sha256={digest},{len(text)}")
            archive.writestr(name, text)
        archive.writestr(f"{info}/RECORD", "\n".join(lines) + "\n")
    links = "".join(f'<a href="{path.name.replace("+", "%2B")}">{path.name}</a>\n' for path in folder.glob("*.whl"))
    (folder / "index.html").write_text(f"<!DOCTYPE html><html><body>{links}</body></html>")


class Machine:
    """A fresh virtual environment, an index that stands for PyPI, one for PyTorch's, and perhaps a GPU."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pypi, self.cpu_index = folder / "pypi", folder / "cpu"
        self.bin = folder / "bin"
        self.bin.mkdir(parents=True)
        wheel(self.pypi, VERSION, cuda="13.0")
        venv.create(folder / "v", with_pip=False)
        # The pip that is here, lent: to make one for each test would take longer than all the rest.
        (folder / "lent").mkdir()
        (folder / "lent" / "pip").symlink_to(Path(pip.__file__).parent)

    def add_gpu(self, answer: str = "GPU 0: a card (UUID: GPU-1)", status: int = 0) -> None:
        tool = self.bin / "nvidia-smi"
        tool.write_text(f"#!/bin/sh\necho '{answer}'\nexit {status}\n")
        tool.chmod(0o755)

    def install(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs the script's own text, with a folder for PyTorch's address."""
        text = SCRIPT.read_text().replace(install_torch.CPU_INDEX, self.cpu_index.as_uri())
        copy = self.folder / "checkout" / "scripts" / SCRIPT.name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(text)
        (copy.parents[1] / "constraints.txt").write_text(f"numpy==1\ntorch=={VERSION}\n")
        environment = {
            "PATH": f"{self.bin}:/usr/bin:/bin", "PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": self.pypi.as_uri(),
            "PIP_NO_CACHE_DIR": "1", "HOME": str(self.folder), "PYTHONPATH": str(self.folder / "lent"),
        }  # fmt: skip
        command = [self.folder / "v" / "bin" / "python", copy, *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    def torch(self) -> str:
        """The version that is installed and its CUDA; empty if there is none."""
        for file in self.folder.glob("v/lib/*/site-packages/torch/version.py"):
            facts = runpy.run_path(str(file))
            return f"{facts['__version__']} {facts['cuda']}"
        return ""


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


linux = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the default build is for CPUs")


@linux
def test_without_a_gpu_the_build_for_cpus_comes_from_pytorchs_index_and_once(machine: Machine) -> None:
    wheel(machine.cpu_index, f"{VERSION}+cpu")
    done = machine.install()
    assert (done.returncode, machine.torch()) == (0, f"{VERSION}+cpu None"), done.stderr
    (machine.cpu_index / "torch" / "index.html").unlink()
    again = machine.install()
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")


@linux
def test_a_build_for_cpus_that_pip_finds_anyway_is_preferred_to_asking_pytorchs_index(machine: Machine) -> None:
    wheel(machine.pypi, f"{VERSION}+cpu")
    assert machine.install().returncode == 0
    assert machine.torch() == f"{VERSION}+cpu None"


@pytest.mark.parametrize(
    ("answer", "status", "expected"),
    [
        ("GPU 0: a card", 0, f"{VERSION} 13.0"),
        ("NVIDIA-SMI has failed because it could not talk to the driver", 9, f"{VERSION}+cpu None"),
    ],
)
@linux
def test_a_gpu_keeps_the_default_build_and_a_dead_driver_does_not(
    machine: Machine, answer: str, status: int, expected: str
) -> None:
    wheel(machine.cpu_index, f"{VERSION}+cpu")
    machine.add_gpu(answer, status)
    assert machine.install().returncode == 0
    assert machine.torch() == expected


@linux
def test_where_no_build_for_cpus_can_be_had_the_default_one_comes_with_a_sentence(machine: Machine) -> None:
    done = machine.install()
    assert (done.returncode, machine.torch()) == (0, f"{VERSION} 13.0")
    assert "about 5 GB of CUDA libraries" in done.stderr
    assert "TORCH_INDEX=ADDRESS" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@linux
def test_an_image_for_cpus_does_not_fall_back(machine: Machine) -> None:
    done = machine.install("--build", "cpu", "--index", "")
    assert (done.returncode, machine.torch()) == (1, "")
    assert done.stderr.startswith("torch could not be installed: No build of torch")
    assert len(done.stderr.splitlines()) == 1


def test_an_image_for_gpus_needs_no_gpu_where_it_is_made_but_the_build(machine: Machine) -> None:
    done = machine.install("--build", "gpu")
    assert (done.returncode, machine.torch()) == (0, f"{VERSION} 13.0"), done.stderr
    done = machine.install("--build", "cpu")
    assert done.returncode == 1
    assert "the one that is here is for gpu, not for cpu" in done.stderr


def test_an_index_that_is_named_wins_and_replaces_what_is_there(machine: Machine, tmp_path: Path) -> None:
    machine.install("--build", "gpu")
    wheel(tmp_path / "rocm", f"{VERSION}+rocm9")
    index = (tmp_path / "rocm").as_uri()
    assert machine.install("--index", index).returncode == 0
    assert machine.torch() == f"{VERSION}+rocm9 None"
    (tmp_path / "rocm" / "torch" / "index.html").unlink()
    assert machine.install("--index", index).returncode == 0, "it is there already"


def test_an_index_without_torch_is_one_sentence(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = machine.install("--index", (tmp_path / "empty").as_uri())
    assert done.returncode == 1
    assert done.stderr.startswith("torch could not be installed: pip says: ")
    assert f"torch=={VERSION}" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_what_pip_installs_besides_keeps_the_build_that_is_there() -> None:
    """The pin has no name of a build, so that constraints.txt admits every build of the version."""
    assert "+" not in VERSION
