"""On the demo the generator's labels name groups: a latent that detects a topic fires more in texts of that topic."""

from urllib.parse import urlencode

import pytest
from bs4 import BeautifulSoup
from fastapi.testclient import TestClient

from models.corpus.prompts import DEMO_LABELS
from tests.app.demo.conftest import ask
from tests.web import text_of

pytestmark = pytest.mark.demo
SOURCE = "demo-l2-resid-2k"
LATENTS = f"/api/v1/sources/{SOURCE}/latents"
N_TOPICS = 8


def test_a_detector_of_a_topic_tells_its_texts_from_others(demo: TestClient) -> None:
    # Of a rare latent the sample of active tokens holds most, so that its AUROC says much.
    # What the largest activation of a text suggested and the tokens refuted is a tendency all the same.
    asked = {"label": "topic: ", "status": "failed", "sort": "density", "min_density": 0.0005}
    found = demo.get(f"{LATENTS}?{urlencode(asked)}").json()
    latents = [demo.get(f"{LATENTS}/{row['index']}").json() for row in reversed(found["latents"])]
    labelled = {latent["explanations"][0]["text"]: latent["index"] for latent in latents}
    aurocs = {}
    for label, index in list(labelled.items())[-N_TOPICS:]:
        answer = demo.get(f"/sources/{SOURCE}/latents/{index}/spectrum?{urlencode({'rule': label, 'where': 'label'})}")
        assert answer.status_code == 200
        page = BeautifulSoup(answer.text, "html.parser")
        assert len(page.select(".label-choices")) == len(DEMO_LABELS)
        group = [text_of(cell) for cell in page.select(".spectrum-table tbody tr")[0].select("td")]
        assert group[1] != "0", "the corpus has texts of every topic"
        aurocs[label] = float(group[5].split()[0])
    assert len(aurocs) == N_TOPICS
    assert sum(auroc > 0.5 for auroc in aurocs.values()) >= 0.75 * N_TOPICS, aurocs


def test_selectivity_by_label_reads_texts_of_the_build(demo: TestClient) -> None:
    groups = {"recipes": {"label": "genre: recipe"}, "others": {"label": "genre: poem | diary"}}
    answer = ask(demo, "/selectivity", {"source": SOURCE, "latents": [7], "groups": groups, "controls": 1})
    assert [group["n_texts"] for group in answer["groups"]] == [32, 32]
    assert all(group["n_tokens"] > 32 * 20 for group in answer["groups"])
