"""Data sets that are token ids already: a column ``input_ids`` or ``tokens``, one list of ids for a row.

A row of exactly the prompts' length that begins as prompts do (with BOS, if they have one) is a prompt as it stands.
All other rows are documents like any other.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from models.corpus.labels import Document
from models.errors import CorpusError

if TYPE_CHECKING:
    from models.running.language_model import LanguageModel

COLUMNS = ("input_ids", "tokens")
#: Ids of a row.
MAX_IDS = 1 << 22


def document_of_ids(row: Mapping[str, Any]) -> Document | None:
    """The ids of a row; None if it has none, or something else under their name."""
    found = next((row[name] for name in COLUMNS if row.get(name) is not None), None)
    if isinstance(found, np.ndarray):
        found = found.tolist()
    if not isinstance(found, list) or not 0 < len(found) <= MAX_IDS:
        return None
    # A truth is a whole number to Python.
    if not all(type(token_id) is int and 0 <= token_id < 1 << 31 for token_id in found):
        return None
    labels = {name: value for name, value in row.items() if name not in COLUMNS}
    return Document("", labels, token_ids=np.array(found, dtype=np.int64))


def checked_ids(ids: NDArray[np.int64], model: "LanguageModel", name: str) -> NDArray[np.int64]:
    """The ids; CorpusError if the model has not all of them."""
    largest = int(ids.max(initial=-1))
    if largest >= model.facts.vocab_size:
        raise CorpusError(
            f"The corpus {name} has the token id {largest:,}, and {model.facts.name} has {model.facts.vocab_size:,} "
            "tokens; it was tokenised for another model: give its texts instead."
        )
    return ids


def is_prompt(ids: NDArray[np.int64], context_size: int, head: NDArray[np.int64]) -> bool:
    """Whether the row is a prompt as it stands."""
    return len(ids) == context_size and bool((ids[: len(head)] == head).all())
