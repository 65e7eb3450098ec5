"""The two questions of a patch, answered in a few sentences that claim no more than the numbers hold."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.text.formats import count, number, signed

#: Shares of the gap from which on one latent does it, or does it in part.
MOST, SOME = 0.5, 0.1
#: Shares of all latents together between which one of them can be said to do it.
WHOLE = (0.5, 1.5)
#: What exceeds the gap, or goes against it, by more than this is worth a word.
NOTABLE = 0.05


@dataclass(frozen=True)
class Part:
    """What one latent, or several, do: the change of the metric, and the share of the gap that it closes, if any."""

    name: str
    change: float
    share: float | None


@dataclass(frozen=True)
class Gap:
    """``judged``: clear, small or reversed; ``does``: what a latent does to it, as in "takes away 20 % of the gap"."""

    size: float
    spread: float
    judged: str
    unit: str
    does: str


def answer(gap: Gap, parts: Sequence[Part], together: Part | None, error: Part | None) -> str:
    """Yes, in part or no, and all of them together; without shares where the gap does not bear them."""
    if not parts:
        return "No latent differs between the prompts."
    if gap.judged != "clear":
        return _in_numbers(gap, parts, together)
    said = [_one(gap, parts, together)]
    if together is not None:
        said.append(_together(together, error))
    said.append(_against(parts))
    return " ".join(sentence for sentence in said if sentence)


def shown_share(share: float | None) -> str:
    """A share of the gap, which can be below 0 or above 1; empty where there is none."""
    if share is None:
        return ""
    whole = round(100 * share)  # never a minus before a zero
    return f"{whole}\N{NO-BREAK SPACE}%".replace("-", "\N{MINUS SIGN}")


def _in_numbers(gap: Gap, parts: Sequence[Part], together: Part | None) -> str:
    if gap.judged == "reversed":
        why = (
            f"The target is likelier after the second prompt: the gap is {signed(gap.size)} {gap.unit}, so there is "
            "no lead of your prompt to share out."
        )
    else:
        why = (
            f"The gap of {signed(gap.size)} {gap.unit} is too small to share out: a change as large as that between "
            f"the prompts makes {number(gap.spread)} {gap.unit} in a random direction."
        )
    most = max(parts, key=lambda part: abs(part.change))
    said = f"{why} The largest change by one latent is {signed(most.change)} {gap.unit}, by {most.name}."
    return said if together is None else f"{said} All latents together: {signed(together.change)} {gap.unit}."


def _one(gap: Gap, parts: Sequence[Part], together: Part | None) -> str:
    most = max(parts, key=lambda part: part.share or 0.0)
    share = most.share or 0.0
    if share < SOME:
        return f"No one latent does: the most, by {most.name}, is {shown_share(max(0.0, share))} of the gap."
    fits = together is None or together.share is None or WHOLE[0] <= together.share <= WHOLE[1]
    if share >= MOST and fits:
        return f"Yes, one latent does most of it: {most.name} {gap.does} {shown_share(share)} of the gap."
    if share >= MOST:
        return (
            f"One latent alone, {most.name}, {gap.does} {shown_share(share)} of the gap, but all latents together do "
            "not do the like."
        )
    return f"In part: {most.name} {gap.does} {shown_share(share)} of the gap, the most of any one latent."


def _together(together: Part, error: Part | None) -> str:
    said = f"All latents together: {shown_share(together.share)}"
    share = together.share or 0.0
    rest = "" if error is None else f"; what they do not explain, the error term: {shown_share(error.share)}"
    if share > 1 + NOTABLE:
        return f"{said}, more than the whole gap, since other parts go against it{rest}."
    if share < -NOTABLE:
        return f"{said}, which goes against the gap{rest}."
    return f"{said}."


def _against(parts: Sequence[Part]) -> str:
    """Where single latents are no parts of a whole: they add up to more than the gap, or some go against it."""
    shares = [part.share or 0.0 for part in parts]
    gain = sum(share for share in shares if share > 0)
    against = [share for share in shares if share < 0]
    said = []
    if gain > 1 + NOTABLE:
        said.append(
            f"One by one those that close the gap add up to {shown_share(gain)}: they overlap, or others undo them."
        )
    if against and -sum(against) > NOTABLE:
        go = "goes" if len(against) == 1 else "go"
        said.append(
            f"{count(len(against))} of the {count(len(parts))} listed {go} against the gap: "
            f"{shown_share(sum(against))}."
        )
    return " ".join(said)
