"""Pages that stay open while their source is built anew: they never mix two builds, and keep what a reader has done."""

import re

from playwright.sync_api import Browser, Page, expect
from sqlalchemy.orm import Session

from app.db.queries.sources import source_by_slug
from app.db.writes.builds import fail_build
from tests.browser.conftest import open_page
from tests.browser.test_walk import settle
from tests.fixtures_source import QUALITY, build, make_corpus, start

SOURCE = "/sources/tiny-mid"
LATENT = f"{SOURCE}/latents/5"


def rebuild(session: Session) -> str:
    """Build the source anew; gives the version of the build that pages show then."""
    build(session, source_by_slug(session, "tiny-mid").id, make_corpus(), 3, QUALITY)
    session.expire_all()
    now = source_by_slug(session, "tiny-mid").build
    assert now
    return now.version


def is_made_of(page: Page, selector: str, version: str) -> None:
    expect(page.locator(selector)).to_have_attribute("hx-headers", f'{{"Periscope-Build": "{version}"}}')


def test_a_latents_page_is_loaded_anew_rather_than_mixed_with_another_build(
    chromium: Browser, own_server: str, own_session: Session
) -> None:
    with open_page(chromium, own_server) as page:
        for act in ("scroll", "whole prompt", "bands"):
            page.goto(LATENT)
            settle(page)
            version = rebuild(own_session)
            if act == "scroll":
                page.evaluate("document.querySelector('#band-6').scrollIntoView()")
            elif act == "whole prompt":
                page.get_by_text("whole prompt").first.click()
            else:
                page.get_by_role("link", name="Equal-width bands").click()
            is_made_of(page, "main", version)
            expect(page.locator("section.band")).to_have_count(7)


def test_a_table_is_loaded_with_its_whole_page_rather_than_below_the_plots_of_another_build(
    chromium: Browser, own_server: str, own_session: Session
) -> None:
    with open_page(chromium, own_server) as page:
        page.goto(f"{SOURCE}?dead=hide")
        settle(page)
        version = rebuild(own_session)
        page.get_by_role("link", name="Maximum").click()
        page.wait_for_url(re.compile("dead=hide&sort=max_activation&order=desc"))
        is_made_of(page, "#source", version)
        expect(page.get_by_role("columnheader", name="Maximum")).to_have_attribute("aria-sort", "descending")


def test_the_end_of_a_build_leaves_the_table_and_what_is_being_typed(
    chromium: Browser, own_server: str, own_session: Session
) -> None:
    source = source_by_slug(own_session, "tiny-mid")
    with open_page(chromium, own_server) as page:
        number = start(own_session, source.id, make_corpus())
        page.goto(f"{SOURCE}?label=w&sort=max_activation&order=desc")
        expect(page.locator("progress")).to_have_count(1)
        rows = page.locator("table.latents tbody tr").count()
        assert 0 < rows < 50
        page.locator("#q").click()
        page.keyboard.type("wint")
        fail_build(own_session, number, "The power went out.")
        expect(page.locator("progress")).to_have_count(0)
        expect(page.locator("main")).to_contain_text("The power went out.")
        expect(page.get_by_role("columnheader", name="Maximum")).to_have_attribute("aria-sort", "descending")
        expect(page.locator("table.latents tbody tr")).to_have_count(rows)
        expect(page.locator("#q")).to_have_value("wint")
        expect(page.locator("#q")).to_be_focused()
        page.keyboard.type("er")
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile("q=winter"))
