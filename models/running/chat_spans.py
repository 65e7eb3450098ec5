"""Whose words are where in a rendered chat, and how its text becomes tokens.

A name of a special token that somebody types is text like any other, while the template's own are tokens. Both look the
same in the rendered chat, so names that were typed get a mark before the template sees them, a character that occurs
nowhere else; it goes before the text becomes tokens. Only the piece between two of the template's tokens that holds a
mark is tokenised on its own: every other turn becomes what it would be without.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from models.running.template_process import Rendered

if TYPE_CHECKING:
    from models.running.language_model import LanguageModel

#: Characters that no text has a meaning for.
_PRIVATE = range(0xE000, 0xF8FF)


@dataclass(frozen=True)
class Message:
    """One turn of a chat."""

    role: str
    content: str


@dataclass(frozen=True)
class MarkedChat:
    """Messages with a mark inside of every name of a special token; ``mark`` is empty if there is none."""

    messages: tuple[Message, ...]
    mark: str


def mark_names(model: "LanguageModel", messages: Sequence[Message]) -> MarkedChat:
    """The messages as they are given to the template."""
    contents = [message.content for message in messages]
    names = [name for name in special_names(model) if len(name) > 1 and any(name in content for content in contents)]
    if not names:
        return MarkedChat(tuple(messages), "")
    template = getattr(model.chat_template, "template", "")
    mark = next(c for c in map(chr, _PRIVATE) if c not in template and not any(c in content for content in contents))
    pattern = re.compile("|".join(re.escape(name) for name in sorted(names, key=len, reverse=True)))
    marked = []
    for message in messages:
        content = message.content
        while (found := pattern.search(content)) is not None:  # a name may be a part of another
            content = content[: found.start() + 1] + mark + content[found.start() + 1 :]
        marked.append(replace(message, content=content))
    return MarkedChat(tuple(marked), mark)


def special_names(model: "LanguageModel") -> list[str]:
    """Names of the tokens that no text of a user becomes."""
    return [str(token) for token in model.tokenizer.added_tokens_decoder.values() if token.special]


def role_spans(
    model: "LanguageModel", messages: Sequence[Message], rendered: Rendered
) -> list[tuple[int, int, str | None]]:
    """Where each turn lies in the rendered text, (start, end, role), its markers included; the first that holds counts.

    What a template says by itself before the first turn is a system turn.
    """
    text = rendered.text
    start = len(_preamble(model, text))
    turns: list[tuple[int, int, str | None]] = []
    own = _own_words(model, rendered, start)
    for message, known in zip(messages, rendered.ends, strict=True):
        end = max(_end_of(text, message.content, start) if known is None else known, start)
        turns.append((start, end, message.role))
        start = end
    if start < len(text):  # the beginning of the answer that the model is to write
        turns.append((start, len(text), "assistant"))
    return [*_taken_over(messages, turns, text), *own, *turns]


def _preamble(model: "LanguageModel", text: str) -> str:
    """The BOS that a template writes before the first turn."""
    bos: str | None = model.tokenizer.bos_token
    return bos if bos and text.startswith(bos) and not _opens_turns(bos, text) else ""


def _opens_turns(bos: str, text: str) -> bool:
    """Whether what is called BOS is the beginning of every turn, as SmolLM2's ``<|im_start|>``."""
    return text.count(bos) > 1


def _own_words(model: "LanguageModel", rendered: Rendered, start: int) -> list[tuple[int, int, str | None]]:
    """The template's own words before the first turn: a system turn, or nobody's if they are markers alone."""
    if rendered.opening is None:
        return []
    first, end = max(rendered.opening[0], start), rendered.opening[1]
    if end <= first:
        return []
    words = rendered.text[first:end]
    for name in sorted(special_names(model), key=len, reverse=True):
        words = words.replace(name, "")
    return [(first, end, "system" if words.strip() else None)]


def _taken_over(
    messages: Sequence[Message], turns: Sequence[tuple[int, int, str | None]], text: str
) -> list[tuple[int, int, str | None]]:
    """Words that a template writes into another's turn, as Gemma's those of the system into the first of the user."""
    found: list[tuple[int, int, str | None]] = []
    for message, (start, end, _) in zip(messages, turns, strict=False):
        content = message.content.strip()
        if content and content not in text[start:end]:
            place = text.find(content, start)
            if place >= 0:
                found.append((place, place + len(content), message.role))
    return found


def _end_of(text: str, content: str, start: int) -> int:
    """The end of a message's content, which templates may strip, from ``start`` on; ``start`` if it is not there."""
    for form in (content, content.strip()):
        place = text.find(form, start)
        if place >= 0:
            return place + len(form)
    return start


def role_at(spans: Iterable[tuple[int, int, str | None]], place: int) -> str | None:
    """Whose turn a character belongs to."""
    return next((role for start, end, role in spans if start <= place < end), None)


def tokenize_rendered(model: "LanguageModel", text: str, mark: str) -> tuple[list[int], list[int]]:
    """Token ids of a rendered chat, and the character of ``text``, marks included, at which each begins."""
    ids, places = model.tokenize_with_places(text, allow_special=True)
    if not mark or mark not in text:
        return ids, [start for start, _ in places]
    special = model.special_token_ids
    found: list[int] = []
    starts: list[int] = []
    first, done = 0, 0  # of the piece since the template's last token: its first token, its first character
    for n in range(len(ids) + 1):
        start, end = places[n] if n < len(ids) else (len(text), len(text))
        if n < len(ids) and (ids[n] not in special or mark in text[start:end]):
            continue
        piece = text[done:start]
        if mark in piece:
            more, where = _without_marks(model, piece, mark)
            found += more
            starts += [done + place for place in where]
        else:
            found += ids[first:n]
            starts += [place for place, _ in places[first:n]]
        if n < len(ids):
            found.append(ids[n])
            starts.append(start)
        first, done = n + 1, end
    return found, starts


def _without_marks(model: "LanguageModel", piece: str, mark: str) -> tuple[list[int], list[int]]:
    """Tokens of a piece as plain text, and where they begin in the piece with its marks."""
    plain = piece.replace(mark, "")
    ids, places = model.tokenize_with_places(plain)
    marks = [place for place, character in enumerate(piece) if character == mark]
    # Where each mark would be in the text without marks.
    before = [place - n for n, place in enumerate(marks)]
    return ids, [start + bisect_right(before, start) for start, _ in places]
