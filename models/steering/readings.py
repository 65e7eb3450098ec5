"""The unsteered model reads finished texts, many in one pass: surprise, order, repetition, what it sees of terms."""

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from models.running.dictionary import Dictionary
from models.running.hook_map import attach
from models.running.language_model import LanguageModel
from models.running.pace import result_of
from models.steering.coherence import SHUFFLES, TextMeasure, drift, measure, order_share, peak_nll, shuffled
from models.steering.terms import LatentSubject, SteerTerm

#: Tokens of one pass at most.
_TOKENS_AT_ONCE = 8192
#: Of a longer prompt the model reads the end: a text's last tokens hardly depend on what lies further back.
PROMPT_TOKENS = 192

_ORDINARY = "The weather was fine, and we went for a long walk by the river before dinner."
_EVEN_NLL: WeakKeyDictionary[LanguageModel, float] = WeakKeyDictionary()

Text = tuple[tuple[int, ...], tuple[int, ...]]


@dataclass(frozen=True)
class Reading:
    """Of one text's generated tokens: the measures, and of every term the effect in multiples of its unit.

    An effect is mean a_i / M_i of a latent, mean h·v̂ / ‖v‖ of a vector; ``None`` where there is no unit or no token.
    """

    measure: TextMeasure
    effects: tuple[float | None, ...] = ()

    @property
    def effect(self) -> float | None:
        """Of the first term; ``None`` where there is none."""
        return self.effects[0] if self.effects else None


def read_texts(
    model: LanguageModel,
    dictionaries: Mapping[str, Dictionary],
    texts: Sequence[Text],
    terms: Sequence[SteerTerm] = (),
    shuffles: int = SHUFFLES,
) -> list[Reading]:
    """``reading_steps`` in one go."""
    return result_of(reading_steps(model, dictionaries, texts, terms, shuffles))


@torch.inference_mode()
def reading_steps(
    model: LanguageModel,
    dictionaries: Mapping[str, Dictionary],
    texts: Sequence[Text],
    terms: Sequence[SteerTerm] = (),
    shuffles: int = SHUFFLES,
    own_logprobs: Sequence[Sequence[float]] | None = None,
) -> Generator[None, None, list[Reading]]:
    """Read (prompt, generated) texts without steering, in steps of one pass; in any batch the same as alone.

    ``shuffles``: how many copies of each text with its words in another order are read as well; with none,
    ``order_share`` is not measured. ``own_logprobs``: what each text's own writer gave its tokens, from which comes
    ``drift``. Of a prompt its last ``PROMPT_TOKENS`` tokens are read.
    """
    texts = [(prompt[-PROMPT_TOKENS:], generated) for prompt, generated in texts]
    found = yield from _readings(model, texts, _Effects(dictionaries, terms), own_logprobs)
    if not shuffles:
        return found
    mixed = [
        (prompt, shuffled(generated, model.token_strings(generated), seed))
        for prompt, generated in texts
        for seed in range(shuffles)
    ]
    others = yield from _readings(model, mixed, _Effects({}, ()))
    for n, reading in enumerate(found):
        surprises = [other.measure.base_nll for other in others[n * shuffles : (n + 1) * shuffles]]
        share = order_share(reading.measure.base_nll, surprises, len(texts[n][1]))
        found[n] = replace(reading, measure=replace(reading.measure, order_share=share))
    return found


def even_nll(model: LanguageModel) -> float:
    """Mean of −ln p over a whole vocabulary, in nats: what a token drawn evenly from it costs in an ordinary text."""
    if model not in _EVEN_NLL:
        bos = [] if model.bos_token_id is None else [model.bos_token_id]
        ids = [*bos, *model.tokenize(_ORDINARY)][: model.facts.context_size]
        _EVEN_NLL[model] = float(-model.logits(torch.tensor([ids]))[0].float().log_softmax(-1).mean())
    return _EVEN_NLL[model]


