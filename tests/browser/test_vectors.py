"""What a reader does on the Vectors page: types two lists, sees the vector, saves it, takes it along, deletes it."""

import re
import shutil
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.app.engine_support import World, world
from tests.browser.conftest import open_page, serving
from tests.browser.looks import LOOKS
from tests.browser.test_walk import overflow, settle, violations

__all__ = ["world"]

#: The model loads while the first test waits.
PATIENCE = 120_000
LISTS = {"positive": "the cat sat\nthe dog sat", "negative": "a tree fell\na stone lay"}
FILLED = f"/vectors?{urlencode({'at': 'blocks.1.hook_resid_post@tiny-llama', **LISTS})}"


@pytest.fixture(scope="module")
def base(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server on a copy of the tiny models' database."""
    folder = tmp_path_factory.mktemp("vectors") / "data"
    shutil.copytree(world.settings.data_dir, folder)
    with serving(world.settings.model_copy(update={"data_dir": folder})) as address:
        yield address


@pytest.fixture
def page(chromium: Browser, base: str) -> Iterator[Page]:
    with open_page(chromium, base) as opened:
        opened.goto(FILLED)
        expect(opened.locator("#vector-title")).to_be_visible(timeout=PATIENCE)
        yield opened


def test_a_vector_is_previewed_while_it_is_typed(chromium: Browser, base: str) -> None:
    with open_page(chromium, base) as page:
        page.goto("/vectors")
        page.evaluate("window.same = true")
        page.locator("#positive").press_sequentially("the cat sat", delay=10)
        expect(page.locator("#preview")).to_contain_text("The second list has no prompt yet")
        page.locator("#negative").press_sequentially("a tree fell", delay=10)
        expect(page.locator("#vector-title")).to_be_visible(timeout=PATIENCE)
        settle(page)
        page.get_by_label("The activation at").select_option("mean")
        expect(page).to_have_url(re.compile("positions=mean"))
        assert page.evaluate("window.same") is True


def test_a_vector_is_saved_opened_exported_and_deleted_after_a_question(page: Page) -> None:
    page.get_by_label("Name").fill("cats & dogs")
    page.keyboard.press("Enter")
    expect(page.locator(".notice.good")).to_contain_text("Saved as cats & dogs.")
    expect(page.locator("#positive")).to_have_value(LISTS["positive"])
    with page.expect_download() as download:
        page.get_by_role("link", name="Export cats & dogs as safetensors").click()
    assert download.value.suggested_filename.endswith(".safetensors")
    row = page.locator("#saved tbody tr")
    expect(row).to_have_count(1)
    row.locator("summary").focus()
    page.keyboard.press("Enter")
    row.get_by_role("button", name="Delete cats & dogs for good").click()
    expect(page.locator(".toast")).to_contain_text("Deleted the vector cats & dogs.")
    expect(page.locator("#saved")).to_contain_text("No vector is saved yet")


def test_an_example_fills_both_lists(chromium: Browser, base: str) -> None:
    # The tiny models read 64 tokens: the example's prompts are longer for them than for a real one.
    with open_page(chromium, base, expected=(422,)) as page:
        page.goto("/vectors")
        page.locator(".suggestions a").first.click()
        expect(page.locator("#positive")).to_have_value(re.compile(r"^(.+\n){9}.+$"))


def test_it_works_without_scripts(chromium: Browser, base: str, page: Page) -> None:
    with open_page(chromium, base, java_script_enabled=False) as plain:
        plain.goto("/vectors")
        plain.get_by_label("Towards").fill(LISTS["positive"])
        plain.get_by_label("Away from").fill(LISTS["negative"])
        plain.get_by_role("button", name="Preview").click()
        expect(plain.locator("#vector-title")).to_be_visible()
        assert "positive=the+cat" in plain.url
        plain.get_by_label("Name").fill("plain")
        plain.get_by_role("button", name="Save the vector").click()
        expect(plain.locator("#saved")).to_contain_text("plain")
        plain.locator("#saved summary").click()
        plain.get_by_role("button", name="Delete plain for good").click()
        expect(plain.locator("#saved")).to_contain_text("No vector is saved yet")


@LOOKS
def test_the_page_is_clean(chromium: Browser, base: str, page: Page, width: int, scheme: str) -> None:
    page.get_by_label("Name").fill(f"{width} {scheme} " + "w" * 60)
    page.keyboard.press("Enter")
    expect(page.locator(".notice.good")).to_be_visible()
    with open_page(chromium, base, width, scheme) as opened:
        for path in ("/vectors", FILLED):
            opened.goto(path)
            settle(opened)
            for details in opened.locator("main details").all():
                details.evaluate("element => { element.open = true; }")
            assert overflow(opened) <= 0
            assert violations(opened) == []
