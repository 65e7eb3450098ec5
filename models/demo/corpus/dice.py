"""Every random choice of the corpus generator, with its cost in nats.

The generator must state its own entropy, so that the loss of the language model trained on it can be read against a
floor. Each draw adds -ln p(choice) to :attr:`Dice.nats`; the sum over a text is the surprise of its derivation, and
its mean over texts is the entropy of the grammar (an upper bound for the entropy of the text: two derivations may
spell the same words).
"""

import math
import random
from collections.abc import Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """A seeded source of choices that adds up how surprising they were.

    ``Dice(seed)`` gives the same choices for the same seed on every machine. ``nats`` is the sum of -ln p so far.
    """

    def __init__(self, seed: int | str) -> None:
        self._random = random.Random(seed)
        self.nats = 0.0

    def choice(self, items: Sequence[T]) -> T:
        """One of ``items``, each equally likely."""
        self.nats += math.log(len(items))
        return items[self._random.randrange(len(items))]

    def weighted(self, options: Mapping[T, float]) -> T:
        """One key of ``options`` with probability proportional to its value."""
        total = sum(options.values())
        point = self._random.random() * total
        for key, weight in options.items():
            point -= weight
            if point < 0 and weight > 0:
                self.nats -= math.log(weight / total)
                return key
        key = next(k for k in reversed(list(options)) if options[k] > 0)
        self.nats -= math.log(options[key] / total)
        return key

    def chance(self, p: float) -> bool:
        """True with probability ``p``."""
        if p <= 0 or p >= 1:
            return p >= 1
        hit = self._random.random() < p
        self.nats -= math.log(p if hit else 1 - p)
        return hit

    def integer(self, low: int, high: int) -> int:
        """A whole number from ``low`` to ``high``, both included."""
        self.nats += math.log(high - low + 1)
        return self._random.randint(low, high)

    def sample(self, items: Sequence[T], k: int) -> list[T]:
        """``k`` different members of ``items`` (all of them, shuffled, if there are fewer), in random order."""
        k = min(k, len(items))
        self.nats += sum(math.log(len(items) - i) for i in range(k))
        return self._random.sample(list(items), k)
