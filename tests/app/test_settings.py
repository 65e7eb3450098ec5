"""Settings come from the environment, are checked, and say in one sentence what is wrong."""

from pathlib import Path

import pytest

from app.errors import InsecureHost, SettingsError
from app.settings import PREFIX, Settings, load_settings, unknown_names

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _no_env_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def test_defaults_need_nothing_and_stay_on_this_machine() -> None:
    settings = load_settings()
    assert settings.database_url == "sqlite:///data/periscope.db"
    assert (settings.host, settings.port, settings.auth_token.get_secret_value()) == ("127.0.0.1", 8000, "")
    settings.require_safe_host()


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PERISCOPE_DATA_DIR", str(tmp_path / "d"))
    monkeypatch.setenv("PERISCOPE_ALLOWED_HOSTS", "a.example, b.example")
    monkeypatch.setenv("PERISCOPE_LOG_LEVEL", "DEBUG")
    settings = load_settings()
    assert settings.database_url == f"sqlite:///{tmp_path}/d/periscope.db"
    assert settings.allowed_hosts == ("a.example", "b.example")
    assert settings.log_level == "debug"


def test_an_env_file_is_read_and_the_command_line_comes_first(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PERISCOPE_PORT=9000\nPERISCOPE_HOST=::1\nSOMETHING_ELSE=1\n")
    assert load_settings(port=None).port == 9000
    assert load_settings(port=9001).port == 9001
    assert load_settings().is_loopback


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("PORT", "0", "greater than or equal to 1"),
        ("PORT", "abc", "valid integer"),
        ("DEVICE", "gpu", "auto, cpu, mps, cuda"),
        ("DTYPE", "int8", "'auto', 'float32'"),
        ("DATABASE_URL", "mysql://x", "sqlite:/// or postgresql://"),
        ("ALLOWED_HOSTS", " , ", "at least one host"),
        ("MAX_QUEUE", "-1", "greater than or equal to 1"),
        ("LOG_LEVEL", "loud", "'debug'"),
        ("TRUSTED_PROXIES", "proxy.example", "IP addresses or networks"),
    ],
)
def test_a_wrong_value_is_one_sentence(monkeypatch: pytest.MonkeyPatch, name: str, value: str, sentence: str) -> None:
    monkeypatch.setenv(PREFIX + name, value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    said = str(caught.value)
    assert said.startswith(PREFIX + name)
    assert sentence in said
    assert "\n" not in said


def test_a_wrong_token_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERISCOPE_AUTH_TOKEN", "shört")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert "shört" not in str(caught.value)


def test_the_token_is_not_shown_with_the_settings() -> None:
    assert "hunter2hunter2" not in repr(Settings(_env_file=None, auth_token="hunter2hunter2"))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org"])  # noqa: S104
def test_an_open_host_needs_a_token_or_an_explicit_word(host: str) -> None:
    with pytest.raises(InsecureHost, match="PERISCOPE_AUTH_TOKEN"):
        Settings(_env_file=None, host=host).require_safe_host()
    Settings(_env_file=None, host=host, auth_token="long-enough-token").require_safe_host()
    Settings(_env_file=None, host=host, allow_insecure_host=True).require_safe_host()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "[::1]", "127.8.8.8"])
def test_hosts_of_this_machine_need_no_token(host: str) -> None:
    Settings(_env_file=None, host=host).require_safe_host()


@pytest.mark.parametrize(("published", "is_safe"), [("127.0.0.1", True), ("0.0.0.0", False), ("", False)])  # noqa: S104
def test_in_a_container_the_published_address_counts(published: str, is_safe: bool) -> None:
    settings = Settings(_env_file=None, host="0.0.0.0", published_host=published)  # noqa: S104
    assert settings.is_loopback == is_safe
    if is_safe:
        settings.require_safe_host()
    else:
        with pytest.raises(InsecureHost, match="PERISCOPE_AUTH_TOKEN"):
            settings.require_safe_host()


def test_proxies_are_addresses_or_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERISCOPE_TRUSTED_PROXIES", "10.0.0.0/8, ::1")
    assert load_settings().trusted_proxies == ("10.0.0.0/8", "::1")
    monkeypatch.setenv("PERISCOPE_TRUSTED_PROXIES", "*")
    assert load_settings().trusted_proxies == ("*",)


def test_a_slip_in_a_name_is_pointed_out() -> None:
    found = unknown_names({"PERISCOPE_PROT": "1", "PERISCOPE_PORT": "1", "PERISCOPE_TEST_X": "1", "PATH": "/"})
    assert found == ["PERISCOPE_PROT is not a setting and is ignored; did you mean PERISCOPE_PORT?"]


@pytest.mark.parametrize("file", [".env.example", "docs/settings.md"])
def test_every_setting_is_documented_and_nothing_else(file: str) -> None:
    text = (REPOSITORY / file).read_text()
    start = "## " if file.endswith(".md") else "# "
    lines = [line.removeprefix(start) for line in text.splitlines() if line.startswith(start + PREFIX)]
    named = [line.split("=")[0] for line in lines]
    assert sorted(named) == sorted(PREFIX + name.upper() for name in Settings.model_fields)
