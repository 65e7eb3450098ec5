"""A contrast vector from two lists of prompts, with what it promotes and the latents that lie along it."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.engine.costs import forward_bytes, most_tokens
from app.engine.job import SoloJob
from app.engine.loaded import Loaded
from app.engine.source_key import SourceKey
from app.engine.texts import Limits, TextInput, TextJob

if TYPE_CHECKING:
    from models.records import Neighbour
    from models.steering.vectors import ContrastVector

#: Tokens of one forward pass (models.running.microscope), unless one prompt has more.
PASS_TOKENS = 8192


@dataclass(frozen=True, eq=False)
class Made:
    """The result. ``promoted`` and ``suppressed`` are ``None`` where the hook has no direct path to the logits."""

    vector: "ContrastVector"
    promoted: tuple[tuple[str, float], ...] | None
    suppressed: tuple[tuple[str, float], ...] | None
    nearest: "Mapping[str, Sequence[Neighbour]]"  # slug -> latents


@dataclass(frozen=True)
class VectorJob(TextJob, SoloJob):
    """The difference of the means of two lists; the result is ``Made``."""

    model: str
    sources: tuple[SourceKey, ...]
    positive: tuple[TextInput, ...]
    negative: tuple[TextInput, ...]
    hook_name: str
    positions: str
    prepend_bos: bool
    limits: Limits

    def texts(self) -> Sequence[TextInput]:
        """Both lists."""
        return (*self.positive, *self.negative)

    def cost(self) -> int:
        """One pass over prompts, and the effects on all logits."""
        longest = max(most_tokens(text.characters(), self.limits.max_tokens) for text in self.texts())
        tokens = max(longest, min(PASS_TOKENS, self.most_tokens()))
        return forward_bytes(tokens, self.limits.d_model) + 8 * self.limits.vocab_size * 4

    def steps(self, loaded: Loaded) -> Generator[None, None, Made]:
        """Some prompts, then each source, then the logits."""
        from models.steering.vectors import contrast_steps, nearest_steps, promoted_tokens

        prompts = yield from self.tokens(loaded, self.prepend_bos)
        yield
        ids = [prompt.ids for prompt in prompts]
        n = len(self.positive)
        vector = yield from contrast_steps(loaded.model, ids[:n], ids[n:], self.hook_name, self.positions)
        nearest = {}
        for source in self.sources:
            yield
            dictionary = loaded.dictionary(source)
            if dictionary.d_out == len(vector.values):
                nearest[source.slug] = yield from nearest_steps(dictionary, vector.values)
        yield
        effects = promoted_tokens(loaded.model, vector.values, self.hook_name)
        strings = loaded.model.token_strings
        sides: list[Any] = [None, None]
        if effects is not None:
            for place, (tokens, values) in enumerate(_sides(effects)):
                sides[place] = tuple((strings([i])[0], v) for i, v in zip(tokens, values, strict=True))
        return Made(vector, sides[0], sides[1], nearest)


def _sides(effects: Any) -> list[tuple[list[int], list[float]]]:
    return [
        (effects.promoted_ids[0].tolist(), effects.promoted_values[0].tolist()),
        (effects.suppressed_ids[0].tolist(), effects.suppressed_values[0].tolist()),
    ]
