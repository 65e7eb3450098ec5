"""``periscope open``: from a model and an SAE to pages in one command, and again without doing anything twice."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.commands import open as opening
from tests.app.commands_support import Run, is_one_sentence
from tests.models.tiny import SENTENCES, save_sae
from tests.processes import free_port, get, running_server

#: Seconds in which a tiny model is registered, or built, on a busy machine.
PATIENCE = 240
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


@pytest.fixture
def folder(tmp_path: Path, tiny_models: dict[str, Path]) -> Path:
    """A folder with a model, an SAE that fits it and a text."""
    (tmp_path / "model").symlink_to(tiny_models["gpt2"])
    save_sae(tmp_path / "sae")
    (tmp_path / "texts.txt").write_text("\n".join(SENTENCES * 400))
    return tmp_path


class Opened:
    """``periscope open ...`` in a folder, and what its API says."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.port = free_port()
        self.folder = folder
        self.arguments = ["open", *arguments, "--no-browser", "--port", str(self.port)]

    def until(self, is_so: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """What the API says of the only source once ``is_so`` of it."""
        ends = time.monotonic() + PATIENCE
        while time.monotonic() < ends:
            found = json.loads(get(f"http://127.0.0.1:{self.port}/api/v1/sources"))["sources"]
            if found and is_so(found[0]):
                return dict(found[0])
            time.sleep(0.2)
        raise AssertionError(f"not within {PATIENCE} s: {found}, {self.log()}")

    def log(self) -> str:
        return (self.folder / "server.log").read_text()

    def wait_for(self, sentence: str) -> None:
        ends = time.monotonic() + PATIENCE
        while sentence not in self.log():
            assert time.monotonic() < ends, self.log()
            time.sleep(0.2)


def is_built(source: dict[str, Any]) -> bool:
    return bool(source["build"]) and source["build"]["status"] == "complete"


def test_one_command_leads_to_pages_and_what_is_done_is_not_done_again(folder: Path) -> None:
    first = Opened(folder, "model", "sae", "--slug", "mine", "--corpus", "texts.txt", "--tokens", "4000")
    with running_server(first.arguments, first.port, cwd=folder):
        source = first.until(is_built)
        tokens = source["build"]["tokens"]
        assert source["source"] == "mine"
        assert 3500 < tokens <= 4000
        first.wait_for("Scored mine.")
        latents = json.loads(get(f"http://127.0.0.1:{first.port}/api/v1/sources/mine/latents?sort=output_score"))
        assert latents["latents"][0]["output_score"] is not None
        assert "Next:" not in first.log()

    again = Opened(folder, "model", "sae")
    with running_server(again.arguments, again.port, cwd=folder):
        again.wait_for("mine is registered already.")
        assert is_built(again.until(lambda _: True))

    more = Opened(folder, "mine", "--tokens", "5000")
    with running_server(more.arguments, more.port, cwd=folder):
        assert more.until(lambda found: found["build"]["tokens"] > tokens)["source"] == "mine"
        assert "Building mine" in more.log()
    done = subprocess.run(
        [sys.executable, "-c", "from app.cli import main; main(['sources', 'show', 'mine'])"],
        cwd=folder, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.count("build ") == 2, "the second command built nothing"


def test_it_cannot_be_opened_to_others_without_a_token(run: Run) -> None:
    status, _, err = run("open", "model", "sae", "--host", "0.0.0.0")  # noqa: S104
    assert (status, is_one_sentence(err)) == (1, True)
    assert "PERISCOPE_AUTH_TOKEN" in err


def test_a_number_that_cannot_be_meant_is_wrong_usage(run: Run) -> None:
    for arguments in (["--tokens", "0"], ["--context", "1"], ["--port", "0"]):
        assert run("open", "model", "sae", *arguments)[0] == 2


def test_the_default_text_needs_no_network_and_no_file() -> None:
    from models.corpus.prompts import open_corpus

    assert next(open_corpus(opening.CORPUS).documents()).text
