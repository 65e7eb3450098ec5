"""A language model explains a latent."""

from dataclasses import dataclass

from app.text.block_views import Crumb


@dataclass(frozen=True)
class ExplainView:
    """pages/explain.html and partials/_explain.html. ``state``: ready, running, done or error; ``said``: of it."""

    slug: str
    index: int
    href: str  # the latent's page
    crumbs: tuple[Crumb, ...]
    state: str
    said: str
    percent: int
    description: str
    figures: tuple[str, ...]
    sends: str  # what is sent where
    budget: str  # tokens
