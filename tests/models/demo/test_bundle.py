"""The bundled model and SAEs meet the bars of docs/demo.md, on fresh texts that nothing was trained on."""

import json

import numpy as np
import pytest
import torch

from app.corpus.labels import LabelRule
from app.demo.demos import bundled_label
from app.labels.rules import Leaf, parse_rule
from models.building.build_pass import BuildPass, PassPlan
from models.building.quality import clean_loss, measure_quality
from models.corpus.prompts import PromptShape, open_corpus, prompts
from models.demo import bundle
from models.demo.corpus.concepts import NAMED
from models.demo.evaluation import auroc, concept_aurocs, concept_masks, sample_documents, text_maxima
from models.demo.training.tokens import held_out_documents
from models.loading.opening import load_dictionary, load_language_model
from models.loading.weight_files import sha256_of
from models.running.uncounted import uncounted_ids
from models.sources import SourceSpec
from models.statistics.label_tests import CAUSAL, FAILED, TESTED
from scripts.tested_labels.rules import Rule, measured
from scripts.tested_labels.tokens import one_pass

pytestmark = [pytest.mark.demo, pytest.mark.timeout(900)]
FRESH_SEED = 990_001  # neither the training corpus, nor the labels' texts, nor the demo build's
N_TEXTS = 2000  # some 50 with each topic: an AUROC of 0.95 is then known to about 0.02


@pytest.fixture(scope="module")
def model():
    return load_language_model(str(bundle.LANGUAGE_MODEL), "cpu", "float32")


@pytest.fixture(scope="module")
def dictionaries():
    location = str(bundle.LANGUAGE_MODEL)
    return {s.slug: load_dictionary(SourceSpec(location, str(s.folder), None)) for s in bundle.SOURCES}


@pytest.fixture(scope="module")
def passed(model, dictionaries):
    """One pass over 100,000 fresh tokens."""
    plan = PassPlan(100_000, 256, 8, 0)
    state = BuildPass(model, dictionaries, plan, uncounted_ids(model))
    corpus = prompts(open_corpus("demo", FRESH_SEED), model, PromptShape(256, True))
    for _ in state.run(corpus):
        pass
    return state


@pytest.fixture(scope="module")
def two_samples(model, dictionaries):
    """Texts and every latent's maxima over them, twice: to choose on and to measure on."""
    samples = [sample_documents(FRESH_SEED + i, N_TEXTS) for i in (1, 2)]
    return [(documents, text_maxima(model, list(dictionaries.values()), documents)) for documents in samples]


def test_the_bundle_is_small_safe_and_in_published_formats():
    files = [p for folder in (bundle.LANGUAGE_MODEL, bundle.DICTIONARIES) for p in folder.rglob("*") if p.is_file()]
    assert sum(p.stat().st_size for p in files) < 40e6
    assert {p.suffix for p in files} == {".json", ".safetensors"}
    assert len({s.hook_name for s in bundle.SOURCES}) >= 3
    assert max(s.d_sae for s in bundle.SOURCES) >= 2 * min(s.d_sae for s in bundle.SOURCES)
    # No path of the machine that it was made on.
    assert not any('": "/' in p.read_text() for p in files if p.suffix == ".json")


def test_held_out_loss_is_near_the_grammars_own_entropy(model):
    texts, nats = held_out_documents(FRESH_SEED + 5, 400, bundle.LANGUAGE_MODEL)
    tokens = sum(len(ids) - 1 for ids in texts)
    loss = sum(float(model.token_nll(ids[None, :]).sum()) for ids in texts) / tokens
    stated = json.loads((bundle.LANGUAGE_MODEL / "training.json").read_text())
    # Texts differ in difficulty: the standard error over 400 of them is some 0.02 nats.
    assert loss == pytest.approx(stated["held_out_loss"], abs=0.08)
    floor = nats / tokens
    assert floor == pytest.approx(stated["grammar_nats_per_token"], abs=0.03)
    assert floor < loss < 1.6 * floor


@pytest.mark.parametrize("slug", [s.slug for s in bundle.SOURCES])
def test_an_sae_reaches_the_bars_of_the_design(model, dictionaries, passed, slug):
    held = passed.held_out_tokens()
    quality = measure_quality(model, dictionaries[slug], held, clean_loss(model, held))
    assert quality.explained_variance >= 0.85
    assert quality.loss_recovered >= 0.95
    assert 10 <= quality.l0 <= 31  # trained for 30 on average
    assert (passed.statistics[slug].totals.n_active == 0).mean() <= 0.10


