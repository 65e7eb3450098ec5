"""What a reader does on the steer board: adds sliders, moves them, calibrates, chats, keeps a mix and shares it."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from app.settings import Settings
from tests.app.engine_support import LABEL, World, world
from tests.browser.conftest import open_page, serving
from tests.browser.looks import LOOKS
from tests.browser.test_walk import MAX_SHIFT, overflow, settle, shift, violations

__all__ = ["world"]

#: The model loads while the first test waits.
PATIENCE = 120_000
#: Counts the requests that the page itself calls off, and holds the next one back until then: on a quick machine its
#: text would be written before the slider moves again.
COUNT_ABORTS = """() => {
  window.aborts = 0;
  let held = false;
  const ask = window.fetch;
  window.fetch = async (path, init) => {
    const called_off = new Promise((done) => init.signal.addEventListener("abort", done));
    called_off.then(() => (window.aborts += 1));
    if (!held) {
      held = true;
      await called_off;
    }
    return ask(path, init);
  };
}"""
RANGE = re.compile("Safe from -?[0-9.]+ to -?[0-9.]+")
BOARD = "/steer?prompt=the+cat+sat&term=mid%3A20&strength=0.5&length=12"


@pytest.fixture(scope="module")
def base(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server on the tiny models, with a database of its own: mixes and calibrations are stored in it."""
    folder = tmp_path_factory.mktemp("steer") / "data"
    shutil.copytree(world.settings.data_dir, folder)
    given = {**world.settings.model_dump(), "data_dir": folder, "database_url": ""}
    with serving(Settings(_env_file=None, **given)) as address:
        yield address


@pytest.fixture
def page(chromium: Browser, base: str) -> Iterator[Page]:
    with open_page(chromium, base) as opened:
        opened.goto(BOARD)
        written(opened)
        yield opened


def written(page: Page) -> None:
    expect(page.locator("#status")).to_contain_text("Written", timeout=PATIENCE)


def steered(page: Page) -> Locator:
    return page.locator("#steered .written")


def move(page: Page, strength: str) -> None:
    page.locator(".slider-card input[type=range]").first.fill(strength)


def test_a_slider_is_added_by_search_and_its_text_streams(chromium: Browser, base: str) -> None:
    with open_page(chromium, base) as page:
        page.goto("/steer")
        expect(page.get_by_text("No slider yet")).to_be_visible()
        page.get_by_label("Prompt", exact=True).fill("the cat sat")
        page.get_by_label("Add a latent or a vector").press_sequentially(LABEL, delay=20)
        expect(page.locator(".found-item")).to_have_count(1)
        page.locator(".found-item").click()
        expect(page.locator(".slider-card h3")).to_have_text(f"{LABEL} guess")
        written(page)
        assert "term=mid%3A20" in page.url
        expect(page.locator("#baseline .tok.given").first).to_be_visible()
        expect(page.locator("#steered .tok.steered").first).to_be_visible()
        expect(page.locator(".share").first).to_contain_text("of norm")


def test_a_slider_that_moves_writes_anew_and_the_run_before_is_called_off(page: Page) -> None:
    page.evaluate(COUNT_ABORTS)
    page.locator("#length").evaluate("element => { element.value = 40; }")
    move(page, "1")
    expect(page.locator("#panes.writing")).to_have_count(1)
    move(page, "3.5")
    expect(page.locator("#status")).to_contain_text("Written: 40 tokens", timeout=PATIENCE)
    assert page.evaluate("window.aborts") == 1
    assert "strength=3.5" in page.url
    before = steered(page).inner_text()
    move(page, "-3.5")
    expect(steered(page)).not_to_have_text(before)
    written(page)


def test_strength_zero_writes_the_unsteered_text_and_a_switch_does_the_same(page: Page) -> None:
    unsteered = page.locator("#baseline .written").inner_text()
    page.locator(".amount input").fill("0")
    expect(steered(page)).to_have_text(unsteered)
    page.locator(".amount input").fill("3")
    expect(steered(page)).not_to_have_text(unsteered)
    page.locator(".switch").click()
    expect(steered(page)).to_have_text(unsteered)
    assert "on=0" in page.url


