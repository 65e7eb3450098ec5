"""What an endpoint sent back: an answer, a reason to ask again, or a reason to stop."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from app.errors import shorten
from app.explain.endpoint import Endpoint
from app.explain.errors import EndpointUnusable
from models.loading.files import safe_text

#: Errors of 400 and more that pass; others below 500 stay.
PASSING = frozenset({408, 409, 425, 429})
#: What a 429 says of an account that no waiting helps.
NO_QUOTA = ("insufficient_quota", "billing_hard_limit_reached")
#: Options that some models take under another name or with no value but their own.
MAY_DIFFER = ("max_tokens", "temperature")
#: No count of tokens is larger, whatever an endpoint says of one call.
MAX_COUNT = 10**7


@dataclass
class Answer:
    """What a model said; ``tokens``: sent and received as the endpoint counts them, 0 if it does not say."""

    text: str
    tokens: int = 0
    is_cut: bool = False


class Passing(Exception):  # noqa: N818 (never leaves the client)
    """This try failed and the next one may not; ``pause``: seconds that the endpoint asked for."""

    def __init__(self, sentence: str, pause: float | None = None) -> None:
        super().__init__(sentence)
        self.pause = pause


class RefusedOption(Exception):  # noqa: N818 (never leaves the client)
    """The model does not know the option ``name``, or no value of it but its own."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def answer_of(
    response: httpx.Response, content: bytes, endpoint: Endpoint, options: Mapping[str, Any], *, is_known: bool
) -> Answer:
    """The answer in a response that was read. ``is_known``: the endpoint has answered properly before.

    Raises:
        Passing: it may answer next time.
        RefusedOption: it would answer without that option.
        EndpointUnusable: it never will.
    """
    where = f"The language model at {endpoint.url}"
    status = response.status_code
    if status >= 400:
        _raise_refusal(response, content, endpoint, options)
    if not response.is_success:
        raise EndpointUnusable(f"{where} is at another address (it answers {status}); give that one with --endpoint.")
    document = _json(content)
    answer = _answer(document)
    if answer is not None:
        return answer
    said = "" if document is None else _message(document, content, endpoint)
    kind = safe_text(response.headers.get("content-type", "").partition(";")[0])[:40]
    what = f"with an error: {said}" if said else f"with {kind or 'something'} that is no chat completion"
    if is_known:
        raise Passing(f"{where} answered {what}.")
    raise EndpointUnusable(
        f"{where} answers {what}; is it the address of an OpenAI-compatible API? It ends in /v1 as a rule."
    )


def retry_after(value: str) -> float | None:
    """Seconds to wait: a number, or a date; None if it is neither."""
    try:
        seconds = float(value)
    except ValueError:
        try:
            moment = parsedate_to_datetime(value)
        except (ValueError, TypeError):
            return None
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        seconds = (moment - datetime.now(UTC)).total_seconds()
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _raise_refusal(response: httpx.Response, content: bytes, endpoint: Endpoint, options: Mapping[str, Any]) -> None:
    where = f"The language model at {endpoint.url}"
    status, document = response.status_code, _json(content)
    said = _message(document, content, endpoint)
    because = f": {said}" if said else ""
    code = _code(document)
    if status == 429 and code in NO_QUOTA:
        raise EndpointUnusable(f"{where} says that the account has no quota left{because}.")
    if status >= 500 or status in PASSING:
        busy = "is asked too often" if status == 429 else "cannot answer now"
        raise Passing(f"{where} {busy} ({status}{because}).", retry_after(response.headers.get("retry-after", "")))
    if status in (400, 422):
        for name in MAY_DIFFER:
            if name in options and (code == name or name in said.replace("'", " ").replace('"', " ").split()):
                raise RefusedOption(name)
    if status in (401, 403):
        key = f"the key from {endpoint.key_from}" if endpoint.key_from else "to answer without a key"
        raise EndpointUnusable(f"{where} refuses {key} ({status}{because}).")
    if status in (404, 405):
        raise EndpointUnusable(
            f"{where} has no chat completions, or no model {shorten(endpoint.model)!r} ({status}{because}); the "
            "address ends in /v1 as a rule."
        )
    raise EndpointUnusable(f"{where} refuses what it was asked ({status}{because}).")


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _answer(document: Any) -> Answer | None:
    """The first choice's text; None if the document has no such thing."""
    try:
        choice = document["choices"][0]
        content = choice["message"]["content"]
        if isinstance(content, list):
            content = "".join(part["text"] for part in content if part.get("type") == "text")
        text = "" if content is None else content
        if not isinstance(text, str):
            return None
        is_cut = choice.get("finish_reason") == "length"
        usage = document.get("usage")
    except (TypeError, KeyError, IndexError, AttributeError):
        return None
    total = usage.get("total_tokens") if isinstance(usage, dict) else None
    if not isinstance(total, int) or isinstance(total, bool) or not 0 < total <= MAX_COUNT:
        total = 0
    return Answer(text, total, is_cut)


def _message(document: Any, content: bytes, endpoint: Endpoint) -> str:
    """Why, in the endpoint's words: one short line, without the key, which some repeat."""
    error = document.get("error", document) if isinstance(document, dict) else None
    said = error.get("message", "") if isinstance(error, dict) else error
    if not isinstance(said, str) or not said:
        is_page = document is None and b"<" in content[:200]
        said = "" if is_page or document is not None else content[:400].decode("utf-8", "replace")
    if key := endpoint.key.get_secret_value():
        said = said.replace(key, "[key]")
    line = " ".join("".join(c if c.isprintable() else " " for c in safe_text(said)).split())
    return shorten(line, 200).rstrip(". ")


def _code(document: Any) -> str:
    """The parameter or the code that an error names."""
    error = document.get("error") if isinstance(document, dict) else None
    found = (error.get("param") or error.get("code") or "") if isinstance(error, dict) else ""
    return found if isinstance(found, str) else ""
