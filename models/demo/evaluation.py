"""Which latents detect which concepts of the generator, on texts whose concepts are known.

The score of a text is the latent's maximum over it; AUROC is the probability that a text with the concept scores
higher than one without (ties count half), computed from ranks (Mann and Whitney 1947).
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import rankdata

from models.building.build_pass import counted
from models.demo.corpus.concepts import Concept
from models.demo.corpus.generator import Document, document
from models.running.dictionary import Dictionary
from models.running.language_model import LanguageModel
from models.running.uncounted import uncounted_ids

_BATCH = 16


def sample_documents(seed: int, n: int) -> list[Document]:
    """``n`` fresh texts; seeds other than the training corpus's give texts that the model has not seen."""
    return [document(seed, index) for index in range(n)]


@torch.inference_mode()
def text_maxima(
    model: LanguageModel, dictionaries: Sequence[Dictionary], documents: Sequence[Document]
) -> list[NDArray[np.float32]]:
    """Each dictionary's maximum over each text, (n_texts, d_sae); texts are cut at the context size."""
    limit = model.facts.context_size - 1
    bos = model.bos_token_id or 0
    tokens = [[bos, *model.tokenize(d.text, allow_special=True)[:limit]] for d in documents]
    order = sorted(range(len(tokens)), key=lambda i: len(tokens[i]))
    found = [np.zeros((len(tokens), d.d_sae), np.float32) for d in dictionaries]
    uncounted = uncounted_ids(model)
    for start in range(0, len(order), _BATCH):
        members = order[start : start + _BATCH]
        width = max(len(tokens[i]) for i in members)
        ids = np.full((len(members), width), bos, np.int64)
        for row, i in enumerate(members):
            ids[row, : len(tokens[i])] = tokens[i]
        keep = torch.from_numpy(counted(ids, uncounted))
        activations = model.run_to_hooks(torch.from_numpy(ids), [d.hook_name for d in dictionaries])
        for which, dictionary in enumerate(dictionaries):
            h = dictionary.read(activations[dictionary.hook_name])
            latents = dictionary.encode(h.flatten(0, 1)).view(*h.shape[:2], -1)
            latents[~keep] = 0
            found[which][members] = latents.amax(1).numpy()
    return found


def auroc(scores: NDArray[np.float32], has_concept: NDArray[np.bool_]) -> NDArray[np.float64]:
    """AUROC of every column of ``scores`` (n_texts, n), (n,); NaN if all texts or none have the concept."""
    return auroc_of_ranks(rankdata(scores, axis=0), has_concept)


def auroc_of_ranks(ranks: NDArray[np.float64], has_concept: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The same from ranks that are already known: they serve all concepts."""
    n_with = int(has_concept.sum())
    n_without = len(has_concept) - n_with
    if n_with == 0 or n_without == 0:
        return np.full(ranks.shape[1], np.nan)
    rank_sum = ranks[has_concept].sum(0)
    return np.asarray((rank_sum - n_with * (n_with + 1) / 2) / (n_with * n_without))


def concept_masks(concepts: Sequence[Concept], documents: Sequence[Document]) -> NDArray[np.bool_]:
    """Which texts have which concept, (n_concepts, n_texts)."""
    return np.array([[concept.matches(d) for d in documents] for concept in concepts])


def concept_aurocs(
    maxima: NDArray[np.float32], concepts: Sequence[Concept], documents: Sequence[Document]
) -> NDArray[np.float64]:
    """AUROC of every latent for every concept, (n_concepts, d_sae)."""
    ranks = rankdata(maxima, axis=0)
    return np.array([auroc_of_ranks(ranks, mask) for mask in concept_masks(concepts, documents)])
