"""A rule as a label: how well it says where a latent fires, on what a build keeps; and what it misses.

What is known of a latent: the number of its active tokens, a uniform sample of them, the windows around its examples,
and the text of every prompt. With R the tokens of the rule and F those on which the latent fires:

- recall |F and R| / |F| is the share of R in the sample, with the interval of a share (Wilson 1927);
- precision |F and R| / |R| is recall times |F| over |R|, which is R's share of the text that is read times all tokens;
  the ends of its interval take the unfavourable ends of both;
- the AUROC by token and its interval are those of a spectrum (:mod:`app.corpus.groups`);
- the AUROC by text needs the largest activation of every text, which is known only where every active token is kept.

If every active token is kept and every prompt was read, all of this is counted and nothing estimated.
"""

from dataclasses import dataclass

import numpy as np
from sqlalchemy.orm import Session

from app.corpus.groups import Known, Mask, spread
from app.corpus.labels import label_names
from app.corpus.reading import Reading, example_tokens, read, sampled_tokens
from app.db.index_cache import cache_of
from app.db.queries.answers import BuildInfo, SourceInfo
from app.db.queries.latents import latent_record
from app.errors import NotBuilt
from app.labels.rules import Rule, has_words, parse_rule
from app.text.formats import count
from models.records import IntArray, LatentRecord
from models.statistics.auroc import auroc
from models.statistics.label_tests import Figure, LabelTest

#: Bytes of a token of a reading in memory, about: its words, labels and places.
BYTES_OF_A_TOKEN = 60
#: Active tokens and silent matches that are shown.
SHOWN = 6


@dataclass(frozen=True)
class Place:
    """A token of the corpus with the latent's activation there, and how strong that is among those that are kept."""

    prompt: int
    position: int
    activation: float


@dataclass(frozen=True, eq=False)
class RuleTest:
    """What a rule is worth. ``test`` None: it says nothing (``said``).

    ``matches``: tokens of the rule in the text that was read. ``missed``: the strongest active tokens that it does not
    cover. ``silent``: matches on which the latent is known not to fire, of ``n_silent`` such. ``basis``: what is
    counted and what estimated.
    """

    test: LabelTest | None
    said: str
    matches: int
    tokens: int
    missed: tuple[Place, ...]
    n_missed: int
    n_kept: int
    silent: tuple[Place, ...]
    n_silent: int
    basis: str


@dataclass(frozen=True, eq=False)
class _Kept:
    """What is read of a latent, kept while a rule is typed."""

    record: LatentRecord
    reading: Reading

    @property
    def nbytes(self) -> int:
        """Bytes of memory, about."""
        return BYTES_OF_A_TOKEN * len(self.reading.is_counted)


def measure_rule(session: Session, source: SourceInfo, index: int, text: str) -> RuleTest:
    """Test a rule on the build that ``source`` shows.

    Raises:
        NotBuilt, UnknownLatent: there is nothing to test it on.
        InvalidRequest, Unfit: the rule cannot be read.
    """
    if source.build is None:
        raise NotBuilt(source.slug)
    build = source.build
    rule = parse_rule(text, label_names(build))
    key = ("rule reading", build.id, build.finished, index, has_words(rule))

    def kept() -> _Kept:
        record = latent_record(session, source, index)
        return _Kept(record, read(session, source, build, record, has_words(rule)))

    known = cache_of(session).get(key, kept)
    return _tested(build, known.record, known.reading, rule)


