"""A model with the dictionaries that were asked for, as its worker's thread holds them."""

import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

from app.engine.memory import Reservation
from app.engine.source_key import SourceKey
from models.loading.formats.tensor_files import SUFFIXES
from models.sources import SourceSpec, local_sae

if TYPE_CHECKING:
    from models.running.dictionary import Dictionary
    from models.running.language_model import LanguageModel

#: Takes so many bytes from the budget, making room if need be. Raises an error with a sentence if it cannot.
Reserve = Callable[[int], Reservation]

#: transformers and SAELens change settings of the whole process while they load, so one thread loads at a time.
_LOADING = threading.Lock()


class Loaded:
    """The weights of one model and of the dictionaries in use. Belongs to one thread."""

    def __init__(self, location: str, device: str, dtype: str, reserve: Reserve) -> None:
        """Load the model.

        Raises:
            SourceError: one of its kinds, with a sentence that says what to do.
            Overloaded: the memory does not suffice now.
        """
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # read when torch is first imported
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        self._reserve = reserve
        self._dictionaries: OrderedDict[SourceKey, tuple[Any, Reservation]] = OrderedDict()
        self.reservation = reserve(files_bytes(location))
        try:
            from models.loading.opening import load_language_model
            from models.running.fast_linear import use_fast_linears

            with _LOADING:
                self.model: LanguageModel = load_language_model(location, device, dtype)
                use_fast_linears(self.model.model)
            actual = sum(p.numel() * p.element_size() for p in self.model.model.parameters())
            if actual > self.reservation.bytes:
                self.reservation.release()
                self.reservation = reserve(actual)
        except BaseException:
            self.reservation.release()
            raise

    @property
    def bytes(self) -> int:
        """What the weights take."""
        return self.reservation.bytes + sum(reservation.bytes for _, reservation in list(self._dictionaries.values()))

    @property
    def slugs(self) -> tuple[str, ...]:
        """The sources whose dictionaries are in memory."""
        return tuple(key.slug for key in list(self._dictionaries))

    def dictionary(self, key: SourceKey) -> "Dictionary":
        """The dictionary of a source, loaded at its first use.

        Raises:
            SourceError: it cannot be loaded, or has changed since the source was added.
            Overloaded: the memory does not suffice now.
        """
        if key in self._dictionaries:
            self._dictionaries.move_to_end(key)
            return self._dictionaries[key][0]  # type: ignore[no-any-return]
        reservation = self._reserve(files_bytes(key.sae))
        try:
            dictionary = self._load(key)
        except BaseException:
            reservation.release()
            raise
        self._dictionaries[key] = (dictionary, reservation)
        return dictionary

    def _load(self, key: SourceKey) -> "Dictionary":
        from models.errors import WeightsInvalid
        from models.loading.opening import load_dictionary

        spec = SourceSpec(key.model, key.sae, key.hook_name)
        with _LOADING:
            dictionary = load_dictionary(spec, device=str(self.model.device))
        if dictionary.facts.weights_hash != key.weights_hash:
            raise WeightsInvalid(
                f"The SAE of {key.slug} at {key.sae} has changed since it was added; remove the source and add it "
                "again."
            )
        return dictionary

    def drop_unused(self, in_use: Collection[SourceKey]) -> bool:
        """Give up the least recently used dictionary that no running job needs; whether there was one."""
        for key in self._dictionaries:
            if key not in in_use:
                _, reservation = self._dictionaries.pop(key)
                reservation.release()
                return True
        return False

    def release(self) -> None:
        """Give everything back; the object is of no use afterwards."""
        while self.drop_unused(()):
            pass
        self.reservation.release()


def files_bytes(location: str) -> int:
    """Bytes of the weights of a local folder or file; 0 for a hub name, whose size shows once it is loaded."""
    local = local_sae(location)
    if local is None:
        return 0
    if local.path.is_file():
        return local.path.stat().st_size
    files = [*local.path.glob("*"), *local.path.glob("checkpoints/*")]
    return sum(path.stat().st_size for path in files if path.suffix in SUFFIXES and path.is_file())


def free_bytes(device: str) -> int:
    """Bytes that models and their work may take: four fifths of what the device has free now."""
    import torch

    from models.building.memory import available_memory
    from models.loading.load_model import resolve_device

    chosen = resolve_device(device)
    free = torch.cuda.mem_get_info(chosen)[0] if chosen.type == "cuda" else available_memory()
    return int(0.8 * free)
