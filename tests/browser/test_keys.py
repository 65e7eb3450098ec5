"""Keys: each means one thing on a page, and going through latents keeps the view."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_walk import PATHS

LATENT = "/sources/tiny-mid/latents"


@pytest.mark.parametrize("path", [*PATHS, f"{LATENT}/5/spectrum", "/microscope", "/steer", "/ablate", "/vectors"])
def test_no_key_has_two_meanings(page: Page, path: str) -> None:
    page.goto(path)
    page.keyboard.press("?")
    keys = page.locator("#help dt").all_inner_texts()
    assert keys
    assert len(set(keys)) == len(keys), keys


def test_the_slash_leads_to_the_readers_own_texts(page: Page) -> None:
    page.goto(f"{LATENT}/5")
    page.keyboard.press("/")
    expect(page.get_by_role("textbox", name="Try your own texts")).to_be_focused()
    expect(page.get_by_role("textbox", name="Try your own texts")).to_have_value("")


def test_the_spectrum_has_a_key(page: Page) -> None:
    page.goto(f"{LATENT}/5")
    page.keyboard.press("p")
    page.wait_for_url(f"**{LATENT}/5/spectrum")


def test_the_next_latent_is_shown_in_the_same_view(page: Page) -> None:
    page.goto(f"{LATENT}/5?view=width")
    page.keyboard.press("j")
    page.wait_for_url(f"**{LATENT}/6?view=width")
    page.get_by_role("link", name="Linear counts").click()
    page.wait_for_url("**&scale=linear#examples")
    page.get_by_role("navigation", name="Bands", exact=True).get_by_role("link").nth(2).click()
    page.wait_for_url("**&band=*")
    page.keyboard.press("k")
    page.wait_for_url(f"**{LATENT}/5?view=width&scale=linear")
    page.get_by_role("link", name="Quantile bands").click()
    page.wait_for_url(f"**{LATENT}/5?scale=linear#examples")
    page.keyboard.press("j")
    page.wait_for_url(f"**{LATENT}/6?scale=linear")
