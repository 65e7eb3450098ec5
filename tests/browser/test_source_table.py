"""The table of latents in a browser: on a narrow screen, with keys alone, from page to page, with a wrong filter."""

import contextlib
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import open_page
from tests.browser.looks import LOOKS
from tests.browser.test_walk import overflow, violations

SOURCE = "/sources/tiny-mid"


@pytest.fixture(autouse=True)
def patience(page: Page) -> None:
    """A busy machine takes its time for a page with a plot."""
    page.set_default_timeout(60_000)


@contextlib.contextmanager
def opened(browser: Browser, base: str, width: int = 1280, scheme: str = "light", **more: Any) -> Iterator[Page]:
    """A page of another width, or without scripts, as patient."""
    with open_page(browser, base, width, scheme, **more) as page:
        page.set_default_timeout(60_000)
        yield page


def test_a_narrow_table_is_sorted_by_the_fields_of_its_form(chromium: Browser, server: str) -> None:
    with opened(chromium, server, 360) as page:
        page.goto(SOURCE)
        page.get_by_label("Sort by").select_option(label="Latent")
        page.wait_for_url(re.compile("sort=index"))
        page.get_by_label("Order").focus()
        page.get_by_label("Order").select_option("asc")
        page.wait_for_url(re.compile("order=asc"))
        expect(page.locator("table.latents td.what a").first).to_have_text("0")
        expect(page.get_by_label("Order")).to_be_focused()
        assert overflow(page) <= 0


@pytest.mark.parametrize("width", [1280, 360])
def test_sorting_leaves_the_reader_where_the_table_begins(chromium: Browser, server: str, width: int) -> None:
    with opened(chromium, server, width) as page:
        page.goto(SOURCE)
        # Nothing above the table is in sight, and the table goes on below: what the browser could hold on to is new.
        sorts = page.get_by_role("link", name="Mean") if width > 1000 else page.get_by_label("Sort by")
        page.evaluate("element => window.scrollBy(0, element.getBoundingClientRect().top - 60)", sorts.element_handle())
        before = page.evaluate("scrollY")
        if width > 1000:
            sorts.click()
        else:
            sorts.select_option(label="Mean")
        page.wait_for_url(re.compile("sort=mean_activation"))
        expect(page.locator("#latents.htmx-request")).to_have_count(0)
        page.wait_for_timeout(300)
        assert abs(page.evaluate("scrollY") - before) < 100


def test_an_explanation_is_whole_on_a_narrow_screen(chromium: Browser, server: str) -> None:
    with opened(chromium, server, 360) as page:
        page.set_viewport_size({"width": 360, "height": 640})
        page.goto(SOURCE)
        for name in ("L0", "Mean norm"):
            page.get_by_role("button", name=name, exact=True).click()
            box = page.locator("[popover]:popover-open").bounding_box()
            assert box
            assert box["x"] >= 8
            assert box["x"] + box["width"] <= 352
            assert box["y"] >= 0
            assert box["y"] + box["height"] <= 640
            page.keyboard.press("Escape")


def test_the_heads_of_a_narrow_table_are_no_stops_of_the_keyboard(chromium: Browser, server: str) -> None:
    with opened(chromium, server, 360) as page:
        page.goto(SOURCE)
        page.get_by_role("link", name="JSON").last.focus()
        page.keyboard.press("Tab")
        expect(page.locator("table.latents td.what a").first).to_be_focused()


def test_a_wide_table_is_sorted_by_its_heads_alone_and_keeps_the_focus(page: Page) -> None:
    page.goto(SOURCE)
    expect(page.locator("#sort")).to_be_hidden()
    head = page.get_by_role("link", name="Mean")
    head.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("columnheader", name="Mean")).to_have_attribute("aria-sort", "descending")
    expect(head).to_be_focused()
    page.locator("#q").fill("the")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("q=the.*sort=mean_activation"))


def test_a_head_sorts_by_what_is_typed_and_not_applied_yet(chromium: Browser, server: str) -> None:
    with opened(chromium, server, expected=(422,)) as page:
        page.goto(SOURCE)
        page.locator("#q").fill("winter")
        page.get_by_role("link", name="Maximum").click()
        expect(page.locator("table.latents .label")).to_have_text(["winter"])  # a list waits until one is left
        expect(page.get_by_role("columnheader", name="Maximum")).to_have_attribute("aria-sort", "descending")
        expect(page.get_by_role("link", name="Maximum")).to_be_focused()
        page.locator("summary", has_text="More filters").click()
        page.get_by_label("Density from").fill("7")
        for _ in range(2):  # also a refused value is kept and said to be refused
            page.get_by_role("link", name="Mean").click()
            expect(page.get_by_label("Density from")).to_be_focused()
            expect(page.get_by_label("Density from")).to_have_value("7")
            page.locator("#q").focus()
        page.get_by_label("Density from").fill("")
        page.get_by_role("link", name="Maximum").click()
        expect(page.get_by_role("columnheader", name="Maximum")).to_have_attribute("aria-sort", "ascending")


def test_a_narrow_table_is_sorted_without_scripts(chromium: Browser, server: str) -> None:
    with opened(chromium, server, 360, java_script_enabled=False) as page:
        page.goto(SOURCE)
        page.get_by_label("Sort by").select_option("index")
        page.get_by_label("Order").select_option("asc")
        page.locator("#apply").click()
        expect(page.locator("table.latents td.what a").first).to_have_text("0")


