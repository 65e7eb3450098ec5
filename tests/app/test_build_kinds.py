"""SAEs whose latents compete or look back, added and built as a user's own would be."""

import numpy as np
import pytest

from app.builds.request import BuildRequest
from app.builds.run import run_build
from app.db.queries.latents import latent_record
from app.db.queries.sources import source_by_slug
from app.db.writes.sources import register_source
from app.settings import Settings
from models.loading.opening import inspect_loaded, load_dictionary, load_language_model
from models.sources import SourceSpec
from tests.models.tiny import SENTENCES, save_sae


@pytest.mark.parametrize(("kind", "d_sae"), [("abstopk", 192), ("matching_pursuit", 96), ("temporal", 96)])
def test_every_latent_gets_its_record(engine, session, tiny_models, tmp_path, kind, d_sae):
    location = str(tiny_models["gpt2"])
    model = load_language_model(location, "cpu", "float32")
    dictionary = load_dictionary(SourceSpec(location, str(save_sae(tmp_path / "sae", kind)), None))
    vocabulary = [model.token_strings([i])[0] for i in range(model.facts.vocab_size)]
    register_source(session, "s", inspect_loaded(model, dictionary), vocabulary)
    corpus = tmp_path / "corpus.txt"
    random = np.random.default_rng(0)
    corpus.write_text("".join(" ".join(random.choice(SENTENCES, 6)) + "\n" for _ in range(200)))
    url = engine.url.render_as_string(hide_password=False)
    run_build(
        Settings(_env_file=None, data_dir=tmp_path, database_url=url),
        BuildRequest(("s",), str(corpus), tokens=3000, batch=4, seed=5),
    )

    source = source_by_slug(session, "s")
    assert (source.facts.d_sae, source.facts.sae_kind) == (d_sae, kind)
    quality = source.build.quality
    assert None not in (quality.explained_variance, quality.loss_recovered)
    records = [latent_record(session, source, index) for index in range(d_sae)]
    tokens = source.build.tokens_done
    assert sum(record.n_active for record in records) / tokens == pytest.approx(quality.l0, rel=0.3)
    best = max(records, key=lambda record: record.n_active)
    assert best.bands[0].examples
    assert best.max_activation > 0
