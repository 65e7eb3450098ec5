"""Every page in both themes and two widths: nothing in the console, nothing too wide, nothing that axe objects to."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import open_page

PATHS = (
    "/", "/sources/tiny-mid", "/sources/other-mlp", "/builds", "/docs", "/sources/tiny-mid/latents/0",
    "/sources/tiny-mid/latents/1", "/sources/tiny-mid/latents/2", "/sources/tiny-mid/latents/5?view=width",
)  # fmt: skip
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
}


def settle(page: Page) -> None:
    """Wait until every figure is drawn."""
    expect(page.locator("[data-figure]:not(.drawn)")).to_have_count(0)


def overflow(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def violations(page: Page) -> list[str]:
    found: list[dict[str, Any]] = Axe().run(page, options=RULES).response["violations"]
    return [f"{item['id']}: {node['html'][:160]}" for item in found for node in item["nodes"][:3]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_every_page_is_clean(chromium: Browser, server: str, width: int, scheme: str) -> None:
    with open_page(chromium, server, width, scheme) as page:
        for path in PATHS:
            page.goto(path)
            settle(page)
            assert overflow(page) <= 0, path
            assert violations(page) == [], path


def test_a_wide_screen_is_used(chromium: Browser, server: str) -> None:
    with open_page(chromium, server, 3840) as page:
        page.goto("/sources/tiny-mid/latents/5")
        settle(page)
        assert overflow(page) <= 0
        assert page.locator("main").bounding_box()["width"] > 1900  # type: ignore[index]


def test_home_leads_to_a_source_and_on_to_a_latent(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="tiny-mid").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("tiny-mid")
    page.get_by_role("row", name="winter").get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("winter")
    settle(page)
    expect(page.locator(".main-svg").first).to_be_visible()


def test_pages_work_without_scripts(chromium: Browser, server: str) -> None:
    with open_page(chromium, server, java_script_enabled=False) as page:
        page.goto("/sources/tiny-mid")
        page.get_by_role("link", name="Maximum").click()
        expect(page.get_by_role("columnheader", name="Maximum")).to_have_attribute("aria-sort", "descending")
        page.get_by_role("link", name="Next page").click()
        expect(page.locator("table.latents tbody tr")).to_have_count(14)
        page.locator("table.latents td a").first.click()
        page.get_by_role("link", name="Equal-width bands").click()
        expect(page.locator(".tabs a[aria-current]")).to_have_text("Equal-width bands")


def test_the_room_for_a_figure_is_kept(page: Page) -> None:
    page.goto("/sources/tiny-mid/latents/5")
    before = page.locator("#examples").bounding_box()
    settle(page)
    assert page.locator("#examples").bounding_box() == before


def test_missing_assets_are_said_and_everything_else_works(
    chromium: Browser, server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setattr("app.assets.VENDOR", tmp_path)
    with open_page(chromium, server) as page:
        page.route("**/vendor/**", lambda route: route.abort())
        page.goto("/builds")
        expect(page.get_by_role("note")).to_contain_text("python scripts/fetch_assets.py")
        page.keyboard.press("?")
        expect(page.get_by_role("dialog")).to_be_visible()
