"""Where questions are sent, with which key, and how that is said before the first one is."""

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr

from app.errors import InvalidRequest, shorten
from models.loading.files import safe_text

#: The variable that other tools read their key from.
COMMON_KEY = "OPENAI_API_KEY"
PATH = "/chat/completions"
MAX_KEY, MAX_MODEL = 4096, 200
NO_KEY = SecretStr("")


@dataclass(frozen=True)
class Endpoint:
    """An OpenAI-compatible API: its address (without ``/chat/completions``), a model there, and the key for it.

    ``key_from`` says where the key came from; empty: no key is sent.
    """

    url: str
    model: str
    key: SecretStr = NO_KEY
    key_from: str = ""

    @property
    def is_local(self) -> bool:
        """Whether it is on this machine."""
        host = urlsplit(self.url).hostname or ""
        try:
            return host == "localhost" or ipaddress.ip_address(host).is_loopback
        except ValueError:
            return False

    def sentence(self, what: str) -> str:
        """Who gets ``what``."""
        key = f"with the key from {self.key_from}" if self.key_from else "without a key"
        open_way = "" if self.is_local or self.url.startswith("https:") else ", over plain http, which others can read"
        return f"{what} to {self.model} at {self.url}, {key}{open_way}."


def make_endpoint(url: str, model: str, key: SecretStr, key_from: str) -> Endpoint:
    """The endpoint of an address as people type it. Raises InvalidRequest with what is wrong with it.

    ``OPENAI_API_KEY`` is for whatever tool comes by, so it never goes over plain http to another machine.
    """
    shown = shorten(url.rpartition("@")[2])
    if safe_text(url) != url or any(c.isspace() or not c.isprintable() for c in url):
        raise InvalidRequest("The address of the endpoint has characters that no address has.")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise InvalidRequest(f"{shown!r} is not the address of an endpoint; write http://HOST:PORT/v1.") from None
    if parts.scheme not in ("http", "https") or not host:
        raise InvalidRequest(f"{shown!r} is not the address of an endpoint; write http://HOST:PORT/v1.")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise InvalidRequest(
            "The address of an endpoint has no user, password or query; a key comes from PERISCOPE_EXPLAIN_KEY, "
            f"{COMMON_KEY} or --key-file."
        )
    model = model.strip()
    if not model or len(model) > MAX_MODEL or not model.isprintable():
        raise InvalidRequest(f"A model has a name of 1 to {MAX_MODEL} printable characters; name it with --model.")
    found = Endpoint(url.rstrip("/").removesuffix(PATH).rstrip("/"), model, key, key_from)
    if key_from == COMMON_KEY and not found.is_local and parts.scheme == "http":
        return Endpoint(found.url, found.model)
    return found


def find_key(
    file: Path | None, setting: SecretStr, name: str, environment: Mapping[str, str] = os.environ
) -> tuple[SecretStr, str]:
    """The key and where it comes from: a file, the setting called ``name``, OPENAI_API_KEY; empty without any.

    Raises InvalidRequest, which never shows the key.
    """
    if file is not None:
        return _checked(_read(file), f"the file {shorten(str(file))}")
    if setting.get_secret_value():
        return _checked(setting.get_secret_value(), name)
    common = environment.get(COMMON_KEY, "").strip()
    return _checked(common, COMMON_KEY) if common else (SecretStr(""), "")


def _read(file: Path) -> str:
    try:
        if not file.is_file():
            raise InvalidRequest(f"The key file {shorten(str(file))} is not a file.")
        with file.open("rb") as opened:
            text = opened.read(MAX_KEY + 1).decode()
    except OSError as error:
        raise InvalidRequest(f"The key file {shorten(str(file))} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise InvalidRequest(f"The key file {shorten(str(file))} is not text.") from None
    return text.strip()


def _checked(key: str, where: str) -> tuple[SecretStr, str]:
    key = key.strip()
    if not key or len(key) > MAX_KEY or not key.isascii() or not key.isprintable() or " " in key:
        raise InvalidRequest(f"What {where} has is no key: a key is one word of printable ASCII characters.")
    return SecretStr(key), where