def _tested(build: BuildInfo, record: LatentRecord, reading: Reading, rule: Rule) -> RuleTest:
    mask = rule.mask(reading)
    counted = reading.is_counted
    matches, tokens = int(mask[counted].sum()), int(counted.sum())
    problem = _says_nothing(record, matches, tokens)
    if problem:
        return RuleTest(None, problem, matches, tokens, (), 0, 0, (), 0, "")
    is_counted = len(record.sample.activations) == record.n_active and reading.n_prompts == reading.n_all
    at = reading.places(sampled_tokens(record))
    examples = reading.places(example_tokens(record))
    inside = mask[at]
    known = Known(int(mask[examples].sum()), int((~mask[examples]).sum()))
    numbers = spread(
        record.sample.activations, inside, record.n_active, build.tokens_done, matches / tokens, is_counted, known
    )
    recall = _recall(inside, is_counted)
    test = LabelTest(
        n=tokens,
        precision=_precision(record, build, recall, matches, tokens, is_counted),
        recall=recall,
        auroc_token=None if numbers.auroc is None else Figure(numbers.auroc, numbers.low, numbers.high),
        auroc_text=_by_text(record, reading, mask, at) if is_counted else None,
        chance=record.density,
    )
    missed = _missed(record, reading, mask)
    silent = _silent(record, reading, mask, is_counted)
    return RuleTest(
        test=test,
        said="",
        matches=matches,
        tokens=tokens,
        missed=tuple(missed[:SHOWN]),
        n_missed=len(missed),
        n_kept=len(_active_places(record)),
        silent=tuple(silent[:: max(1, len(silent) // SHOWN)][:SHOWN]),
        n_silent=len(silent),
        basis=_basis(record, reading, is_counted),
    )


def _says_nothing(record: LatentRecord, matches: int, tokens: int) -> str:
    if record.n_active == 0:
        return "This latent never fired on the corpus, so no rule can be tested on it."
    if not tokens:
        return "No text of the corpus could be read, so no rule can be tested."
    if matches == 0:
        return (
            f"The rule matches none of the {count(tokens)} tokens that were read; look for a typing error, or try a "
            "shorter word with *."
        )
    if matches == tokens:
        return (
            f"The rule matches all of the {count(tokens)} tokens that were read, so it says nothing about the latent."
        )
    return ""


def _recall(inside: Mask, is_counted: bool) -> Figure | None:
    hits, n = int(inside.sum()), len(inside)
    if is_counted:
        return Figure(hits / n) if n else None
    return Figure.of_counts(hits, n)


def _precision(
    record: LatentRecord, build: BuildInfo, recall: Figure | None, matches: int, tokens: int, is_counted: bool
) -> Figure | None:
    if recall is None:
        return None
    share = Figure.of_counts(matches, tokens)
    if share is None or matches == 0:
        return None
    all_tokens = max(build.tokens_done, tokens)
    value = min(1.0, recall.value * record.n_active / (share.value * all_tokens))
    if is_counted or recall.low is None or recall.high is None:
        return Figure(value)
    is_all_read = tokens >= build.tokens_done
    low_share, high_share = (share.value, share.value) if is_all_read else (share.low or 0.0, share.high or 1.0)
    low = recall.low * record.n_active / (high_share * all_tokens)
    high = recall.high * record.n_active / (max(low_share, 1e-12) * all_tokens)
    return Figure(value, min(1.0, low), min(1.0, high))


def _by_text(record: LatentRecord, reading: Reading, mask: Mask, at: IntArray) -> Figure | None:
    """AUROC of each text's largest activation for "a token of the rule is in it"; a text is a document, or a prompt
    where documents are not known. All active tokens are kept.
    """
    texts = reading.texts
    n = int(texts.max(initial=-1)) + 1
    largest = np.zeros(n)
    here = texts[at]
    np.maximum.at(largest, here[here >= 0], record.sample.activations[here >= 0])
    has_one = np.zeros(n, bool)
    has_one[texts[mask & (texts >= 0)]] = True
    return auroc(largest, has_one, is_exact=True)


def _active_places(record: LatentRecord) -> list[Place]:
    """The active tokens that are kept, each once, strongest first."""
    found = {
        (example.prompt, example.position): example.activation for band in record.bands for example in band.examples
    }
    found.update(zip(sampled_tokens(record), record.sample.activations.tolist(), strict=True))
    ranked = sorted(found.items(), key=lambda item: -item[1])
    return [Place(prompt, position, value) for (prompt, position), value in ranked]


def _missed(record: LatentRecord, reading: Reading, mask: Mask) -> list[Place]:
    active = _active_places(record)
    at = reading.places((place.prompt, place.position) for place in active)
    return [place for place, covered in zip(active, mask[at].tolist(), strict=True) if not covered]


def _silent(record: LatentRecord, reading: Reading, mask: Mask, is_counted: bool) -> list[Place]:
    """Tokens of the rule where the latent is known to be silent, in the order of the corpus."""
    values = np.full(len(mask), 0.0 if is_counted else np.nan, np.float32)
    for band in record.bands:
        for example in band.examples:
            start = reading.starts[example.prompt] + example.window_start
            values[start : start + len(example.window)] = example.window
    values[reading.places(sampled_tokens(record))] = record.sample.activations
    silent = np.flatnonzero(mask & reading.is_real & (values == 0))
    prompts = {start: prompt for prompt, start in reading.starts.items()}
    starts = np.array(sorted(prompts))
    which = starts[np.searchsorted(starts, silent, side="right") - 1] if len(silent) else silent
    pairs = zip(silent.tolist(), which.tolist(), strict=True)
    return [Place(prompts[start], at - start, 0.0) for at, start in pairs]


def _basis(record: LatentRecord, reading: Reading, is_counted: bool) -> str:
    if is_counted:
        return (
            f"Counted: all {count(record.n_active)} active tokens are kept, and the text of all "
            f"{count(reading.n_all)} prompts was read."
        )
    return (
        f"Estimated with intervals of 95 %: misses from a uniform sample of {count(len(record.sample.activations))} of "
        f"the {count(record.n_active)} active tokens, the number of matches from the text of "
        f"{count(reading.n_prompts)} of {count(reading.n_all)} prompts. Which examples are missed is exact; silent "
        "matches are known only in the windows around them. The AUROC by text is not known: it needs every active "
        "token."
    )
