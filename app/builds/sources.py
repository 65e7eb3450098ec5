"""The sources of a build: what they must have in common, and their dictionaries, loaded and checked."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import torch

from app.db.queries.answers import SourceInfo
from app.errors import InvalidRequest
from models.building.build_pass import BuildPass, counted
from models.corpus.prompts import Corpus, PromptShape, prompts
from models.corpus.training_store import separator_asked, separator_of
from models.errors import ContextMismatch, WeightsInvalid
from models.loading.opening import load_dictionary
from models.running.active import encode_active
from models.running.dictionary import Dictionary
from models.running.language_model import LanguageModel
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


def joined(
    shape: PromptShape, model: LanguageModel, dictionaries: Mapping[str, Dictionary], asked: str | None
) -> PromptShape:
    """The shape with what stands between documents: what ``--separator`` asks for, else as the SAEs were trained.

    Raises:
        InvalidRequest: they were trained in different ways.
        InputMismatch: the model has no such token.
    """
    stores = [dictionary.facts.store for dictionary in dictionaries.values()]
    separators = {separator_of(model, store) for store in stores} if asked is None else {separator_asked(model, asked)}
    if len(separators) > 1:
        raise InvalidRequest(
            "These SAEs were trained with different tokens between documents; build them one after another, or choose "
            "one with --separator."
        )
    if len({store.concatenates for store in stores}) > 1:
        raise InvalidRequest(
            "Some of these SAEs were trained on joined documents and some on single ones (disable_concat_sequences); "
            "build them one after another."
        )
    return replace(shape, separator=separators.pop(), concatenates=stores[0].concatenates)


def joined_sentence(shape: PromptShape, model: LanguageModel) -> str:
    """How documents are joined, for whoever builds."""
    if not shape.concatenates:
        return "Every document is cut to one prompt, as the SAE was trained; shorter ones are left out."
    if shape.separator is None:
        return "Documents are joined with nothing between them."
    return f"Documents are joined with {model.token_strings([shape.separator])[0]!r} between them."


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
