"""The best rule for a latent, chosen on one half of the tokens and tested on the other."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from app.corpus.patterns import LINE_BREAK
from models.statistics.auroc import auroc, auroc_with_zeros
from models.statistics.label_tests import FAILED, TESTED, Figure, LabelTest
from scripts.tested_labels.tokens import NONE, Fires, Ints, Mask, Tokens

#: A latent that is active on more of the tokens than this is described, not named.
DENSEST = 0.1
#: Tokens that a latent must fire on in each half, and words of a rule at most.
FEWEST, MOST_WORDS = 8, 8
#: What a further word, or a kind of text beside words, must add to F1.
WORD_GAIN, KIND_GAIN = 0.01, 0.03


@dataclass(frozen=True)
class Rule:
    """Words, a kind of text as (name, number of its value), or words in a kind of text."""

    words: tuple[int, ...] = ()
    kind: tuple[str, int] | None = None

    def mask(self, tokens: Tokens) -> Mask:
        """Which tokens (n,) it holds for."""
        mask = np.ones(len(tokens), bool) if not self.words else tokens.has_word(self.words)
        if self.kind:
            mask = mask & (tokens.values_of[self.kind[0]] == self.kind[1])
        return mask

    def said(self, tokens: Tokens) -> str:
        """The label in words."""
        kind = f"{self.kind[0]}: {tokens.values[self.kind[0]][self.kind[1]]}" if self.kind else ""
        words = ", ".join(f"“{_shown(tokens.words[word])}”" for word in self.words)
        return f"{words} in {kind}" if words and kind else words or kind

    def written(self, tokens: Tokens) -> str:
        """The rule as a latent's page reads it."""
        words = " | ".join(_quoted(tokens.words[word]) for word in self.words)
        kind = ""
        if self.kind:
            value = tokens.values[self.kind[0]][self.kind[1]]
            kind = f"{self.kind[0]}: {value if value.replace(' ', '').isalnum() else _quoted(value)}"
        if words and kind:
            return f"{kind} & ({words})" if len(self.words) > 1 else f"{kind} & {words}"
        return words or kind


def _shown(word: str) -> str:
    return LINE_BREAK if word == "\n" else word


def _quoted(word: str) -> str:
    if word.isalnum():
        return word
    return '"' + _shown(word).replace('"', '""') + '"'


@dataclass(eq=False)
class Chooser:
    """Finds the rule for each latent of an SAE on the choice half."""

    tokens: Tokens
    half: Mask = field(init=False)
    word_counts: Ints = field(init=False)
    kind_counts: dict[str, Ints] = field(init=False)
    #: How many tokens of a kind of text lie in each word, for the kinds that were asked for.
    words_of_kind: dict[tuple[str, int], Ints] = field(default_factory=dict)

    def __post_init__(self) -> None:
        tokens = self.tokens
        self.half = ~tokens.is_test
        self.word_counts = self._words(np.flatnonzero(self.half))
        self.kind_counts = {
            name: np.bincount(column[self.half & (column != NONE)], minlength=len(tokens.values[name]))
            for name, column in tokens.values_of.items()
        }

    def _words(self, where: Ints) -> Ints:
        """How many of these tokens lie in each word, (n_words,)."""
        first, last = self.tokens.first_word[where], self.tokens.last_word[where]
        also = last[last != first]
        n = len(self.tokens.words)
        return np.bincount(first[first != NONE], minlength=n) + np.bincount(also[also != NONE], minlength=n)

    def best(self, fires: Ints) -> Rule | None:
        """The rule with the best F1 for a latent that fires on the tokens ``fires``; None: there is none."""
        fires = fires[self.half[fires]]
        if len(fires) < FEWEST:
            return None
        found: list[tuple[float, Rule]] = []
        words, score = self._best_words(self._words(fires), self.word_counts, len(fires))
        if words:
            found.append((score, Rule(words)))
        for name, column in self.tokens.values_of.items():
            values = column[fires]
            counts = np.bincount(values[values != NONE], minlength=max(1, len(self.tokens.values[name])))
            kind = int(counts.argmax())
            hits = int(counts[kind])
            if 2 * hits < len(fires):
                continue
            alone = _f1(hits, int(self.kind_counts[name][kind]), len(fires))
            found.append((alone, Rule(kind=(name, kind))))
            inside = fires[values == kind]
            if (name, kind) not in self.words_of_kind:
                self.words_of_kind[name, kind] = self._words(np.flatnonzero(self.half & (column == kind)))
            words, score = self._best_words(self._words(inside), self.words_of_kind[name, kind], len(fires))
            if words:
                found.append((score - KIND_GAIN, Rule(words, (name, kind))))
        return max(found, key=lambda item: item[0])[1] if found else None

    def _best_words(self, hits: Ints, counts: Ints, n_fires: int) -> tuple[tuple[int, ...], float]:
        """Words on most of whose tokens the latent fires, most frequent first, as long as each adds something."""
        known = np.flatnonzero((hits >= 2) & (2 * hits >= counts))
        ranked = known[np.argsort(-hits[known], kind="stable")].tolist()
        good = [word for word in ranked if is_word(self.tokens.words[word])]
        chosen: list[int] = []
        score, n_hits, n_all = 0.0, 0, 0
        for word in good[:MOST_WORDS]:
            new = _f1(n_hits + int(hits[word]), n_all + int(counts[word]), n_fires)
            if new < score + WORD_GAIN:
                break
            chosen.append(word)
            score, n_hits, n_all = new, n_hits + int(hits[word]), n_all + int(counts[word])
        return tuple(chosen), score


