"""From what a person types to the tokens that a model reads: a text, or a chat in the model's own template.

A special token's name that a user types (``<|endoftext|>``) is text like any other. A chat is rendered by the template
that comes with the tokenizer, in a process that can be stopped, and tokenised as a whole; of the special tokens' names
in it, only the template's own become special (``models.running.chat_spans``). What is far too long is refused before
anything is done with it (``models.running.text_limits``). Imports no torch.
"""

import re
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from models.errors import ContextMismatch, InputMismatch, InputRefused, Unsupported
from models.running.chat_spans import Message, mark_names, role_at, role_spans, tokenize_rendered
from models.running.pace import result_of
from models.running.template_process import Rendered
from models.running.text_limits import check_characters, check_density
from models.running.uncounted import uncounted_ids

if TYPE_CHECKING:
    from models.running.language_model import LanguageModel

ROLES = ("system", "user", "assistant")
#: Tokens of a chat that is a document of a corpus.
MAX_CORPUS_TOKENS = 1 << 17
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class PromptTokens:
    """A prompt as the model reads it; all fields have one entry per token.

    ``roles``: whose turn of a chat the token belongs to, ``None`` in a plain text and before the first turn.
    ``is_special``: BOS, EOS, turn markers. ``counts``: whether a build's statistics would count it (not BOS, EOS,
    padding). ``bos_was_added``: whether the first token is a BOS that neither the user nor the template wrote.
    """

    ids: tuple[int, ...]
    texts: tuple[str, ...]
    roles: tuple[str | None, ...]
    is_special: tuple[bool, ...]
    counts: tuple[bool, ...]
    bos_was_added: bool

    def __len__(self) -> int:
        return len(self.ids)

    def without_bos(self) -> "PromptTokens":
        """The same prompt for a dictionary that was trained without BOS."""
        if not self.bos_was_added:
            return self
        rest = (self.ids[1:], self.texts[1:], self.roles[1:], self.is_special[1:], self.counts[1:])
        return PromptTokens(*rest, bos_was_added=False)


def text_prompt(
    model: "LanguageModel", text: str, *, prepend_bos: bool, limit: int, name: str = "The text"
) -> PromptTokens:
    """The tokens of a plain text, BOS first if wanted and if the tokenizer has one.

    Args:
        model: whose tokenizer.
        text: what was typed.
        prepend_bos: whether the dictionaries that will read it were trained with a BOS.
        limit: most tokens, BOS included; the model's context is a limit as well.
        name: what the text is called in an error.

    Raises:
        InputRefused: empty, or not valid text.
        ContextMismatch: too long; says how long it is and the limit.
    """
    most = min(limit, model.facts.context_size)
    _check_text(text, name, most)
    check_density(model, text, most, name)
    ids = model.tokenize(text)
    return _prompt(model, ids, [None] * len(ids), prepend_bos=prepend_bos, limit=limit, name=name)


def ids_prompt(model: "LanguageModel", ids: Sequence[int], *, limit: int, name: str = "The prompt") -> PromptTokens:
    """Token ids as they are, no BOS added.

    Raises:
        InputRefused: none, or an id that is no token of the model.
        ContextMismatch: too many.
    """
    if not ids:
        raise InputRefused(f"{name} has no tokens; give at least one.")
    vocab = model.facts.vocab_size
    wrong = next((token_id for token_id in ids if not 0 <= token_id < vocab), None)
    if wrong is not None:
        raise InputRefused(f"{name} has the token {wrong}; those of {model.facts.name} are 0 to {vocab - 1}.")
    return _prompt(model, list(ids), [None] * len(ids), prepend_bos=False, limit=limit, name=name)


def chat_prompt(
    model: "LanguageModel",
    messages: Sequence[Message],
    *,
    prepend_bos: bool,
    limit: int,
    add_generation_prompt: bool = False,
) -> PromptTokens:
    """``chat_steps`` in one go."""
    return result_of(
        chat_steps(model, messages, prepend_bos=prepend_bos, limit=limit, add_generation_prompt=add_generation_prompt)
    )


