"""The shape of one topic's vocabulary: what the sentence grammar may ask of it."""

from dataclasses import dataclass, fields, replace


@dataclass(frozen=True)
class Topic:
    """Words and clauses of one topic. All lower case, British spelling, no full stop at the end.

    Verbs are given in the base form; an irregular one as ``"find/found/found"`` (base/past/participle). Only the first
    word of a phrase is inflected: ``"haul in"`` -> "hauled in"; ``"take/took/taken apart"`` -> "took apart".
    Nouns are singular without article; an irregular plural as ``"wolf/wolves"``.
    """

    name: str
    people: tuple[str, ...]  # >= 8 roles: "sailor", "lighthouse keeper"
    things: tuple[str, ...]  # >= 24 countable nouns: "anchor", "fishing net"
    stuff: tuple[str, ...]  # >= 6 mass nouns: "salt water", "foam"
    places: tuple[str, ...]  # >= 10 whole phrases: "on the pier", "behind the lighthouse"
    adjectives: tuple[str, ...]  # >= 14 that fit nearly all of its things: "salty", "barnacled"
    verbs: tuple[str, ...]  # >= 12 transitive, fit nearly all of its things as object: "repair", "find/found/found"
    activities: tuple[
        str, ...
    ]  # >= 12 intransitive verb phrases: "row out to the reef", "swim/swam/swum with the seals"
    events: tuple[str, ...]  # >= 10 whole past-tense clauses: "the tide came in early"
    problems: tuple[str, ...]  # >= 8 whole past-tense clauses: "the mast broke in two"
    fixes: tuple[str, ...]  # >= 8 verb phrases that end such a problem: "sail/sailed/sailed into the harbour"
    goals: tuple[str, ...]  # >= 8 verb phrases, something to want: "catch/caught/caught the biggest fish"
    questions: tuple[
        tuple[str, str], ...
    ]  # >= 10 (question?, answer as a clause): ("Why do tides rise?", "the moon pulls the water")
    tips: tuple[str, ...]  # >= 8 imperatives: "always check the weather before you sail"
    headlines: tuple[str, ...]  # >= 6 newspaper headlines in title case: "Harbour Reopens After Winter Storm"

    def excerpt(self, share: float) -> "Topic":
        """The topic with the first ``share`` of every table, at least three entries of each."""
        tables = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "name"}
        return replace(self, **{name: rows[: max(3, round(share * len(rows)))] for name, rows in tables.items()})
