"""A contrast vector from two lists of prompts, with what it promotes and the latents that lie along it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from app.engine import Loaded, RowsJob, SourceKey
from app.jobs.costs import forward_bytes, most_tokens
from app.jobs.reading import Limits, TextInput, tokens_of
from models.errors import PeriscopeModelError

if TYPE_CHECKING:
    from models.records import Neighbour
    from models.vectors import ContrastVector

#: Prompts of one forward pass (models.vectors).
ROWS = 32


@dataclass(frozen=True, eq=False)
class Made:
    """The result. ``promoted`` and ``suppressed`` are ``None`` where the hook has no direct path to the logits."""

    vector: "ContrastVector"
    promoted: tuple[tuple[str, float], ...] | None
    suppressed: tuple[tuple[str, float], ...] | None
    nearest: "Mapping[str, Sequence[Neighbour]]"  # slug -> latents


@dataclass(frozen=True)
class VectorJob(RowsJob):
    """The difference of the means of two lists; the result is ``Made``."""

    max_batch: ClassVar[int] = 1

    model: str
    sources: tuple[SourceKey, ...]
    positive: tuple[TextInput, ...]
    negative: tuple[TextInput, ...]
    hook_name: str
    positions: str
    prepend_bos: bool
    limits: Limits

    def cost(self) -> int:
        """One pass over 32 of the longest prompts, and the effects on all logits."""
        lengths = [most_tokens(p.characters(), self.limits.max_tokens) for p in (*self.positive, *self.negative)]
        longest = min(max(lengths), self.limits.max_tokens)
        return forward_bytes(ROWS * longest, self.limits.d_model) + 8 * self.limits.vocab_size * 4

    @classmethod
    def run_batch(cls, loaded: Loaded, jobs: Sequence["VectorJob"]) -> Sequence[Any]:
        """One vector, or the reason why there is none, per job."""
        return [job._made(loaded) for job in jobs]

    def _made(self, loaded: Loaded) -> Made | PeriscopeModelError:
        from models.vectors import contrast_vector, nearest_latents, promoted_tokens

        def ids(prompt: TextInput) -> tuple[int, ...]:
            return tokens_of(loaded, prompt, self.prepend_bos, self.limits.max_tokens).ids

        try:
            positive, negative = ([ids(p) for p in prompts] for prompts in (self.positive, self.negative))
            vector = contrast_vector(loaded.model, positive, negative, self.hook_name, self.positions)
            dictionaries = {source.slug: loaded.dictionary(source) for source in self.sources}
            nearest = {
                slug: nearest_latents(dictionary, vector.values)
                for slug, dictionary in dictionaries.items()
                if dictionary.d_out == len(vector.values)
            }
            effects = promoted_tokens(loaded.model, vector.values, self.hook_name)
        except PeriscopeModelError as error:
            return error
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
