"""Who asks: the address of the connection, or what a trusted proxy says, and never what a client says of itself."""

from collections.abc import Callable, Iterator

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from app.main import create_app
from app.settings import Settings
from app.web.addresses import Proxies, network, parsed
from app.web.sessions import MAX_FAILURES, MAX_FAILURES_OF_PROXY

TOKEN = "long-enough-token"
Ask = Callable[..., int]


@pytest.fixture
def server(own_settings: Settings) -> Iterator[Callable[[str], Ask]]:
    """Make a server that trusts these proxies; its function asks it with a token for the status."""

    def make(proxies: str, peer: str = "127.0.0.1") -> Ask:
        known = Settings(_env_file=None, data_dir=own_settings.data_dir, auth_token=TOKEN, trusted_proxies=proxies)
        client = TestClient(create_app(known), base_url="http://localhost", client=(peer, 50_000))

        def ask(token: str, *forwarded: str) -> int:
            headers = [
                (b"Authorization", f"Bearer {token}".encode()),
                *((b"X-Forwarded-For", value.encode()) for value in forwarded),
            ]
            return client.get("/api/v1/sources", headers=headers).status_code

        return ask

    return make  # type: ignore[return-value]


def test_by_default_nobody_can_say_that_somebody_else_asks(server: Callable[..., Ask]) -> None:
    ask = server("")
    found = [ask("wrong", f"192.0.2.{number}") for number in range(MAX_FAILURES + 2)]
    assert found == [401] * MAX_FAILURES + [429] * 2
    assert ask(TOKEN) == 429


@pytest.mark.parametrize(
    "chain",
    [
        "192.0.2.{}, 203.0.113.5",
        "127.0.0.1, 192.0.2.{}, 203.0.113.5:99{}",
        "{},203.0.113.5",
        "203.0.113.5, 10.0.0.{}",
        "[2001:db8::{}], 203.0.113.5, 10.0.0.1,127.0.0.1",
    ],
)
def test_a_chain_that_begins_with_a_lie_is_read_from_its_end(server: Callable[..., Ask], chain: str) -> None:
    ask = server("127.0.0.1, 10.0.0.0/8")
    found = [ask("wrong", chain.replace("{}", str(number))) for number in range(MAX_FAILURES + 1)]
    assert found == [401] * MAX_FAILURES + [429]
    assert ask("wrong", "203.0.113.6") == 401


def test_a_chain_may_come_in_several_headers(server: Callable[..., Ask]) -> None:
    ask = server("127.0.0.1")
    for number in range(MAX_FAILURES):
        assert ask("wrong", f"192.0.2.{number}", "203.0.113.5") == 401
    assert ask("wrong", "203.0.113.5") == 429


def test_if_every_proxy_is_trusted_the_last_address_counts(server: Callable[..., Ask]) -> None:
    ask = server("*", "198.51.100.7")
    found = [ask("wrong", f"192.0.2.{number}, 203.0.113.5") for number in range(MAX_FAILURES + 1)]
    assert found == [401] * MAX_FAILURES + [429]


def test_a_proxy_that_passes_lies_on_has_a_limit_of_its_own(server: Callable[..., Ask]) -> None:
    ask = server("127.0.0.1")
    assert ask(TOKEN, "198.51.100.1") == 200
    found = [ask("wrong", f"192.0.{number // 200}.{number % 200}") for number in range(MAX_FAILURES_OF_PROXY + 5)]
    assert found == [401] * MAX_FAILURES_OF_PROXY + [429] * 5
    # Who was let in before is not locked out by others; who is new has to wait.
    assert ask(TOKEN, "198.51.100.1") == 200
    assert ask(TOKEN, "198.51.100.2") == 429
    assert ask(TOKEN) == 200  # the proxy's machine itself
    for _ in range(MAX_FAILURES):
        ask("wrong", "198.51.100.1")
    assert ask(TOKEN, "198.51.100.1") == 429


@pytest.mark.parametrize(
    "nonsense",
    [
        "",
        "unknown",
        "_hidden",
        "1.2.3",
        "{}.example",
        "[",
        "[::1",
        "::1::{}",
        "９.9.9.9",
        "1.2.3.4.{}",
        ", ,",
        "\xff{}",
        "a" * 9000,
    ],
)
def test_what_is_no_address_names_nobody(server: Callable[..., Ask], nonsense: str) -> None:
    ask = server("127.0.0.1")
    for number in range(MAX_FAILURES):
        assert ask("wrong", nonsense.replace("{}", str(number))) == 401
    assert ask("wrong") == 429


def test_forms_of_one_address_are_one_client(server: Callable[..., Ask]) -> None:
    ask = server("127.0.0.1")
    for form in ("203.0.113.5", "203.0.113.5:80", "::ffff:203.0.113.5", "[::ffff:cb00:7105]:443", " 203.0.113.5 ") * 2:
        assert ask("wrong", form) == 401
    assert ask("wrong", "203.0.113.5") == 429
    assert ask("wrong", "::ffff:203.0.113.6") == 401


@pytest.mark.parametrize(
    ("proxies", "is_secure"), [("", False), ("10.0.0.0/8", False), ("127.0.0.1", True), ("*", True)]
)
def test_only_a_trusted_proxy_says_that_it_came_by_https(own_settings: Settings, proxies: str, is_secure: bool) -> None:
    known = Settings(_env_file=None, data_dir=own_settings.data_dir, auth_token=TOKEN, trusted_proxies=proxies)
    client = TestClient(create_app(known), base_url="http://localhost", client=("127.0.0.1", 1), follow_redirects=False)
    response = client.post("/sign-in", data={"token": TOKEN}, headers={"X-Forwarded-Proto": "https"})
    assert response.status_code == 303
    assert ("secure" in response.headers["set-cookie"].lower().split("; ")) == is_secure


@pytest.mark.parametrize("scheme", ["ftp", "", "javascript", "https, http", "HTTPS ://"])
def test_another_scheme_is_not_taken(own_settings: Settings, scheme: str) -> None:
    known = Settings(_env_file=None, data_dir=own_settings.data_dir, auth_token=TOKEN, trusted_proxies="*")
    client = TestClient(create_app(known), base_url="http://localhost", client=("127.0.0.1", 1), follow_redirects=False)
    response = client.post("/sign-in", data={"token": TOKEN}, headers={"X-Forwarded-Proto": scheme})
    assert (response.status_code, "secure" in response.headers["set-cookie"].lower()) == (303, False)


@given(st.text())
def test_any_text_is_an_address_or_none(text: str) -> None:
    parsed(text)
    network(text)
    found = Proxies(["127.0.0.1"]).client_named_in([text])
    assert found is None or str(parsed(found)) == found


def test_an_address_with_a_zone_is_that_of_its_network() -> None:
    assert network("fe80::1%eth0") == network("fe80::2%" + "a" * 1000) == "fe80::/64"
    assert network("::ffff:192.0.2.1") == "192.0.2.1"
