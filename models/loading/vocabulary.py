"""Whether a tokenizer belongs to a model: its entries against the model's rows of embeddings. No torch.

Some tokenizers have more entries than their model has rows: Gemma 3's names the place of an image, a Llama's was given
a token for padding. That does no harm as long as no text becomes one of them, so what counts is which they are.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from models.errors import TokenizerMismatch

#: Names of tokens that stand for what is not text; not every tokenizer marks them as special.
_OTHER_SENSES = re.compile(
    r"^[<\[|⟨].*(image|img|video|vision|visual|audio|sound|speech|frame|patch|grid|box|point|quad|object).*[>\]|⟩]$",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True)
class AddedToken:
    """An entry that was added to a tokenizer; ``is_special``: a text does not become it."""

    token_id: int
    content: str
    is_special: bool


def added_tokens(state: Any) -> list[AddedToken]:
    """Those of the content of a tokenizer.json."""
    found = state.get("added_tokens") if isinstance(state, dict) else None
    return [
        AddedToken(int(entry["id"]), str(entry["content"]), bool(entry.get("special")))
        for entry in found or ()
        if isinstance(entry, dict) and isinstance(entry.get("id"), int)
    ]


def check_vocabulary(
    n_tokens: int, n_rows: int, name: str, added: Callable[[], Iterable[AddedToken]] = lambda: ()
) -> None:
    """Refuse a tokenizer that can give tokens for which the model has no row, or has far too few to be its own.

    Args:
        n_tokens: its highest id and one more.
        n_rows: rows of the model's embeddings; 0 if not known.
        name: of the model, for sentences.
        added: the entries that were added to it; asked for where there are more entries than rows.

    Raises:
        TokenizerMismatch: as said.
    """
    if n_rows and n_tokens > n_rows:
        known = list(added())
        harmless = {token.token_id for token in known if token.is_special or _OTHER_SENSES.match(token.content)}
        if not _all_harmless(n_tokens, n_rows, harmless):
            raise TokenizerMismatch(
                f"The tokenizer of {name} (tokenizer.json) has {n_tokens} tokens but the model only {n_rows} "
                f"embeddings (vocab_size in config.json), and a text can become {_first(known, n_rows, harmless)}; use "
                "the tokenizer that came with the model."
            )
    if n_tokens < n_rows // 2:
        raise TokenizerMismatch(
            f"The tokenizer of {name} has only {n_tokens} tokens while the model has {n_rows} "
            "embeddings (vocab_size in config.json); tokenizer.json is missing or belongs to another model."
        )


def _all_harmless(n_tokens: int, n_rows: int, harmless: set[int]) -> bool:
    return n_tokens - n_rows <= len(harmless) and all(token_id in harmless for token_id in range(n_rows, n_tokens))


def _first(known: Sequence[AddedToken], n_rows: int, harmless: set[int]) -> str:
    for token in known:
        if token.token_id >= n_rows and token.token_id not in harmless:
            return f"{token.content[:40]!r}, which has none"
    return "some that have none"
