"""The groups of a spectrum in words: the rows of its table, and sentences where the sample says too little."""

from dataclasses import dataclass

from app.corpus.groups import Mask, Spread
from app.corpus.rules import LABEL, PLACES, Rule
from app.spectrum.views import GroupNote, GroupRow
from app.text.formats import count, number, percent, short_count
from app.text.tokens import plain


@dataclass(frozen=True, eq=False)
class Group:
    """A group with its colour (0: the rest), its rule (None: the rest), its numbers, which tokens of the sample (n,)
    are in it, and how many of the strongest examples.
    """

    name: str
    colour: int
    rule: Rule | None
    spread: Spread
    inside: Mask
    n_strongest: int
    of_strongest: int

    @property
    def is_unknown(self) -> bool:
        """Whether the sample has too few of the group to say how often it fires."""
        return self.spread.most_active is not None

    @property
    def gap(self) -> str:
        """What the sample lacks, in a few words; empty: nothing."""
        if not self.is_unknown:
            return ""
        if not self.spread.tokens:
            return "no tokens found"
        return "too few in the sample" if self.spread.sampled else "none in the sample"

    @property
    def firing(self) -> str:
        """The share of the group's tokens on which the latent fires, or what is possible; empty: no tokens."""
        spread = self.spread
        if spread.firing_bounds is None:
            return "" if spread.firing is None or self.is_unknown else percent(spread.firing)
        # The sample has no active token of the group, which is not the same as none.
        least, most = spread.firing_bounds
        return f"{percent(least, 2)} to {percent(most, 2)}" if spread.known else f"at most {percent(most, 2)}"


def group_row(group: Group) -> GroupRow:
    """The row of the table."""
    spread = group.spread
    auroc = "" if spread.auroc is None else f"{spread.auroc:.3f}"
    if spread.bounds:
        auroc = f"{spread.bounds[0]:.3f} to {spread.bounds[1]:.3f}"
    return GroupRow(
        name=group.name,
        colour=group.colour,
        rule="" if group.rule is None else f"{plain(group.rule.text)}: {PLACES[group.rule.where]}",
        tokens=short_count(round(spread.tokens)),
        firing=group.firing,
        mean_active=number(spread.mean_active) if spread.mean_active is not None else "",
        sampled=count(spread.sampled),
        auroc=auroc,
        interval="" if spread.low is None or spread.high is None else f"{spread.low:.3f}\N{EN DASH}{spread.high:.3f}",
        strongest=f"{count(group.of_strongest)} of {count(group.n_strongest)}",
    )


def group_note(group: Group) -> GroupNote | None:
    """What the examples say of a group of which the sample has too little."""
    if not group.is_unknown:
        return None
    if not group.spread.tokens:
        hint = ""
        if group.rule and group.rule.where != LABEL and ":" in group.rule.text:
            hint = f" If you mean a label of the corpus, choose “{PLACES[LABEL]}” under “Found at”."
        return GroupNote(group.name, f"No token of the text that was read is in this group.{hint}")
    known, of_strongest, n = group.spread.known, group.of_strongest, len(group.inside)
    if sampled := group.spread.sampled:
        verb = "is" if sampled == 1 else "are"
        start = f"Only {sampled} of the {count(n)} sampled tokens {verb} in this group"
    else:
        start = f"None of the {count(n)} sampled tokens is in this group"
    small = "the sample is too small to say how often."
    if of_strongest:
        verb = "is" if of_strongest == 1 else "are"
        end = (
            f", but {of_strongest} of the {group.n_strongest} strongest examples {verb}: the group is rare and fires "
            f"strongly; {small}"
        )
    elif known:
        end = f", but {known} stored {'example is' if known == 1 else 'examples are'}: the latent fires on it; {small}"
    else:
        end = ", nor is any stored example: too few to say how often the latent fires on it, if ever."
    return GroupNote(group.name, start + end)
