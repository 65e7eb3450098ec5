"""Read windows of a corpus for explanations: what fires in prompts that are known by their token ids."""

from collections.abc import Collection, Generator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.engine.costs import encode_bytes, forward_bytes
from app.engine.job import SoloJob
from app.engine.loaded import Loaded
from app.engine.source_key import SourceKey
from models.records import IntArray

if TYPE_CHECKING:
    from models.corpus.windows import Windows

#: Tokens of one forward pass at most (``models.running.microscope.PASS_TOKENS``), and bytes kept of each token that is
#: read.
PASS_TOKENS, KEPT_BYTES = 8192, 4096


@dataclass(frozen=True)
class WindowsRead:
    """Event: so many of the prompts have been read."""

    done: int
    total: int


@dataclass(frozen=True, eq=False)
class WindowsJob(SoloJob):
    """The arguments of ``models.corpus.window_pass.window_steps``; the result is its ``Windows``."""

    model: str
    source: SourceKey
    prompts: Mapping[int, IntArray]
    spread: Collection[int]
    chosen: Collection[int]
    width: int
    d_model: int

    @property
    def sources(self) -> tuple[SourceKey, ...]:  # type: ignore[override]
        """The one source."""
        return (self.source,)

    def cost(self) -> int:
        """One pass, the encoder, and the pairs that are kept."""
        tokens = sum(len(ids) for ids in self.prompts.values())
        return forward_bytes(min(tokens, PASS_TOKENS), self.d_model) + encode_bytes(self.sources) + tokens * KEPT_BYTES

    def steps(self, loaded: Loaded) -> "Generator[WindowsRead, None, Windows]":
        """The reading, in steps."""
        from models.corpus.window_pass import window_steps

        steps = window_steps(
            loaded.model,
            loaded.dictionary(self.source),
            self.prompts,
            spread=self.spread,
            chosen=self.chosen,
            width=self.width,
        )
        while True:
            try:
                yield WindowsRead(*next(steps))
            except StopIteration as end:
                windows: Windows = end.value
                return windows
