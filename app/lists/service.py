"""Long lists, a page at a time: the labels of a latent, the mixes, the vectors."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.db.queries.mixes import count_mixes, mix_names
from app.db.queries.sources import source_by_slug
from app.db.queries.texts import count_explanations, explanations
from app.db.queries.vectors import NEWEST_FIRST, count_vectors, some_vectors
from app.errors import NotFound, UnknownLatent
from app.labels.service import said_of
from app.lists.views import ListedItem, ListView
from app.text.block_views import Crumb, PageLink
from app.text.formats import count, moment
from app.text.tokens import plain

#: Entries of a page.
PAGE = 50
#: No list has as many pages.
MAX_PAGE = 1_000_000


def labels_list(session: Session, slug: str, index: int, page: int) -> ListView:
    """What a latent was called, newest first."""
    source = source_by_slug(session, slug)
    if not 0 <= index < source.facts.d_sae:
        raise UnknownLatent(slug, index, source.facts.d_sae)
    href = f"/sources/{slug}/latents/{index}"
    total = count_explanations(session, source, index)
    found = explanations(session, source, index, PAGE, PAGE * (page - 1))
    items = [ListedItem(plain(item.text), "", said_of(item)) for item in found]
    crumbs = (Crumb("Sources", "/"), Crumb(slug, f"/sources/{slug}"), Crumb(f"Latent {index}", href))
    return _view(f"Labels of latent {index}", crumbs, items, total, page, f"{href}/labels", "Nobody named this latent.")


def mixes_list(session: Session, page: int) -> ListView:
    """The saved mixes, by name."""
    found = mix_names(session, PAGE, PAGE * (page - 1))
    items = [
        ListedItem(plain(item.name), f"/steer?mix={item.id}", f"{plain(item.model)}, {moment(item.created)}")
        for item in found
    ]
    empty = "A mix of sliders is saved on the Steer page."
    return _view("Mixes", (Crumb("Steer", "/steer"),), items, count_mixes(session), page, "/mixes", empty)


def vectors_list(session: Session, page: int) -> ListView:
    """The saved vectors, newest first."""
    found = some_vectors(session, PAGE, PAGE * (page - 1), NEWEST_FIRST)
    items = [
        ListedItem(
            plain(item.name),
            f"/vectors?vector={item.id}",
            f"{plain(item.model)}, {plain(item.hook_name)}, {moment(item.created)}",
        )
        for item in found
    ]
    empty = "A vector is made and saved on the Vectors page."
    crumbs = (Crumb("Vectors", "/vectors"),)
    return _view("Saved vectors", crumbs, items, count_vectors(session), page, "/vectors/saved", empty)


def _view(
    title: str, crumbs: tuple[Crumb, ...], items: Sequence[ListedItem], total: int, page: int, href: str, empty: str
) -> ListView:
    """Raises NotFound for a page after the last one."""
    last = max(1, -(-total // PAGE))
    if page > last:
        raise NotFound(f"This list has {count(last)} {'page' if last == 1 else 'pages'}; there is no page {page}.")
    first = PAGE * (page - 1) + 1
    shown = f"{count(first)} to {count(first + len(items) - 1)} of {count(total)}" if items else "0"
    pages = []
    if page > 1:
        pages.append(PageLink("Previous page", "prev", f"{href}?page={page - 1}", ""))
    if page < last:
        pages.append(PageLink("Next page", "next", f"{href}?page={page + 1}", ""))
    return ListView(title, crumbs, shown, tuple(items), empty, tuple(pages))
