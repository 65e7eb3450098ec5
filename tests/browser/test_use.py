"""What a reader does: keys, theme, sorting, filtering, paging, tabs, clicks on plots, live progress."""

import re

import pytest
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from playwright.sync_api import Browser, Page, expect
from sqlalchemy.orm import Session

from app.db.queries.sources import build_by_id, source_by_slug
from app.db.writes.builds import fail_build, update_progress
from app.db.writes.sources import register_source
from app.preparing import announce, withdraw
from app.settings import Settings
from app.web.navigation import has_page
from tests.browser.conftest import open_page, serving
from tests.browser.test_walk import settle, violations
from tests.fixtures_source import QUALITY, build, make_corpus, make_facts, start

SOURCE = "/sources/tiny-mid"
ICON = '<link rel="icon" href="/static/icon.svg">'


def test_keys_walk_through_the_latents(page: Page) -> None:
    page.goto(f"{SOURCE}/latents/5")
    page.keyboard.press("j")
    page.wait_for_url(f"**{SOURCE}/latents/6")
    page.keyboard.press("k")
    page.wait_for_url(f"**{SOURCE}/latents/5")
    page.keyboard.press("r")
    page.wait_for_url(re.compile(r"/latents/(?!5$)\d+$|/latents/5$"))


def test_keys_do_nothing_at_the_first_latent_and_while_typing(page: Page) -> None:
    page.goto(f"{SOURCE}/latents/0")
    page.keyboard.press("k")
    page.goto(SOURCE)
    page.keyboard.press("/")
    box = page.locator("#q")
    expect(box).to_be_focused()
    page.keyboard.type("jkr?/")
    expect(box).to_have_value("jkr?/")
    assert page.url.endswith(SOURCE)