def longest_of(texts: Sequence[Text], batch: Sequence[int]) -> int:
    """Tokens of the longest of some texts."""
    return max(len(texts[n][0]) + len(texts[n][1]) for n in batch)


class _Effects:
    """What the unsteered model sees of some terms."""

    def __init__(self, dictionaries: Mapping[str, Dictionary], terms: Sequence[SteerTerm]) -> None:
        self.dictionaries, self.terms = dictionaries, terms
        self._hook_of = [self._hook(term) for term in terms]

    @property
    def hooks(self) -> list[str]:
        """Where activations are wanted."""
        return list(dict.fromkeys(self._hook_of))

    def states(self, seen: Mapping[str, Tensor]) -> list[Tensor]:
        """For every term what its subject reads of whole texts, (rows, pos, width), from the hooks' activations."""
        read = {
            term.subject.source: self.dictionaries[term.subject.source].read(seen[hook])
            for term, hook in zip(self.terms, self._hook_of, strict=True)
            if isinstance(term.subject, LatentSubject)
        }
        return [
            read[term.subject.source] if isinstance(term.subject, LatentSubject) else seen[hook]
            for term, hook in zip(self.terms, self._hook_of, strict=True)
        ]

    def of(self, states: Sequence[Tensor], row: int, tokens: slice) -> tuple[float | None, ...]:
        """Of the tokens of one row, in each subject's unit."""
        return tuple(self._effect(term, h[row, tokens]) for term, h in zip(self.terms, states, strict=True))

    def _hook(self, term: SteerTerm) -> str:
        subject = term.subject
        return self.dictionaries[subject.source].hook_name if isinstance(subject, LatentSubject) else subject.hook_name

    def _effect(self, term: SteerTerm, h: Tensor) -> float | None:
        subject = term.subject
        if not len(h):
            return None
        if isinstance(subject, LatentSubject):
            if not subject.maximum:
                return None
            return float(self.dictionaries[subject.source].one_latent(h, subject.index).mean()) / subject.maximum
        v = torch.tensor(subject.values, dtype=torch.float32, device=h.device)
        return float((h.float() @ v).mean() / v.square().sum())


def _readings(
    model: LanguageModel,
    texts: Sequence[Text],
    effects: _Effects,
    own: Sequence[Sequence[float]] | None = None,
) -> Generator[None, None, list[Reading]]:
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
            found |= _read(model, texts, batch, effects, own)
        yield
    return [found[n] for n in range(len(texts))]


def _read(
    model: LanguageModel,
    texts: Sequence[Text],
    batch: Sequence[int],
    effects: _Effects,
    own: Sequence[Sequence[float]] | None,
) -> dict[int, Reading]:
    whole = [[*texts[n][0], *texts[n][1]] for n in batch]
    width = max(len(ids) for ids in whole)
    ids = torch.tensor([[*row, *[0] * (width - len(row))] for row in whole])  # later tokens never change earlier ones
    seen: dict[str, Tensor] = {}

    def keep(hook: str) -> Callable[[Tensor], None]:
        def put(h: Tensor) -> None:
            seen[hook] = h

        return put

    with model.lock, ExitStack() as stack:
        for hook in effects.hooks:
            stack.callback(attach(model.model, model.tap(hook), keep(hook)).remove)
        nll = model.token_nll(ids).cpu()
    model.require_finite(nll, "when it reads a text")
    states = effects.states(seen)
    even = even_nll(model)
    found = {}
    for place, n in enumerate(batch):
        prompt, generated = texts[n]
        first, end = len(prompt), len(prompt) + len(generated)
        losses = nll[place, first - 1 : end - 1].tolist()
        logprobs = [-loss for loss in losses]
        peak = peak_nll(logprobs)
        measured = replace(
            measure(generated, logprobs),
            peak_share=None if peak is None else peak / even,
            drift=None if own is None else drift(own[n], logprobs),
        )
        found[n] = Reading(measured, effects.of(states, place, slice(first, end)))
    return found
