"""Parts of a page that the server is too busy to make: what stands there stays, and the part comes a little later."""

import re

from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.conftest import open_page

SOURCE = "/sources/tiny-mid"
BUSY = (
    '<div class="notice bad" role="alert"><p><strong>Too much work at once.</strong> '
    "<span data-detail data-busy>The server has too much to do.</span></p></div>"
)
BROKEN = BUSY.replace(" data-busy", "")


def refuse(page: Page, pattern: str, times: int, body: str = BUSY, methods: tuple[str, ...] = ("GET",)) -> list[str]:
    """Let the server refuse so many requests; gives those that came, as they come."""
    asked: list[str] = []

    def answer(route: Route) -> None:
        if route.request.method not in methods:
            route.continue_()
            return
        asked.append(route.request.url)
        if len(asked) <= times:
            route.fulfill(status=503, headers={"Retry-After": "1", "Content-Type": "text/html"}, body=body)
        else:
            route.continue_()

    page.route(re.compile(pattern), answer)
    return asked


def test_the_table_stays_and_is_asked_for_again(chromium: Browser, server: str) -> None:
    with open_page(chromium, server, expected=(503,)) as page:
        page.goto(SOURCE)
        rows = page.locator("table.latents tbody tr")
        before = rows.count()
        asked = refuse(page, "/parts/sources/tiny-mid", 2)
        page.locator("#q").fill("winter")
        page.keyboard.press("Enter")
        expect(page.locator(".toast")).to_contain_text("The server has too much to do. What you see stays")
        assert rows.count() == before
        expect(page.locator("table.latents .label")).to_have_text(["winter"])
        assert len(asked) == 3
        expect(page.locator(".notice.bad")).to_have_count(0)
        expect(page.locator(".toast")).to_have_count(1)


def test_what_is_asked_meanwhile_takes_the_place_of_the_next_try(chromium: Browser, server: str) -> None:
    with open_page(chromium, server, expected=(503,)) as page:
        page.goto(SOURCE)
        asked = refuse(page, "/parts/sources/tiny-mid", 1)
        page.locator("#q").fill("nothing like this")
        page.keyboard.press("Enter")
        expect(page.locator(".toast")).to_have_count(1)
        page.locator("#q").fill("winter")
        page.keyboard.press("Enter")
        expect(page.locator("table.latents .label")).to_have_text(["winter"])
        page.wait_for_timeout(1500)
        assert len(asked) == 2
        expect(page.locator("table.latents .label")).to_have_text(["winter"])


def test_what_is_not_over_soon_says_so_in_the_part(chromium: Browser, server: str) -> None:
    with open_page(chromium, server, expected=(503,)) as page:
        page.goto(SOURCE)
        asked = refuse(page, "/parts/sources/tiny-mid", 9, BROKEN)
        page.locator("#q").fill("winter")
        page.keyboard.press("Enter")
        expect(page.locator(".notice.bad")).to_contain_text("The server has too much to do.")
        assert len(asked) == 1


def test_what_changes_something_is_sent_once_and_what_was_typed_stays(chromium: Browser, own_server: str) -> None:
    with open_page(chromium, own_server, expected=(503,)) as page:
        page.goto(f"{SOURCE}/latents/3")
        asked = refuse(page, "/latents/3/labels$", 1, methods=("POST",))
        page.locator("#labels summary").first.click()
        field = page.get_by_label("What it means, in a few words")
        field.fill("boats")
        page.get_by_role("button", name="Save the label").click()
        expect(page.locator(".toast")).to_contain_text("Nothing was changed; try again.")
        expect(field).to_have_value("boats")
        page.wait_for_timeout(1500)
        assert len(asked) == 1
        page.get_by_role("button", name="Save the label").click()
        expect(page.locator("#labels")).to_contain_text("boats")
