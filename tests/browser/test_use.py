"""What a reader does: keys, theme, sorting, filtering, paging, tabs, clicks on plots, live progress."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy.orm import Session

from app.db import queries, writes
from tests.browser.conftest import open_page
from tests.browser.test_walk import settle
from tests.fixtures_source import QUALITY, build, make_corpus, start

SOURCE = "/sources/tiny-mid"


def test_keys_walk_through_the_latents(page: Page) -> None:
    page.goto(f"{SOURCE}/latents/5")
    page.keyboard.press("j")
    page.wait_for_url(f"**{SOURCE}/latents/6")
    page.keyboard.press("k")
    page.wait_for_url(f"**{SOURCE}/latents/5")
    page.keyboard.press("r")
    page.wait_for_url(re.compile(r"/latents/(?!5$)\d+$|/latents/5$"))


def test_keys_do_nothing_at_the_first_latent_and_while_typing(page: Page) -> None:
    page.goto(f"{SOURCE}/latents/0")
    page.keyboard.press("k")
    page.goto(SOURCE)
    page.keyboard.press("/")
    box = page.get_by_role("searchbox")
    expect(box).to_be_focused()
    page.keyboard.type("jkr?/")
    expect(box).to_have_value("jkr?/")
    assert page.url.endswith(SOURCE)


def test_the_help_opens_and_closes(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keyboard")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.get_by_role("button", name="Keyboard shortcuts").click()
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_be_hidden()


def test_the_skip_link_is_the_first_stop(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the contents")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_the_theme_is_remembered_and_applied_before_the_first_paint(page: Page) -> None:
    def background() -> str:
        return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))

    page.goto(SOURCE)
    light = background()
    page.get_by_role("radio", name="Dark").check(force=True)
    dark = background()
    assert dark != light
    page.reload()
    assert background() == dark
    expect(page.get_by_role("radio", name="Dark")).to_be_checked()
    page.get_by_role("radio", name="As the system").check(force=True)
    assert background() == light


def test_a_click_on_a_head_sorts_and_changes_the_address(page: Page) -> None:
    page.goto(SOURCE)
    page.evaluate("window.same = true")
    page.get_by_role("link", name="Mean").click()
    expect(page.get_by_role("columnheader", name="Mean")).to_have_attribute("aria-sort", "descending")
    assert "sort=mean_activation" in page.url
    assert page.evaluate("window.same") is True
    first = page.locator("table.latents .what").first.inner_text()
    page.reload()
    expect(page.locator("table.latents .what").first).to_have_text(first)


def test_paging_goes_on_and_back(page: Page) -> None:
    page.goto(SOURCE)
    page.get_by_role("link", name="Next page").click()
    expect(page.locator("table.latents tbody tr")).to_have_count(14)
    page.go_back()
    expect(page.locator("table.latents tbody tr")).to_have_count(50)
    page.get_by_role("link", name="Next page").click()
    page.get_by_role("link", name="First page").click()
    expect(page.locator("table.latents tbody tr")).to_have_count(50)


def test_search_and_filter_narrow_the_table_and_can_be_cleared(page: Page) -> None:
    page.goto(SOURCE)
    page.get_by_role("searchbox").fill("winter")
    page.get_by_label("Density from").fill("0.05")
    page.keyboard.press("Enter")
    expect(page.locator("table.latents .label")).to_have_text("winter")
    assert "q=winter" in page.url
    page.get_by_role("link", name="Clear").click()
    expect(page.locator("table.latents tbody tr")).to_have_count(50)


def test_a_filter_that_cannot_be_meant_is_answered_in_one_sentence(chromium: Browser, server: str) -> None:
    context = chromium.new_context(base_url=server)
    page = context.new_page()
    page.goto(SOURCE)
    page.get_by_label("Density from").fill("7")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("min_density is a share of tokens from 0 to 1, not 7.0.")
    context.close()


def test_the_other_bands_come_without_a_new_page(page: Page) -> None:
    page.goto(f"{SOURCE}/latents/5")
    page.get_by_role("link", name="Equal-width bands").click()
    expect(page.locator("section.band")).to_have_count(11)
    assert "view=width" in page.url


def test_a_click_on_a_bar_goes_to_its_band(page: Page) -> None:
    page.goto(f"{SOURCE}/latents/5")
    settle(page)
    area = page.locator(".main-svg .draglayer .nsewdrag").bounding_box()
    assert area is not None
    page.mouse.click(area["x"] + 0.09 * area["width"], area["y"] + 0.8 * area["height"])
    page.wait_for_url("**#band-6")


def test_hovering_a_token_shows_its_activation(page: Page) -> None:
    page.goto(f"{SOURCE}/latents/5")
    token = page.locator(".tok.focus").first
    token.hover()
    shown = token.evaluate("element => getComputedStyle(element, '::after').content")
    assert shown == f'"{token.get_attribute("data-a")}"'


@pytest.mark.parametrize("path", ["/", "/builds", "/sources/other-mlp"])
def test_progress_is_live_from_the_start_of_a_build_to_its_end(
    chromium: Browser, own_server: str, own_session: Session, path: str
) -> None:
    source, corpus = queries.source_by_slug(own_session, "other-mlp"), make_corpus()
    with open_page(chromium, own_server) as page:
        page.goto(path)
        expect(page.locator("progress")).to_have_count(0)
        number = start(own_session, source.id, corpus)
        bar = page.locator("progress")
        expect(bar).to_have_attribute("value", "0.0")
        for share in (0.25, 0.75):
            writes.update_progress(own_session, number, progress=share)
            expect(bar).to_have_attribute("value", f"{100 * share:.1f}")
        page.reload()
        expect(bar).to_have_attribute("value", "75.0")
        writes.fail_build(own_session, number, "The power went out.")
        expect(page.locator("main")).to_contain_text("The power went out.")
        expect(bar).to_have_count(0)


def test_a_source_page_shows_its_latents_when_the_first_build_ends(
    chromium: Browser, own_server: str, own_session: Session
) -> None:
    with open_page(chromium, own_server) as page:
        page.goto("/sources/other-mlp")
        expect(page.locator("main")).to_contain_text("Not built yet")
        build(own_session, queries.source_by_slug(own_session, "other-mlp").id, make_corpus(), 3, QUALITY)
        expect(page.locator("table.latents tbody tr")).to_have_count(50)
        settle(page)
