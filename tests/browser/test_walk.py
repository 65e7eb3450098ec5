"""Every page in both themes and two widths: nothing in the console, nothing too wide, nothing that axe objects to."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from sqlalchemy.orm import Session

from app.db.queries.sources import source_by_slug
from app.db.writes.builds import fail_build, start_build, update_progress
from app.settings import Settings
from tests.browser.conftest import open_page, serving
from tests.browser.looks import LOOKS
from tests.hostile import HOSTILE_TEXTS

PATHS = (
    "/", "/sources/tiny-mid", "/sources/other-mlp", "/builds", "/docs", "/sources/tiny-mid/latents/0",
    "/sources/tiny-mid/latents/1", "/sources/tiny-mid/latents/2", "/sources/tiny-mid/latents/5?view=width",
)  # fmt: skip
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
}
#: Below it a reader notices nothing; 0.1 is what https://web.dev/articles/cls calls good.
MAX_SHIFT = 0.02


def settle(page: Page) -> None:
    """Wait until every figure is drawn."""
    expect(page.locator("[data-figure]:not(.drawn)")).to_have_count(0)


def overflow(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def violations(page: Page) -> list[str]:
    found: list[dict[str, Any]] = Axe().run(page, options=RULES).response["violations"]
    return [f"{item['id']}: {node['html'][:160]}" for item in found for node in item["nodes"][:3]]


def shift(page: Page) -> float:
    """How far things jumped while the page was put together (cumulative layout shift)."""
    return float(
        page.evaluate(
            """() => new Promise((done) => {
              let sum = 0;
              new PerformanceObserver((list) => list.getEntries().forEach((entry) => (sum += entry.value)))
                .observe({ type: "layout-shift", buffered: true });
              setTimeout(() => done(sum), 100);
            })"""
        )
    )


@LOOKS
def test_every_page_is_clean(chromium: Browser, server: str, width: int, scheme: str) -> None:
    with open_page(chromium, server, width, scheme) as page:
        page.goto("/")
        entries = [str(link.get_attribute("href")) for link in page.locator("nav.nav a").all()]
        for path in dict.fromkeys((*PATHS, *entries)):
            page.goto(path)
            settle(page)
            assert overflow(page) <= 0, path
            assert violations(page) == [], path
            assert shift(page) < MAX_SHIFT, path


@LOOKS
def test_error_pages_are_clean(
    chromium: Browser, own_settings: Settings, width: int, scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def explode(*_: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr("app.builds.pages.builds_page", explode)
    errors = {404: "/nothing/here", 422: "/sources/tiny-mid?sort=" + "x" * 300, 500: "/builds"}
    with serving(own_settings) as base, open_page(chromium, base, width, scheme, tuple(errors)) as page:
        for status, path in errors.items():
            answer = page.goto(path)
            assert answer is not None
            assert answer.status == status
            expect(page.locator("main")).to_contain_text(f"Error {status}")
            assert overflow(page) <= 0, path
            assert violations(page) == [], path
            page.get_by_role("link", name="To the sources").click()
            expect(page.get_by_role("heading", level=1)).to_contain_text("What does the model see")


def test_hostile_texts_neither_run_nor_break_the_page(chromium: Browser, own_server: str, own_session: Session) -> None:
    source = source_by_slug(own_session, "other-mlp").id

    def begin(text: str) -> int:
        number = start_build(
            own_session, source, corpus=text, tokens=10, context_size=8, seed=0, config={"corpus": text}
        )
        update_progress(own_session, number, stage=text, message=text)
        return number

    with open_page(chromium, own_server, 360) as page:
        page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
        for text in HOSTILE_TEXTS.values():
            number = begin(text)
            page.goto("/")
            expect(page.locator("progress")).to_be_visible()
            assert overflow(page) <= 0, text[:40]
            fail_build(own_session, number, text)
            page.goto("/")
            assert overflow(page) <= 0, text[:40]
        begin("x" * 10_000)
        page.goto("/builds")
        expect(page.locator(".builds tbody")).to_have_count(len(HOSTILE_TEXTS) + 3)
        page.locator("summary").first.click()
        assert overflow(page) <= 0
        assert violations(page) == []


def test_the_system_and_the_switch_give_the_same_colours(chromium: Browser, server: str) -> None:
    shown = {}
    for scheme, switched in (("light", False), ("dark", False), ("light", True), ("dark", True)):
        with open_page(chromium, server, scheme=scheme) as page:
            page.goto("/builds")
            if switched:
                other = "Dark" if scheme == "light" else "Light"
                page.get_by_role("radio", name=other).check(force=True)
                assert violations(page) == []
            page.wait_for_timeout(300)  # colours of links and buttons fade
            shown[scheme, switched] = page.evaluate(
                """() => [...document.querySelectorAll("body, .panel, a, h1, th, .button")].map((element) => {
                  const style = getComputedStyle(element);
                  return [style.color, style.backgroundColor, style.borderTopColor];
                })"""
            )
    assert shown["light", True] == shown["dark", False]
    assert shown["dark", True] == shown["light", False]
    assert shown["light", False] != shown["dark", False]


def test_a_wide_screen_is_used(chromium: Browser, server: str) -> None:
    with open_page(chromium, server, 3840) as page:
        page.goto("/sources/tiny-mid/latents/5")
        settle(page)
        assert overflow(page) <= 0
        assert page.locator("main").bounding_box()["width"] > 1900  # type: ignore[index]


@pytest.mark.parametrize("width", [360, 768, 1280, 1920, 3840])
def test_home_and_builds_fit_every_width(chromium: Browser, server: str, width: int) -> None:
    with open_page(chromium, server, width) as page:
        for path in ("/", "/builds"):
            page.goto(path)
            assert overflow(page) <= 0, path
            assert page.locator("main").bounding_box()["width"] > 0.5 * width  # type: ignore[index]


def test_home_leads_to_a_source_and_on_to_a_latent(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="tiny-mid", exact=True).click()
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
    monkeypatch.setattr("app.web.assets.VENDOR", tmp_path)
    with open_page(chromium, server) as page:
        page.route("**/vendor/**", lambda route: route.abort())
        page.goto("/builds")
        expect(page.get_by_role("note")).to_contain_text("make install")
        page.keyboard.press("?")
        expect(page.get_by_role("dialog")).to_be_visible()
