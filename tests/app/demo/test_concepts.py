"""The microscope on the demo finds the latents that detect what a text is about."""

from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from models.demo import bundle
from models.demo.corpus.concepts import NAMED
from models.demo.corpus.generator import document
from models.demo.evaluation import concept_aurocs, sample_documents, text_maxima
from models.loading.opening import load_dictionary, load_language_model
from models.sources import SourceSpec
from tests.app.demo.conftest import ask

pytestmark = pytest.mark.demo
SOURCE = "demo-l2-resid-2k"
SEED = 770_001
N_TEXTS = 600
N_CONCEPTS = 10
N_OWN = 5
TOP = 10  # detectors
FIRST = 20  # latents of the ranking by sum over the text: a single word of another topic counts little


def test_what_the_microscope_ranks_first_is_what_detects_the_concept(demo: TestClient) -> None:
    """For the ten sharpest concepts: on its texts a detector of the concept is among the first latents."""
    model = load_language_model(str(bundle.LANGUAGE_MODEL), "cpu", "float32")
    location = next(s for s in bundle.SOURCES if s.slug == SOURCE)
    dictionary = load_dictionary(SourceSpec(str(bundle.LANGUAGE_MODEL), str(location.folder), None))
    documents = sample_documents(SEED, N_TEXTS)
    aurocs = np.nan_to_num(concept_aurocs(text_maxima(model, [dictionary], documents)[0], list(NAMED), documents))
    sharpest = np.argsort(-aurocs.max(1), kind="stable")[:N_CONCEPTS]
    hits, by_chance = {}, []
    for number in sharpest:
        concept = NAMED[number]
        detectors = set(np.argsort(-aurocs[number])[:TOP].tolist())
        kind, _, value = concept.name.partition(":")
        ranked = [
            {row["index"] for row in first_latents(demo, document(SEED + 1, n, **{kind: value}).text)}
            for n in range(N_OWN)
        ]
        hits[concept.name] = sum(bool(detectors & found) for found in ranked)
        other = first_latents(demo, document(SEED + 2, int(number), genre="shopping", topic="kitchen").text)
        by_chance.append(bool(detectors & {row["index"] for row in other}))
    assert all(n >= 2 for n in hits.values()), hits
    assert sum(hits.values()) >= 0.8 * N_OWN * N_CONCEPTS, hits
    assert sum(by_chance) <= N_CONCEPTS / 3, "detectors that lead on any text tell nothing"


def first_latents(demo: TestClient, text: str) -> Any:
    """The latents with the largest sums over a text, those left out that fire nearly everywhere."""
    body = {"sources": [SOURCE], "text": text[:500], "max_density": 0.1, "rank_by": "sum", "ranked": FIRST}
    return ask(demo, "/microscope", body)["sources"][0]["ranking"]
