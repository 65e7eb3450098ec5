"""The glossary is one text for tooltips and docs."""

from pathlib import Path

from app.text import glossary


def test_the_document_is_the_glossary() -> None:
    document = Path(__file__).parents[2] / "docs" / "glossary.md"
    assert document.read_text(encoding="utf-8") == glossary.markdown(), "python -m app.text.glossary > docs/glossary.md"


def test_every_term_says_all_there_is_to_say() -> None:
    assert len(glossary.TERMS) == len(glossary.LATENT) + len(glossary.SOURCE)
    for term in glossary.TERMS.values():
        assert all((term.name, term.unit, term.meaning, term.formula, term.misreading)), term.key
        assert term.meaning.endswith(".")
        assert term.misreading.endswith(".")
