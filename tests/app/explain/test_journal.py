"""What a run was answered survives it, is for one process at a time, and holds no secrets."""

import errno
import json
import os
import stat

import pytest

from app.errors import CheckpointFailed, Conflict
from app.explain.answers import Answer
from app.explain.journal import Journal, question_key

IDENTITY = {"source": "abc", "latents": [1]}


def test_what_was_added_is_there_again(tmp_path) -> None:
    with Journal(tmp_path, IDENTITY).opened() as journal:
        journal.add("k1", Answer("yes", 12, True))
        journal.mark_done(7)
    with Journal(tmp_path, IDENTITY).opened() as again:
        assert again.answers == {"k1": Answer("yes", 12, True)}
        assert again.done == {7}
    with Journal(tmp_path, {**IDENTITY, "latents": [2]}).opened() as other:
        assert not other.answers


@pytest.mark.parametrize(
    "damage",
    [
        b'{"key": "k2", "te',
        b"\xff\xfe\n",
        b"[]\n",
        b'{"key": "k2"}\n',
        b"null\n",
        b"[" * 100_000 + b"\n",
        b'{"done": "x"}\n',
    ],
)
def test_a_line_that_was_being_written_costs_that_line_only(tmp_path, damage: bytes) -> None:
    journal = Journal(tmp_path, IDENTITY)
    with journal.opened():
        journal.add("k1", Answer("yes", 12))
    with journal.path.open("ab") as file:
        file.write(damage)
    with Journal(tmp_path, IDENTITY).opened() as again:
        assert set(again.answers) == {"k1"}
        again.add("k3", Answer("no", 1))
    with Journal(tmp_path, IDENTITY).opened() as last:
        assert set(last.answers) == {"k1", "k3"}


def test_two_processes_do_not_do_the_same_work(tmp_path) -> None:
    with (
        Journal(tmp_path, IDENTITY).opened(),
        pytest.raises(Conflict, match="Another process"),
        Journal(tmp_path, IDENTITY).opened(),
    ):
        pass
    with Journal(tmp_path, IDENTITY).opened():
        pass


def test_a_disk_that_takes_nothing_is_a_sentence(tmp_path, monkeypatch) -> None:
    (tmp_path / "explanations").write_text("in the way")
    with pytest.raises(CheckpointFailed, match="nothing more is asked"), Journal(tmp_path, IDENTITY).opened():
        pass
    journal = Journal(tmp_path / "folder", IDENTITY)
    journal.path.mkdir(parents=True)
    with pytest.raises(CheckpointFailed, match="it is no file"), journal.opened():
        pass

    def full(_number: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with Journal(tmp_path / "full", IDENTITY).opened() as last:
        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(CheckpointFailed, match="No space left"):
            last.add("k", Answer("x"))


def test_questions_are_known_by_what_is_asked_of_whom() -> None:
    messages = [{"role": "user", "content": "a"}]
    key = question_key("http://h/v1", "m", messages, 10)
    others = [
        question_key("http://h/v2", "m", messages, 10),
        question_key("http://h/v1", "n", messages, 10),
        question_key("http://h/v1", "m", [{"role": "user", "content": "b"}], 10),
        question_key("http://h/v1", "m", messages, 11),
    ]
    assert len({key, *others}) == 5


def test_the_file_is_its_owners_and_goes_when_the_run_is_complete(tmp_path) -> None:
    before = os.umask(0o077)
    try:
        journal = Journal(tmp_path, IDENTITY)
        with journal.opened():
            journal.add("k1", Answer("yes"))
            assert stat.S_IMODE(journal.path.stat().st_mode) & 0o077 == 0
            assert set(json.loads(journal.path.read_text())) == {"key", "text", "tokens", "is_cut"}
            journal.forget()
        assert not journal.path.exists()
    finally:
        os.umask(before)
