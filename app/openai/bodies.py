"""What OpenAI's clients may ask for, and ``periscope``: a board in the request.

An option that cannot be obeyed is refused unless its value asks for nothing (``kinds.Only``); so is a name that is not
known. Null is the same as not given, as in OpenAI's own API.
"""

import secrets
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field, model_validator

from app.engine.bodies import MAX_MESSAGES, Body, Slug, Temperature
from app.engine.texts import TextInput
from app.openai.kinds import Content, Only, Prompts, Stops
from app.steer.bodies import Penalty, Positions, Seed, TermBody, TopP
from app.web.request_types import MAX_NEW_TOKENS, MAX_SEED, Entries, Flag, Numbered, Text, Whole, Word
from models.running.chat_spans import Message
from models.steering.terms import MAX_TERMS

#: Texts of one prompt; likeliest tokens named at a place.
MAX_N, MAX_LIKELIEST = 16, 20
#: New tokens of ``/v1/completions`` where the request does not say, as OpenAI has it.
USUAL_TOKENS = 16
#: OpenAI's name for the first message of a chat, by the name that templates have for it.
ROLES = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}

Label = Annotated[str, Text(0, 1000)]
ModelId = Annotated[str, Text(1, 2000)]
NewTokens = Annotated[int, Numbered(0, MAX_NEW_TOKENS, is_text=False)]
Likeliest = Annotated[int, Whole(0, MAX_LIKELIEST, "a number of tokens")]
NoTools = Annotated[Any, Only("models here call no tools", ([],))]
NoChoice = Annotated[Any, Only("models here call no tools", ("none",))]


@dataclass(frozen=True)
class Asked:
    """What both endpoints ask for. Of sampling, None is what the mix has, or else OpenAI's default.

    ``likeliest``: tokens named at each place; ``None``: no log-probs. ``usual_tokens``: how many are written where
    ``max_tokens`` is None; ``None``: as many as may be.
    """

    model: str
    prompts: tuple[TextInput, ...]
    board: "BoardBody | None"
    n: int
    seed: int
    max_tokens: int | None
    max_tokens_name: str
    temperature: float | None
    top_p: float | None
    frequency_penalty: float | None
    stop: tuple[str, ...]
    likeliest: int | None
    least_tokens: int = 1
    usual_tokens: int | None = None
    echo: bool = False


class StreamOptions(Body):
    """What a stream tells beside the text."""

    include_usage: Flag | None = None
    include_obfuscation: Annotated[Any, Only("nothing is added to a stream", (False,))] = None


class BoardBody(Body):
    """Sliders, as ``POST /api/v1/steer`` takes them."""

    terms: Annotated[list[TermBody], Entries(0, MAX_TERMS, "stand on a board")] = Field(default_factory=list)
    source: Slug | None = None
    positions: Positions = "all"
    steer_bos: Flag = False
    prepend_bos: Flag | None = None


class _Shared(Body):
    """What both endpoints take."""

    model: ModelId
    periscope: BoardBody | None = None
    n: Annotated[int, Whole(1, MAX_N, "a number of texts")] | None = None
    seed: Seed | None = None
    stop: Annotated[list[str], Stops()] = Field(default_factory=list)
    temperature: Temperature | None = None
    top_p: TopP | None = None
    frequency_penalty: Penalty | None = None
    max_tokens: NewTokens | None = None
    stream: Flag | None = None
    stream_options: StreamOptions | None = None
    user: Label | None = None
    presence_penalty: Annotated[Any, Only("this server has frequency_penalty alone", (0,))] = None
    logit_bias: Annotated[Any, Only("every token keeps its own logit", ({},))] = None

    @model_validator(mode="after")
    def _streams(self) -> "_Shared":
        if self.stream_options is not None and not self.stream:
            raise ValueError("stream_options are for a stream; give stream: true, or leave them out")
        return self

    @property
    def includes_usage(self) -> bool:
        """Whether a stream ends with the usage."""
        return bool(self.stream_options and self.stream_options.include_usage)

    def _asked(self, prompts: list[TextInput], **more: Any) -> Asked:
        given = {
            "max_tokens": self.max_tokens, "max_tokens_name": "max_tokens", "temperature": self.temperature,
            "top_p": self.top_p, "frequency_penalty": self.frequency_penalty,
        }  # fmt: skip
        seed = secrets.randbelow(MAX_SEED) if self.seed is None else self.seed
        n = 1 if self.n is None else self.n
        return Asked(self.model, tuple(prompts), self.periscope, n, seed, stop=tuple(self.stop), **(given | more))


