"""The unsteered model reads finished texts, many in one pass: surprise, repetition, and what it sees of a subject."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import torch
from torch import Tensor

from models.coherence import TextMeasure, measure
from models.dictionary import Dictionary
from models.hook_map import attach
from models.language_model import LanguageModel
from models.pace import result_of
from models.steer_terms import LatentSubject, SteerTerm

#: Tokens of one pass at most.
_TOKENS_AT_ONCE = 8192

Text = tuple[tuple[int, ...], tuple[int, ...]]


@dataclass(frozen=True)
class Reading:
    """Of one text's generated tokens: the measures, and the effect in multiples of the subject's unit.

    ``effect``: mean a_i / M_i of a latent, mean h·v̂ / ‖v‖ of a vector; ``None`` where there is no unit or no token.
    """

    measure: TextMeasure
    effect: float | None


def read_texts(
    model: LanguageModel, dictionaries: Mapping[str, Dictionary], texts: Sequence[Text], term: SteerTerm | None = None
) -> list[Reading]:
    """``reading_steps`` in one go."""
    return result_of(reading_steps(model, dictionaries, texts, term))


@torch.inference_mode()
def reading_steps(
    model: LanguageModel, dictionaries: Mapping[str, Dictionary], texts: Sequence[Text], term: SteerTerm | None = None
) -> Generator[None, None, list[Reading]]:
    """Read (prompt, generated) texts without steering, in steps of one pass; in any batch the same as alone."""
    order = sorted(range(len(texts)), key=lambda n: len(texts[n][0]) + len(texts[n][1]))
    found: dict[int, Reading] = {}
    pace = model.paces("read texts", most=_TOKENS_AT_ONCE)
    while len(found) < len(texts):
        batch: list[int] = []
        size = pace.size
        for n in order[len(found) :]:
            longest = len(texts[n][0]) + len(texts[n][1])
            if batch and longest * (len(batch) + 1) > size:
                break
            batch.append(n)
        with pace.timed(longest_of(texts, batch) * len(batch)):
            found |= _read(model, dictionaries, texts, batch, term)
        yield
    return [found[n] for n in range(len(texts))]


def longest_of(texts: Sequence[Text], batch: Sequence[int]) -> int:
    """Tokens of the longest of some texts."""
    return max(len(texts[n][0]) + len(texts[n][1]) for n in batch)


def _read(
    model: LanguageModel,
    dictionaries: Mapping[str, Dictionary],
    texts: Sequence[Text],
    batch: Sequence[int],
    term: SteerTerm | None,
) -> dict[int, Reading]:
    whole = [[*texts[n][0], *texts[n][1]] for n in batch]
    width = max(len(ids) for ids in whole)
    ids = torch.tensor([[*row, *[0] * (width - len(row))] for row in whole])  # later tokens never change earlier ones
    seen: dict[str, Tensor] = {}
    hook = _hook(dictionaries, term)

    with model.lock, ExitStack() as stack:
        if hook is not None:
            stack.callback(attach(model.model, model.tap(hook), lambda h: seen.update(h=h)).remove)
        nll = model.token_nll(ids).cpu()
    model.require_finite(nll, "when it reads a text")
    if "h" in seen and term is not None and isinstance(term.subject, LatentSubject):
        seen["h"] = dictionaries[term.subject.source].read(seen["h"])
    found = {}
    for place, n in enumerate(batch):
        prompt, generated = texts[n]
        losses = nll[place, len(prompt) - 1 : len(prompt) + len(generated) - 1].tolist()
        effect = None
        if term is not None and generated and "h" in seen:
            h = seen["h"][place, len(prompt) : len(prompt) + len(generated)]
            effect = _effect(dictionaries, term, h)
        found[n] = Reading(measure(generated, [-loss for loss in losses]), effect)
    return found


def _hook(dictionaries: Mapping[str, Dictionary], term: SteerTerm | None) -> str | None:
    if term is None:
        return None
    subject = term.subject
    return dictionaries[subject.source].hook_name if isinstance(subject, LatentSubject) else subject.hook_name


def _effect(dictionaries: Mapping[str, Dictionary], term: SteerTerm, h: Tensor) -> float | None:
    """The subject in activations h (n, width) of generated tokens, in its unit."""
    subject = term.subject
    if isinstance(subject, LatentSubject):
        if not subject.maximum:
            return None
        return float(dictionaries[subject.source].one_latent(h, subject.index).mean()) / subject.maximum
    v = torch.tensor(subject.values, dtype=torch.float32, device=h.device)
    return float((h.float() @ v).mean() / v.square().sum())