def is_word(word: str) -> bool:
    """Whether a person can read it: no piece of a character, no word of a hundred letters."""
    return bool(word.strip() or word == "\n") and "\ufffd" not in word and len(word) <= 30


def _f1(hits: int, covered: int, n_fires: int) -> float:
    return 2 * hits / max(1, covered + n_fires)


def measured(tokens: Tokens, rule: Rule, where: Ints, values: NDArray[np.float32]) -> LabelTest:
    """The figures of a rule for a latent that fires at ``where`` (k,) with ``values`` (k,), on the test half."""
    half = tokens.is_test
    mask = rule.mask(tokens)
    here = half[where]
    where, values = where[here], values[here]
    inside = mask[where]
    n, n_rule = int(half.sum()), int((mask & half).sum())
    texts = np.unique(tokens.text[half])
    largest = np.zeros(len(texts), np.float32)
    np.maximum.at(largest, np.searchsorted(texts, tokens.text[where]), values)
    has_one = np.zeros(len(texts), bool)
    has_one[np.searchsorted(texts, np.unique(tokens.text[half & mask]))] = True
    return LabelTest(
        n=n,
        precision=Figure.of_counts(int(inside.sum()), n_rule),
        recall=Figure.of_counts(int(inside.sum()), len(where)),
        auroc_token=auroc_with_zeros(values, inside, n_rule, n - n_rule),
        auroc_text=auroc(largest, has_one),
        chance=len(where) / n,
    )


def labels(tokens: Tokens, fires: Fires, d_sae: int) -> Iterator[tuple[int, Rule, LabelTest]]:
    """The labels that hold, by latent. Latents that fire on more than ``DENSEST`` of the tokens get none."""
    chooser = Chooser(tokens)
    n_test = int(tokens.is_test.sum())
    for latent in range(d_sae):
        where, values = fires.of(latent)
        in_test = int(tokens.is_test[where].sum())
        if in_test < FEWEST or in_test > DENSEST * n_test:
            continue
        rule = chooser.best(where)
        if rule is None:
            continue
        test = measured(tokens, rule, where, values)
        if test.status == TESTED:
            yield latent, rule, test


def text_labels(tokens: Tokens, fires: Fires, d_sae: int, bar: float) -> Iterator[tuple[int, Rule, LabelTest]]:
    """What the largest activation of each text suggests and the tokens refute: of each latent the kind of text with
    the best AUROC by text on the choice half, if that reaches ``bar`` and the label fails on the other.
    """
    half = ~tokens.is_test
    texts = np.unique(tokens.text[half])
    kinds = [(name, value) for name, known in tokens.values.items() for value in range(len(known))]
    of_text = {
        name: _first_of(tokens.text[half], column[half], len(texts)) for name, column in tokens.values_of.items()
    }
    masks = np.array([of_text[name] == value for name, value in kinds])
    counts = masks.sum(1)
    usable = (counts >= FEWEST) & (counts <= len(texts) - FEWEST)
    for latent in range(d_sae):
        where, values = fires.of(latent)
        here = half[where]
        if here.sum() < FEWEST:
            continue
        largest = np.zeros(len(texts), np.float32)
        np.maximum.at(largest, np.searchsorted(texts, tokens.text[where[here]]), values[here])
        ranks = _ranks(largest)
        found = (masks @ ranks - counts * (counts + 1) / 2) / np.maximum(1, counts * (len(texts) - counts))
        best = int(np.where(usable, found, 0).argmax())
        if found[best] < bar or not usable[best]:
            continue
        rule = Rule(kind=kinds[best])
        test = measured(tokens, rule, where, values)
        if test.status == FAILED:
            yield latent, rule, test


def _first_of(texts: Ints, values: Ints, n: int) -> Ints:
    """The value of each text, (n,): that of its first token."""
    _, first = np.unique(texts, return_index=True)
    found: Ints = values[first][:n]
    return found


def _ranks(values: NDArray[np.float32]) -> NDArray[np.float64]:
    """Ranks from 1, of equal values their mean."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray((ends - (counts - 1) / 2)[place], np.float64)
