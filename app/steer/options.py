"""How tokens are chosen: the limits of a request, without torch."""

from dataclasses import dataclass

from app.errors import InvalidRequest, number_text

#: The ends of what each option can be.
RANGES: dict[str, tuple[int, int]] = {
    "temperature": (0, 10),
    "top_p": (0, 1),
    "frequency_penalty": (-10, 10),
    "seed": (0, (1 << 63) - 1),
    "alternatives": (0, 100),
}


def check_option(name: str, value: float) -> None:
    """Raise InvalidRequest unless the value lies in the option's range."""
    low, high = RANGES[name]
    if not low <= value <= high:  # no comparison holds for NaN
        raise InvalidRequest(f"{name} is a number from {low} to {high}, not {number_text(value)}.")


@dataclass(frozen=True)
class Options:
    """How tokens are chosen; the same names and meanings as ``models.running.sampling.Sampling``, without torch."""

    max_new_tokens: int = 64
    temperature: float = 1.0
    top_p: float = 1.0
    frequency_penalty: float = 0.0
    seed: int = 0
    stop_at_eos: bool = True
    alternatives: int = 5

    def check(self, max_new_tokens: int) -> None:
        """Raise InvalidRequest for the first value outside its range."""
        if not 1 <= self.max_new_tokens <= max_new_tokens:
            raise InvalidRequest(
                f"max_new_tokens is a number of tokens from 1 to {max_new_tokens} (PERISCOPE_MAX_NEW_TOKENS), not "
                f"{number_text(self.max_new_tokens)}."
            )
        for name in RANGES:
            check_option(name, getattr(self, name))
        if self.top_p == 0:
            raise InvalidRequest("top_p 0 leaves no token to choose; use a value above 0, or temperature 0.")
