"""Which dictionary a job needs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SourceKey:
    """Which dictionary, exactly: another hash is another dictionary, whatever the name."""

    slug: str
    model: str  # location
    sae: str  # location
    hook_name: str
    weights_hash: str
    prepend_bos: bool
    context_size: int  # tokens the dictionary was trained on at once
    d_sae: int
