"""The Steer page with real tiny models: the board an address describes, its parts, and the texts without scripts."""

import json
import re
import shutil
from collections.abc import Iterator
from types import SimpleNamespace
from urllib.parse import parse_qsl, urlencode

import pytest
from bs4 import BeautifulSoup
from fastapi.testclient import TestClient

from app.main import create_app
from app.settings import Settings
from app.steer.query import SliderQuery, SteerQuery, steer_query
from app.steer.search import Candidate
from app.steer.texts import kl_step, turn_of
from app.text.output_scores import steer_words
from tests.app.engine_support import LABEL, LABELLED, World, world
from tests.hostile import HOSTILE_TEXTS
from tests.web import BASE, one, soup, text_of

__all__ = ["world"]

PROMPT = "the cat sat"
TERM = f"mid:{LABELLED}"


@pytest.fixture(scope="module")
def api(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The application on a copy of the database, which these tests write mixes and calibrations to."""
    folder = tmp_path_factory.mktemp("board") / "data"
    shutil.copytree(world.settings.data_dir, folder)
    given = {**world.settings.model_dump(), "data_dir": folder, "database_url": ""}
    with TestClient(create_app(Settings(_env_file=None, **given)), base_url=BASE) as client:
        yield client


@pytest.fixture(scope="module")
def ready(api: TestClient) -> TestClient:
    """The application with the model in memory."""
    body = {"model": "tiny-llama", "prompt": PROMPT, "max_new_tokens": 1}
    assert api.post("/api/v1/steer", json=body).status_code == 200
    return api


def page(client: TestClient, status: int = 200, **fields: object) -> BeautifulSoup:
    response = client.get("/steer", params=fields)  # type: ignore[arg-type]
    assert response.status_code == status, response.text
    return soup(response)


def problems(tree: BeautifulSoup) -> list[str]:
    return [text_of(item) for item in tree.select(".steer-problems li")]


def test_an_empty_board_says_how_to_begin_and_offers_latents(api: TestClient) -> None:
    tree = page(api)
    assert "No slider yet" in text_of(one(tree, ".no-sliders"))
    assert "Nothing to continue yet" in text_of(one(tree, "#state"))
    assert LABEL in text_of(tree.select(".found-item")[0])
    assert one(tree, "nav.nav a[aria-current]")["href"] == "/steer"


def test_a_slider_has_label_modes_and_a_link_to_its_dashboard(api: TestClient) -> None:
    card = one(page(api, term=TERM, mode="clamp", strength="2.5", prompt=PROMPT), ".slider-card")
    assert text_of(one(card, "h3")) == f"{LABEL} guess"
    assert one(card, "h3 a")["href"] == f"/sources/mid/latents/{LABELLED}"
    assert one(card, "option[selected]")["value"] == "clamp"
    assert one(card, "input[name=strength]")["value"] == "2.5"
    assert one(card, ".safe")["aria-label"] == "Not calibrated"
    assert [item["value"] for item in card.select("select[name=mode] option")] == [
        "add", "clamp", "scale", "ablate", "project",
    ]  # fmt: skip


def test_a_latent_without_a_maximum_takes_only_modes_that_need_none(api: TestClient) -> None:
    card = one(page(api, term="mlp:3"), ".slider-card")
    assert [item["value"] for item in card.select("option")] == ["scale", "ablate", "project"]
    assert "no finished build" in text_of(card)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"term": "mid:99999"}, "mid has no latent 99999"),
        ({"term": "nope:1"}, "nope"),
        ({"term": "vector/77"}, "There is no vector 77"),
        ({"term": "<script>"}, "a term is source:index or vector/number"),
        ({"term": TERM, "strength": "nan"}, "The strength of mid:20 is a number from -100 to 100, not 'nan'."),
        ({"term": TERM, "mode": "explode"}, "Mode 'explode' of mid:20 is not known"),
        ({"term": "mlp:3", "mode": "add"}, "no finished build"),
        ({"temperature": "hot"}, "temperature is a number from 0 to 10, not 'hot'. 1 is used."),
        ({"positions": "some"}, "positions is one of all, prompt, generated"),
        ({"model": "gpt-9"}, "There is no model 'gpt-9'"),
        ({"mix": "400"}, "There is no mix"),
        ({"seed": "1.5"}, "seed is a whole number"),
    ],
)
def test_what_cannot_be_restored_is_one_sentence_and_the_board_goes_on(
    api: TestClient, fields: dict[str, str], said: str
) -> None:
    # The order of the fields tells which slider they are of; urlencode keeps it.
    tree = soup(api.get(f"/steer?{urlencode([*fields.items(), ('term', TERM), ('prompt', PROMPT)])}"))
    assert len(problems(tree)) == 1
    assert said in problems(tree)[0]
    assert tree.select(".slider-card")[-1]["data-label"] == LABEL


def test_sliders_of_two_models_are_not_mixed(api: TestClient) -> None:
    tree = soup(api.get("/steer", params=[("term", TERM), ("term", "other:2")]))
    assert len(tree.select(".slider-card")) == 1
    assert "another model" in problems(tree)[0]


def test_an_address_holds_the_whole_board() -> None:
    query = SteerQuery(
        interface="chat", model="m", turns=(("system", "be brief"), ("user", "hi & bye")),
        sliders=(SliderQuery(TERM, "clamp", -2.5), SliderQuery("vector/3", "project", 1.0, True, is_on=False)),
        positions="generated", steer_bos=True, bos="no", seed=9, temperature=0.5, top_p=0.9, penalty=1.5, length=12,
        ignore_eos=True,
    )  # fmt: skip
    link = query.link()
    assert steer_query(parse_qsl(link.partition("?")[2], keep_blank_values=True)) == query
    assert steer_query([("prompt", "x" * 9000)]).link() == ""


def test_the_server_writes_both_texts_as_the_api_does(ready: TestClient) -> None:
    tree = page(ready, term=TERM, strength="2", prompt=PROMPT, length=8, run=1)
    body = {"prompt": PROMPT, "terms": [{"source": "mid", "index": LABELLED, "strength": 2.0}], "max_new_tokens": 8}
    answer = ready.post("/api/v1/steer", json=body).json()
    for side in ("baseline", "steered"):
        tokens = tree.select(f"#{side} .tok:not(.given)")
        assert len(tokens) == len(answer[side]["tokens"])
        assert len(tree.select(f"#{side} .tok.given")) == len(answer["prompt_tokens"])
    steps = [kl_step(kl) for kl in answer["steered"]["kl"]]
    assert [step for token in tree.select("#steered .tok:not(.given)") for step in _steps(token["class"])] == steps
    assert len(tree.select("#steered .given.steered")) == sum(answer["prompt_steered"])
    assert text_of(one(tree, "#verdict")) == answer["coherence"]["verdict"]


def _steps(classes: list[str]) -> list[int]:
    return [next((int(name[4:]) for name in classes if name.startswith("act-")), 0)]


def test_the_form_goes_on_to_the_address_of_its_board(ready: TestClient) -> None:
    fields = {
        "prompt": PROMPT,
        "term": TERM,
        "mode": "add",
        "strength": "1",
        "on": ["0", "1"],
        "run": "1",
        "length": "",
    }
    response = ready.post("/steer", data=fields, follow_redirects=False)  # type: ignore[arg-type]
    assert response.status_code == 303
    assert "term=mid%3A20" in response.headers["location"]
    assert "on=0" not in response.headers["location"]
    added = ready.post("/steer", data={"prompt": PROMPT, "add": "mid:3"}, follow_redirects=False)
    assert "term=mid%3A3" in added.headers["location"]
    removed = ready.post("/steer", data={"term": TERM, "remove": TERM}, follow_redirects=False)
    assert "term" not in removed.headers["location"]


def test_a_chat_without_scripts_goes_on_from_the_steered_answer() -> None:
    fields = [
        ("interface", "chat"), ("role", "system"), ("content", ""), ("role", "user"), ("content", "hi"),
        ("answer", "hello"), ("role", "user"), ("content", "and?"),
    ]  # fmt: skip
    assert steer_query(fields).turns == (("user", "hi"), ("assistant", "hello"), ("user", "and?"))


def test_an_answer_ends_where_the_template_ends_a_turn() -> None:
    def answer(*written: str) -> SimpleNamespace:
        prompt = ["<s>", "<|user|>", "hi", " you", "<|end|>", "<|assistant|>"]
        return SimpleNamespace(prompt_tokens=prompt, steered=SimpleNamespace(tokens=[*written], text="".join(written)))

    assert turn_of(answer("yes", "!", "<|end|>", "<|user|>"), "hi you") == "yes!"  # type: ignore[arg-type]
    assert turn_of(answer("yes", "!"), "hi you") == "yes!"  # type: ignore[arg-type]


def test_what_goes_wrong_stands_on_the_page_and_the_board_stays(ready: TestClient) -> None:
    tree = page(ready, 422, term=TERM, prompt="the " * 100, run=1)
    assert "tokens" in text_of(one(tree, "#problem"))
    assert one(tree, ".slider-card")["data-label"] == LABEL


def test_the_search_finds_labels_tokens_and_numbers(api: TestClient) -> None:
    def terms(search: str) -> list[str]:
        found = api.get("/parts/steer/search", params={"model": "tiny-llama", "search": search})
        return [str(item["value"]) for item in soup(found).select(".found-item")]

    assert terms(LABEL) == [TERM]
    assert {"mid:7", "mlp:7", "deep:7", "nobos:7"} <= set(terms("7"))
    assert terms("mlp:7") == ["mlp:7"]
    assert terms("zzzzqq") == []
    assert 0 < len(terms("the")) <= 24


def test_scored_latents_come_before_labelled_ones_and_those_before_the_rest() -> None:
    rows = [(None, None, 0.05), (None, "x", 0.01), (0.02, None, 0.01), (0.5, None, 0.2), (None, None, 0.6)]
    made = [Candidate(None, SimpleNamespace(output_score=s, label=w, density=d)) for s, w, d in rows]  # type: ignore[arg-type]
    assert [made.index(item) for item in sorted(made, key=lambda item: item.rank)] == [3, 2, 1, 0, 4]
    assert [steer_words(score) for score in (0.5, 0.02, 0.0)] == ["likely to steer", "may steer", "unlikely to steer"]


def test_a_calibration_is_painted_and_drawn(ready: TestClient) -> None:
    body = {"source": "mid", "index": 3, "mode": "scale", "prompts": [PROMPT]}
    found = ready.post("/api/v1/calibrate", json=body).json()
    card = soup(ready.get("/parts/steer/slider", params={"term": "mid:3", "mode": "scale"}))
    wanted = f"Safe from {found['safe_low']:g} to {found['safe_high']:g}"
    assert one(card, ".safe")["aria-label"] == wanted
    start = ready.get("/api/v1/sources/mid/latents/3/strength", params={"mode": "scale"}).json()
    assert one(card, "input[name=strength]")["value"] == f"{start['start']:g}"
    assert (start["safe_low"], start["recommended"]) == (found["safe_low"], found["recommended"])
    track = one(card, "input[type=range]")
    assert float(track["min"]) <= 1 + 2 * (found["safe_low"] - 1) + 1e-6
    assert float(track["max"]) >= 1 + 2 * (found["safe_high"] - 1) - 1e-6
    curve = soup(ready.get("/parts/steer/calibration", params={"term": "mid:3", "mode": "scale"}))
    figure = json.loads(str(one(curve, "[data-figure]")["data-figure"]))
    assert figure["data"][0]["x"] == found["strengths"]
    said = curve.get_text().partition("Measured")[0]
    assert not re.search(r"-\d", said)  # negative strengths have a minus sign, not a hyphen
    assert figure["layout"]["shapes"][0]["x0"] == found["safe_low"]
    assert ready.get("/parts/steer/calibration", params={"term": "mid:4"}).status_code == 404


def test_a_stored_mix_is_a_board(ready: TestClient) -> None:
    body = {
        "name": "calm <i>", "prompt": PROMPT,
        "terms": [{"source": "mid", "index": LABELLED, "mode": "clamp", "strength": 3}],
        "positions": "prompt", "seed": 5, "temperature": 0.5, "stop_at_eos": False, "max_new_tokens": 9,
    }  # fmt: skip
    mix = ready.post("/api/v1/mixes", json=body).json()
    try:
        tree = page(ready, mix=mix["id"])
        assert text_of(one(tree, "#mixes .current a")) == "calm <i>"
        assert one(tree, "input[name=strength]")["value"] == "3"
        assert one(tree, "input[name=positions][checked]")["value"] == "prompt"
        assert one(tree, "#seed")["value"] == "5"
        assert one(tree, "#length")["value"] == "9"
        assert one(tree, "input[name=ignore_eos]").has_attr("checked")
        assert text_of(one(tree, "#prompt")) == PROMPT
    finally:
        ready.delete(f"/api/v1/mixes/{mix['id']}")


def test_terms_in_one_direction_are_told_in_the_steering_answer(ready: TestClient) -> None:
    terms = [{"source": "mid", "index": 3}, {"source": "mid", "index": 3, "strength": -1}]
    answer = ready.post("/api/v1/steer", json={"prompt": PROMPT, "terms": terms, "max_new_tokens": 2}).json()
    assert any("nearly the same direction (cosine 1.00)" in note for note in answer["notes"])


def test_hostile_texts_stay_texts(api: TestClient) -> None:
    for text in HOSTILE_TEXTS:
        response = api.get("/steer", params={"prompt": text, "term": text, "mix": text, "search": text[:100]})
        assert response.status_code == 200
        assert not soup(response).select("main script, main img")


def test_dashboards_lead_to_the_board(ready: TestClient) -> None:
    latent = soup(ready.get(f"/sources/mid/latents/{LABELLED}"))
    assert latent.select(f'a[href="/steer?term={TERM}"]')
    card = soup(ready.post("/parts/microscope", data={"source": "mid", "text": PROMPT, "latent": TERM}))
    assert card.select(f'.latent-card a[href="/steer?term={TERM}"]')
    effects = soup(ready.post("/parts/ablate", data={"source": "mid", "text": PROMPT}))
    assert effects.select('a[href^="/steer?term=mid:"]')
