"""Phrases that show a style of the assistant's answers, for contrast vectors and for telling what a text is."""

from itertools import islice

from models.demo.corpus.generator import ASSISTANT, documents
from models.demo.corpus.tables.chat_styles import CHEER, FORMALITY, LENGTH

STYLES = {"formality": FORMALITY, "cheer": CHEER, "length": LENGTH}
_SHORTEST = 6  # characters of a beginning that can be told from others


def style_phrases(table: str, value: str) -> list[str]:
    """Whole phrases of a style, without those that have a slot."""
    return [phrase for phrases in STYLES[table][value].values() for phrase in phrases if "{" not in phrase]


def chats_in_style(table: str, value: str, n: int = 48, seed: int = 31) -> list[str]:
    """Chats with an answer in the style, up to where the assistant begins another."""
    found = (
        document.text[: document.text.rindex(ASSISTANT)] + f"{ASSISTANT}\n"
        for document in documents(seed, genre="chat", register="plain")
        if document.labels[table] == value and document.text.count(ASSISTANT) > 1
    )
    return list(islice(found, n))


def shows_style(text: str, table: str, value: str) -> bool:
    """Whether a text has one of the style's phrases, or the beginning of one before its first slot."""
    lower = text.lower()
    starts = (p.partition("{")[0].strip().lower() for ps in STYLES[table][value].values() for p in ps)
    return any(start in lower for start in starts if len(start) >= _SHORTEST)
