"""What a reader does on a latent's page: explanations, bands, whole prompts, labels, spectrum, embedded view."""

import contextlib
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FloatRect, Page, expect

from app.settings import Settings
from tests.browser.conftest import open_page, serving
from tests.browser.looks import LOOKS
from tests.browser.test_walk import MAX_SHIFT, overflow, settle, shift, violations

LATENT = "/sources/tiny-mid/latents/5"
RULES = "rule=snow+%7C+ice&name=cold&where=token&rule=winter&name=&where=near"


@contextlib.contextmanager
def file_server(folder: Path) -> Iterator[int]:
    """The port of a plain web server for the files of a folder: the other site."""
    handler = partial(QuietHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join(timeout=10)


def plot_area(page: Page) -> FloatRect:
    """Where the bars are, on the screen."""
    settle(page)
    area = page.locator(".main-svg .draglayer .nsewdrag")
    area.scroll_into_view_if_needed()
    box = area.bounding_box()
    assert box is not None
    return box


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def embedding(own_settings: Settings) -> Iterator[str]:
    settings = own_settings.model_copy(update={"embed_origins": ("http://127.0.0.1:*",)})
    with serving(settings) as base:
        yield base


@LOOKS
@pytest.mark.parametrize(
    "path",
    [
        f"{LATENT}?band=top&scale=linear", f"{LATENT}/prompts/3", f"{LATENT}/spectrum", f"{LATENT}/spectrum?{RULES}",
        "/sources/tiny-mid/latents/0/spectrum", "/sources/tiny-mid/latents/2", "/sources/tiny-late/latents/5",
    ],
)  # fmt: skip
def test_the_pages_of_a_latent_are_clean(chromium: Browser, server: str, path: str, width: int, scheme: str) -> None:
    with open_page(chromium, server, width, scheme) as page:
        page.goto(path)
        settle(page)
        for details in page.locator("main details:not(.widen)").all():
            details.evaluate("element => { element.open = true; }")
        assert overflow(page) <= 0
        assert violations(page) == []


def test_an_explanation_opens_by_key_and_by_click_and_closes_with_escape(page: Page) -> None:
    page.goto(LATENT)
    panel = page.locator("#term-density")
    button = page.get_by_role("button", name="Density")
    button.focus()
    page.keyboard.press("Enter")
    expect(panel).to_be_visible()
    expect(panel).to_contain_text("Commonly misread")
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(button).to_be_focused()
    button.click()
    expect(panel).to_be_visible()
    assert violations(page) == []
    page.locator("h1").click()
    expect(panel).to_be_hidden()


def test_a_click_on_the_plot_finds_the_band_even_above_a_low_bar(page: Page) -> None:
    page.goto(LATENT)
    area = plot_area(page)
    page.mouse.click(area["x"] + 0.8 * area["width"], area["y"] + 0.1 * area["height"])
    page.wait_for_url("**#band-1")


def test_a_click_on_the_plot_leads_to_a_band_that_is_not_on_the_page(page: Page) -> None:
    page.goto(f"{LATENT}?band=0.5-0.7")
    area = plot_area(page)
    page.mouse.click(area["x"] + 0.8 * area["width"], area["y"] + 0.5 * area["height"])
    page.wait_for_url("**band=0.99-1#band-1")
    expect(page.locator("section.band h3")).to_have_text("99–100 %")


@pytest.mark.parametrize("width", [1280, 360])
def test_who_jumps_to_a_lower_band_stays_there_when_its_examples_come(
    chromium: Browser, server: str, width: int
) -> None:
    with open_page(chromium, server, width) as page:
        page.goto(LATENT)
        settle(page)
        page.evaluate("document.querySelector('#band-6').scrollIntoView()")
        expect(page.locator("ol.to-come")).to_have_count(0)
        settle(page)
        expect(page.locator("#band-6 h3")).to_be_in_viewport()
        assert shift(page) < MAX_SHIFT


def test_scrolling_brings_the_examples_of_the_lower_bands(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "later-bands" in request.url else None)
    page.goto(LATENT)
    settle(page)
    assert asked == []
    expect(page.locator("section.band")).to_have_count(7)
    page.locator("#band-1").scroll_into_view_if_needed()
    expect(page.locator("section.band:not(:has(ol.examples))")).to_have_count(0)
    expect(page.locator("ol.to-come")).to_have_count(0)
    expect(page.locator("section.band")).to_have_count(7)
    page.mouse.wheel(0, 5000)
    page.mouse.wheel(0, -5000)
    settle(page)
    assert len(asked) == 1
    # What came later works as what was there.
    last = page.locator("#band-6 .examples > li").first
    last.get_by_text("whole prompt").click()
    expect(last.locator("bdi.whole")).to_be_visible()


def test_an_address_of_a_lower_band_stays_in_view_when_the_examples_come(page: Page) -> None:
    page.goto(f"{LATENT}#band-4")
    expect(page.locator("section.band:not(:has(ol.examples))")).to_have_count(0)
    expect(page.locator("ol.to-come")).to_have_count(0)
    settle(page)
    expect(page.locator("#band-4")).to_be_in_viewport()
    assert page.locator("#band-4").evaluate("element => Math.abs(element.getBoundingClientRect().top) < 60")
    assert page.locator("#band-4").evaluate("element => element.matches(':target')")


def test_bands_and_scales_change_in_place_and_the_plot_with_them(page: Page) -> None:
    page.goto(LATENT)
    settle(page)
    page.evaluate("window.same = true")
    page.get_by_role("link", name="Linear counts").click()
    expect(page.locator(".ytitle")).to_have_text("tokens")
    page.get_by_role("link", name="70–90 %").click()
    expect(page.locator("section.band")).to_have_count(1)
    expect(page.locator(".ytitle")).to_have_text("tokens")
    page.get_by_role("link", name="Equal-width bands").click()
    expect(page.locator("section.band")).to_have_count(11)
    assert "scale=linear" in page.url
    assert page.evaluate("window.same") is True


def test_a_context_is_widened_where_it_stands(page: Page) -> None:
    page.goto(LATENT)
    first = page.locator(".examples > li").first
    first.get_by_text("whole prompt").click()
    whole = first.locator("bdi.whole")
    expect(whole).to_be_visible()
    assert len(whole.inner_text()) > len(first.locator("bdi.text").first.inner_text())
    first.get_by_text("whole prompt").click()
    expect(whole).to_be_hidden()


def test_a_context_is_a_link_without_scripts(chromium: Browser, server: str) -> None:
    with open_page(chromium, server, java_script_enabled=False) as page:
        page.goto(LATENT)
        page.get_by_text("whole prompt").first.click()
        page.locator(".widen a").first.click()
        expect(page.locator("bdi.whole .tok.focus")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_label_is_written_changed_and_its_history_kept(chromium: Browser, own_server: str, scripts: bool) -> None:
    with open_page(chromium, own_server, java_script_enabled=scripts) as page:
        page.goto("/sources/tiny-mid/latents/20?band=top")
        if scripts:
            page.evaluate("window.same = true")
        for words in ("boats", "ships at sea"):
            page.locator("#labels summary").first.click()
            page.get_by_label("What it means, in a few words").fill(words)
            page.get_by_label("Your name").fill("Ada")
            page.get_by_role("button", name="Save the label").click()
            expect(page.get_by_role("heading", level=1)).to_have_text(words)
            if scripts:
                expect(page.locator("#labels summary").first).to_be_focused()
        page.get_by_text("Earlier labels (1)").click()
        expect(page.locator(".history")).to_contain_text("boats")
        if scripts:
            assert page.evaluate("window.same") is True
        expect(page).to_have_title("ships at sea · tiny-mid 20 · Periscope")


def test_a_label_that_is_refused_stays_in_the_form(chromium: Browser, own_server: str) -> None:
    context = chromium.new_context(base_url=own_server)
    page = context.new_page()
    page.goto("/sources/tiny-mid/latents/20")
    page.locator("#labels summary").first.click()
    box = page.get_by_label("What it means, in a few words")
    box.evaluate("element => element.removeAttribute('maxlength')")
    box.fill("x" * 600)
    page.get_by_role("button", name="Save the label").click()
    expect(page.locator("#label-error")).to_contain_text("at most 500 characters, not 600")
    expect(box).to_have_value("x" * 600)
    context.close()


def test_another_site_cannot_write_a_label(chromium: Browser, own_server: str, server: str) -> None:
    """A form on a page of another port of the same machine, sent as a browser sends it."""
    context = chromium.new_context()
    page = context.new_page()
    page.route(f"{server}/**", lambda route: route.fulfill(content_type="text/html", body=(
        f"<form method=post action='{own_server}/sources/tiny-mid/latents/20/labels'>"
        "<input name=text value=stolen><button>Go</button></form>"
    )))  # fmt: skip
    page.goto(f"{server}/evil")
    page.get_by_role("button", name="Go").click()
    expect(page.locator("main")).to_contain_text("page of another site")
    page.goto(f"{own_server}/sources/tiny-mid/latents/20")
    expect(page.get_by_role("heading", level=1)).to_have_text("Latent 20")
    context.close()


def test_the_link_to_the_view_goes_to_the_clipboard(chromium: Browser, server: str) -> None:
    with open_page(chromium, server, permissions=["clipboard-read", "clipboard-write"]) as page:
        page.goto(f"{LATENT}?view=width")
        page.get_by_role("link", name="Link", exact=True).click()
        expect(page.locator(".toasts")).to_contain_text("clipboard")
        assert page.evaluate("navigator.clipboard.readText()") == f"{server}{LATENT}?view=width"


def test_the_embedded_view_stands_in_a_frame_of_a_named_site_only(
    chromium: Browser, embedding: str, tmp_path: Path
) -> None:
    (tmp_path / "notebook.html").write_text(f"<iframe src='{embedding}/embed{LATENT}' width=700 height=600></iframe>")
    with file_server(tmp_path) as port:
        for site, shown in ((f"http://127.0.0.1:{port}", True), (f"http://localhost:{port}", False)):
            context = chromium.new_context()
            page = context.new_page()
            refusals: list[str] = []
            page.on("console", lambda message, into=refusals: into.append(message.text))  # type: ignore[misc]
            page.goto(f"{site}/notebook.html")
            inside = page.frame_locator("iframe")
            if shown:
                expect(inside.locator("h1")).to_have_text("winter")
                expect(inside.locator("[data-figure].drawn")).to_have_count(1)
            else:
                page.wait_for_timeout(1000)
                expect(inside.locator("h1", has_text="winter")).to_have_count(0)
                assert any("frame-ancestors" in text for text in refusals)
            context.close()


@LOOKS
def test_the_embedded_view_is_clean(chromium: Browser, embedding: str, width: int, scheme: str) -> None:
    with open_page(chromium, embedding, width, scheme) as page:
        for index in (5, 0):
            page.goto(f"/embed/sources/tiny-mid/latents/{index}")
            settle(page)
            assert overflow(page) <= 0
            assert violations(page) == []


def test_numbers_histogram_and_three_examples_are_above_the_fold(page: Page) -> None:
    page.goto(LATENT)
    for locator in (page.locator(".strip-panel"), page.locator("#examples .figure")):
        box = locator.bounding_box()
        assert box
        assert box["y"] + box["height"] < 900
    third = page.locator("#examples .examples > li").nth(2).bounding_box()
    assert third
    assert third["y"] + 60 < 900


def test_a_narrow_page_has_a_bar_to_its_parts_that_stays_in_sight(chromium: Browser, server: str) -> None:
    with open_page(chromium, server, 360) as page:
        page.goto(LATENT)
        bar = page.get_by_role("navigation", name="On this page")
        for name in ("Label", "Effects", "Examples"):
            bar.get_by_role("link", name=name).click()
            expect(bar).to_be_in_viewport()
        expect(page.locator("#examples-title")).to_be_in_viewport()
    with open_page(chromium, server) as page:
        page.goto(LATENT)
        expect(page.locator("nav.jump")).to_be_hidden()
