"""The sources of a build: what they must have in common, and their dictionaries, loaded and checked."""

from collections.abc import Iterable

import torch

from app.db.queries import SourceInfo
from app.errors import InvalidRequest
from models.active import encode_active
from models.build_pass import BuildPass, counted
from models.corpus import Corpus, PromptShape, prompts
from models.dictionary import Dictionary
from models.errors import ContextMismatch, WeightsInvalid
from models.loading import load_dictionary
from models.sources import SourceSpec


def common_shape(sources: Iterable[SourceInfo], context: int | None) -> PromptShape:
    """How the corpus is cut for all of them; ``context`` tokens of a prompt, ``None``: as the SAEs were trained.

    Raises:
        InvalidRequest: they cannot share a pass.
        ContextMismatch: the model cannot read so many tokens.
    """
    sources = list(sources)
    facts = [source.facts for source in sources]
    if len({source.language_model_id for source in sources}) > 1:
        raise InvalidRequest("These sources belong to different models; build those of one model at a time.")
    if len({f.prepend_bos for f in facts}) > 1:
        raise InvalidRequest("Some of these SAEs want a BOS token and some do not; build them one after another.")
    chosen = context or min(f.context_size for f in facts)
    limit = facts[0].model.context_size
    if chosen > limit:
        raise ContextMismatch(f"--context {chosen} exceeds the model's context of {limit}; use {limit} or less.")
    return PromptShape(chosen, facts[0].prepend_bos)


def load_checked(source: SourceInfo, device: str) -> Dictionary:
    """The dictionary of a source; WeightsInvalid if its files are not those that were added."""
    facts = source.facts
    spec = SourceSpec(facts.model.location, facts.sae_location, facts.hook_name)
    dictionary = load_dictionary(spec, device=device)
    if facts.weights_hash != dictionary.facts.weights_hash:
        raise WeightsInvalid(
            f"The SAE of {source.slug} at {facts.sae_location} has changed since it was added; remove the source "
            "and add it again."
        )
    return dictionary


def first_l0(state: BuildPass, corpus: Corpus, shape: PromptShape) -> dict[str, float]:
    """Latents per token of every source on the first prompt: what the pass's memory is estimated from."""
    ids = next(prompts(corpus, state.model, shape))[None]
    keep = torch.from_numpy(counted(ids, state.uncounted))
    l0 = {}
    for slug, dictionary in state.dictionaries.items():
        states = state.model.run_to_hooks(torch.from_numpy(ids), [dictionary.hook_name])
        found = dictionary.read(states[dictionary.hook_name])
        h = found[keep.to(found.device)]
        l0[slug] = len(encode_active(dictionary, h).values) / max(1, len(h))
    return l0
