"""The Search page and the results below the box in the header, from a search."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from sqlalchemy.orm import Session

from app.db.queries.sources import all_sources
from app.errors import InvalidRequest
from app.search.meanings import Meanings, NoMeaning
from app.search.service import MEANING, WORDS, FoundLatent, SearchFound, SearchQuery, search
from app.search.views import FoundLatentView, MarkedPiece, ReasonView, SearchResults, SearchView, SourceChoice
from app.search.why import Reason
from app.text.block_views import Choice, Tab
from app.text.formats import count
from app.text.tokens import plain

PATH, PART, BOX = "/search", "/parts/search", "/parts/search/box"
#: Rows of the page, and below the box in the header.
SHOWN, IN_BOX = 30, 6
#: Reasons of a row, on the page and in the box.
REASONS, REASONS_IN_BOX = 4, 1
WAYS = ((MEANING, "By meaning"), (WORDS, "By words"))
NAMES = {
    "label": "label",
    "explanation": "also called",
    "example": "fires in",
    "top_token": "fires on",
    "promoted": "promotes",
}
#: Status of a label -> what it is called, and the tag it stands in.
STATUS = {
    "guess": ("guess", ""),
    "tested": ("tested", "good"),
    "failed": ("test failed", "bad"),
    "causal": ("causally tested", "good"),
}
EXAMPLES = ("winter", "happy", "questions", "numbers", "French")
#: Sentences that differ in one thing, and other things to put there: what contrast search is filled in with.
SENTENCES = (
    "This text is about {}.",
    "Yesterday they talked about {} for an hour.",
    "She wrote a long letter about {} to her sister.",
    "I have never thought much about {} before.",
    "The whole story turns on {} and nothing else.",
    "Tell me something about {}, please.",
)
OTHERS = ("a wooden table", "shoes", "the colour grey", "a glass of water", "paper", "the corner")


@dataclass(frozen=True)
class PageQuery:
    """What the address asks for; ``by`` empty: by meaning where that is installed. ``source`` empty: all."""

    q: str = ""
    source: str = ""
    by: str = ""

    def link(self) -> str:
        """The address that restores it."""
        given = {"q": self.q, "sources": self.source, "by": self.by}
        return f"{PATH}?{urlencode({name: value for name, value in given.items() if value})}"

    def asked(self, by: str, limit: int) -> SearchQuery:
        """The search itself."""
        return SearchQuery(self.q.strip(), (self.source,) if self.source else (), by, limit)


def search_page(session: Session, meanings: Meanings, query: PageQuery, contrast_href: str) -> SearchView:
    """The page; ``contrast_href``: where contrast search is, empty if there is no such page."""
    results, refused, by = _results(session, meanings, query, contrast_href, SHOWN, REASONS)
    return SearchView(
        q=query.q,
        ways=tuple(Choice(value, text, value == by) for value, text in WAYS),
        sources=tuple(
            SourceChoice(source.slug, plain(source.facts.model.name), source.slug == query.source)
            for source in all_sources(session)
            if source.build is not None or source.slug == query.source
        ),
        refused=refused,
        examples=tuple(Tab(text, PageQuery(text).link(), "", False) for text in EXAMPLES if not query.q),
        results=results,
    )


def search_part(session: Session, meanings: Meanings, query: PageQuery, contrast_href: str) -> SearchResults:
    """The results alone. Raises what the search raises."""
    results, refused, _ = _results(session, meanings, query, contrast_href, SHOWN, REASONS)
    return replace(results, notes=(refused, *results.notes)) if refused else results


def search_box(session: Session, meanings: Meanings, query: PageQuery, contrast_href: str) -> SearchResults:
    """The first few, for the box in the header; what is missing is said on the page."""
    results, refused, _ = _results(session, meanings, query, contrast_href, IN_BOX, REASONS_IN_BOX)
    return replace(results, notes=(refused,) if refused else ())


def describe_href(contrast_href: str, text: str, source: str = "") -> str:
    """Contrast search with texts about something and texts like them about others."""
    fields = [("mode", "contrast")] + ([("source", source)] if source else [])
    fields += [
        ("with", "\n".join(sentence.format(text) for sentence in SENTENCES)),
        ("without", "\n".join(sentence.format(other) for sentence, other in zip(SENTENCES, OTHERS, strict=True))),
    ]
    return f"{contrast_href}?{urlencode(fields)}"


def _results(
    session: Session, meanings: Meanings, query: PageQuery, contrast_href: str, limit: int, n_reasons: int
) -> tuple[SearchResults, str, str]:
    """(results, why the search was refused, by which way it was done)."""
    by, missing = query.by or MEANING, ""
    try:
        found = search(session, meanings, query.asked(by, limit))
    except NoMeaning as error:
        if query.by:
            return _view(query, SearchFound((), ()), "", n_reasons), str(error), by
        missing, by = str(error), WORDS
        found = search(session, meanings, query.asked(by, limit))
    except InvalidRequest as error:
        return _view(query, SearchFound((), ()), "", n_reasons), str(error), by
    notes = (*found.notes, *((missing,) if missing else ()))
    return _view(query, replace(found, notes=notes), contrast_href, n_reasons), "", by


def _view(query: PageQuery, found: SearchFound, contrast_href: str, n_reasons: int) -> SearchResults:
    text = query.q.strip()
    n = len(found.latents)
    title = (
        "" if not text else "Nothing found" if not n else f"{count(n)} {'latent' if n == 1 else 'latents'}, best first"
    )
    can_describe = text and contrast_href and not n
    return SearchResults(
        q=text,
        title=title,
        latents=tuple(_row(item, n_reasons) for item in found.latents),
        notes=found.notes if text else (),
        all_href=query.link(),
        describe_href=describe_href(contrast_href, text, query.source) if can_describe else "",
    )


def _row(item: FoundLatent, n_reasons: int) -> FoundLatentView:
    status, kind = STATUS.get(item.status or "", ("", ""))
    # The label stands above; as a reason it shows what of it was found.
    return FoundLatentView(
        href=f"/sources/{item.source}/latents/{item.index}",
        title=plain(item.label or ""),
        status=status,
        kind=kind,
        where=f"{item.source} · {item.index}",
        reasons=tuple(_reason(reason) for reason in _varied(item.why)[:n_reasons]),
    )


def _varied(why: Iterable[Reason]) -> list[Reason]:
    """The first reason of each field before second ones."""
    seen: dict[str, int] = {}
    ranked = []
    for place, reason in enumerate(why):
        seen[reason.field] = seen.get(reason.field, 0) + 1
        ranked.append((seen[reason.field], place, reason))
    return [reason for _, _, reason in sorted(ranked, key=lambda row: row[:2])]


def _reason(reason: Reason) -> ReasonView:
    pieces, place = [], 0
    for first, end in reason.marks:
        if first >= place:
            pieces += [(reason.text[place:first], False), (reason.text[first:end], True)]
            place = end
    pieces.append((reason.text[place:], False))
    shown = tuple(MarkedPiece(plain(text), is_marked) for text, is_marked in pieces if text)
    return ReasonView(NAMES[reason.field], reason.field, shown)
