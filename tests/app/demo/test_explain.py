"""Explanations of the grammar's latents by an oracle: a text has a concept if its document was made with it."""

import json
import re
from collections import Counter

import numpy as np
import pytest

from app.build_sources import load_checked
from app.db import queries
from app.db.queries.prompt_spread import prompt_documents
from app.db.session import make_engine, make_session_maker
from app.explain.reading import materials_of, to_read
from app.explain.request import Plan
from models.loading import load_language_model
from models.pace import result_of
from models.window_pass import window_steps
from tests.app.explain.test_scoring import scored
from tests.chat_server import question_of

pytestmark = pytest.mark.demo
SLUG = "demo-l1-resid-2k"
PLAN = Plan(tokens=60_000)
#: A latent stands for a concept if it tells its windows from others at least so well (balanced accuracy).
CLEAR = 0.8
SHUFFLED = 4


class Truth:
    """What fires in the windows that are read, and which concepts their documents have."""

    def __init__(self, session) -> None:
        self.source = queries.source_by_slug(session, SLUG)
        need = to_read(session, self.source, [], PLAN)
        model = load_language_model(self.source.facts.model.location, "cpu", "float32")
        steps = window_steps(
            model, load_checked(self.source, "cpu"), need.prompts, spread=need.spread, chosen=(), width=need.width
        )
        self.windows = result_of(steps)
        self.concepts = self._concepts(session, need.width)
        self.latents = self._latents()
        self.texts = {}

    def _concepts(self, session, width):
        """(n,) of each concept: whether a document with it is in the window."""
        documents = prompt_documents(session, self.source.build.id, set(self.windows.prompts.tolist()))
        seen, found = Counter(), {}
        for place, prompt in enumerate(self.windows.prompts.tolist()):
            first = 1 + width * seen[prompt]
            seen[prompt] += 1
            for part in documents.get(prompt, ()):
                if part.first < first + width and part.end > first:
                    for name, value in part.labels.items():
                        if value != "none":
                            found.setdefault(f"{name}: {value}", np.zeros(len(self.windows), bool))[place] = True
        return {name: mask for name, mask in sorted(found.items()) if mask.sum() >= 30}

    def _latents(self):
        """Latent -> the concept that it tells best, where that is clear."""
        n_latents = self.source.facts.d_sae
        fires = np.zeros((n_latents, len(self.windows)), bool)
        fires[self.windows.pair_latents, self.windows.pair_windows] = True
        best = {}
        for name, mask in self.concepts.items():
            recall = fires[:, mask].mean(1)
            accuracy = (recall + 1 - fires[:, ~mask].mean(1)) / 2
            latent = int(accuracy.argmax())
            if accuracy[latent] >= CLEAR and latent not in best:
                best[latent] = name
        return best

    def exact(self, latent: int, concept: str):
        fires, says = self.windows.maxima(latent) > 0, self.concepts[concept]
        return (fires & says).sum() / says.sum(), (fires & says).sum() / fires.sum()

    def has(self, concept: str, text: str) -> bool:
        """Whether the document of a text has the concept."""
        return bool(self.concepts[concept][self.texts[re.sub(r"<<|>>", "", text).strip()]])


@pytest.fixture(scope="module")
def truth(demo_settings):
    engine = make_engine(demo_settings)
    with make_session_maker(engine)() as session:
        found = Truth(session)
        need = to_read(session, found.source, list(found.latents), PLAN)
        model = load_language_model(found.source.facts.model.location, "cpu", "float32")
        steps = window_steps(
            model,
            load_checked(found.source, "cpu"),
            {number: ids for number, ids in need.prompts.items() if number in need.spread},
            spread=need.spread,
            chosen=found.latents,
            width=need.width,
        )
        found.windows = result_of(steps)
        materials, reasons = materials_of(session, found.source, found.windows, need.records, PLAN)
        assert not reasons
        found.materials = {material.index: material for material in materials}
        by_ids = queries.token_texts(
            session, found.source.language_model_id, set(found.windows.token_ids.ravel().tolist())
        )
        for place, row in enumerate(found.windows.token_ids.tolist()):
            text = "".join(by_ids[i] for i in row).replace("\r", "").replace("\n", "⏎").strip()
            found.texts[text] = place
    engine.dispose()
    return found


def oracle(truth):
    def say(messages):
        kind, concept, texts = question_of(messages)
        if kind == "explain":
            fitting = [
                name for name in truth.concepts for text in texts[:6] if "{{" in text and truth.has_marked(name, text)
            ]
            return f"EXPLANATION: {Counter(fitting).most_common(1)[0][0]}"
        return json.dumps([int(truth.has(concept, text)) for text in texts])

    return say


def test_true_descriptions_beat_shuffled_ones_and_agree_with_what_is_counted(truth) -> None:
    assert len(truth.latents) >= 20, truth.latents
    say = oracle(truth)
    names = list(truth.concepts)
    wins, held = [], {"precision": [], "recall": []}
    for latent, concept in truth.latents.items():
        material = truth.materials[latent]
        true = scored(material, concept, say)
        precision, recall = truth.exact(latent, concept)
        held["precision"].append(true.precision.low <= precision <= true.precision.high)
        held["recall"].append(true.recall.low <= recall <= true.recall.high)
        place = names.index(concept)
        for step in range(1, SHUFFLED + 1):
            other = names[(place + 7 * step) % len(names)]
            shuffled = scored(material, other, say)
            wins.append(true.detection.value > shuffled.detection.value)
    assert np.mean(wins) >= 0.95, np.mean(wins)
    assert np.mean(held["precision"]) >= 0.9, held
    assert np.mean(held["recall"]) >= 0.9, held
