"""The explanations of a page's terms: the same on every page of a kind, so they are put together once."""

from functools import lru_cache
from html import escape

from markupsafe import Markup

from app.text.glossary import Term


@lru_cache(maxsize=64)
def definitions(terms: tuple[Term, ...]) -> Markup:
    """A popover for each term, for the buttons of macros/glossary.html; once on a page."""
    return Markup("\n".join(map(_definition, terms)))  # noqa: S704 (escaped)


def _definition(term: Term) -> str:
    return (
        f'<div class="definition" id="term-{escape(term.key)}" popover>\n'
        f'  <p class="definition-head"><strong>{escape(term.name)}</strong> '
        f'<span class="muted small">{escape(term.unit)}</span></p>\n'
        f"  <p>{escape(term.meaning)}</p>\n"
        f'  <p class="formula">{escape(term.formula)}</p>\n'
        f"  <p><strong>Commonly misread:</strong> {escape(term.misreading)}</p>\n"
        "</div>"
    )
