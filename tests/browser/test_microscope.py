"""What a reader does under the microscope: types, clicks tokens and latents, compares, follows a link."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.app.engine_support import World, world
from tests.browser.conftest import open_page, serving
from tests.browser.looks import LOOKS
from tests.browser.test_walk import overflow, settle, violations
from tests.models.tiny import SENTENCES

__all__ = ["world"]

#: The model loads while the first test waits.
PATIENCE = 120_000
QUERY = "/microscope?source=mid&text=the+cat+sat+on+the+mat&hide=0"


@pytest.fixture(scope="module")
def base(world: World) -> Iterator[str]:
    """A server on the tiny models."""
    with serving(world.settings) as address:
        yield address


@pytest.fixture
def page(chromium: Browser, base: str) -> Iterator[Page]:
    with open_page(chromium, base) as opened:
        opened.goto(QUERY)
        expect(opened.locator(".ranking tbody tr").first).to_be_visible(timeout=PATIENCE)
        yield opened


def test_a_text_is_typed_and_its_latents_appear_in_place(chromium: Browser, base: str) -> None:
    with open_page(chromium, base) as page:
        page.goto("/microscope")
        page.evaluate("window.same = true")
        page.get_by_label("Text", exact=True).fill(SENTENCES[0])
        page.keyboard.press("Enter")
        expect(page.locator(".ranking tbody tr").first).to_be_visible(timeout=PATIENCE)
        assert "text=the+cat" in page.url
        assert page.evaluate("window.same") is True


def test_tokens_and_latents_are_clicked_either_way_and_the_link_restores_it(
    page: Page, chromium: Browser, base: str
) -> None:
    page.locator(".pick .tok").nth(3).click()
    expect(page.locator(".ranking header p").first).to_contain_text("1 chosen of")
    assert "at=3" in page.url
    page.locator(".ranking .latent").first.click()
    expect(page.locator(".latent-card")).to_be_visible()
    settle(page)
    expect(page.locator("#tokens-title + p")).not_to_contain_text("strongest")
    title = page.locator("#card-title").inner_text()
    with open_page(chromium, base) as other:
        other.goto(page.url.removeprefix(base))
        expect(other.locator("#card-title")).to_have_text(title, timeout=PATIENCE)
        expect(other.locator("input[name=at]:checked")).to_have_count(1)


def test_a_token_is_chosen_with_the_keyboard_and_keeps_the_focus(page: Page) -> None:
    page.locator("input[name=at]").nth(2).focus()
    page.keyboard.press("Space")
    expect(page.locator(".ranking header p").first).to_contain_text("1 chosen of")
    expect(page.locator("input[name=at]").nth(2)).to_be_focused()


def test_two_texts_are_compared(chromium: Browser, base: str) -> None:
    with open_page(chromium, base) as page:
        page.goto("/microscope?mode=two&source=mid")
        page.get_by_label("First text").fill(SENTENCES[0])
        page.get_by_label("Second text").fill(SENTENCES[1])
        page.get_by_role("button", name="Look").click()
        expect(page.locator(".two h3")).to_have_text(["First text", "Second text"], timeout=PATIENCE)
        expect(page.get_by_role("columnheader", name="Difference of maxima")).to_be_visible()


def test_own_texts_are_read_while_they_are_typed(chromium: Browser, base: str) -> None:
    with open_page(chromium, base) as page:
        page.goto("/sources/mid/latents/20")
        page.locator("#try-texts").press_sequentially("the cat sat", delay=20)
        expect(page.locator(".tried li")).to_have_count(1, timeout=PATIENCE)
        page.locator("#try-texts").press("Enter")
        page.locator("#try-texts").press_sequentially("a dog", delay=20)
        expect(page.locator(".tried li")).to_have_count(2)
        expect(page.locator(".tried .scope-text").last).to_contain_text("a dog")


def test_it_works_without_scripts(chromium: Browser, base: str, page: Page) -> None:
    with open_page(chromium, base, java_script_enabled=False) as plain:
        plain.goto("/microscope?source=mid")
        plain.get_by_label("Text", exact=True).fill("the cat")
        plain.get_by_role("button", name="Look").click()
        expect(plain.locator(".ranking tbody tr").first).to_be_visible()
        assert "text=the+cat" in plain.url


def test_an_ablation_is_asked_and_its_latents_removed_together(chromium: Browser, base: str) -> None:
    with open_page(chromium, base) as page:
        page.goto("/ablate?source=mid")
        page.get_by_label("Prompt", exact=True).fill(SENTENCES[0])
        page.keyboard.press("Enter")
        expect(page.locator(".effects-table tbody tr").first).to_be_visible(timeout=PATIENCE)
        settle(page)
        page.locator("input[name=pick]").first.check()
        page.get_by_role("button", name="Remove the ticked ones together").click()
        expect(page.locator("#set")).to_contain_text("Removing the 1 chosen")
        assert "pick=" in page.url


@LOOKS
@pytest.mark.parametrize(
    "path",
    [
        f"{QUERY}&at=2&at=3&latent=mid%3A20&source=mlp", "/microscope?mode=chat&source=mid&role=user&content=hi",
        "/microscope?mode=two&source=mid&text=the+cat&other=a+dog", "/ablate?source=mid&text=the+cat+sat+on",
        "/sources/mid/latents/20/try?texts=the+cat",
    ],
)  # fmt: skip
def test_the_pages_are_clean(chromium: Browser, base: str, page: Page, path: str, width: int, scheme: str) -> None:
    with open_page(chromium, base, width, scheme) as opened:
        opened.goto(path)
        expect(opened.locator(".state.loading")).to_have_count(0, timeout=PATIENCE)
        settle(opened)
        for details in opened.locator("main details").all():
            details.evaluate("element => { element.open = true; }")
        assert overflow(opened) <= 0
        assert violations(opened) == []
