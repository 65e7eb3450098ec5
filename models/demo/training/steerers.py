"""Which latent of the demo brings which concept: chosen by what it does, since the best detector is often not the best
steerer.

For every named concept, mood and register, of the ten latents that detect it best:

1. each one's output score, and the concept's words per token in the texts it writes at a few strengths (``CHOOSING``);
2. the ``TRIED`` that bring most words while their texts stay coherent are calibrated on the same beginnings;
3. at the upper strengths of its safe range each of these writes ``SAMPLES`` texts from every beginning, and the one
   with most words is kept, with its strength and range.

Texts are of ``NEW_TOKENS``, some two thirds of a document of the corpus: the first sentences of a story or a letter are
the same for all subjects, and in texts of 32 tokens few have named theirs.

Whether that holds is tested on other beginnings (``MEASURING``), through the HTTP API.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from models.building.logit_effects import dictionary_logit_effects
from models.building.output_score import OutputScorer
from models.demo import bundle
from models.demo.corpus.concepts import CONCEPTS, NAMED, Concept
from models.demo.evaluation import concept_aurocs, sample_documents, text_maxima
from models.loading.checks import SAE_WEIGHTS
from models.loading.opening import load_dictionary, load_language_model
from models.loading.weight_files import sha256_of
from models.running.dictionary import Dictionary
from models.running.generate import generate
from models.running.language_model import LanguageModel
from models.running.sampling import Sampling
from models.running.text_rows import Request
from models.sources import SourceSpec
from models.steering.calibration import Plan, calibrate
from models.steering.coherence import base_nll
from models.steering.terms import Board, LatentSubject, SteerTerm

#: Beginnings that leave open what comes next, as the corpus's own texts have them.
CHOOSING = (
    "Yesterday", "One day", "Dear Anna,\n", "It was", "\"", "This morning", "There was once", "On Monday,",
)  # fmt: skip
MEASURING = (
    "Today", "Once upon a time", "Dear Tom,\n", "She", "Last night", "We", "In the morning,", "The",
    "At last", "He said", "On Friday,", "I think",
)  # fmt: skip
DETECTORS = 10
TRIED = 3
STRENGTHS = (0.375, 0.75)
#: Nats that the texts of a strength may be above the unsteered ones: in the same language and register.
MAX_NLL_RISE = 1.0
N_TEXTS = 2000
NEW_TOKENS = 96
FEW_TOKENS = 64  # of the first look at all candidates, and of calibration
#: Of all texts, those of the calibration too: at 1 a text falls apart sooner, and a range would end before the words.
TEMPERATURE = 0.7
#: Texts of every beginning, once few candidates are left: a word in a hundred tokens is rare; luck must not choose.
SAMPLES = 4
STRONGEST = 3  # strengths tried inside a safe range, from its end downwards
#: The choice keeps this far below the bound on base_nll, which holds on other beginnings then.
MARGIN = 0.85
#: Beside the named concepts: what ready-made mixes are made of.
ALSO = ("mood:", "register:")
_ROWS = 192
BOS = 0


def concepts() -> list[Concept]:
    """What latents are looked for: the named concepts first."""
    return [*NAMED, *(c for c in CONCEPTS if c not in NAMED and c.name.startswith(ALSO))]


@dataclass(frozen=True)
class Steerer:
    """The latent that brings a concept. Words are the concept's, per token; strengths in multiples of its maximum."""

    concept: str
    source: str
    index: int
    auroc: float
    output_score: float
    strength: float
    safe_high: float
    words: float
    words_unsteered: float


@dataclass(frozen=True)
class _Candidate:
    concept: Concept
    source: str
    index: int
    auroc: float
    maximum: float
    output_score: float

    def board(self, strength: float) -> Board:
        return Board((SteerTerm(LatentSubject(self.source, self.index, self.maximum), "add", strength),))


@dataclass(frozen=True)
class _Written:
    """The texts of one board, or of none."""

    texts: tuple[str, ...]
    n_tokens: int
    base_nll: float

    def rate(self, concept: Concept) -> float:
        """Words of the concept per token."""
        return sum(concept.count(text) for text in self.texts) / self.n_tokens