def test_tokens_tell_their_numbers_to_the_pointer_and_the_keyboard(page: Page) -> None:
    page.locator("#steered .tok:not(.given)").first.hover()
    expect(page.locator("#token-line")).to_contain_text("KL")
    page.locator("#baseline").focus()
    page.keyboard.press("End")
    expect(page.locator("#token-line")).to_contain_text("likeliest")
    page.keyboard.press("Home")
    expect(page.locator("#token-line")).to_contain_text("prompt")


def test_what_cannot_be_meant_is_one_sentence_and_nothing_is_sent(page: Page) -> None:
    page.locator(".amount input").fill("")
    expect(page.locator("#problem")).to_contain_text(f"The strength of {LABEL} is a number")
    page.locator(".amount input").fill("1")
    expect(page.locator("#problem")).to_be_hidden()


def test_calibrating_paints_the_safe_range_and_offers_the_best_strength(page: Page, chromium: Browser) -> None:
    page.get_by_role("button", name="Calibrate").click()
    expect(page.get_by_role("button", name="Cancel")).to_be_visible()
    expect(page.locator(".slider-card .safe")).to_have_attribute("aria-label", "Not calibrated")
    expect(page.locator(".curve [data-figure].drawn")).to_have_count(1, timeout=PATIENCE)
    expect(page.locator(".slider-card .safe")).to_have_attribute("aria-label", RANGE)
    assert float(page.locator(".safe .range").get_attribute("width") or 0) > 0
    page.locator("button[data-recommended]").click()
    expect(page.locator(".amount input")).to_have_value(
        str(page.locator("button[data-recommended]").get_attribute("value"))
    )
    page.reload()
    expect(page.locator(".slider-card .safe")).to_have_attribute("aria-label", RANGE)


def test_balancing_scales_the_sliders_and_says_by_how_much(page: Page) -> None:
    page.get_by_label("Add a latent or a vector").fill("20")
    page.locator(".found-item", has_text="mid · 20").click()
    expect(page.locator(".slider-card")).to_have_count(2)
    written(page)
    page.get_by_role("button", name="Balance").click()
    expect(page.locator("#balance-said")).to_contain_text("nearly the same direction", timeout=PATIENCE)


def test_a_chat_goes_on_from_the_steered_answer(chromium: Browser, base: str) -> None:
    with open_page(chromium, base) as page:
        page.goto("/steer?interface=chat&term=mid%3A20&strength=2&length=8")
        page.get_by_label("Your message").fill("the cat")
        page.keyboard.press("Enter")
        written(page)
        answer = page.evaluate("document.getElementById('steered').innerText")
        page.get_by_label("Your message").fill("and the dog?")
        page.keyboard.press("Enter")
        expect(page.locator("#turns > li")).to_have_count(3)
        expect(page.locator("#turns textarea").nth(2)).to_have_value("and the dog?")
        assert page.locator("#turns select").nth(1).input_value() == "assistant"
        assert page.locator("#turns textarea").nth(1).input_value()[:3] in answer
        expect(page.locator("#panes.writing")).to_have_count(0, timeout=PATIENCE)
        written(page)
        assert page.url.count("content=") == 3


def test_a_model_without_a_chat_template_says_so(chromium: Browser, base: str) -> None:
    with open_page(chromium, base, expected=(422,)) as page:
        page.goto("/steer?interface=chat&model=tiny-gpt2")
        page.get_by_label("Your message").fill("the cat")
        page.keyboard.press("Enter")
        expect(page.locator("#problem")).to_contain_text("no chat template", timeout=PATIENCE)


