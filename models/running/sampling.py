"""One token from a row of logits: penalty, temperature, nucleus, and a draw that depends on nothing but the seed.

1. Frequency penalty: logits of a token drop by penalty × how often this row has generated it so far.
2. Temperature 0 takes the largest logit. Otherwise p = softmax(logits / temperature).
3. Top-p keeps the fewest most probable tokens whose probabilities reach p together (Holtzman et al. 2020,
   arXiv 1904.09751), at least one.
4. The draw is an exponential race: argmax p_t / E_t with E_t from the row's own generator (the Gumbel-max trick). Two
   rows with one seed use the same E, so texts under similar distributions stay the same as long as they can: what
   differs between baseline and steered text is due to steering, not to luck. And a row draws the same numbers whatever
   else is in its batch.
"""

import math
from collections import Counter
from dataclasses import dataclass

import torch
from torch import Tensor

from models.errors import SteeringError

#: The nucleus is looked for among this many tokens first; sorting a whole vocabulary is slow.
_LIKELY = (64, 1024)


@dataclass(frozen=True)
class Sampling:
    """How tokens are chosen. ``alternatives``: how many of the likeliest tokens each event names."""

    max_new_tokens: int = 64
    temperature: float = 1.0
    top_p: float = 1.0
    frequency_penalty: float = 0.0
    seed: int = 0
    stop_at_eos: bool = True
    alternatives: int = 5

    def check(self) -> None:
        """Refuse values outside their range.

        Raises:
            SteeringError: naming the value and the range.
        """
        for name, value, low, high in (
            ("max_new_tokens", self.max_new_tokens, 1, 1 << 20),
            ("temperature", self.temperature, 0, 10),
            ("top_p", self.top_p, 0, 1),
            ("frequency_penalty", self.frequency_penalty, -10, 10),
            ("seed", self.seed, 0, (1 << 63) - 1),
            ("alternatives", self.alternatives, 0, 100),
        ):
            if not (math.isfinite(value) and low <= value <= high):
                raise SteeringError(f"{name} {value:g} is outside {low:g} to {high:g}.")
        if self.top_p == 0:
            raise SteeringError("top_p 0 leaves no token to choose; use a value above 0, or temperature 0.")


class Chooser:
    """The state of one row: its generator and what it has generated."""

    def __init__(self, sampling: Sampling, device: torch.device) -> None:
        self.sampling = sampling
        self._seen: Counter[int] = Counter()
        self._generator = torch.Generator(device)
        self._generator.manual_seed(sampling.seed)

    @torch.inference_mode()
    def choose(self, logits: Tensor) -> int:
        """The next token for logits (vocab,) in float32."""
        sampling = self.sampling
        if sampling.frequency_penalty and self._seen:
            seen = torch.tensor(list(self._seen), device=logits.device)
            counts = torch.tensor(list(self._seen.values()), device=logits.device, dtype=logits.dtype)
            logits = logits.index_add(0, seen, -sampling.frequency_penalty * counts)
        token = int(logits.argmax()) if sampling.temperature == 0 else self._draw(logits)
        if sampling.frequency_penalty:
            self._seen[token] += 1
        return token

    def _draw(self, logits: Tensor) -> int:
        p = torch.softmax(logits / self.sampling.temperature, dim=-1)
        if self.sampling.top_p < 1:
            p = nucleus(p, self.sampling.top_p)
        # −ln of a uniform number is exponential, and quicker than torch's own exponential draw.
        uniform = torch.rand(len(p), generator=self._generator, device=p.device)
        return int((p / -uniform.log()).argmax())


def is_number(logits: Tensor) -> Tensor:
    """Of each row of logits (rows, vocab), whether a token can be chosen by it: no NaN, no infinity; (rows,)."""
    return logits.amax(-1).isfinite()  # minus infinity rules a token out, which some models mean


def nucleus(p: Tensor, top_p: float) -> Tensor:
    """``p`` (vocab,) with everything outside the nucleus set to 0 (not normalised again)."""
    for n in _LIKELY:
        if n >= len(p):
            break
        values, places = p.topk(n)
        total = values.cumsum(0)
        if float(total[-1]) >= top_p:
            return _kept(p, values, places, total - values < top_p)
    values, places = p.sort(descending=True)
    return _kept(p, values, places, values.cumsum(0) - values < top_p)


def _kept(p: Tensor, values: Tensor, places: Tensor, kept: Tensor) -> Tensor:
    return torch.zeros_like(p).scatter_(0, places[kept], values[kept])
