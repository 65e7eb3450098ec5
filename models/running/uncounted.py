"""Tokens that no statistic counts."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from models.running.language_model import LanguageModel


def uncounted_ids(model: "LanguageModel", separator: int | None = None) -> NDArray[np.int64]:
    """Ids left out of every statistic: BOS, EOS, padding, and what else stands between documents."""
    ids = {model.bos_token_id, model.eos_token_id, getattr(model.tokenizer, "pad_token_id", None), separator}
    return np.array(sorted(i for i in ids if i is not None), dtype=np.int64)