class _Writer:
    """Writes many boards' texts on the same beginnings, as rows of common batches."""

    def __init__(self, model: LanguageModel, dictionaries: Mapping[str, Dictionary], beginnings: Sequence[str]) -> None:
        self.model, self.dictionaries = model, dictionaries
        self.prompts = [(BOS, *model.tokenize(text)) for text in beginnings]

    def write(self, boards: Sequence[Board | None], samples: int = 1, new_tokens: int = NEW_TOKENS) -> list[_Written]:
        found: list[_Written] = []
        at_once = max(1, _ROWS // (len(self.prompts) * samples))
        for first in range(0, len(boards), at_once):
            found += self._write(boards[first : first + at_once], samples, new_tokens)
        return found

    def _write(self, boards: Sequence[Board | None], samples: int, new_tokens: int) -> list[_Written]:
        sampling = Sampling(max_new_tokens=new_tokens, temperature=TEMPERATURE, alternatives=0)
        requests = [
            Request(prompt, board, replace(sampling, seed=seed), baseline=board is None)
            for board in boards
            for seed, prompt in enumerate(self.prompts * samples)
        ]
        ids: list[list[int]] = [[] for _ in requests]
        logprobs: list[list[float]] = [[] for _ in requests]
        for event in generate(self.model, self.dictionaries, requests):
            ids[event.request].append(event.token_id)
            logprobs[event.request].append(event.logprob if event.base_logprob is None else event.base_logprob)
        n = len(self.prompts) * samples
        written = []
        for start in range(0, len(requests), n):
            texts = tuple(self.model.tokenizer.decode(row) for row in ids[start : start + n])
            own = [value for row in logprobs[start : start + n] for value in row]
            written.append(_Written(texts, len(own), base_nll(own) or 0.0))
        return written


def write_steerers(seed: int) -> tuple[int, float]:
    """Write models/demo/steerers.json; gives how many concepts rise five-fold on the beginnings that the choice was
    made on, and the rank correlation of output score and rise over all candidates.
    """
    model = load_language_model(str(bundle.LANGUAGE_MODEL), "cpu", "float32")
    dictionaries = {
        s.slug: load_dictionary(SourceSpec(str(bundle.LANGUAGE_MODEL), str(s.folder), None)) for s in bundle.SOURCES
    }
    candidates = _candidates(model, dictionaries, seed)
    writer = _Writer(model, dictionaries, CHOOSING)
    baseline = writer.write([None], SAMPLES)[0]
    sampling = Sampling(max_new_tokens=FEW_TOKENS, temperature=TEMPERATURE, alternatives=0)
    plan = Plan(tuple(writer.prompts), sampling, samples=1)
    boards = [c.board(s) for c in candidates for s in STRENGTHS]
    short = writer.write([None], SAMPLES, FEW_TOKENS)[0]
    written = writer.write(boards, 1, FEW_TOKENS)
    rises: dict[_Candidate, float] = {}
    for n, candidate in enumerate(candidates):
        mine = written[n * len(STRENGTHS) : (n + 1) * len(STRENGTHS)]
        rises[candidate] = max((w.rate(candidate.concept) for w in mine if _is_fine(w, short)), default=0.0)
    kept: list[Steerer] = []
    for concept in concepts():
        own = sorted((c for c in candidates if c.concept is concept), key=lambda c: -rises[c])[:TRIED]
        found = [_calibrated(model, dictionaries, writer, candidate, plan, baseline) for candidate in own]
        kept.append(max(found, key=lambda steerer: steerer.words))
    correlation = float(spearmanr([c.output_score for c in candidates], [rises[c] for c in candidates]).statistic)
    facts = {
        "weights": {s.slug: sha256_of(s.folder / SAE_WEIGHTS) for s in bundle.SOURCES},
        "candidates": len(candidates),
        "rank_correlation_of_output_score": round(correlation, 3),
        "steerers": [_rounded(asdict(steerer)) for steerer in kept],
    }
    bundle.STEERERS.write_text(json.dumps(facts, indent=1) + "\n")
    return sum(s.words >= 5 * max(s.words_unsteered, 1 / baseline.n_tokens) for s in kept), correlation


def _calibrated(
    model: LanguageModel,
    dictionaries: Mapping[str, Dictionary],
    writer: _Writer,
    candidate: _Candidate,
    plan: Plan,
    baseline: _Written,
) -> Steerer:
    """Its safe range upwards, and of the strengths in it the one that brings most words."""
    term = candidate.board(1.0).terms[0]
    swept = calibrate(model, dictionaries, term, plan)
    inside = sorted({*(s for s in swept.strengths if 0 < s <= swept.safe_high)})[-STRONGEST:]
    texts = dict(zip(inside, writer.write([candidate.board(s) for s in inside], SAMPLES), strict=True))
    rates = {s: written.rate(candidate.concept) for s, written in texts.items() if _is_fine(written, baseline)}
    strength = max(rates, key=lambda s: (rates[s], -s), default=0.0)
    return Steerer(
        candidate.concept.name,
        candidate.source,
        candidate.index,
        candidate.auroc,
        candidate.output_score,
        strength,
        swept.safe_high,
        rates.get(strength, 0.0),
        baseline.rate(candidate.concept),
    )


def _is_fine(written: _Written, baseline: _Written) -> bool:
    return written.base_nll <= baseline.base_nll + MARGIN * MAX_NLL_RISE


def _candidates(model: LanguageModel, dictionaries: Mapping[str, Dictionary], seed: int) -> list[_Candidate]:
    """The best detectors of every named concept over all sources, with their output scores."""
    documents = sample_documents(seed + 6, N_TEXTS)
    maxima = text_maxima(model, list(dictionaries.values()), documents)
    aurocs = [np.nan_to_num(concept_aurocs(found, concepts(), documents)) for found in maxima]
    picked: list[tuple[Concept, str, int, float]] = []
    for number, concept in enumerate(concepts()):
        every = [
            (float(aurocs[s][number, i]), slug, int(i))
            for s, slug in enumerate(dictionaries)
            for i in np.argsort(-aurocs[s][number])[:DETECTORS]
        ]
        picked += [(concept, slug, i, auroc) for auroc, slug, i in sorted(every, reverse=True)[:DETECTORS]]
    largest = {slug: found.max(0) for slug, found in zip(dictionaries, maxima, strict=True)}
    scores = {
        slug: _scores(model, dictionary, largest[slug], sorted({i for _, s, i, _ in picked if s == slug}))
        for slug, dictionary in dictionaries.items()
    }
    return [
        _Candidate(concept, slug, i, auroc, float(largest[slug][i]), scores[slug][i])
        for concept, slug, i, auroc in picked
    ]


def _scores(
    model: LanguageModel, dictionary: Dictionary, maxima: NDArray[np.float32], indices: Sequence[int]
) -> dict[int, float]:
    promoted = dictionary_logit_effects(model, dictionary).promoted_ids[list(indices)]
    found = OutputScorer(model, dictionary).score(indices, [float(maxima[i]) for i in indices], promoted)
    return dict(zip(indices, np.nan_to_num(found.score).tolist(), strict=True))


def _rounded(facts: dict[str, object]) -> dict[str, object]:
    return {name: round(value, 5) if isinstance(value, float) else value for name, value in facts.items()}
