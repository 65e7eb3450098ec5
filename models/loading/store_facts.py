"""What an SAE's metadata say of how its training texts were joined."""

from dataclasses import dataclass


@dataclass(frozen=True)
class TrainingStore:
    """What an SAE's metadata say of its store.

    ``separator``: ``bos``, ``eos``, ``sep``, ``none``, the id of a token, or ``None`` where nothing is said.
    ``concatenates``: whether documents were joined at all, or each gave one prompt if it was long enough.
    ``gives_bos``: whether a tokenizer without BOS had its EOS in that place.
    """

    separator: str | int | None = None
    concatenates: bool = True
    gives_bos: bool = True
