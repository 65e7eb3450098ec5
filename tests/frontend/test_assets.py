"""The third-party files: pinned, fetched once, and missed politely."""

import json
import subprocess
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from fastapi.testclient import TestClient

from app.places import FRONTEND
from app.web import assets
from app.web.assets import VENDOR_FILES
from scripts import fetch_assets


def fill(vendor: Path, versions: dict[str, str]) -> None:
    vendor.mkdir(parents=True, exist_ok=True)
    for name in VENDOR_FILES:
        (vendor / name).write_text("x")
    (vendor / "versions.json").write_text(json.dumps(versions))


def test_versions_are_exact_and_the_lock_names_no_host() -> None:
    package = json.loads((FRONTEND / "package.json").read_text())
    lock = (FRONTEND / "package-lock.json").read_text()
    assert fetch_assets.pinned_versions(FRONTEND) == package["dependencies"]
    assert "resolved" not in lock
    assert "http" not in lock


def test_nothing_is_fetched_when_the_pinned_versions_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(tmp_path, fetch_assets.pinned_versions(FRONTEND))
    monkeypatch.setattr(fetch_assets, "VENDOR", tmp_path)
    monkeypatch.setattr(fetch_assets, "fetch", lambda *_: pytest.fail("fetched"))
    assert fetch_assets.main() == 0
    assert "Already there" in capsys.readouterr().out


def test_another_version_or_a_missing_file_is_not_current(tmp_path: Path) -> None:
    versions = fetch_assets.pinned_versions(FRONTEND)
    assert not fetch_assets.is_current(tmp_path, versions)
    fill(tmp_path, versions)
    assert fetch_assets.is_current(tmp_path, versions)
    assert not fetch_assets.is_current(tmp_path, versions | {"htmx.org": "0"})
    (tmp_path / "htmx.min.js").unlink()
    assert not fetch_assets.is_current(tmp_path, versions)


def test_a_failure_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*args: object, **_: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess([], 1, "", "npm warn old\nnpm error code ENOTFOUND\nnpm error more\n")

    monkeypatch.setattr(fetch_assets, "VENDOR", tmp_path)
    monkeypatch.setattr(fetch_assets.subprocess, "run", fail)
    assert fetch_assets.main() == 1
    assert capsys.readouterr().err == (
        "The browser files could not be fetched: `npm ci` failed (npm error code ENOTFOUND); "
        "check the network or the npm registry that is set.\n"
    )


def test_without_the_files_pages_work_and_say_what_is_missing(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assets, "VENDOR", tmp_path)
    response = client.get("/sources/tiny-mid/latents/5")
    page = BeautifulSoup(response.text, "html.parser")
    assert "make install" in page.select("[role=note]")[0].get_text()
    assert not page.select("script[src*=htmx]")
    assert page.select("section.band")


def test_pages_name_only_files_that_exist(client: TestClient) -> None:
    page = BeautifulSoup(client.get("/").text, "html.parser")
    found = [str(tag.get("src") or tag.get("href")) for tag in page.select("script[src], link[href]")]
    own = [path for path in found if "/vendor/" not in path]
    assert len(own) >= 8
    for path in own:
        assert client.get(path).status_code == 200, path