def best_detectors(two_samples):
    """AUROC on the second sample of the latent that detects each named concept best on the first."""
    (chosen, first), (fresh, second) = two_samples
    concepts = list(NAMED)
    assert len(concepts) >= 40
    masks = concept_masks(concepts, fresh)
    on_first = [concept_aurocs(maxima, concepts, chosen) for maxima in first]
    reached = {}
    for number, concept in enumerate(concepts):
        source = max(range(len(first)), key=lambda s: np.nanmax(on_first[s][number]))
        latent = int(np.nanargmax(on_first[source][number]))
        reached[concept.name] = float(auroc(second[source][:, [latent]], masks[number])[0])
    return reached


def test_languages_genres_and_registers_have_a_detector(two_samples):
    reached = best_detectors(two_samples)
    for name in ("language:french", "language:spanish", "language:german", "genre:recipe", "genre:weather",
                 "genre:sports", "genre:code", "register:pirate"):  # fmt: skip
        assert reached[name] >= 0.95, name


def test_nine_tenths_of_the_concepts_have_a_detector(two_samples):
    reached = best_detectors(two_samples)
    assert sum(score >= 0.95 for score in reached.values()) >= 0.9 * len(reached)


@pytest.fixture(scope="module")
def fresh_tokens(model):
    """A pass over fresh text as the labels' maker does it: (tokens, where each latent fires)."""
    folders = {source.slug: (source.folder, source.d_sae) for source in bundle.SOURCES}
    with torch.inference_mode():
        return one_pass(model, folders, "demo", FRESH_SEED + 9, 240, bundle.CONTEXT_SIZE)


def rule_of(written, tokens):
    """A written rule as the maker's own: words, a kind of text, or both."""
    words, kind = [], None
    parts = [parse_rule(written, tuple(tokens.values))]
    while parts:
        part = parts.pop()
        if not isinstance(part, Leaf):
            parts += part.parts
        elif isinstance(part.pattern, LabelRule):
            name, _, value = next(iter(part.pattern.keys)).partition(":")
            kind = (name, tokens.values[name].index(value))
        else:
            words += [tokens.words.index(word) for (word,) in part.pattern.phrases if word in tokens.words]
    return Rule(tuple(words), kind)


@pytest.mark.parametrize("slug", [s.slug for s in bundle.SOURCES])
def test_the_bundled_labels_hold_on_fresh_text(fresh_tokens, slug):
    """Labels were chosen and tested on other texts: on these, nearly all of them still hold both ways."""
    tokens, fires = fresh_tokens
    rows = json.loads(bundle.LABELS.read_text())[slug]
    held = [row for row in rows if bundled_label(row).test.status in (TESTED, CAUSAL)]
    assert len(held) >= 20
    tests = [measured(tokens, rule_of(row["rule"], tokens), *fires[slug].of(row["index"])) for row in held]
    good = [t for t in tests if t.precision and t.recall and min(t.precision.value, t.recall.value) >= 0.45]
    assert len(good) >= 0.9 * len(held)
    assert max(test.chance for test in tests) <= 0.12  # denser ones are described, not named


@pytest.mark.parametrize(("latent", "kind", "value"), [(907, "genre", "news"), (1730, "topic", "dinosaurs")])
def test_labels_that_only_the_largest_activations_support_fail(fresh_tokens, latent, kind, value):
    tokens, fires = fresh_tokens
    rule = Rule(kind=(kind, tokens.values[kind].index(value)))
    assert measured(tokens, rule, *fires["demo-l2-resid-2k"].of(latent)).status == FAILED
    rows = json.loads(bundle.LABELS.read_text())["demo-l2-resid-2k"]
    assert not [row for row in rows if row["index"] == latent and bundled_label(row).test.status != FAILED]


def test_auroc_is_the_share_of_ordered_pairs():
    random = np.random.default_rng(0)
    scores = random.integers(0, 5, (60, 3)).astype(np.float32)
    mask = random.random(60) < 0.3
    for column in range(3):
        with_, without = scores[mask, column][:, None], scores[~mask, column][None]
        wanted = ((with_ > without) + 0.5 * (with_ == without)).mean()
        assert auroc(scores, mask)[column] == pytest.approx(wanted)


def test_weights_are_those_the_labels_were_made_for():
    stated = json.loads(bundle.LABELS.read_text())["weights"]
    assert stated == {s.slug: sha256_of(s.folder / "sae_weights.safetensors") for s in bundle.SOURCES}