class CompletionBody(_Shared):
    """``POST /v1/completions``."""

    prompt: Annotated[list[str | list[int]], Prompts()]
    echo: Flag | None = None
    logprobs: Likeliest | None = None
    best_of: Annotated[int, Whole(1, MAX_N, "a number of texts")] | None = None
    suffix: Annotated[Any, Only("a model writes from left to right", ("",))] = None

    @model_validator(mode="after")
    def _one_of_each(self) -> "CompletionBody":
        if self.best_of not in (None, self.n or 1):
            raise ValueError("best_of cannot be obeyed, since all texts are sent; leave it out")
        return self

    def asked(self) -> Asked:
        """What was asked."""
        names = [f"Prompt {number}" if len(self.prompt) > 1 else "The prompt" for number in range(len(self.prompt))]
        prompts = [
            TextInput(given, name=name) if isinstance(given, str) else TextInput(name=name, ids=tuple(given))
            for given, name in zip(self.prompt, names, strict=True)
        ]
        likeliest, echo = self.logprobs, bool(self.echo)
        return self._asked(prompts, likeliest=likeliest, echo=echo, least_tokens=0, usual_tokens=USUAL_TOKENS)


class MessageBody(Body):
    """One turn of a chat; an answer may come back as it was sent."""

    role: Annotated[str, Word(tuple(ROLES))]
    content: Annotated[str, Content()]
    type: Annotated[Any, Only("only text is read", ("text", "message"))] = None
    name: Annotated[Any, Only("chat templates know no names")] = None
    refusal: Annotated[Any, Only("only text is read")] = None
    audio: Annotated[Any, Only("only text is read")] = None
    annotations: Annotated[Any, Only("only text is read", ([],))] = None
    tool_calls: NoTools = None
    tool_call_id: NoTools = None
    function_call: NoTools = None


class ChatBody(_Shared):
    """``POST /v1/chat/completions``."""

    messages: Annotated[list[MessageBody], Entries(1, MAX_MESSAGES)]
    max_completion_tokens: NewTokens | None = None
    logprobs: Flag | None = None
    top_logprobs: Likeliest | None = None
    metadata: Annotated[dict[str, Any], Entries(0, 16)] | None = None
    safety_identifier: Label | None = None
    prompt_cache_key: Label | None = None
    store: Annotated[Any, Only("nothing is stored", (False,))] = None
    service_tier: Annotated[Any, Only("there is one tier", ("auto", "default"))] = None
    modalities: Annotated[Any, Only("only text is written", (["text"],))] = None
    response_format: Annotated[Any, Only("the model writes without a format", ({"type": "text"},))] = None
    prediction: Annotated[Any, Only("every token is computed")] = None
    audio: Annotated[Any, Only("only text is written")] = None
    reasoning_effort: Annotated[Any, Only("the answer is written at once", ("none",))] = None
    verbosity: Annotated[Any, Only("no model here knows it", ("medium",))] = None
    web_search_options: Annotated[Any, Only("this server reaches no web")] = None
    moderation: Annotated[Any, Only("there is none")] = None
    prompt_cache_retention: Annotated[Any, Only("prompts are not kept", ("in_memory", "in-memory"))] = None
    prompt_cache_options: Annotated[Any, Only("prompts are not kept")] = None
    tools: NoTools = None
    functions: NoTools = None
    tool_choice: NoChoice = None
    function_call: NoChoice = None
    parallel_tool_calls: Annotated[Any, Only("models here call no tools", (False,))] = None

    @model_validator(mode="after")
    def _one_of_each(self) -> "ChatBody":
        if self.max_tokens is not None and self.max_completion_tokens not in (None, self.max_tokens):
            raise ValueError("max_tokens and max_completion_tokens are one limit by two names; give one of them")
        if self.top_logprobs is not None and not self.logprobs:
            raise ValueError("top_logprobs are told with log-probs; give logprobs: true as well")
        return self

    def asked(self) -> Asked:
        """What was asked."""
        turns = tuple(Message(ROLES[message.role], message.content) for message in self.messages)
        chat = TextInput(messages=turns, add_generation_prompt=True)
        likeliest = (self.top_logprobs or 0) if self.logprobs else None
        limit: dict[str, Any] = {}
        if self.max_completion_tokens is not None:
            limit = {"max_tokens": self.max_completion_tokens, "max_tokens_name": "max_completion_tokens"}
        return self._asked([chat], likeliest=likeliest, **limit)
