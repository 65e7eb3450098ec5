"""Labels of the demo's latents, from the corpus's own labels: tested, and they say on how many texts.

A latent gets the concept that it detects best, if its AUROC is at least 0.9 on one sample of texts and on another.
"""

import json

import numpy as np

from models.checks import SAE_WEIGHTS
from models.demo import bundle
from models.demo.corpus.concepts import CONCEPTS
from models.demo.evaluation import concept_aurocs, sample_documents, text_maxima
from models.loading import load_dictionary, load_language_model
from models.sources import SourceSpec
from models.weight_files import sha256_of

BAR = 0.9
N_TEXTS = 2000


def write_labels(seed: int) -> dict[str, int]:
    """Write models/demo/labels.json; returns the number of labels per source."""
    model = load_language_model(str(bundle.LANGUAGE_MODEL), "cpu", "float32")
    dictionaries = [
        load_dictionary(SourceSpec(str(bundle.LANGUAGE_MODEL), str(s.folder), None)) for s in bundle.SOURCES
    ]
    concepts = list(CONCEPTS)
    chosen, fresh = sample_documents(seed + 4, N_TEXTS), sample_documents(seed + 5, N_TEXTS)
    maxima_chosen = text_maxima(model, dictionaries, chosen)
    maxima_fresh = text_maxima(model, dictionaries, fresh)
    labels: dict[str, object] = {}
    for source, first, second in zip(bundle.SOURCES, maxima_chosen, maxima_fresh, strict=True):
        on_chosen = np.nan_to_num(concept_aurocs(first, concepts, chosen))
        on_fresh = np.nan_to_num(concept_aurocs(second, concepts, fresh))
        best = on_chosen.argmax(0)
        index = np.arange(first.shape[1])
        good = (on_chosen[best, index] >= BAR) & (on_fresh[best, index] >= BAR)
        labels[source.slug] = [
            {
                "index": int(i),
                "concept": concepts[best[i]].name,
                "auroc": round(float(on_fresh[best[i], i]), 4),
                "n_texts": N_TEXTS,
            }
            for i in np.flatnonzero(good)
        ]
    counts = {slug: len(found) for slug, found in labels.items() if isinstance(found, list)}
    labels["weights"] = {s.slug: sha256_of(s.folder / SAE_WEIGHTS) for s in bundle.SOURCES}
    bundle.LABELS.write_text(json.dumps(labels, indent=None, separators=(",", ":")) + "\n")
    return counts