@pytest.mark.parametrize("width", [1280, 360])
def test_another_page_is_read_from_its_head(chromium: Browser, server: str, width: int) -> None:
    with opened(chromium, server, width) as page:
        page.goto(SOURCE)
        for rel in ("next", "prev"):
            page.locator(f"a[rel={rel}]").click()
            expect(page.locator(f"a[rel={rel}]")).to_have_count(0)
            expect(page.locator("table.latents")).to_be_focused()
            top = page.locator("table.latents").evaluate("element => element.getBoundingClientRect().top")
            assert 0 <= top < 100
        page.keyboard.press("Tab")
        expect(page.locator("table.latents a:visible").first).to_be_focused()


def test_another_page_is_read_from_its_head_without_scripts(chromium: Browser, server: str) -> None:
    with opened(chromium, server, java_script_enabled=False) as page:
        page.goto(SOURCE)
        page.locator("a[rel=next]").click()
        expect(page.locator("table.latents tbody tr")).to_have_count(14)
        expect(page.locator("table.latents thead")).to_be_in_viewport()


@pytest.mark.parametrize("width", [1280, 360])
def test_j_and_k_walk_through_the_rows_and_enter_opens_one(chromium: Browser, server: str, width: int) -> None:
    with opened(chromium, server, width) as page:
        page.goto(SOURCE)
        links = page.locator("table.latents td.what a")
        for key, place in (("j", 0), ("j", 1), ("j", 2), ("k", 1)):
            page.keyboard.press(key)
            expect(links.nth(place)).to_be_focused()
        expect(links.nth(1)).to_be_in_viewport()
        assert links.nth(1).evaluate("element => getComputedStyle(element).outlineStyle") == "solid"
        page.keyboard.press("?")
        dialog = page.get_by_role("dialog", name="Keyboard")
        expect(dialog).to_contain_text("next in the list")
        expect(dialog).to_contain_text("previous in the list")
        page.keyboard.press("Escape")
        page.locator("a[rel=next]").click()
        expect(page.locator("table.latents tbody tr")).to_have_count(14)
        expect(page.locator("#rows")).to_be_focused()
        page.keyboard.press("j")
        expect(links.first).to_be_focused()
        address = links.first.get_attribute("href")
        page.keyboard.press("Enter")
        page.wait_for_url(f"**{address}")


def test_a_filter_that_cannot_be_meant_is_answered_at_its_field_and_the_table_stays(
    chromium: Browser, server: str
) -> None:
    with opened(chromium, server, expected=(422,)) as page:
        page.goto(f"{SOURCE}?sort=index&order=asc")
        address = page.url
        page.locator("#q").fill("winter")
        page.locator("summary", has_text="More filters").click()
        field = page.get_by_label("Density from")
        field.fill("7")
        page.locator("#apply").click()
        expect(page.get_by_role("alert")).to_contain_text("Density is a share of tokens, from 0 to 1")
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(field).to_have_accessible_description(re.compile("Density is a share of tokens"))
        expect(field).to_have_value("7")
        expect(field).to_be_focused()
        expect(page.locator("#q")).to_have_value("winter")
        expect(page.locator("table.latents tbody tr")).to_have_count(50)
        assert page.url == address
        assert violations(page) == []
        field.fill("5 %")
        page.keyboard.press("Enter")
        expect(page.locator("table.latents .label")).to_have_count(1)
        expect(page.locator("table.latents .label")).to_have_text(["winter"])  # a list waits until one is left
        expect(page.get_by_role("alert")).to_have_count(0)
        assert "min_density=0.05" in page.url


def test_a_wrong_filter_is_mended_without_scripts(chromium: Browser, server: str) -> None:
    with opened(chromium, server, expected=(422,), java_script_enabled=False) as page:
        page.goto(SOURCE)
        page.locator("summary", has_text="More filters").click()
        page.locator("#q").fill("winter")
        page.locator("#min_density").fill("5 percent")
        page.locator("#apply").click()
        expect(page.get_by_role("alert")).to_contain_text("Density must be a number from 0 to 1")
        expect(page.locator("#min_density")).to_have_value("5 percent")
        expect(page.locator("#min_density")).to_be_in_viewport()
        expect(page.locator("#latents .notice")).to_contain_text("Correct Density above")
        page.locator("#min_density").fill("5%")
        page.locator("#apply").click()
        expect(page.locator("table.latents .label")).to_have_text(["winter"])  # a list waits until one is left


@LOOKS
def test_a_page_with_a_wrong_filter_is_clean(chromium: Browser, server: str, width: int, scheme: str) -> None:
    with opened(chromium, server, width, scheme, expected=(422,)) as page:
        page.goto(f"{SOURCE}?min_density=0.5&max_density=0.1&max_mean_activation=x")
        expect(page.get_by_role("alert")).to_have_count(2)
        expect(page.locator("#min_density")).to_be_focused()
        assert overflow(page) <= 0
        assert violations(page) == []


def test_a_quality_number_is_explained_on_a_click(page: Page) -> None:
    page.goto(SOURCE)
    page.get_by_role("button", name="Loss recovered").click()
    expect(page.locator("#term-loss_recovered")).to_be_visible()
    expect(page.locator("#term-loss_recovered")).to_contain_text("(CE zero − CE SAE) / (CE zero − CE clean)")
