"""What an SAE is trained with: the numbers of a run, their defaults by the size of the model, their limits. No torch.

Defaults (P: parameters of the model, d: its width, N: tokens to train on)

==================  =====================================================================================
``kind``            batchtopk
``d_sae``           8 d
``k``               64, at most d / 8, at least 4 (topk, batchtopk, matryoshka, abstopk; jumprelu: the L0 aimed at)
``l1``              1 (standard and gated), for activations of mean norm √d
``context``         256 tokens below P = 10⁹, 512 below 4·10⁹, else 1,024; at most the model's
``tokens``          on a CPU 2·10⁶ below P = 3·10⁸, 10⁶ below 3·10⁹, else 5·10⁵; on a GPU 5·10⁷
``step_tokens``     the power of two next below N / 1,000, from 128 to 4,096
``lr``              10⁻³ √(4,096 / d_sae), from 10⁻⁴ to 10⁻³; a warm-up of a twentieth, a decay over the last third
``batch``           prompts in one forward pass: 4,096 tokens
==================  =====================================================================================
"""

from dataclasses import dataclass

from models.errors import TrainingRefused

#: Kinds that are trained, by what they are called here, and the number that makes each sparse.
TOP_KINDS = ("topk", "batchtopk", "matryoshka", "abstopk")
L1_KINDS = ("standard", "gated")
KINDS = (*TOP_KINDS, "jumprelu", *L1_KINDS)
#: Kinds of SAELens that are read and not trained here.
OTHERS = ("matching_pursuit", "temporal", "transcoder", "skip_transcoder", "jumprelu_transcoder")
DEFAULT_KIND = "batchtopk"
DEFAULT_L1 = {"standard": 1.0, "gated": 1.0}
#: Parts of a matryoshka SAE that rebuild alone, as shares of d_sae.
MATRYOSHKA_SHARES = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1)
FORWARD_TOKENS = 4096
LEAST_STEP, MOST_STEP = 128, 4096
#: Tokens held out for the quality: a twentieth, at least and at most so many. A build on the same corpus holds out the
#: same beginning of it, so that it measures on text that the SAE has not seen.
HELD_OUT_SHARE, HELD_OUT_LEAST, HELD_OUT_MOST = 0.05, 2048, 16_384
#: Activations of one buffer, out of which steps are drawn in random order: rows, and bytes of all hooks.
BUFFER_ROWS, BUFFER_BYTES = 1 << 16, 1 << 30