def chat_steps(
    model: "LanguageModel",
    messages: Sequence[Message],
    *,
    prepend_bos: bool,
    limit: int,
    add_generation_prompt: bool = False,
) -> Generator[None, None, PromptTokens]:
    """The tokens of a chat in the model's own template, each with the role of its turn; yields while it waits for that.

    ``prepend_bos`` adds a BOS only where the template did not write one itself.

    Raises:
        Unsupported: the model has no chat template.
        InputRefused: no message, an empty one, or a template that refuses the chat or takes too much for it.
        ContextMismatch: too long.
    """
    if not messages:
        raise InputRefused("The chat has no message; write one.")
    most = min(limit, model.facts.context_size)
    check_characters(sum(len(message.content) for message in messages), most, "The chat")
    for place, message in enumerate(messages, 1):
        _check_text(message.content, f"Message {place}", most)
    yield
    chat = mark_names(model, messages)
    rendered = yield from _render(model, chat.messages, add_generation_prompt, most)
    yield
    check_density(model, rendered.text, most, "The chat")
    spans = role_spans(model, chat.messages, rendered)
    ids, starts = tokenize_rendered(model, rendered.text, chat.mark)
    roles = [role_at(spans, start) for start in starts]
    return _prompt(model, ids, roles, prepend_bos=prepend_bos, limit=limit, name="The chat")


def chat_ids(model: "LanguageModel", messages: Sequence[Message]) -> list[int]:
    """Only the token ids of a chat, which may be longer than the model's context: a document of a corpus.

    Raises:
        Unsupported: the model has no chat template.
        InputRefused: an empty message, or one that the template refuses.
        ContextMismatch: far longer than any context.
    """
    for place, message in enumerate(messages, 1):
        _check_text(message.content, f"Message {place}", MAX_CORPUS_TOKENS)
    chat = mark_names(model, messages)
    rendered = result_of(_render(model, chat.messages, False, MAX_CORPUS_TOKENS))
    return tokenize_rendered(model, rendered.text, chat.mark)[0]


def _prompt(
    model: "LanguageModel", ids: list[int], roles: Sequence[str | None], *, prepend_bos: bool, limit: int, name: str
) -> PromptTokens:
    bos = model.bos_token_id
    roles = list(roles)
    is_added = prepend_bos and bos is not None and ids[:1] != [bos]  # a chat template may have written one
    if is_added and bos is not None:
        ids, roles = [bos, *ids], [None, *roles]
    _check_length(model, len(ids), limit, name)
    special, uncounted = model.special_token_ids, set(uncounted_ids(model).tolist())
    return PromptTokens(
        ids=tuple(ids),
        texts=tuple(model.token_strings(ids)),
        roles=tuple(roles),
        is_special=tuple(token_id in special for token_id in ids),
        counts=tuple(token_id not in uncounted for token_id in ids),
        bos_was_added=is_added,
    )


def _check_text(text: str, name: str, limit: int) -> None:
    if not text:
        raise InputRefused(f"{name} is empty; type something.")
    check_characters(len(text), limit, name)
    if _SURROGATE.search(text):
        raise InputRefused(f"{name} contains half a surrogate pair, which is not a character; remove it.")


def _check_length(model: "LanguageModel", n: int, limit: int, name: str) -> None:
    context = model.facts.context_size
    if n <= min(limit, context):
        return
    why = f"the context of {model.facts.name}" if context <= limit else "PERISCOPE_MAX_PROMPT_TOKENS"
    raise ContextMismatch(f"{name} has {n:,} tokens; at most {min(limit, context):,} are read ({why}). Shorten it.")


def _render(
    model: "LanguageModel", messages: Sequence[Message], add_generation_prompt: bool, limit: int
) -> Generator[None, None, Rendered]:
    template = model.chat_template
    if template is None:
        raise Unsupported(f"{model.facts.name} has no chat template; send a plain text instead.")
    turns = [{"role": message.role, "content": message.content} for message in messages]
    rendered = yield from template.steps(turns, add_generation_prompt, limit)
    if _SURROGATE.search(rendered.text):
        raise InputMismatch(
            f"The chat template of {model.facts.name} writes half a surrogate pair, which is not a character; send a "
            "plain text instead."
        )
    return rendered


def parse_messages(messages: Sequence[Mapping[str, Any]]) -> tuple[Message, ...]:
    """Messages from outside. Raises InputRefused for an unknown role."""
    for message in messages:
        if message["role"] not in ROLES:
            raise InputRefused(f"A message's role is one of {', '.join(ROLES)}, not {str(message['role'])[:40]!r}.")
    return tuple(Message(str(message["role"]), str(message["content"])) for message in messages)
