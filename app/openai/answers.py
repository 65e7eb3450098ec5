"""What the endpoint answers, in OpenAI's shapes. Log-probs in nats, of the model as it stood there, before penalty and
temperature.
"""

from dataclasses import dataclass
from typing import NotRequired

from typing_extensions import TypedDict


@dataclass(frozen=True)
class ModelAnswer:
    """A model; ``parent``: of a mix, the model that it steers. ``created``: Unix seconds."""

    id: str
    object: str
    created: int
    owned_by: str
    parent: str | None


@dataclass(frozen=True)
class ModelList:
    """All of them."""

    object: str
    data: list[ModelAnswer]


@dataclass(frozen=True)
class Usage:
    """Tokens read, each prompt once, and written, the ends of texts included."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


@dataclass(frozen=True)
class Likeliest:
    """A token at a place. ``bytes`` tell it apart where it is a part of a character."""

    token: str
    logprob: float
    bytes: list[int] | None


@dataclass(frozen=True)
class TokenLogprob(Likeliest):
    """A token of a text, and the likeliest ones at its place."""

    top_logprobs: list[Likeliest]


@dataclass(frozen=True)
class ChatLogprobs:
    """Of each token of an answer."""

    content: list[TokenLogprob]
    refusal: None = None


@dataclass(frozen=True)
class MessageAnswer:
    """What the model answered."""

    role: str
    content: str
    refusal: None = None


@dataclass(frozen=True)
class ChatChoice:
    """One answer. ``finish_reason``: stop or length."""

    index: int
    message: MessageAnswer
    logprobs: ChatLogprobs | None
    finish_reason: str


class Delta(TypedDict):
    """What an answer has gained."""

    role: NotRequired[str]
    content: NotRequired[str]


@dataclass(frozen=True)
class ChunkChoice:
    """What one answer has gained; ``finish_reason`` with its last piece."""

    index: int
    delta: Delta
    logprobs: ChatLogprobs | None
    finish_reason: str | None


@dataclass(frozen=True)
class TextLogprobs:
    """Of each token of a text; the first token of a prompt has none. ``text_offset``: characters before it."""

    tokens: list[str]
    token_logprobs: list[float | None]
    top_logprobs: list[dict[str, float] | None] | None
    text_offset: list[int]


@dataclass(frozen=True)
class TextChoice:
    """One text, or in a stream what it has gained. ``index``: place of its prompt · n + sample."""

    index: int
    text: str
    logprobs: TextLogprobs | None
    finish_reason: str | None


@dataclass(frozen=True)
class Answer:
    """What all of them begin with. ``object`` says which it is."""

    id: str
    object: str
    created: int
    model: str
    system_fingerprint: str | None


@dataclass(frozen=True)
class ChatAnswer(Answer):
    """``chat.completion``."""

    choices: list[ChatChoice]
    usage: Usage


@dataclass(frozen=True)
class ChatChunk(Answer):
    """``chat.completion.chunk``; ``usage`` with the last one, if it was asked for."""

    choices: list[ChunkChoice]
    usage: Usage | None


@dataclass(frozen=True)
class TextAnswer(Answer):
    """``text_completion``; in a stream ``usage`` comes with the last one, if it was asked for."""

    choices: list[TextChoice]
    usage: Usage | None
