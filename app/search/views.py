"""The Search page and the results below the box in the header."""

from dataclasses import dataclass

from app.text.block_views import Choice, Tab


@dataclass(frozen=True)
class MarkedPiece:
    """A piece of a text; marked where it answers the search."""

    text: str
    is_marked: bool


@dataclass(frozen=True)
class ReasonView:
    """A text of a latent that answers the search; ``name``: what kind of text it is."""

    name: str
    kind: str  # "label", "explanation", "example", "top_token" or "promoted"
    pieces: tuple[MarkedPiece, ...]


@dataclass(frozen=True)
class FoundLatentView:
    """A row of the results. ``status`` empty: nobody named it."""

    href: str
    title: str
    status: str
    kind: str  # class of the status's tag
    where: str
    reasons: tuple[ReasonView, ...]


@dataclass(frozen=True)
class SearchResults:
    """partials/_search_results.html and, short, _search_box.html."""

    q: str
    title: str  # how many were found; empty: nothing was looked for
    latents: tuple[FoundLatentView, ...]
    notes: tuple[str, ...]
    all_href: str  # the page with all of them
    describe_href: str  # contrast search, filled in; empty: something was found, or there is no such page


@dataclass(frozen=True)
class SourceChoice:
    """A source that can be searched alone."""

    slug: str
    about: str
    is_chosen: bool


@dataclass(frozen=True)
class SearchView:
    """pages/search.html."""

    q: str
    ways: tuple[Choice, ...]
    sources: tuple[SourceChoice, ...]
    refused: str  # why the search cannot be meant; empty: it can
    examples: tuple[Tab, ...]
    results: SearchResults
