"""An output score in words, one scale for every page: the Latent page, the table of latents, the sliders.

The factor for the rank is at most 1, so the score is a lower bound of the probability that the best promoted token
gained. That gives the steps a meaning that holds for any model and vocabulary:

- from 0.1 on, at least one more of ten next tokens is a promoted one: a text of a sentence or two shows it;
- from 0.01 on, at least one more of a hundred: seen in a long text, or with a larger strength;
- below, sampling hides it.
"""

#: From this score on a latent is likely to steer.
LIKELY = 0.1
#: From this score on it may; below it is unlikely to.
MAY = 0.01


def steer_words(score: float | None) -> str:
    """The verdict: likely to steer, may steer or unlikely to steer; empty where there is no score."""
    if score is None:
        return ""
    if score >= LIKELY:
        return "likely to steer"
    return "may steer" if score >= MAY else "unlikely to steer"


def score_text(score: float) -> str:
    """The number as it is shown: what is below the third decimal says nothing."""
    return f"{score:.3f}".replace("-", "\N{MINUS SIGN}") if abs(score) >= 0.0005 else "0"
