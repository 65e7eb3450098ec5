"""Upper estimates of the bytes that a job needs on top of the weights. No torch: they are made before a model loads."""

from collections.abc import Iterable

from app.engine.source_key import SourceKey

#: Tensors of (tokens, d_model) alive at once in a forward pass, the MLP's counted as four.
COPIES = 12
#: The dense block of pre-activations is bounded whatever the width (models.running.active), and has a few companions.
ENCODE_BYTES = 6 * 4 * (1 << 22)


def most_tokens(texts: Iterable[str], limit: int) -> int:
    """Tokens that the texts can have at most: a character has up to four bytes, and a chat marks."""
    return sum(min(limit, 4 * len(text) + 64) for text in texts)


def forward_bytes(tokens: int, d_model: int) -> int:
    """A forward pass up to a hook."""
    return tokens * d_model * COPIES * 4


def encode_bytes(sources: Iterable[SourceKey]) -> int:
    """Encoding with each of the sources, one after another; a row of 64 tokens is the least."""
    return max((min(ENCODE_BYTES, 6 * 4 * 64 * source.d_sae) for source in sources), default=0)