def test_a_mix_is_saved_and_its_link_restores_everything(page: Page, chromium: Browser, base: str) -> None:
    page.get_by_role("radio", name="new tokens").check(force=True)
    page.get_by_label("Seed", exact=True).fill("7")
    page.wait_for_url(re.compile("seed=7"))  # the text of the board as it is now is being written
    page.get_by_label("Name of the mix").fill("cats <b>")
    page.get_by_role("button", name="Save as a mix").click()
    expect(page.locator("#mixes a")).to_have_text(["cats <b>"])
    written(page)
    expect(page.locator("#panes.writing")).to_have_count(0, timeout=PATIENCE)
    text = steered(page).inner_text()
    links = [page.url.removeprefix(base), str(page.locator("#mixes a").get_attribute("href"))]
    for link in links:
        with open_page(chromium, base) as other:
            other.goto(link)
            written(other)
            expect(steered(other)).to_have_text(text)
            expect(other.get_by_label("Seed", exact=True)).to_have_value("7")
            expect(other.get_by_role("radio", name="new tokens")).to_be_checked()
            expect(other.locator(".amount input")).to_have_value("0.5")
    page.get_by_role("button", name="Delete the mix").click()
    expect(page.locator("#mixes li")).to_have_count(0)


def test_several_samples_say_in_how_many_the_effect_shows(page: Page) -> None:
    page.locator("#n-samples").fill("3")
    page.get_by_role("button", name="Write them").click()
    expect(page.locator("#samples-said")).to_contain_text("of 3 texts differ", timeout=PATIENCE)
    expect(page.locator("#samples-said")).to_contain_text("the effect shows in")
    expect(page.locator("#samples li")).to_have_count(3)


def test_the_board_is_exported_as_json_and_as_a_program(page: Page) -> None:
    with page.expect_download() as download:
        page.get_by_role("button", name="JSON").click()
    assert '"index": 20' in Path(download.value.path()).read_text()
    page.get_by_role("button", name="Python").click()
    expect(page.locator("#snippet-box pre")).to_contain_text("transformer_lens", timeout=PATIENCE)


def test_a_slider_is_removed_and_modes_change_what_it_counts(page: Page) -> None:
    page.get_by_label("What is done with").select_option("scale")
    expect(page.locator(".amount .unit")).to_have_text("×")
    page.get_by_label("What is done with").select_option("ablate")
    expect(page.locator(".slider-card .track")).to_be_hidden()
    page.get_by_role("button", name=f"Remove {LABEL}").click()
    expect(page.locator(".slider-card")).to_have_count(0)
    expect(page.locator("#verdict")).to_have_text("no slider is on")
    assert "term=" not in page.url


def test_it_works_without_scripts(chromium: Browser, base: str, page: Page) -> None:
    with open_page(chromium, base, java_script_enabled=False) as plain:
        plain.goto("/steer?length=12")
        plain.get_by_label("Prompt", exact=True).fill("the cat sat")
        plain.locator(".found-item", has_text=LABEL).click()
        expect(plain.locator(".slider-card h3")).to_have_text(f"{LABEL} guess")
        plain.get_by_role("button", name="Write", exact=True).click()
        expect(plain.locator("#steered .tok.steered").first).to_be_visible()
        assert plain.locator("#steered .written").inner_text() != plain.locator("#baseline .written").inner_text()
        plain.get_by_role("button", name=f"Remove {LABEL}").click()
        expect(plain.locator(".slider-card")).to_have_count(0)


@LOOKS
@pytest.mark.parametrize("path", ["/steer", BOARD, "/steer?interface=chat&role=user&content=hi&term=mid%3A20&length=8"])
def test_the_page_is_clean(chromium: Browser, base: str, page: Page, path: str, width: int, scheme: str) -> None:
    with open_page(chromium, base, width, scheme) as opened:
        opened.goto(path)
        if path != "/steer":
            written(opened)
        assert shift(opened) < MAX_SHIFT
        for details in opened.locator("main details").all():
            details.evaluate("element => { element.open = true; }")
        curve = opened.locator("button[data-curve]:visible")
        if curve.count():
            curve.click()
            settle(opened)
        assert overflow(opened) <= 0
        assert violations(opened) == []


@pytest.mark.parametrize("path", ["/steer?term=mid%3A20%3Cscript%3E&term=mid%3A99999&term=mid%3A20&strength=nan"])
def test_what_cannot_be_restored_is_said_and_the_board_goes_on(chromium: Browser, base: str, path: str) -> None:
    with open_page(chromium, base) as page:
        page.goto(path)
        expect(page.locator(".steer-problems li")).to_have_count(3)
        written(page)
        expect(page.locator(".slider-card")).to_have_count(1)
