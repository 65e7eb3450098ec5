"""Texts as the engine tells them -> answers in OpenAI's shapes."""

import secrets
import time
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from typing import Any

from app.openai import answers
from app.openai.desk import Completed, Gained
from app.openai.stopped_text import Likely, TextToken, Told
from app.openai.task import CompleteJob

CHAT, CHAT_CHUNK, TEXT = "chat.completion", "chat.completion.chunk", "text_completion"


class Shape:
    """The answer to one request, whole or in chunks."""

    def __init__(self, model: str, job: CompleteJob, *, is_chat: bool, includes_usage: bool) -> None:
        """``includes_usage``: whether a stream ends with the usage."""
        self._model, self._job = model, job
        self._is_chat, self._includes_usage = is_chat, includes_usage
        self._created = int(time.time())
        self._id = f"{'chatcmpl' if is_chat else 'cmpl'}-{secrets.token_hex(12)}"
        self._begun: set[int] = set()  # answers of a chat whose role was told

    def whole(self, found: Completed) -> answers.ChatAnswer | answers.TextAnswer:
        """All texts at once."""
        if self._is_chat:
            chats = [
                answers.ChatChoice(
                    number, answers.MessageAnswer("assistant", told.text), self._chat_logprobs(told), str(told.finish)
                )
                for number, told in enumerate(found.choices)
            ]
            return answers.ChatAnswer(**self._head(CHAT), choices=chats, usage=usage(found))
        texts = [self._text(number, told) for number, told in enumerate(found.choices)]
        return answers.TextAnswer(**self._head(TEXT), choices=texts, usage=usage(found))

    async def chunks(self, gains: AsyncGenerator[Gained | Completed, None]) -> AsyncGenerator[tuple[str, Any], None]:
        """Named events, one for whatever a text gains; the last has the usage, if it was asked for."""
        async with aclosing(gains) as events:
            async for event in events:
                if isinstance(event, Gained):
                    for chunk in self._gained(event):
                        yield "chunk", chunk
                elif self._includes_usage:
                    yield "chunk", self._chunk([], usage(event))

    def _gained(self, event: Gained) -> Iterator[answers.ChatChunk | answers.TextAnswer]:
        told = event.told
        if not self._is_chat:
            yield self._chunk([self._text(event.choice, told)])
            return
        if event.choice not in self._begun:
            self._begun.add(event.choice)
            delta: answers.Delta = {"role": "assistant", "content": ""}
            yield self._chunk([answers.ChunkChoice(event.choice, delta, None, None)])
        if told.text or told.tokens:
            said = answers.ChunkChoice(event.choice, {"content": told.text}, self._chat_logprobs(told), None)
            yield self._chunk([said])
        if told.finish:
            yield self._chunk([answers.ChunkChoice(event.choice, {}, None, told.finish)])

    def _chunk(
        self, choices: Sequence[Any], used: answers.Usage | None = None
    ) -> answers.ChatChunk | answers.TextAnswer:
        if self._is_chat:
            return answers.ChatChunk(**self._head(CHAT_CHUNK), choices=list(choices), usage=used)
        return answers.TextAnswer(**self._head(TEXT), choices=list(choices), usage=used)

    def _head(self, kind: str) -> dict[str, Any]:
        return {
            "id": self._id, "object": kind, "created": self._created, "model": self._model, "system_fingerprint": None,
        }  # fmt: skip

    def _text(self, number: int, told: Told) -> answers.TextChoice:
        logprobs = text_logprobs(told.tokens, self._job.options.alternatives) if self._job.scores else None
        return answers.TextChoice(number, told.text, logprobs, told.finish)

    def _chat_logprobs(self, told: Told) -> answers.ChatLogprobs | None:
        if not self._job.scores:
            return None
        return answers.ChatLogprobs([_token_logprob(token) for token in told.tokens if not token.ends])


def usage(found: Completed) -> answers.Usage:
    """Tokens that were read and written."""
    read = sum(found.prompt_tokens)
    return answers.Usage(read, found.written, read + found.written)


def text_logprobs(tokens: Sequence[TextToken], n_likeliest: int) -> answers.TextLogprobs:
    """Lists along the tokens, that which ends the text included. At each place stand the likeliest, and the token."""
    return answers.TextLogprobs(
        tokens=[_name(token.token) for token in tokens],
        token_logprobs=[token.token.logprob for token in tokens],
        top_logprobs=[_top(token) for token in tokens] if n_likeliest else None,
        text_offset=[token.offset for token in tokens],
    )


def _top(token: TextToken) -> dict[str, float] | None:
    if token.token.logprob is None:
        return None
    found: dict[str, float] = {}
    for likely in (*token.likeliest, token.token):
        found.setdefault(_name(likely), likely.logprob or 0.0)  # of two with one name, the likelier
    return found


def _token_logprob(token: TextToken) -> answers.TokenLogprob:
    own = _likeliest(token.token)
    return answers.TokenLogprob(own.token, own.logprob, own.bytes, [_likeliest(likely) for likely in token.likeliest])


def _likeliest(likely: Likely) -> answers.Likeliest:
    return answers.Likeliest(_name(likely), likely.logprob or 0.0, None if likely.data is None else list(likely.data))


def _name(likely: Likely) -> str:
    """The token as a text; one that is a part of a character by its bytes, as OpenAI writes them."""
    if likely.data is None:
        return likely.text
    try:
        return likely.data.decode()
    except UnicodeDecodeError:
        return "bytes:" + "".join(f"\\x{byte:02x}" for byte in likely.data)
