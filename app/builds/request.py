"""What a build is asked to do, and what it says while it runs. Imports nothing heavy."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from app.corpus.request import (
    MAX_BATCH,
    MAX_CONTEXT,
    MAX_SEED,
    MAX_TOKENS,
    require_corpus,
    require_prefix,
    require_range,
)
from app.errors import InvalidRequest, shorten
from app.settings import DEVICE_PATTERN, DTYPES
from models.corpus.labels import MAX_LABELS, MAX_NAME

#: The stage in which a build reads its corpus; only then does its speed say when it will be done.
READING = "reading the corpus"
MAX_SEPARATOR = 200


@dataclass(frozen=True)
class BuildRequest:
    """A precompute run over sources of one model; values that cannot be meant are refused with
    InvalidRequest.
    """

    slugs: tuple[str, ...]
    corpus: str  # a file, or the name of a Hugging Face data set
    tokens: int = 1_000_000  # to read, over all prompts
    context: int | None = None  # tokens of a prompt; None: as the SAE was trained
    batch: int = 16  # prompts in one forward pass
    device: str = "auto"
    seed: int = 0
    resume: bool = False  # go on from the last checkpoint of the same request
    dtype: str = "auto"
    max_norm_ratio: float | None = None  # leave out tokens whose norm exceeds this many times the median
    output_scores: bool = True  # score how well every latent steers
    separator: str | None = None  # between documents: bos, eos, none or a token; None: as the SAE was trained
    labels: tuple[str, ...] = ()  # columns of the corpus that are kept as labels of its documents
    prefix: str = ""  # text before every document
    special_tokens: bool = False  # special tokens that the corpus spells are meant

    def __post_init__(self) -> None:
        if not self.slugs:
            raise InvalidRequest("Name at least one source to build.")
        if len(set(self.slugs)) != len(self.slugs):
            raise InvalidRequest("A source is named twice; name each once.")
        require_corpus(self.corpus)
        require_range("--tokens", self.tokens, 1, MAX_TOKENS)
        if self.context is not None:
            require_range("--context", self.context, 2, MAX_CONTEXT)
        require_range("--batch", self.batch, 1, MAX_BATCH)
        require_range("--seed", self.seed, 0, MAX_SEED)
        if not DEVICE_PATTERN.fullmatch(self.device):
            raise InvalidRequest(f"--device is auto, cpu, mps, cuda or cuda:N, not {shorten(self.device)!r}.")
        if self.dtype not in DTYPES:
            raise InvalidRequest(f"--dtype is one of {', '.join(DTYPES)}, not {shorten(self.dtype)!r}.")
        ratio = self.max_norm_ratio
        if ratio is not None and not (math.isfinite(ratio) and ratio > 1):
            raise InvalidRequest(f"--max-norm-ratio is a number above 1, not {ratio}.")
        if self.separator is not None and not 0 < len(self.separator) <= MAX_SEPARATOR:
            raise InvalidRequest(
                f"--separator is bos, eos, none or one token of at most {MAX_SEPARATOR} characters, not "
                f"{shorten(self.separator)!r}."
            )
        _require_labels(self.labels)
        require_prefix(self.prefix)


@dataclass(frozen=True)
class BuildProgress:
    """How far a build is: ``progress`` (0 to 1) over all stages, ``tokens_done`` of ``tokens`` read."""

    stage: str
    progress: float
    tokens_done: int
    tokens: int
    tokens_per_second: float | None = None
    message: str = ""


Reporter = Callable[[BuildProgress], None]


def _require_labels(names: tuple[str, ...]) -> None:
    if len(names) > MAX_LABELS or len(set(names)) != len(names):
        raise InvalidRequest(
            f"--label can be given for at most {MAX_LABELS} columns, each once; there are {len(names)}."
        )
    for name in names:
        if not name.strip() or len(name) > MAX_NAME or not name.isprintable():
            raise InvalidRequest(
                f"--label is the name of a column, at most {MAX_NAME} characters, not {shorten(name)!r}."
            )
