"""Labels of a build's corpus: rules that name them, the tokens that have them, and which there are."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from app.corpus.groups import Mask
from app.corpus.patterns import MAX_LENGTH, MAX_PHRASES
from app.db.queries.answers import BuildInfo
from app.db.queries.prompt_spread import DocumentPart
from app.errors import InvalidRequest, Unfit, shorten
from models.records import IntArray

NO_LABELS = (
    "The corpus of this build carries no labels; build the source again with --label COLUMN to name groups by them."
)
_COLON = re.compile(r"\s*:\s*")


def label_names(build: BuildInfo) -> tuple[str, ...]:
    """The names of the labels that the documents of the build's corpus carry; none in a build from before."""
    found = build.config.get("labels")
    return tuple(str(name) for name in found) if isinstance(found, list) else ()


@dataclass(frozen=True)
class LabelRule:
    """One label, ``name: value``, or several separated by ``|``; upper and lower case are the same.

    A part without a name has that of the part before: ``genre: poem | story``.
    """

    keys: frozenset[str]

    @classmethod
    def parse(cls, text: str, names: Sequence[str]) -> "LabelRule":
        """Read a rule; ``names`` are those of the build. InvalidRequest says what is wrong with it."""
        if not names:
            raise Unfit(NO_LABELS)
        if len(text) > MAX_LENGTH or text.count("|") >= MAX_PHRASES:
            raise InvalidRequest(f"A rule has at most {MAX_LENGTH} characters and {MAX_PHRASES} labels.")
        known = [f"{_key(name)}:" for name in names]
        keys = {_key(text)}  # a value can contain the mark between alternatives
        last = ""
        for part in text.split("|"):
            key = _key(part)
            last = next((name for name in known if key.startswith(name)), last)
            value = key.removeprefix(last)
            if not last or not value or (":" in value and value == key):
                raise Unfit(
                    f"{shorten(part.strip())!r} is no label of this corpus; write name: value, where the name is "
                    f"{' or '.join(names)}."
                )
            keys.add(last + value)
        return cls(frozenset(keys))

    def fits(self, labels: Mapping[str, str]) -> bool:
        """Whether one of the labels is one of the rule's."""
        return any(_key(f"{name}:{value}") in self.keys for name, value in labels.items())


def _key(text: str) -> str:
    return _COLON.sub(":", " ".join(text.casefold().split()))


@dataclass(frozen=True, eq=False)
class LabelledTokens:
    """The labels of tokens: ``of_token`` (n_tokens,) is the place in ``labels``, -1 where no document is known."""

    labels: tuple[Mapping[str, str], ...]
    of_token: IntArray

    @classmethod
    def of(cls, starts: Mapping[int, int], n: int, parts: Mapping[int, Sequence[DocumentPart]]) -> "LabelledTokens":
        """Those of ``n`` tokens, in which prompts begin at ``starts``, from the documents of the prompts."""
        places: dict[tuple[tuple[str, str], ...], int] = {}
        of_token = np.full(n, -1, np.int64)
        for prompt, documents in parts.items():
            for document in documents:
                place = places.setdefault(tuple(document.labels.items()), len(places))
                of_token[starts[prompt] + document.first : starts[prompt] + document.end] = place
        return cls(tuple(dict(items) for items in places), of_token)

    def mask(self, rule: LabelRule) -> Mask:
        """Which tokens (n_tokens,) have a label of the rule."""
        fits = np.array([*(rule.fits(labels) for labels in self.labels), False])
        return np.asarray(fits[self.of_token])


def label_shares(parts: Mapping[int, Sequence[DocumentPart]]) -> dict[str, dict[str, float]]:
    """For each name its values with their share of the documents' tokens, most frequent first."""
    tokens: Counter[tuple[str, str]] = Counter()
    total = 0
    for documents in parts.values():
        for document in documents:
            n = document.end - document.first
            total += n
            for item in document.labels.items():
                tokens[item] += n
    found: dict[str, dict[str, float]] = {}
    for (name, value), n in sorted(tokens.items(), key=lambda item: (-item[1], item[0])):
        found.setdefault(name, {})[value] = n / total
    return found
