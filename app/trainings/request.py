"""What a training is asked to do, and what it says while it runs. Imports nothing heavy."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

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
from models.training.recipe import Wishes

MAX_HOOKS = 16
MAX_D_SAE = 1 << 31
#: The stage in which the SAEs are trained; only then does the speed say when it will be done.
TRAINING = "training"


@dataclass(frozen=True)
class TrainRequest:
    """SAEs to train on hooks of one model; values that cannot be meant are refused with InvalidRequest."""

    model: str
    hooks: tuple[str, ...]
    corpus: str
    wishes: Wishes = field(default_factory=Wishes)
    slug: str | None = None  # of the source, or what those of several hooks begin with
    out: str | None = None  # where the SAE's folder goes, or those of several hooks
    add: bool = True  # register what comes out
    build: bool = False  # and build it
    device: str = "auto"
    dtype: str = "auto"
    repeat: bool = False  # read a corpus that is too short again
    prefix: str = ""
    special_tokens: bool = False
    resume: bool = False

    def __post_init__(self) -> None:
        if not self.hooks:
            raise InvalidRequest("--hook must name at least one hook of the model, such as blocks.6.hook_resid_post.")
        if len(set(self.hooks)) != len(self.hooks) or len(self.hooks) > MAX_HOOKS:
            raise InvalidRequest(f"--hook can be given for at most {MAX_HOOKS} hooks, each once.")
        if self.build and not self.add:
            raise InvalidRequest("--build needs a source to build; leave out --no-add.")
        require_corpus(self.corpus)
        require_prefix(self.prefix)
        wishes = self.wishes
        for name, value, low, high in (
            ("--d-sae", wishes.d_sae, 2, MAX_D_SAE),
            ("--k", wishes.k, 1, MAX_D_SAE),
            ("--tokens", wishes.tokens, 1, MAX_TOKENS),
            ("--context", wishes.context, 2, MAX_CONTEXT),
            ("--step-tokens", wishes.step_tokens, 2, 1 << 20),
            ("--batch", wishes.batch, 1, MAX_BATCH),
            ("--seed", wishes.seed, 0, MAX_SEED),
        ):
            if value is not None:
                require_range(name, value, low, high)
        for name, number, most in (("--lr", wishes.lr, 1.0), ("--l1", wishes.l1, 1e6)):
            if number is not None and not (math.isfinite(number) and 0 < number <= most):
                raise InvalidRequest(f"{name} is a number above 0, at most {most:g}, not {number:g}.")
        if not DEVICE_PATTERN.fullmatch(self.device):
            raise InvalidRequest(f"--device is auto, cpu, mps, cuda or cuda:N, not {shorten(self.device)!r}.")
        if self.dtype not in DTYPES:
            raise InvalidRequest(f"--dtype is one of {', '.join(DTYPES)}, not {shorten(self.dtype)!r}.")


@dataclass(frozen=True)
class TrainProgress:
    """How far a training is: ``progress`` (0 to 1) of its stage. The rest is of the last step, of several hooks the
    worst; None before the first.
    """

    stage: str
    progress: float
    tokens_done: int
    tokens: int
    tokens_per_second: float | None = None
    loss: float | None = None
    l0: float | None = None
    explained_variance: float | None = None
    dead: float | None = None

    def figures(self) -> str:
        """The numbers of the last step in words; empty before it."""
        named = (
            ("loss", self.loss, ".4g"),
            ("L0", self.l0, ".1f"),
            ("explained variance", self.explained_variance, ".3f"),
            ("dead", self.dead, ".1%"),
        )
        return ", ".join(f"{name} {value:{form}}" for name, value, form in named if value is not None)


Reporter = Callable[[TrainProgress], None]
