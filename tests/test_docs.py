"""The documents name what exists: every page has a heading, every link leads somewhere."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])


@pytest.mark.parametrize("path", ["/", "/sources/{source}", "/sources/{source}/latents/{index}", "/builds", "/docs"])
def test_every_page_has_a_heading(path):
    headings = [line for line in (ROOT / "docs/pages.md").read_text().splitlines() if line.startswith("## ")]
    assert any(line.endswith(f"`{path}`") for line in headings)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: p.name)
def test_links_between_documents_lead_somewhere(document):
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text())
    missing = [link for link in links if not (document.parent / link).exists()]
    assert not missing


def test_the_readme_gives_the_two_commands():
    text = (ROOT / "README.md").read_text()
    assert "make run " in text
    assert "make test " in text
    targets = (ROOT / "Makefile").read_text()
    assert "\nrun:" in targets
    assert "\ntest:" in targets
