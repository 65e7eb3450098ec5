"""What one model's worker remembers of unsteered texts, so that a moved slider does not write them again."""

from collections import OrderedDict
from weakref import WeakKeyDictionary

from app.engine.loaded import Loaded
from app.steer.options import Options
from app.steer.results import Side

#: Unsteered texts that are remembered per model, and bytes of their prompts' caches.
REMEMBERED, PROMPT_BYTES = 64, 64 << 20


class Remembered:
    """What one model's worker keeps of unsteered texts; only its thread touches it."""

    def __init__(self) -> None:
        from models.running.prefill import PromptMemory

        self.prompts: PromptMemory = PromptMemory(PROMPT_BYTES)
        self._texts: OrderedDict[tuple[tuple[int, ...], Options], Side] = OrderedDict()

    def get(self, prompt: tuple[int, ...], options: Options) -> Side | None:
        """The unsteered text that this sampling writes after this prompt, if it was written before."""
        found = self._texts.get((prompt, options))
        if found is not None:
            self._texts.move_to_end((prompt, options))
        return found

    def put(self, prompt: tuple[int, ...], options: Options, side: Side) -> None:
        """Remember a finished text; the ones not used for longest go."""
        self._texts[prompt, options] = side
        while len(self._texts) > REMEMBERED:
            self._texts.popitem(last=False)


_REMEMBERED: "WeakKeyDictionary[Loaded, Remembered]" = WeakKeyDictionary()


def remembered_by(loaded: Loaded) -> Remembered:
    """The memory of these weights."""
    found = _REMEMBERED.get(loaded)
    if found is None:
        found = _REMEMBERED[loaded] = Remembered()
    return found
