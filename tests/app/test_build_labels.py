"""Labels of the corpus from a .jsonl file to the spectrum: the numbers of a build that keeps all of its active tokens
are exact, against every token of its prompts, on both databases.
"""

import json

import numpy as np
import pytest
import sqlalchemy as sa
import torch

from app.builds.command import command_of
from app.builds.request import BuildRequest
from app.builds.run import NothingToResume, run_build
from app.corpus.rules import rules_of
from app.corpus.texts import FOUND, LEAST, labelled_texts
from app.db.queries.latents import prompts
from app.db.queries.prompt_spread import prompt_documents
from app.db.queries.sources import source_by_slug
from app.db.tables.builds import Prompt
from app.db.writes.sources import register_source
from app.settings import Settings
from app.spectrum.service import spectrum_page
from app.text.formats import percent, short_count
from models.errors import CorpusError
from models.loading.opening import inspect_loaded, load_dictionary, load_language_model
from models.sources import SourceSpec
from tests.models.tiny import SENTENCES, save_sae

KINDS = ("prose", "verse | rhyme", None)


@pytest.fixture(scope="module")
def parts(tiny_models, tmp_path_factory):
    """A model, an SAE with a few rare latents, and a corpus whose documents differ in length."""
    root = tmp_path_factory.mktemp("labels")
    model = load_language_model(str(tiny_models["gpt2"]), "cpu", "float32")
    dictionary = load_dictionary(SourceSpec(str(tiny_models["gpt2"]), str(save_sae(root / "a", "jumprelu", seed=1))))
    random = np.random.default_rng(0)
    rows = [
        {"text": " ".join(random.choice(SENTENCES, random.integers(1, 6))), "kind": KINDS[i % 3], "year": 1900 + i % 2}
        for i in range(160)
    ]
    corpus = root / "corpus.jsonl"
    corpus.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return model, dictionary, corpus, rows


@pytest.fixture
def built(engine, session, parts, tmp_path):
    model, dictionary, corpus, _ = parts
    register_source(session, "a", inspect_loaded(model, dictionary), model.vocabulary())
    settings = Settings(_env_file=None, data_dir=tmp_path, database_url=engine.url.render_as_string(False))
    said = []
    request = BuildRequest(
        ("a",), str(corpus), tokens=2500, batch=4, seed=5, labels=("kind", "year"), output_scores=False
    )
    run_build(settings, request, say=said.append)
    return settings, request, said


def by_hand(parts, ids):
    """The labels of each token of the stored prompts (prompts, context), None for BOS and separators."""
    model, _, _, rows = parts
    stream = []
    width = ids.shape[1] - 1
    for row in rows:
        labels = {name: str(row[name]) for name in ("kind", "year") if row[name] is not None}
        stream += [(model.eos_token_id, None)] if len(stream) % width else []
        stream += [(token, labels) for token in model.tokenize(row["text"])]
    cut = [stream[i * width : (i + 1) * width] for i in range(len(stream) // width)]
    first = next(i for i, row in enumerate(cut) if [token for token, _ in row] == ids[0, 1:].tolist())
    cut = cut[first : first + len(ids)]
    assert [[token for token, _ in row] for row in cut] == ids[:, 1:].tolist()
    return [[None, *(labels for _, labels in row)] for row in cut], first


def test_the_numbers_of_a_label_are_those_of_all_tokens(built, session, parts):
    model, dictionary, _, _ = parts
    source = source_by_slug(session, "a")
    n = session.scalar(sa.select(sa.func.count()).where(Prompt.build_id == source.build.id))
    ids = np.stack(list(prompts(session, source.build.id, range(n)).values()))
    labels, n_held_out = by_hand(parts, ids)
    assert n_held_out > 0
    stored = prompt_documents(session, source.build.id, range(n))
    for number, row in enumerate(labels):
        found = [None] * len(row)
        for part in stored[number]:
            found[part.first : part.end] = [part.labels] * (part.end - part.first)
        assert found == row

    hidden = model.run_to_hooks(torch.from_numpy(ids), [dictionary.hook_name])[dictionary.hook_name]
    dense = dictionary.encode(hidden.flatten(0, 1)).view(*ids.shape, -1).numpy()
    of_each = np.array([label for row in labels for label in row], dtype=object).reshape(ids.shape)
    counts = np.array([[label is not None for label in row] for row in of_each])
    assert counts.sum() == source.build.tokens_done
    n_active = ((dense > 0) & counts[..., None]).sum((0, 1))
    rare = np.flatnonzero((n_active > 3) & (n_active <= 128))
    assert rare.size > 2
    rules = {
        "kind: prose": lambda label: label.get("kind") == "prose",
        "Kind:verse | rhyme": lambda label: label.get("kind") == "verse | rhyme",
        "year: 1901|kind: prose": lambda label: label.get("year") == "1901" or label.get("kind") == "prose",
    }
    for latent in rare[:6].tolist():
        page = spectrum_page(session, "a", latent, rules_of([], list(rules), ["label"] * 3))
        assert page.basis.startswith("Counted, not estimated")
        acts = dense[..., latent]
        for row, fits in zip(page.groups, rules.values(), strict=False):
            inside = np.array([[label is not None and fits(label) for label in line] for line in of_each])
            values, others = acts[inside], acts[counts & ~inside]
            assert row.tokens == short_count(values.size)
            assert row.sampled == str((values > 0).sum())
            assert row.firing == percent((values > 0).mean())
            auroc = ((values[:, None] > others) + 0.5 * (values[:, None] == others)).mean()
            assert float(row.auroc) == pytest.approx(auroc, abs=6e-4)
            assert row.interval == ""


def test_what_was_not_kept_is_said_and_the_configuration_is_stored(built, session):
    settings, request, said = built
    assert any("without kind" in sentence and sentence.startswith("Labels: of ") for sentence in said)
    build = source_by_slug(session, "a").build
    assert build.config["labels"] == ["kind", "year"]
    assert command_of(build).count("--label") == 2
    # Labels are part of what a checkpoint belongs to.
    from dataclasses import replace

    with pytest.raises(NothingToResume):
        run_build(settings, replace(request, labels=("kind",), resume=True))
    with pytest.raises(CorpusError, match="no column 'genre'"):
        run_build(settings, replace(request, labels=("genre",)))
    run_build(settings, replace(request, labels=()))
    session.rollback()
    bare = source_by_slug(session, "a").build
    assert bare.config["labels"] == []
    assert prompt_documents(session, bare.id, range(100)) == {}


def test_texts_of_a_label_are_documents_of_the_corpus_and_the_same_every_time(built, session, parts):
    source = source_by_slug(session, "a")
    found = labelled_texts(session, source, "kind: prose", 20)
    assert 10 < len(found) <= FOUND
    assert found == labelled_texts(session, source, "kind: prose", 20)
    mine = [row["text"] for row in parts[3] if row["kind"] == "prose"]
    assert all(any(text in whole for whole in mine) for text in found)
    assert all(LEAST <= len(parts[0].tokenize(text)) <= 2 * 20 for text in found)
