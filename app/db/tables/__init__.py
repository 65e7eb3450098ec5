"""The tables. Sizes are bytes, shares and densities lie in [0, 1], times are UTC; see docs/data-model.md.

Numbers that a page sorts by are columns; what is only shown with one latent is packed (``packing``).
``latent`` is kept narrow, because lists and searches run over it; what only the latent's own page shows is in
``latent_detail``.
"""

from app.db.tables.base import Base, Instant
from app.db.tables.builds import (
    CANCELLED,
    COMPLETE,
    FAILED,
    RUNNING,
    Build,
    BuildColumn,
    Example,
    Latent,
    LatentDetail,
    LatentsOfToken,
    Prompt,
)
from app.db.tables.search import SearchPosting, SearchWord
from app.db.tables.sources import LanguageModel, Source, Token
from app.db.tables.steering import Calibration, Explanation, Mix, Vector

__all__ = [
    "CANCELLED", "COMPLETE", "FAILED", "RUNNING", "Base", "Build", "BuildColumn", "Calibration", "Example",
    "Explanation", "Instant", "LanguageModel", "Latent", "LatentDetail", "LatentsOfToken", "Mix", "Prompt",
    "SearchPosting", "SearchWord", "Source", "Token", "Vector",
]  # fmt: skip