def test_the_help_opens_and_closes(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keyboard")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.get_by_role("button", name="Keyboard shortcuts").click()
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_be_hidden()


def keys_of_help(page: Page) -> dict[str, str]:
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keyboard")
    expect(dialog).to_be_visible()
    names = [" ".join(text.split()) for text in dialog.locator("dt").all_inner_texts()]
    found = dict(zip(names, dialog.locator("dd").all_inner_texts(), strict=True))
    page.keyboard.press("Escape")
    return found


def test_the_help_lists_what_works_on_the_page_and_nothing_else(page: Page) -> None:
    page.goto(f"{SOURCE}/latents/5")
    found = keys_of_help(page)
    assert (found["j"], found["k"], found["r"]) == ("next latent", "previous latent", "random latent")
    assert found["g b"] == "go to Builds"
    page.goto(f"{SOURCE}/latents/0")
    first = keys_of_help(page)
    assert "j" in first
    assert "k" not in first
    page.goto("/builds")
    found = keys_of_help(page)
    assert "r" not in found
    assert "/" not in found
    page.goto("/")
    found = keys_of_help(page)
    assert (found["j"], found["r"]) == ("next in the list", "random latent")


def test_two_keys_go_to_a_page(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("g")
    page.keyboard.press("b")
    page.wait_for_url("**/builds")
    page.keyboard.press("g")
    page.keyboard.press("x")  # no page: forgotten
    page.keyboard.press("h")
    assert page.url.endswith("/builds")
    page.keyboard.press("g")
    page.keyboard.press("h")
    page.wait_for_url(lambda url: url.endswith("/"))


def test_j_and_k_walk_through_the_cards_and_enter_opens_one(page: Page) -> None:
    page.goto("/")
    names = page.locator(".card h3 a").all_inner_texts()
    for key, place in (("j", 0), ("j", 1), ("j", 2), ("j", 2), ("k", 1)):
        page.keyboard.press(key)
        expect(page.locator(".card h3 a").nth(place)).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/sources/{names[1]}")


def test_t_changes_the_theme(page: Page) -> None:
    page.goto("/")
    for name in ("Dark", "Light", "As the system"):
        page.keyboard.press("t")
        expect(page.get_by_role("radio", name=name)).to_be_checked()


def test_focus_is_visible_on_everything_that_takes_it(page: Page) -> None:
    page.goto("/")
    for _ in range(12):
        page.keyboard.press("Tab")
        shown = page.evaluate(
            """() => {
              const element = document.activeElement;
              const near = [element, element.nextElementSibling].filter(Boolean).map((item) => getComputedStyle(item));
              near.push(getComputedStyle(element, "::after"));
              return near.some((style) => style.outlineStyle === "solid" && parseFloat(style.outlineWidth) >= 2);
            }"""
        )
        assert shown, page.evaluate("document.activeElement.outerHTML")


def test_the_skip_link_is_the_first_stop(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the contents")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_the_theme_is_remembered_and_applied_before_the_first_paint(page: Page) -> None:
    def background() -> str:
        return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))

    page.goto(SOURCE)
    light = background()
    page.get_by_role("radio", name="Dark").check(force=True)
    dark = background()
    assert dark != light
    page.reload()
    assert background() == dark
    expect(page.get_by_role("radio", name="Dark")).to_be_checked()
    page.get_by_role("radio", name="As the system").check(force=True)
    assert background() == light


def test_a_click_on_a_head_sorts_and_changes_the_address(page: Page) -> None:
    page.goto(SOURCE)
    page.evaluate("window.same = true")
    page.get_by_role("link", name="Mean").click()
    expect(page.get_by_role("columnheader", name="Mean")).to_have_attribute("aria-sort", "descending")
    assert "sort=mean_activation" in page.url
    assert page.evaluate("window.same") is True
    first = page.locator("table.latents .what").first.inner_text()
    page.reload()
    expect(page.locator("table.latents .what").first).to_have_text(first)


def test_paging_goes_on_and_back(page: Page) -> None:
    page.goto(SOURCE)
    page.get_by_role("link", name="Next page").click()
    expect(page.locator("table.latents tbody tr")).to_have_count(14)
    page.go_back()
    expect(page.locator("table.latents tbody tr")).to_have_count(50)
    page.get_by_role("link", name="Next page").click()
    page.get_by_role("link", name="First page").click()
    expect(page.locator("table.latents tbody tr")).to_have_count(50)


def test_search_and_filter_narrow_the_table_and_can_be_cleared(page: Page) -> None:
    page.goto(SOURCE)
    page.locator("#q").fill("winter")
    page.locator("summary", has_text="More filters").click()
    page.get_by_label("Density from").fill("0.05")
    page.keyboard.press("Enter")
    expect(page.locator("table.latents .label")).to_have_count(1)  # asked for its text, several are an error at once
    expect(page.locator("table.latents .label")).to_have_text(["winter"])
    assert "q=winter" in page.url
    page.get_by_role("link", name="Reset").click()
    expect(page.locator("table.latents tbody tr")).to_have_count(50)


def test_the_other_bands_come_without_a_new_page(page: Page) -> None:
    page.goto(f"{SOURCE}/latents/5")
    page.get_by_role("link", name="Equal-width bands").click()
    expect(page.locator("section.band")).to_have_count(11)
    assert "view=width" in page.url


def test_a_click_on_a_bar_goes_to_its_band(page: Page) -> None:
    page.goto(f"{SOURCE}/latents/5")
    settle(page)
    plot = page.locator(".main-svg .draglayer .nsewdrag")
    plot.scroll_into_view_if_needed()
    area = plot.bounding_box()
    assert area is not None
    page.mouse.click(area["x"] + 0.09 * area["width"], area["y"] + 0.8 * area["height"])
    page.wait_for_url("**#band-6")


def test_hovering_a_token_shows_its_activation(page: Page) -> None:
    page.goto(f"{SOURCE}/latents/5")
    token = page.locator(".tok.focus").first
    token.hover()
    shown = token.evaluate("element => getComputedStyle(element, '::after').content")
    assert shown == f'"{token.get_attribute("data-a")}"'


@pytest.mark.parametrize("path", ["/", "/builds", "/sources/other-mlp"])
def test_progress_is_live_from_the_start_of_a_build_to_its_end(
    chromium: Browser, own_server: str, own_session: Session, path: str
) -> None:
    source, corpus = source_by_slug(own_session, "other-mlp"), make_corpus()
    with open_page(chromium, own_server) as page:
        page.goto(path)
        expect(page.locator("progress")).to_have_count(0)
        number = start(own_session, source.id, corpus)
        bar = page.locator("progress")
        expect(bar).to_have_attribute("value", "0.0")
        for share in (0.25, 0.75):
            update_progress(own_session, number, progress=share)
            expect(bar).to_have_attribute("value", f"{100 * share:.1f}")
        page.reload()
        expect(bar).to_have_attribute("value", "75.0")
        fail_build(own_session, number, "The power went out.")
        expect(page.locator("main")).to_contain_text("The power went out.")
        expect(bar).to_have_count(0)


def test_a_source_page_shows_its_latents_when_the_first_build_ends(
    chromium: Browser, own_server: str, own_session: Session
) -> None:
    with open_page(chromium, own_server) as page:
        page.goto("/sources/other-mlp")
        expect(page.locator("main")).to_contain_text("Not built yet")
        build(own_session, source_by_slug(own_session, "other-mlp").id, make_corpus(), 3, QUALITY)
        expect(page.locator("table.latents tbody tr")).to_have_count(50)
        settle(page)


def test_a_build_is_cancelled_after_a_question(chromium: Browser, own_server: str, own_session: Session) -> None:
    source = source_by_slug(own_session, "other-mlp")
    number = start(own_session, source.id, make_corpus())
    with open_page(chromium, own_server) as page:
        page.goto("/builds")
        button = page.get_by_role("button", name="Cancel the build of other-mlp")
        page.once("dialog", lambda dialog: dialog.dismiss())
        button.click()
        update_progress(own_session, number, progress=0.5)
        expect(page.locator("progress")).to_have_attribute("value", "50.0")
        assert build_by_id(own_session, number).status == "running"
        own_session.rollback()
        page.once("dialog", lambda dialog: dialog.accept())
        button.click()
        expect(page.locator(".toast")).to_have_text("Cancelled the build of other-mlp.")
        expect(page.locator("progress")).to_have_count(0)
        expect(page.locator(f"#build-{number} .status")).to_have_text("cancelled")
        assert violations(page) == []


def test_progress_does_not_take_the_focus_from_the_cancel_button(
    chromium: Browser, own_server: str, own_session: Session
) -> None:
    number = start(own_session, source_by_slug(own_session, "other-mlp").id, make_corpus())
    with open_page(chromium, own_server) as page:
        page.goto("/")
        button = page.get_by_role("button", name="Cancel the build of other-mlp")
        button.focus()
        update_progress(own_session, number, progress=0.25)
        expect(page.locator("progress")).to_have_attribute("value", "25.0")
        expect(button).to_be_focused()


def test_a_build_is_cancelled_without_scripts(chromium: Browser, own_server: str, own_session: Session) -> None:
    number = start(own_session, source_by_slug(own_session, "other-mlp").id, make_corpus())
    with open_page(chromium, own_server, java_script_enabled=False) as page:
        page.goto("/")
        page.get_by_role("button", name="Cancel the build of other-mlp").click()
        page.wait_for_url("**/builds")
        expect(page.locator(f"#build-{number} .status")).to_have_text("cancelled")


def test_what_was_typed_survives_live_updates_and_enter_sends_it(
    chromium: Browser, own_settings: Settings, own_session: Session
) -> None:
    def add_microscope(app: FastAPI) -> None:
        if not has_page(app, "microscope"):
            app.router.add_api_route("/microscope", lambda text="": HTMLResponse(f"{ICON}{len(text)}"))
        app.state.page_names = app.state.page_names | {"microscope"}

    # The fixture's model has no weights, so that the page it leads to may say that it cannot be loaded.
    with serving(own_settings, add_microscope) as base, open_page(chromium, base, expected=(503,)) as page:
        page.goto("/")
        page.keyboard.press("/")
        box = page.get_by_label("Look at a text under the microscope")
        expect(box).to_be_focused()
        page.keyboard.type("A dragon? j k r")
        number = start(own_session, source_by_slug(own_session, "other-mlp").id, make_corpus())
        expect(page.locator("progress")).to_have_count(1)
        update_progress(own_session, number, progress=0.5)
        expect(page.locator("progress")).to_have_attribute("value", "50.0")
        expect(box).to_have_value("A dragon? j k r")
        expect(box).to_be_focused()
        assert violations(page) == []
        page.keyboard.press("Enter")
        page.wait_for_url("**/microscope?text=A+dragon%3F+j+k+r")


def test_a_demo_in_preparation_turns_into_its_sources(
    chromium: Browser, own_server: str, own_settings: Settings, own_session: Session
) -> None:
    announce(own_settings.data_dir, "Loading the bundled language model.")
    with open_page(chromium, own_server) as page:
        page.goto("/")
        expect(page.locator(".preparing")).to_contain_text("Loading the bundled language model.")
        assert violations(page) == []
        announce(own_settings.data_dir, "Registering a-source, bundled source 1 of 4.")
        expect(page.locator(".preparing")).to_contain_text("1 of 4")
        facts = make_facts("tiny-stories", "blocks.1.hook_resid_post", 1, "resid_post", "jumprelu", 90)
        source = register_source(own_session, "a-source", facts, make_corpus().vocabulary)
        expect(page.get_by_role("link", name="a-source", exact=True)).to_be_visible()
        start(own_session, source, make_corpus())
        withdraw(own_settings.data_dir)
        expect(page.locator("progress")).to_have_count(1)
        expect(page.locator(".preparing")).to_have_count(0)


def test_a_server_that_is_gone_is_said(chromium: Browser, own_settings: Settings) -> None:
    context = chromium.new_context()
    page = context.new_page()
    with serving(own_settings) as base:
        page.goto(f"{base}/builds")
    expect(page.locator(".toast").first).to_contain_text("does not answer")
    context.close()
