"""Explanations of the grammar's latents by an oracle: a text has a concept if its document was made with it."""

import json
import re
import shutil
from collections import Counter

import numpy as np
import pytest
from pydantic import SecretStr

from app.builds.sources import load_checked
from app.db.display import whole_characters
from app.db.queries.latents import densities as stored_densities
from app.db.queries.prompt_spread import prompt_documents
from app.db.queries.sources import source_by_slug
from app.db.queries.texts import explanations, token_texts
from app.db.session import make_engine, make_session_maker
from app.explain.endpoint import make_endpoint
from app.explain.reading import FEW, materials_of, to_read
from app.explain.request import ExplainRequest, Plan
from app.explain.source_run import Told, explain_source
from app.settings import Settings
from models.corpus.window_pass import window_steps
from models.loading.opening import load_language_model
from models.running.pace import result_of
from models.statistics.label_tests import FAILED, TESTED
from tests.app.explain.test_scoring import scored
from tests.chat_server import question_of, serving

pytestmark = pytest.mark.demo
SLUG = "demo-l1-resid-2k"
PLAN = Plan(tokens=60_000)
#: A latent stands for a concept if it tells its windows from others at least so well (balanced accuracy).
CLEAR = 0.8
SHUFFLED = 4


class Truth:
    """What fires in windows of the corpus, which concepts their documents have, which latent tells which."""

    def __init__(self, session) -> None:
        self.source = source_by_slug(session, SLUG)
        self.model = load_language_model(self.source.facts.model.location, "cpu", "float32")
        self.windows, _ = self.read(session, [])
        self.concepts = self.concepts_of_windows(session)
        self.latents = self.best_latents()
        # Once more, now with the activations of each of these latents.
        self.windows, records = self.read(session, list(self.latents))
        materials, reasons = materials_of(session, self.source, self.windows, records, PLAN)
        assert not reasons
        self.materials = {material.index: material for material in materials}
        ids = set(self.windows.token_ids.ravel().tolist())
        strings = token_texts(session, self.source.language_model_id, ids)
        rows = enumerate(self.windows.token_ids.tolist())
        self.places = {self.shown("".join(whole_characters([strings[i] for i in row]))): place for place, row in rows}

    def read(self, session, latents):
        need = to_read(session, self.source, latents, PLAN)
        prompts = {number: ids for number, ids in need.prompts.items() if number in need.spread}
        dictionary = load_checked(self.source, "cpu")
        steps = window_steps(self.model, dictionary, prompts, spread=need.spread, chosen=latents, width=need.width)
        return result_of(steps), need.records

    def concepts_of_windows(self, session):
        """Concept -> (n,) whether a document with it is in the window."""
        width, n = self.windows.width, len(self.windows)
        documents = prompt_documents(session, self.source.build.id, set(self.windows.prompts.tolist()))
        seen, found = Counter(), {}
        for place, prompt in enumerate(self.windows.prompts.tolist()):
            first = 1 + width * seen[prompt]
            seen[prompt] += 1
            for part in documents.get(prompt, ()):
                if part.first < first + width and part.end > first:
                    for name in (f"{kind}: {value}" for kind, value in part.labels.items() if value != "none"):
                        found.setdefault(name, np.zeros(n, bool))[place] = True
        return {name: mask for name, mask in sorted(found.items()) if 30 <= mask.sum() <= n / 2}

    def best_latents(self):
        """Latent -> the concept that it tells best, where that is clear."""
        fires = np.zeros((self.source.facts.d_sae, len(self.windows)), bool)
        fires[self.windows.pair_latents, self.windows.pair_windows] = True
        best = {}
        for name, mask in self.concepts.items():
            accuracy = (fires[:, mask].mean(1) + 1 - fires[:, ~mask].mean(1)) / 2
            if accuracy.max() >= CLEAR:
                best.setdefault(int(accuracy.argmax()), name)
        return best

    def exact(self, latent: int, concept: str):
        fires, says = self.windows.maxima(latent) > 0, self.concepts[concept]
        return (fires & says).sum() / says.sum(), (fires & says).sum() / fires.sum()

    @staticmethod
    def shown(text: str) -> str:
        return re.sub(r"<<|>>", "", text).replace("\r", "").replace("\n", "⏎").strip()

    def say(self, messages) -> str:
        """The oracle's answer: whether the document of each text has the concept."""
        _, concept, texts = question_of(messages)
        return json.dumps([int(self.concepts[concept][self.places[self.shown(text)]]) for text in texts])

    def another(self, concept: str, step: int) -> str:
        names = list(self.concepts)
        return names[(names.index(concept) + 7 * step) % len(names)]


@pytest.fixture(scope="module")
def truth(demo_settings):
    engine = make_engine(demo_settings)
    with make_session_maker(engine)() as session:
        found = Truth(session)
    engine.dispose()
    return found


def test_true_descriptions_beat_shuffled_ones_and_agree_with_what_is_counted(truth) -> None:
    assert len(truth.latents) >= 15, truth.latents
    wins, held = [], {"precision": [], "recall": []}
    for latent, concept in truth.latents.items():
        material = truth.materials[latent]
        true = scored(material, concept, truth.say)
        precision, recall = truth.exact(latent, concept)
        held["precision"].append(true.precision.low <= precision <= true.precision.high)
        held["recall"].append(true.recall.low <= recall <= true.recall.high)
        for step in range(1, SHUFFLED + 1):
            shuffled = scored(material, truth.another(concept, step), truth.say)
            wins.append(true.detection.value > shuffled.detection.value)
    said = (len(truth.latents), np.mean(wins), np.mean(held["precision"]), np.mean(held["recall"]))
    assert np.mean(wins) >= 0.95, said
    assert np.mean(held["precision"]) >= 0.9, said
    assert np.mean(held["recall"]) >= 0.9, said


def test_by_way_of_a_server_the_true_description_is_tested_and_a_shuffled_one_fails(
    truth, demo_settings, tmp_path
) -> None:
    folder = tmp_path / "data"
    shutil.copytree(demo_settings.data_dir, folder)
    settings = Settings(_env_file=None, data_dir=folder, device="cpu", dtype="float32")
    often = (i for i in truth.latents if truth.materials[i].firing.value > 0.03)
    engine = make_engine(settings)
    with make_session_maker(engine)() as session:
        densities = stored_densities(session, truth.source)
    engine.dispose()
    latent = next(i for i in often if densities[i] * PLAN.tokens >= FEW)
    concept = truth.latents[latent]
    heard: list[object] = []
    told = Told(heard.append, lambda *_: None, lambda _: None)
    found = {}
    with serving(truth.say) as server:
        endpoint = make_endpoint(server.url, "oracle", SecretStr(""), "")
        for said in (concept, truth.another(concept, 1)):
            request = ExplainRequest(SLUG, (latent,), endpoint, endpoint, plan=PLAN, description=said)
            explain_source(settings, request, told)
            engine = make_engine(settings)
            with make_session_maker(engine)() as session:
                items = explanations(session, truth.source, latent)
                found[said] = next(item.status for item in items if item.author == "oracle")
            engine.dispose()
    assert list(found.values()) == [TESTED, FAILED]
