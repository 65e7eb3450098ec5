"""Settings from the environment or ``.env``, all with the prefix ``PERISCOPE_``; docs/settings.md explains
each.
"""

import difflib
import ipaddress
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.errors import InsecureHost, SettingsError, shorten

PREFIX = "PERISCOPE_"
#: Read by the tests only; not settings of the application.
TEST_PREFIX = "PERISCOPE_TEST_"
DEVICE_PATTERN = re.compile(r"auto|cpu|mps|cuda(:\d{1,3})?")
#: What a Content-Security-Policy takes as the address of a site that may frame a page.
ORIGIN_PATTERN = re.compile(r"\*|https?://[A-Za-z0-9.-]{1,253}(:(\d{1,5}|\*))?")
DTYPES = ("auto", "float32", "bfloat16", "float16")
DATABASE_SCHEMES = ("sqlite:///", "postgresql://", "postgres://", "postgresql+psycopg://")


class Settings(BaseSettings):
    """All settings. Build it with ``load_settings`` to get errors in one sentence."""

    # Empty is not set: compose and .env files pass on names without a value.
    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    data_dir: Path = Path("data")
    database_url: str = ""  # empty: SQLite under data_dir
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8000
    device: str = "auto"
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    max_prompt_tokens: Annotated[int, Field(ge=1, le=1_000_000)] = 1024
    max_new_tokens: Annotated[int, Field(ge=1, le=100_000)] = 256
    max_queue: Annotated[int, Field(ge=1, le=10_000)] = 32
    max_memory_gib: Annotated[float, Field(ge=0, le=100_000)] = 0.0  # 0: four fifths of what is free
    auth_token: SecretStr = SecretStr("")  # empty: no authentication
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = ("localhost", "127.0.0.1", "::1")
    allow_insecure_host: bool = False
    published_host: str = ""  # empty: the same as host; in a container, the address that its port is published on
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = ()  # empty: nobody says who asks but the connection
    max_connections: Annotated[int, Field(ge=8, le=100_000)] = 2048
    max_connections_per_address: Annotated[int, Field(ge=8, le=100_000)] = 1024
    embed_origins: Annotated[tuple[str, ...], NoDecode] = ()  # empty: no page may be framed
    explain_endpoint: str = ""  # empty: pages offer no explanations
    explain_model: str = ""
    explain_key: SecretStr = SecretStr("")  # empty: OPENAI_API_KEY, where that is set
    explain_scorer_key: SecretStr = SecretStr("")
    explain_budget: Annotated[int, Field(ge=1, le=10**12)] = 50_000
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @field_validator("device")
    @classmethod
    def _known_device(cls, value: str) -> str:
        if not DEVICE_PATTERN.fullmatch(value):
            raise ValueError("must be auto, cpu, mps, cuda or cuda:N")
        return value

    @field_validator("log_level", mode="before")
    @classmethod
    def _lower(cls, value: Any) -> Any:
        return value.lower() if isinstance(value, str) else value

    @field_validator("allowed_hosts", mode="before")
    @classmethod
    def _split_hosts(cls, value: Any) -> Any:
        if isinstance(value, str):
            value = tuple(part.strip() for part in value.split(",") if part.strip())
        if not value:
            raise ValueError("must name at least one host, or * for any")
        return value

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _known_proxies(cls, value: Any) -> Any:
        if isinstance(value, str):
            value = tuple(part.strip() for part in value.split(",") if part.strip())
        for part in value:
            _check_network(part)
        return value

    @field_validator("embed_origins", mode="before")
    @classmethod
    def _known_origins(cls, value: Any) -> Any:
        if isinstance(value, str):
            value = tuple(part.strip().rstrip("/") for part in value.split(",") if part.strip())
        if not all(ORIGIN_PATTERN.fullmatch(origin) for origin in value):
            raise ValueError("must be origins such as http://localhost:8888, separated by commas, or * for any")
        return value

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        if value and not value.startswith(DATABASE_SCHEMES):
            raise ValueError("must start with sqlite:/// or postgresql://")
        return value

    @field_validator("auth_token")
    @classmethod
    def _printable_token(cls, value: SecretStr) -> SecretStr:
        token = value.get_secret_value()
        if token and (len(token) < 8 or not token.isascii() or not token.isprintable() or " " in token):
            raise ValueError("must be at least 8 printable ASCII characters without spaces, or empty for no token")
        return value

    @model_validator(mode="after")
    def _default_database(self) -> Self:
        if not self.database_url:
            # Frozen for users of the object; this is still part of making it.
            object.__setattr__(self, "database_url", default_database(self.data_dir))
        return self

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        host = self.published_host or self.host
        if host == "localhost":
            return True
        try:
            return ipaddress.ip_address(host.strip("[]")).is_loopback
        except ValueError:
            return False

    def require_safe_host(self) -> None:
        """Refuse to open the server to the network without a token, unless that was asked for by name."""
        if self.is_loopback or self.auth_token.get_secret_value() or self.allow_insecure_host:
            return
        raise InsecureHost(
            f"Host {self.published_host or self.host} can be reached from other machines and no token is set: set "
            f"{PREFIX}AUTH_TOKEN, or {PREFIX}ALLOW_INSECURE_HOST=true if something in front of "
            "Periscope checks who comes in."
        )


def _check_network(text: str) -> None:
    if text != "*":
        try:
            ipaddress.ip_network(text, strict=False)
        except ValueError:
            raise ValueError("must be IP addresses or networks, separated by commas, or * for any") from None


def default_database(data_dir: Path) -> str:
    """The address of the SQLite file in the data folder."""
    return f"sqlite:///{data_dir / 'periscope.db'}"


def load_settings(**overrides: Any) -> Settings:
    """The settings, with ``overrides`` from the command line (``None``: not given) before the environment.

    Raises SettingsError with one sentence on the first value that cannot be used.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        raise SettingsError(_sentence(error)) from None
    except UnicodeDecodeError:
        raise SettingsError("The file .env is not UTF-8 text.") from None


def unknown_names(environment: Mapping[str, str] | None = None) -> list[str]:
    """One sentence for every ``PERISCOPE_`` name in the environment that is no setting: likely a slip."""
    known = [PREFIX + name.upper() for name in Settings.model_fields]
    sentences = []
    for name in sorted(os.environ if environment is None else environment):
        if not name.startswith(PREFIX) or name.startswith(TEST_PREFIX) or name in known:
            continue
        near = difflib.get_close_matches(name, known, n=1)
        meant = f"; did you mean {near[0]}?" if near else "."
        sentences.append(f"{name} is not a setting and is ignored{meant}")
    return sentences


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    name = PREFIX + str(first["loc"][0] if first["loc"] else "").upper()
    reason = first["msg"].removeprefix("Value error, ").removeprefix("Input ")
    reason = reason[:1].lower() + reason[1:]
    given = "" if name.endswith(("TOKEN", "KEY")) else f", not {shorten(str(first['input']))!r}"
    return f"{name} {reason}{given}."
