"""What is asked of a corpus, whoever reads it: limits, and the sentences that hold them."""

from app.errors import InvalidRequest, shorten
from models.loading.files import safe_text

MAX_TOKENS = 10**12


MAX_CONTEXT = 1_000_000


MAX_BATCH = 65_536


MAX_SEED = 2**63 - 1


MAX_PREFIX = 1000  # characters


def require_corpus(corpus: str) -> None:
    """Raise InvalidRequest for what can be no name of a corpus."""
    if not corpus.strip() or "\0" in corpus or safe_text(corpus) != corpus:
        raise InvalidRequest("--corpus must name a file or a Hugging Face data set.")


def require_prefix(prefix: str) -> None:
    """Raise InvalidRequest for what cannot be put before every document."""
    if len(prefix) > MAX_PREFIX:
        raise InvalidRequest(f"--prefix has {len(prefix):,} characters; at most {MAX_PREFIX:,} go before a document.")


def require_range(name: str, value: int, low: int, high: int) -> None:
    """Raise InvalidRequest for a number outside of what an option takes."""
    if not low <= value <= high:
        raise InvalidRequest(f"{name} is a number from {low} to {high}, not {shorten(str(value))}.")
