"""What a reader does on the Ablate page besides removing: patches from a second prompt, compares groups of texts."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.app.engine_support import World, world
from tests.browser.conftest import open_page, serving
from tests.browser.looks import LOOKS
from tests.browser.test_walk import overflow, settle, violations

__all__ = ["world"]

#: The model loads while the first test waits.
PATIENCE = 120_000
REMOVE = "/ablate?source=mid&text=the+cat+sat+on+the+mat+and+the+dog&budget=60"
PATCH = "/ablate?mode=patch&source=mid&text=the+cat+sat+on&other=the+dog+sat+on"
GROUPS = (
    "/ablate?mode=selectivity&source=mid&latents=20&name=a&rule=&texts=the+cat+sat&name=b&rule=dog&texts=&controls=2"
)


@pytest.fixture(scope="module")
def base(world: World) -> Iterator[str]:
    """A server on the tiny models."""
    with serving(world.settings) as address:
        yield address


def test_a_prompt_is_patched_from_a_second_one(chromium: Browser, base: str) -> None:
    with open_page(chromium, base) as page:
        page.goto("/ablate?source=mid&text=the+cat+sat+on")
        page.get_by_role("link", name="Patch from a second prompt").click()
        page.wait_for_url("**mode=patch**")  # its scripts run by then, which Enter in a text box needs
        expect(page.locator("#text")).to_have_value("the cat sat on")
        page.locator("#other").fill("the dog sat on")
        page.keyboard.press("Enter")
        expect(page.locator(".questions dt")).to_have_text(["Does it break?", "Does it suffice?"], timeout=PATIENCE)
        settle(page)
        assert "other=the+dog" in page.url


def test_the_list_is_lengthened_and_all_are_removed(chromium: Browser, base: str) -> None:
    with open_page(chromium, base) as page:
        page.goto(REMOVE, timeout=PATIENCE)
        expect(page.locator("#audit")).to_contain_text("at 95", timeout=PATIENCE)
        page.get_by_role("button", name="More: list 50").click()
        expect(page.locator(".effects-table tbody tr")).to_have_count(50)
        page.get_by_role("button", name="exactly").click()
        expect(page.locator("#audit")).to_contain_text("all of them were removed")
        expect(page.locator(".effects-table tbody tr")).to_have_count(50)
        assert "top_k=50" in page.url


def test_groups_are_compared_without_scripts(chromium: Browser, base: str) -> None:
    with open_page(chromium, base) as page:
        page.goto(GROUPS, timeout=PATIENCE)
        expect(page.locator(".verdict")).to_be_visible(timeout=PATIENCE)
    with open_page(chromium, base, java_script_enabled=False) as plain:
        plain.goto("/ablate?mode=selectivity&source=mid")
        plain.get_by_label("Latents to remove together").fill("20, 3")
        plain.locator("#name-1").fill("cats")
        plain.locator("#texts-1").fill("the cat sat\nthe cat ran")
        plain.get_by_role("button", name="Compare the groups").click(timeout=PATIENCE)
        expect(plain.locator(".effects-table tbody tr")).to_have_count(1)
        assert "latents=20" in plain.url


@LOOKS
@pytest.mark.parametrize("path", [REMOVE, PATCH, GROUPS])
def test_the_modes_are_clean(chromium: Browser, base: str, path: str, width: int, scheme: str) -> None:
    with open_page(chromium, base, width, scheme) as page:
        page.goto(path, timeout=PATIENCE)
        expect(page.locator(".effects-table")).to_be_visible(timeout=PATIENCE)
        settle(page)
        assert overflow(page) <= 0
        assert violations(page) == []
