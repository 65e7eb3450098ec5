"""What a reader does on the spectrum: asks for groups, corrects a rule, looks at it on a narrow screen."""

from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import open_page
from tests.browser.test_latent import LATENT, RULES
from tests.browser.test_walk import overflow, settle, violations


def test_a_spectrum_is_asked_for_and_its_address_restores_it(page: Page) -> None:
    page.goto(LATENT)
    page.get_by_role("link", name="Spectrum by group").click()
    page.get_by_label("Pattern").first.fill("snow | ice")
    page.get_by_label("Name").first.fill("cold")
    page.get_by_role("button", name="Show").click()
    row = page.locator(".spectrum-table tbody tr").first
    expect(row).to_contain_text("cold")
    settle(page)
    shown = row.inner_text()
    page.reload()
    assert row.inner_text() == shown


def test_the_plots_of_a_spectrum_stand_one_above_the_other_on_a_narrow_screen(chromium: Browser, server: str) -> None:
    for width, stacked in ((360, True), (1280, False)):
        with open_page(chromium, server, width) as page:
            page.goto(f"{LATENT}/spectrum?{RULES}")
            settle(page)
            expect(page.locator(".spectrum-plots [data-figure].drawn")).to_have_count(2)
            zeros, active = (figure.bounding_box() for figure in page.locator(".spectrum-plots .figure").all())
            assert zeros
            assert active
            assert (zeros["y"] + zeros["height"] <= active["y"]) == stacked
            assert overflow(page) <= 0
            # Titles of axes lie inside of their figure, and left of the bars.
            for figure, box in zip(page.locator(".spectrum-plots .figure").all(), (zeros, active), strict=True):
                for title in figure.locator(".g-xtitle text, .g-ytitle text").all():
                    found = title.bounding_box()
                    assert found
                    assert found["x"] >= box["x"] - 1
                    assert found["x"] + found["width"] <= box["x"] + box["width"] + 1
                y_title = figure.locator(".g-ytitle text").bounding_box()
                area = figure.locator(".bglayer").first.bounding_box()
                assert y_title
                assert not area or not area["width"] or y_title["x"] + y_title["width"] <= area["x"] + 1


@pytest.mark.parametrize("name", ["AB&lt;i&gt;CD&amp;", "x%{y}z", "&#x202e;abc", "<b>bold</b>", "@bad", "50 % @home"])
def test_the_name_of_a_group_is_shown_as_it_was_typed_when_hovering(page: Page, name: str) -> None:
    page.goto(f"{LATENT}/spectrum?{urlencode({'name': name, 'rule': 'snow', 'where': 'token'})}")
    settle(page)
    for plot in page.locator(".spectrum-plots [data-figure].drawn").all():
        plot.locator(".plot").evaluate(
            """(host) => {
              const bars = [...host.data[0].y];
              Plotly.Fx.hover(host, [{ curveNumber: 0, pointNumber: bars.indexOf(Math.max(...bars)) }]);
            }"""
        )
        expect(plot.locator(".hoverlayer .hovertext .name")).to_have_text(name)


@pytest.mark.parametrize("has_script", [True, False])
def test_a_mistyped_rule_is_corrected_where_it_was_typed(chromium: Browser, server: str, has_script: bool) -> None:
    with open_page(chromium, server, expected=(422,), java_script_enabled=has_script) as page:
        page.goto(f"{LATENT}/spectrum")
        page.get_by_label("Pattern").first.fill("snow || ice")
        page.get_by_label("Pattern").nth(1).fill("winter")
        page.get_by_role("button", name="Show").click()
        field = page.get_by_label("Pattern").first
        expect(page.get_by_role("alert")).to_contain_text("has an empty part")
        expect(field).to_have_value("snow || ice")
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(page.locator(".spectrum-table tbody tr")).to_have_count(2)
        if has_script:
            settle(page)
            assert violations(page) == []
        field.fill("snow | ice")
        page.get_by_role("button", name="Show").click()
        expect(page.get_by_role("alert")).to_have_count(0)
        expect(page.locator(".spectrum-table tbody tr")).to_have_count(3)
