"""``periscope doctor`` finds what is wrong, says what to do, and never breaks itself."""

from pathlib import Path

import pytest

from app.commands import checks
from app.settings import Settings
from tests.app.commands_support import Run, is_one_sentence


def test_doctor_names_each_trouble_with_its_remedy(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("PERISCOPE_DEVICE", "cuda:99")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "periscope.db").write_bytes(b"rubbish " * 1000)
    status, out, err = run("doctor")
    assert status == 1
    assert is_one_sentence(err)
    assert "FAIL torch" in out
    assert "PERISCOPE_DEVICE" in out
    assert "FAIL database" in out
    assert "ok   python" in out
    assert "ok   hub: offline" in out


def test_doctor_looks_at_the_rest_when_a_setting_is_wrong(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERISCOPE_PORT", "abc")
    status, out, _ = run("doctor")
    assert status == 1
    assert "FAIL settings: PERISCOPE_PORT" in out
    assert "warn database" in out


def test_a_check_that_breaks_is_a_finding(monkeypatch: pytest.MonkeyPatch, sqlite_settings: Settings) -> None:
    monkeypatch.setattr(checks.shutil, "disk_usage", lambda _: 1 / 0)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    found = {check.name: check for check in checks.all_checks(sqlite_settings)}
    assert found["disk"].state == checks.FAIL
    assert "ZeroDivisionError" in found["disk"].detail
