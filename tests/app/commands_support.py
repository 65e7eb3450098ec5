"""Running commands in tests: ``run`` is a fixture of every test below tests/app."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.cli import main

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Runs a command in an empty folder: (status, stdout, stderr). The umask that it sets is its own."""
    monkeypatch.chdir(tmp_path)
    before = os.umask(0o022)

    def command(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        status = ended.value.code or 0
        assert isinstance(status, int)
        shown = capsys.readouterr()
        return status, shown.out, shown.err

    yield command
    os.umask(before)


def is_one_sentence(err: str) -> bool:
    return err.startswith("Error: ") and err.count("\n") == 1 and "Traceback" not in err
