"""Every number a dashboard shows: what it means, its formula, how it is misread. One place for tooltips and docs.

``python -m app.text.glossary > docs/glossary.md`` renews the document; a test holds the two against each other.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Term:
    """A term with its unit; ``formula`` in the notation of docs/statistics.md; ``misreading`` and why it is one."""

    key: str
    name: str
    unit: str
    meaning: str
    formula: str
    misreading: str


LATENT = (
    Term(
        "density", "Density", "share of tokens",
        "How often the latent fires: the share of all counted tokens on which its activation is above zero.",
        "active tokens / tokens seen",
        "A rare latent is not a useless one, and a dense one is not a broad concept: density says how often, never "
        "how specifically. It also belongs to this corpus; on other text it can be ten times as high.",
    ),
    Term(
        "n_active", "Active tokens", "tokens",
        "The number of counted tokens on which the activation is above zero. BOS, separators and padding are left out.",
        "#(a > 0)",
        "With fewer than about a hundred, quantiles and examples are anecdotes rather than statistics.",
    ),
    Term(
        "max_activation", "Maximum", "activation",
        "The largest activation in the build, M: the end of the colour scale, and the unit of steering strengths.",
        "M = max a over all tokens seen",
        "Not comparable between latents or SAEs as it stands, and a single odd token can set it. The top examples are "
        "the far end of a distribution: look at the middle bands before naming the latent.",
    ),
    Term(
        "mean_activation", "Mean", "activation",
        "The mean over active tokens only.",
        "(Σ a) / active tokens",
        "Not the mean over all tokens: that would be density times as much.",
    ),
    Term(
        "median", "Median", "activation",
        "Half of the active tokens lie below.",
        "0.5 quantile of a over active tokens, right to 1.6 %",
        "If it is a small part of the maximum, the strongest examples show what is unusual for this latent.",
    ),
    Term(
        "p99", "99th percentile", "activation",
        "One active token in a hundred lies above.",
        "0.99 quantile of a over active tokens, right to 1.6 %",
        "Of active tokens, not of all tokens: for a latent of density 1 % it is one token in ten thousand.",
    ),
    Term(
        "output_score", "Output score", "−1 to 1",
        "How well the latent steers: how far adding its decoder row, once at its maximum, lifts the best of its "
        "promoted tokens in rank and probability after a neutral beginning. From 0.1 on it is likely to steer, from "
        "0.01 on it may, below it is unlikely to.",
        "(1 − ln r / ln V) · (p′ − p), after Arad, Mueller and Belinkov 2025 (arXiv 2505.20063); see steering.md",
        "The score is at most the probability gained, so 0.1 is one more promoted token in ten and 0.01 one in a "
        "hundred, which a short text does not show. A low score does not mean that the latent means nothing: many read "
        "their input well and write little that one step of the model turns into a token; and it is one prompt only.",
    ),
    Term(
        "share_of_active", "Share of active tokens", "share",
        "The exact part of the latent's active tokens whose activation lies in the band.",
        "#(low ≤ a < high) / active tokens, from the histogram",
        "The five examples of a band stand for that share of the active tokens, so the lowest band usually says most "
        "about what the latent does most of the time.",
    ),
    Term(
        "token_share", "Tokens it fires on", "share",
        "How many of the active tokens are this token of the vocabulary, counted exactly over the whole corpus.",
        "#(a > 0 and token = t) / active tokens; mean: (Σ a on t) / #(a > 0 and token = t)",
        "Not the share of this token's occurrences on which the latent fires. A frequent token leads the list of any "
        "latent that fires on everything.",
    ),
    Term(
        "logit_effect", "Direct effect", "logits per unit of activation",
        "What the latent's decoder row adds to the logit of each next token if no later layer reacts to it.",
        "(γ ⊙ d) W_U, centred over the vocabulary",
        "It is not what the latent does to the output: later layers read it too, most of all for latents of early "
        "layers. Only an ablation shows the whole effect.",
    ),
    Term(
        "cosine", "Cosine", "−1 to 1",
        "How nearly the decoder rows of two latents point the same way.",
        "d_i · d_j / (‖d_i‖ ‖d_j‖)",
        "Near neighbours write similar things; they need not fire on similar text. A high cosine in one SAE is often "
        "one concept split in two.",
    ),
    Term(
        "auroc", "AUROC", "0 to 1",
        "How well the activation alone tells the tokens of a group from all others: the chance that a token of the "
        "group has the larger activation, ties counted half, zeros included.",
        "P(a in > a out) + ½ P(a in = a out)",
        "0.5 is no better than a coin. A latent that fires on a tenth of a group and nowhere else has only 0.55, for "
        "most of the group ties with the rest at zero: read it together with the share that fires.",
    ),
)  # fmt: skip

SOURCE = (
    Term(
        "l0", "L0", "latents per token",
        "How many latents are active on a token, on average.",
        "mean over held-out tokens of #(a > 0)",
        "Lower is sparser, not better: it trades against explained variance. Compare SAEs at equal L0.",
    ),
    Term(
        "explained_variance", "Explained variance", "share",
        "How much of the activation's variance the SAE's output keeps.",
        "1 − Σ‖h − x̂‖² / Σ‖h − h̄‖²",
        "What is lost need not be noise: a few per cent of the variance can carry much of what the model predicts "
        "with. Read it together with loss recovered.",
    ),
    Term(
        "loss_recovered", "Loss recovered", "share",
        "How much of the model's ability survives when the SAE's output replaces the activation.",
        "(CE zero − CE SAE) / (CE zero − CE clean)",
        "Zeroing a whole site is so harmful that even poor SAEs score above 90 %; differences in the last per cent "
        "count.",
    ),
    Term(
        "dead_fraction", "Dead latents", "share",
        "Latents that were never active in the build.",
        "#(n_active = 0) / d_sae",
        "Dead on this corpus, for this number of tokens: a short build calls rare latents dead.",
    ),
    Term(
        "loss_clean", "Loss", "nats per token",
        "The model's own loss on the held-out tokens.",
        "CE clean = mean of −ln p(next token)",
        "In nats, not bits, and per token: not comparable between tokenizers.",
    ),
    Term(
        "loss_sae", "Loss with the SAE", "nats per token",
        "The loss when the SAE's output replaces the activation.",
        "CE SAE, h replaced by x̂ at every token that counts",
        "Its difference to the loss counts, not its size.",
    ),
    Term(
        "mean_residual_norm", "Mean norm", "norm of the vector at the hook",
        "The mean length of the vector that the SAE reads, against which a steering vector's length is shown.",
        "mean ‖h‖",
        "It grows with depth, so equal strengths in different layers are not equal interventions.",
    ),
)  # fmt: skip

TERMS: Mapping[str, Term] = {term.key: term for term in (*LATENT, *SOURCE)}


def markdown() -> str:
    """docs/glossary.md."""
    parts = [
        "# Glossary",
        "Every number of a dashboard: what it means, how it is computed and how it is commonly misread. The same\n"
        "texts are the explanations on the pages. Notation as in [statistics.md](statistics.md). This file is made\n"
        "from `app/text/glossary.py` by `python -m app.text.glossary > docs/glossary.md`.",
    ]
    for title, terms in (("Of a latent", LATENT), ("Of a source", SOURCE)):
        parts.append(f"## {title}")
        for term in terms:
            parts += [
                f"### {term.name}",
                f"{term.meaning}",
                f"- Unit: {term.unit}\n- Formula: {term.formula}\n- Misread: {term.misreading}",
            ]
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    sys.stdout.write(markdown())
