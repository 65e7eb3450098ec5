"""How well a description predicts a latent, judged by a model on texts that its author has not seen.

*Detection*: does the text fit the description? Texts in which the latent fires, the same number from every band, and
silent ones, a third of each kind. *Fuzzing*: are the marked tokens what the description means?
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from app.explain.answers import Answer
from app.explain.budget import Estimate, tokens_of
from app.explain.material import SILENT, Material
from app.explain.prompts import Message, detect_messages, fuzz_messages, verdicts_in
from models.statistics.verdicts import Interval, Rate, Stratum, balanced_accuracy, precision, weighted_rate

#: Texts in one question.
BATCH = 5
#: The rate of any scorer that does not look.
CHANCE = 0.5

Ask = Callable[[Sequence[Message]], Awaitable[Answer]]
Item = TypeVar("Item")


@dataclass
class Tally:
    """Verdicts as they come in. ``yes`` and ``n`` by stratum; ``unread``: answers that said nothing readable."""

    yes: dict[str, int] = field(default_factory=dict)
    n: dict[str, int] = field(default_factory=dict)
    answers: int = 0
    unread: int = 0

    def add(self, name: str, verdict: bool) -> None:
        """One verdict on a text of a stratum."""
        self.n[name] = self.n.get(name, 0) + 1
        self.yes[name] = self.yes.get(name, 0) + verdict

    def rate(self, weights: Mapping[str, float]) -> Rate | None:
        """The share of yes over the strata that have a weight."""
        return weighted_rate(Stratum(k, self.n.get(k, 0), self.yes.get(k, 0), w) for k, w in weights.items())


@dataclass(frozen=True)
class Scores:
    """How a description did; None: not measured.

    ``recall``: of the texts in which the latent fires, the share judged to fit; ``false_alarms``: the same of silent
    ones; ``precision``: of the texts judged to fit, the share in which it fires, as often as it does in the corpus;
    ``detection``, ``fuzzing``: balanced accuracies. Of ``answers``, ``unread`` could not be read.
    """

    n: int
    recall: Rate | None
    false_alarms: Rate | None
    precision: Interval | None
    detection: Interval | None
    fuzzing: Interval | None
    n_fuzzing: int
    firing: Rate
    by_stratum: Mapping[str, tuple[int, int]]  # yes and n
    answers: int
    unread: int

    @property
    def beats_chance(self) -> bool | None:
        """Whether detection is surely better than chance; None where it was not measured."""
        return None if self.detection is None else self.detection.low > CHANCE


async def score(description: str, material: Material, ask: Ask) -> Scores:
    """Ask about all texts of the material, several questions at once. Raises what ``ask`` raises."""
    detection, fuzzing = Tally(), Tally()
    try:
        async with asyncio.TaskGroup() as group:
            for texts in batches(material.judged):
                names = [text.stratum for text in texts]
                group.create_task(_judge(detection, names, detect_messages(description, texts), ask))
            for marked in batches(material.marked):
                names = ["right" if text.is_right else "wrong" for text in marked]
                group.create_task(_judge(fuzzing, names, fuzz_messages(description, marked), ask))
    except ExceptionGroup as failed:  # the others were cancelled
        raise failed.exceptions[0] from None
    return scores_of(material, detection, fuzzing)


def scores_of(material: Material, detection: Tally, fuzzing: Tally) -> Scores:
    """The figures of two tallies."""
    firing = {name: weight for name, weight in material.weights.items() if name not in SILENT}
    silent = {name: weight for name, weight in material.weights.items() if name in SILENT}
    recall, alarms = detection.rate(firing), detection.rate(silent)
    right, wrong = fuzzing.rate({"right": 1.0}), fuzzing.rate({"wrong": 1.0})
    return Scores(
        n=sum(detection.n.values()),
        recall=recall,
        false_alarms=alarms,
        precision=precision(recall, alarms, material.firing) if recall and alarms else None,
        detection=balanced_accuracy(recall, alarms) if recall and alarms else None,
        fuzzing=balanced_accuracy(right, wrong) if right and wrong else None,
        n_fuzzing=sum(fuzzing.n.values()),
        firing=material.firing,
        by_stratum={name: (detection.yes[name], n) for name, n in detection.n.items()},
        answers=detection.answers + fuzzing.answers,
        unread=detection.unread + fuzzing.unread,
    )


def questions(description: str, material: Material) -> list[list[Message]]:
    """Everything that ``score`` asks."""
    found = [detect_messages(description, texts) for texts in batches(material.judged)]
    return found + [fuzz_messages(description, texts) for texts in batches(material.marked)]


def estimate_of(asked: Sequence[Sequence[Message]], max_tokens: int) -> Estimate:
    """What these questions take at most."""
    return Estimate(len(asked), sum(tokens_of(messages) + max_tokens for messages in asked))


def batches(items: Sequence[Item]) -> list[Sequence[Item]]:
    """The items in questions of about equal size, at most ``BATCH`` each."""
    n = -(-len(items) // BATCH)
    return [items[place * len(items) // n : (place + 1) * len(items) // n] for place in range(n)]


async def _judge(tally: Tally, names: Sequence[str], messages: Sequence[Message], ask: Ask) -> None:
    answer = await ask(messages)
    tally.answers += 1
    verdicts = verdicts_in(answer.text, len(names))
    if verdicts is None:
        tally.unread += 1
        return
    for name, verdict in zip(names, verdicts, strict=True):
        tally.add(name, verdict)


def as_json(scores: Scores) -> dict[str, Any]:
    """What is kept of a test beside the figures that every label has."""
    measured = (("detection", scores.detection), ("fuzzing", scores.fuzzing), ("false_alarms", scores.false_alarms))
    kept: dict[str, Any] = {
        name: {"share": round(item.value, 4), "from": round(item.low, 4), "to": round(item.high, 4)}
        for name, item in measured
        if item is not None
    }
    kept["yes"] = {name: f"{yes} of {n}" for name, (yes, n) in scores.by_stratum.items()}
    return kept | {"unreadable": f"{scores.unread} of {scores.answers} answers"}