@dataclass(frozen=True)
class Recipe:
    """The numbers of a run, all known; every SAE of a run has the same. Raises TrainingRefused for what cannot be."""

    kind: str
    d_sae: int
    k: int | None  # of L1_KINDS None
    l1: float | None  # of the others None
    tokens: int  # that the SAE is trained on
    context: int
    prepend_bos: bool
    step_tokens: int  # of one training step
    batch: int  # prompts in one forward pass
    lr: float
    seed: int

    def __post_init__(self) -> None:
        if self.k is not None and self.k > self.d_sae:
            raise TrainingRefused(
                f"--k {self.k:,} latents cannot be active at once in an SAE of {self.d_sae:,} (--d-sae); give a "
                "smaller --k."
            )
        if self.tokens < 2 * self.step_tokens:
            raise TrainingRefused(
                f"--tokens {self.tokens:,} are fewer than two steps of {self.step_tokens:,} tokens; give more, or a "
                "smaller --step-tokens."
            )

    @property
    def steps(self) -> int:
        """Training steps in all."""
        return self.tokens // self.step_tokens

    @property
    def n_held_out(self) -> int:
        """Prompts that are kept for the quality."""
        tokens = min(max(HELD_OUT_SHARE * self.tokens, HELD_OUT_LEAST), HELD_OUT_MOST)
        return max(1, round(tokens / self.context))

    @property
    def dead_steps(self) -> int:
        """A latent that was not active in so many steps counts as dead."""
        return min(1000, max(10, self.steps // 10))

    def buffer_prompts(self, width: int) -> int:
        """Prompts of one buffer; ``width``: values per token of all hooks together."""
        rows = max(min(BUFFER_ROWS, BUFFER_BYTES // (4 * width)), 4 * self.step_tokens)
        return max(self.batch, -(-rows // self.context))


@dataclass(frozen=True)
class ModelSize:
    """What the defaults depend on."""

    parameters: int
    d_model: int
    context: int
    is_on_gpu: bool
    has_bos: bool


@dataclass(frozen=True)
class Wishes:
    """What the user asked for; ``None`` leaves it to the defaults."""

    kind: str = DEFAULT_KIND
    d_sae: int | None = None
    k: int | None = None
    l1: float | None = None
    tokens: int | None = None
    context: int | None = None
    prepend_bos: bool | None = None
    step_tokens: int | None = None
    batch: int | None = None
    lr: float | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.kind in OTHERS:
            raise TrainingRefused(f"SAEs of the kind {self.kind} are read, not trained here; {_known()}.")
        if self.kind not in KINDS:
            raise TrainingRefused(f"--kind {self.kind[:40]!r} is not one that can be trained; {_known()}.")
        if self.k is not None and self.kind in L1_KINDS:
            raise TrainingRefused(
                f"--k is for {', '.join((*TOP_KINDS, 'jumprelu'))}; a {self.kind} SAE is made sparse by --l1."
            )
        if self.l1 is not None and self.kind not in L1_KINDS:
            raise TrainingRefused(f"--l1 is for {' and '.join(L1_KINDS)}; {self.kind} is made sparse by --k.")
        if self.k is not None and self.d_sae is not None and self.k > self.d_sae:
            raise TrainingRefused(
                f"--k {self.k:,} latents cannot be active at once in an SAE of {self.d_sae:,} (--d-sae); give a "
                "smaller --k."
            )


def resolve(wishes: Wishes, size: ModelSize) -> Recipe:
    """The recipe: what was asked for, and the defaults for the rest."""
    d_sae = wishes.d_sae or 8 * size.d_model
    tokens = wishes.tokens or _tokens(size)
    context = wishes.context or min(_context(size), size.context)
    if context > size.context:
        raise TrainingRefused(
            f"--context {context:,} exceeds the model's context of {size.context:,}; use {size.context:,} or less."
        )
    if wishes.prepend_bos and not size.has_bos:
        raise TrainingRefused("--bos: the model's tokenizer has no BOS token; leave the option out.")
    return Recipe(
        kind=wishes.kind,
        d_sae=d_sae,
        k=None if wishes.kind in L1_KINDS else wishes.k or min(d_sae, max(4, min(64, size.d_model // 8))),
        l1=None if wishes.kind not in L1_KINDS else wishes.l1 or DEFAULT_L1[wishes.kind],
        tokens=tokens,
        context=context,
        prepend_bos=size.has_bos if wishes.prepend_bos is None else wishes.prepend_bos,
        step_tokens=wishes.step_tokens or _step_tokens(tokens),
        batch=wishes.batch or max(1, FORWARD_TOKENS // context),
        lr=wishes.lr or min(1e-3, max(1e-4, 1e-3 * (4096 / d_sae) ** 0.5)),
        seed=wishes.seed,
    )


def _tokens(size: ModelSize) -> int:
    if size.is_on_gpu:
        return 50_000_000
    return 2_000_000 if size.parameters < 3e8 else 1_000_000 if size.parameters < 3e9 else 500_000


def _context(size: ModelSize) -> int:
    return 256 if size.parameters < 1e9 else 512 if size.parameters < 4e9 else 1024


def _step_tokens(tokens: int) -> int:
    wanted = max(tokens // 1000, 1)
    return min(MOST_STEP, max(LEAST_STEP, 1 << (wanted.bit_length() - 1)))


def _known() -> str:
    return f"choose one of {', '.join(KINDS)}"
