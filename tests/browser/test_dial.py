"""The slider on the Home page: a ready-made mix is turned up, and the model answers anew at each stop."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from app.db.queries.sources import source_by_slug
from app.db.session import make_engine, make_session_maker
from app.db.writes.mixes import save_mix
from app.settings import Settings
from tests.app.engine_support import World, world
from tests.browser.conftest import open_page, serving
from tests.browser.looks import LOOKS
from tests.browser.test_walk import overflow, violations

__all__ = ["world"]

TERM = {"mode": "add", "strength": 0.5, "source": "mid", "index": 20, "vector": None, "everywhere": False}
SCALED = TERM | {"mode": "scale", "strength": 3.0}
#: The model loads while the first test waits.
PATIENCE = 120_000


@pytest.fixture(scope="module")
def base(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("dial") / "data"
    shutil.copytree(world.settings.data_dir, folder)
    settings = Settings(_env_file=None, **{**world.settings.model_dump(), "data_dir": folder, "database_url": ""})
    engine = make_engine(settings)
    with make_session_maker(engine)() as session:
        model = source_by_slug(session, "mid").language_model_id
        options = {"prompt": "the cat sat", "seed": 3, "temperature": 0.8, "max_new_tokens": 64, "model": None}
        for name, term in (("Cats", TERM), ("Scaled", SCALED), ("Fewer cats", TERM | {"strength": -0.5})):
            save_mix(session, model, name, [term], options, ready_made=True)
        save_mix(session, model, "Mine", [TERM], options)
    engine.dispose()
    with serving(settings) as address:
        yield address


def test_the_slider_moves_a_live_text_and_loads_nothing_before(chromium: Browser, base: str) -> None:
    with open_page(chromium, base) as page:
        asked = []
        page.on("request", lambda request: asked.append(request.post_data_json) if request.method == "POST" else None)
        page.goto("/")
        dial = page.locator("#dial")
        # What is turned up must add something: a scale is 1 where it changes nothing.
        expect(dial.locator("a.chip")).to_have_text(["Cats", "Fewer cats"])
        expect(dial.locator(".question")).to_have_text("the cat sat")
        page.wait_for_load_state("networkidle")
        assert asked == []
        assert page.request.get("/api/v1/models").json()["models"] == []
        answer, slider = dial.locator(".answer"), dial.locator("input[type=range]")
        with page.expect_request("**/api/v1/steer"):
            slider.fill("50")
        expect(answer).to_have_class("answer", timeout=PATIENCE)
        first = answer.inner_text()
        assert [term["strength"] for term in asked[-1]["terms"]] == [0.25]
        assert asked[-1]["prompt"] == "the cat sat"
        body = {name: value for name, value in asked[-1].items() if name != "stream"}
        expected = page.request.post("/api/v1/steer", data=body).json()
        assert first.strip() == expected["steered"]["text"].strip()
        slider.fill("0")
        expect(answer).to_have_text(expected["baseline"]["text"].strip())
        dial.get_by_role("link", name="Fewer cats").click()
        expect(dial.locator("a.chip[aria-current]")).to_have_text("Fewer cats")
        expect(dial.locator("label")).to_have_text("Fewer cats")
        dial.get_by_role("link", name="All of it on the board").click()
        page.wait_for_url("**/steer?mix=*")


@LOOKS
def test_the_dial_is_clean(chromium: Browser, base: str, width: int, scheme: str) -> None:
    with open_page(chromium, base, width, scheme) as page:
        page.goto("/")
        expect(page.locator("#dial")).to_be_visible()
        assert overflow(page) <= 0
        assert violations(page) == []


def test_without_scripts_the_styles_lead_to_the_board(chromium: Browser, base: str) -> None:
    with open_page(chromium, base, java_script_enabled=False) as page:
        page.goto("/")
        page.locator("#dial").get_by_role("link", name="Cats", exact=True).click()
        page.wait_for_url("**/steer?mix=*")
