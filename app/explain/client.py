"""Asks an OpenAI-compatible endpoint for chat completions, as often and as slowly as it allows.

One call:

1. It gets a place among the calls that run together, and waits for a pause that the endpoint asked of all of them.
2. The budget is asked for what it can cost.
3. The answer is read up to a bound in bytes and in time (``app.explain.answers`` judges it).
4. Too busy, broken or silent: again after a while, as long as ``Retry-After`` says, else twice as long each time.
   Refused: an error at once, but for options that some models take under another name or not at all.
"""

import asyncio
import random
import time
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from app.explain.answers import Answer, Passing, RefusedOption, answer_of
from app.explain.budget import Budget, tokens_of
from app.explain.endpoint import PATH, Endpoint
from app.explain.errors import EndpointDown, EndpointUnusable
from app.explain.request import Patience

#: Bytes of an answer at most; one is some hundred long.
MAX_ANSWER = 1 << 20
#: The longest pause of our own between two tries, and the longest that an endpoint may ask for, in seconds.
MAX_PAUSE, MAX_ASKED = 30.0, 600.0
#: What newer models call the bound on their answer.
OTHER_NAME = {"max_tokens": "max_completion_tokens"}
AGAIN = "start the same command again {when}, which goes on where this one stopped."


class ChatClient:
    """One endpoint; belongs to one event loop. Use ``async with``."""

    def __init__(self, endpoint: Endpoint, budget: Budget, patience: Patience) -> None:
        self.endpoint, self.budget, self.patience = endpoint, budget, patience
        #: Tries that came to nothing.
        self.failed = 0
        self._places = asyncio.Semaphore(patience.parallel)
        self._not_before = 0.0
        self._has_answered = False
        self._options: dict[str, Any] = {"temperature": 0, "max_tokens": None}
        headers = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "periscope"}
        if key := endpoint.key.get_secret_value():
            headers["Authorization"] = f"Bearer {key}"
        # A proxy is for what is outside; redirects are not followed: they would take the texts somewhere else.
        self._http = httpx.AsyncClient(
            headers=headers, timeout=patience.timeout, trust_env=not endpoint.is_local, follow_redirects=False
        )

    async def __aenter__(self) -> "ChatClient":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def ask(self, messages: Sequence[Mapping[str, str]], max_tokens: int) -> Answer:
        """The model's answer of at most ``max_tokens`` tokens.

        Raises:
            EndpointUnusable: it refuses, or is no such API.
            EndpointDown: it did not answer however often it was asked.
            BudgetSpent: the call does not fit the budget.
        """
        async with self._places:
            pause = self.patience.first_pause
            for tries_left in range(self.patience.retries, -1, -1):
                await asyncio.sleep(max(0.0, self._not_before - time.monotonic()))
                try:
                    answer = await self._try_options(messages, max_tokens)
                except Passing as error:
                    self.failed += 1
                    self._give_up_if(error, tries_left)
                    # Some more or less, so that calls that failed together do not come back together.
                    wait = pause * random.uniform(0.75, 1.25) if error.pause is None else error.pause
                    self._not_before = max(self._not_before, time.monotonic() + wait)
                    pause = min(MAX_PAUSE, 2 * pause)
                else:
                    self._has_answered = True
                    return answer
        raise AssertionError("the last try returns or raises")

    def _give_up_if(self, error: Passing, tries_left: int) -> None:
        if error.pause is not None and error.pause > MAX_ASKED:
            raise EndpointDown(f"{error} It asks to wait {error.pause:,.0f} seconds; {AGAIN.format(when='then')}")
        if not tries_left:
            n = self.patience.retries + 1
            asked = "" if n == 1 else f" It was asked {n} times;"
            raise EndpointDown(f"{error}{asked} {AGAIN.format(when='later')}")

    async def _try_options(self, messages: Sequence[Mapping[str, str]], max_tokens: int) -> Answer:
        """One try, and more where the model does not know an option: it is renamed, or left out."""
        while True:
            options = {name: max_tokens if value is None else value for name, value in self._options.items()}
            try:
                return await self._try(messages, options, max_tokens)
            except RefusedOption as error:
                other = OTHER_NAME.get(error.name)
                # Calls that run together may all learn it.
                if self._options.pop(error.name, 0) is None and other:
                    self._options[other] = None

    async def _try(self, messages: Sequence[Mapping[str, str]], options: Mapping[str, Any], max_tokens: int) -> Answer:
        sent = tokens_of(messages)
        self.budget.take(sent + max_tokens)
        cost = sent  # of a try that comes to nothing: what was sent may be charged for
        where = f"The language model at {self.endpoint.url}"
        body = {"model": self.endpoint.model, "messages": [dict(m) for m in messages], "stream": False, **options}
        try:
            async with (
                asyncio.timeout(self.patience.timeout),
                self._http.stream("POST", self.endpoint.url + PATH, json=body) as response,
            ):
                content = await _read(response, where)
            cost = sent if response.is_success or response.is_server_error else 0
            answer = answer_of(response, content, self.endpoint, options, is_known=self._has_answered)
            cost = answer.tokens = answer.tokens or sent + tokens_of([{"content": answer.text}])
        except (httpx.ConnectError, httpx.ConnectTimeout):
            cost = 0
            raise Passing(f"{where} cannot be reached.") from None
        except (TimeoutError, httpx.TimeoutException):
            raise Passing(f"{where} did not answer within {self.patience.timeout:g} seconds.") from None
        except httpx.InvalidURL:
            cost = 0
            raise EndpointUnusable(f"{self.endpoint.url!r} is not the address of an endpoint.") from None
        except httpx.HTTPError:
            raise Passing(f"{where} broke off its answer.") from None
        finally:
            self.budget.settle(sent + max_tokens, cost)
        return answer


async def _read(response: httpx.Response, where: str) -> bytes:
    """The body as it was sent; Passing where it does not end."""
    parts, size = [], 0
    async for part in response.aiter_raw():
        parts.append(part)
        size += len(part)
        if size > MAX_ANSWER:
            raise Passing(f"{where} answered with more than {MAX_ANSWER >> 20} MiB.")
    return b"".join(parts)
