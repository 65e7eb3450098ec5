"""A long list, a page at a time: earlier labels, mixes, vectors."""

from dataclasses import dataclass

from app.text.block_views import Crumb, PageLink


@dataclass(frozen=True)
class ListedItem:
    """An entry. ``href`` is empty where it leads nowhere; ``said`` stands below it."""

    text: str
    href: str
    said: str


@dataclass(frozen=True)
class ListView:
    """pages/list.html. ``range``: which entries of how many; ``empty`` says what is missing where there are none."""

    title: str
    crumbs: tuple[Crumb, ...]
    range: str
    items: tuple[ListedItem, ...]
    empty: str
    pages: tuple[PageLink, ...]
