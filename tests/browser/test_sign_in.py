"""Signing in, seen in a browser: clean in both themes and widths, and it leads to the page that was asked for."""

from playwright.sync_api import Browser, expect

from app.settings import Settings
from tests.browser.conftest import open_page, serving
from tests.browser.looks import LOOKS
from tests.browser.test_walk import MAX_SHIFT, overflow, settle, shift, violations

TOKEN = "long-enough-token"


@LOOKS
def test_a_reader_signs_in(chromium: Browser, own_settings: Settings, width: int, scheme: str) -> None:
    token = Settings(_env_file=None, auth_token=TOKEN).auth_token
    guarded = own_settings.model_copy(update={"auth_token": token})
    with serving(guarded) as base, open_page(chromium, base, width, scheme, (401, 403)) as page:
        page.goto("/sources/tiny-mid/latents/0")
        expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
        assert overflow(page) <= 0
        assert violations(page) == []
        assert shift(page) < MAX_SHIFT
        expect(page.get_by_label("Token")).to_be_focused()
        page.keyboard.type("a wrong one")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_be_visible()
        assert violations(page) == []
        page.get_by_label("Token").fill(TOKEN)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", level=1)).not_to_have_text("Sign in")
        settle(page)
        assert page.url == f"{base}/sources/tiny-mid/latents/0"
