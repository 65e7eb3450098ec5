"""The tables. Sizes are bytes, shares and densities lie in [0, 1], times are UTC; see docs/data-model.md.

Numbers that a page sorts by are columns; what is only shown with one latent is packed (``packing``).
``latent`` is kept narrow, because lists and searches run over it; what only the latent's own page shows is in
``latent_detail``.
"""

from app.db.tables import builds, search, sources, steering

#: Importing one of them brings all, so that the metadata is always whole.
MODULES = (builds, search, sources, steering)
