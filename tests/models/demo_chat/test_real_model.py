"""The chat demo's own model and SAEs: 30 layers, byte-level BPE, tied embeddings, grouped queries, a chat template."""

from pathlib import Path

import numpy as np
import pytest
import torch

from models.building.quality import HeldOut, clean_loss, measure_quality
from models.demo_chat import bundle
from models.loading.gguf_file import convert_gguf
from models.loading.opening import load_dictionary, load_language_model
from models.loading.weight_files import sha256_of
from models.running.chat import chat_ids
from models.running.chat_spans import Message
from models.running.language_model import LanguageModel
from models.running.uncounted import uncounted_ids
from models.sources import SourceSpec
from tests.demo_chat import needs_chat_model

pytestmark = [pytest.mark.demo, needs_chat_model]
#: Nothing of this project's own docs was trained on.
DOCS = Path(__file__).resolve().parents[3] / "docs"
CONTEXT, N_PROMPTS = 256, 8
#: Explained variance without attention sinks, and loss recovered, on text that is not like the training text.
LEAST = {"l7-resid-4k": 0.82, "l15-resid-4k": 0.75, "l15-resid-16k": 0.75, "l23-resid-4k": 0.75}


@pytest.fixture(scope="module")
def folder(chat_model_folder: Path) -> Path:
    """The model's folder, made from the installed file."""
    return chat_model_folder


@pytest.fixture(scope="module")
def model(folder: Path) -> LanguageModel:
    return load_language_model(str(folder), "cpu", "float32")


@pytest.fixture(scope="module")
def held_out(model: LanguageModel) -> HeldOut:
    text = "\n\n".join(path.read_text() for path in sorted(DOCS.glob("*.md")))
    ids = model.tokenize(text[:80_000], allow_special=False)
    step = CONTEXT - 1
    rows = [[model.bos_token_id, *ids[start : start + step]] for start in range(0, N_PROMPTS * step, step)]
    found = np.array(rows)
    return HeldOut(found, ~np.isin(found, uncounted_ids(model)))


def test_the_file_is_the_published_one_and_is_converted_once(folder: Path) -> None:
    file = bundle.installed_model()
    assert file is not None
    assert sha256_of(file) == bundle.MODEL_SHA256
    before = (folder / "config.json").stat().st_mtime_ns
    assert convert_gguf(file, folder.parents[1]) == folder
    assert (folder / "config.json").stat().st_mtime_ns == before


def test_the_bundle_is_small_and_safe() -> None:
    files = [path for source in bundle.SOURCES for path in source.folder.iterdir()]
    assert {path.name for path in files} == {"cfg.json", "sae_weights.safetensors"}
    assert sum(path.stat().st_size for path in files) < 90e6
    assert not any('": "/' in path.read_text() for path in files if path.suffix == ".json")


def test_every_token_of_text_in_any_script_comes_back(model: LanguageModel) -> None:
    for text in (
        "naïve café",
        "Ελληνικά и русский",
        "日本語と한국어",
        "🧭👩‍🔬 emoji",
        "tabs\t\tand\r\nlines",
        "\u0301alone",
    ):
        ids = model.tokenize(text, allow_special=False)
        assert model.tokenizer.decode(ids) == text
        assert len(model.token_strings(ids)) == len(ids)


def test_a_chat_is_rendered_as_transformers_renders_it(model: LanguageModel) -> None:
    turns = [
        ("system", "Answer briefly."),
        ("user", "Where is Ulm?"),
        ("assistant", "On the Danube."),
        ("user", "Près de ?"),
    ]
    expected = model.tokenizer.apply_chat_template(
        [{"role": role, "content": content} for role, content in turns], tokenize=True, return_dict=False
    )
    assert chat_ids(model, [Message(role, content) for role, content in turns]) == list(expected)


def test_it_says_what_transformers_says(model: LanguageModel, folder: Path) -> None:
    import transformers

    plain = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    ids = torch.tensor([chat_ids(model, [Message("user", "Name three rivers.")])])
    hook = "blocks.15.hook_resid_post"
    with torch.inference_mode():
        expected = plain(ids, output_hidden_states=True).hidden_states[16]
    found = model.run_to_hooks(ids, [hook])[hook]
    assert torch.allclose(found, expected, rtol=1e-3, atol=1e-3 * float(expected.abs().max()))


@pytest.mark.parametrize("source", bundle.SOURCES, ids=lambda source: source.slug)
def test_the_saes_are_good_on_text_of_another_kind(
    model: LanguageModel, held_out: HeldOut, source: bundle.ChatSource
) -> None:
    dictionary = load_dictionary(SourceSpec("x", str(source.folder)))
    assert (dictionary.hook_name, dictionary.d_sae) == (source.hook_name, source.d_sae)
    with torch.inference_mode():
        h = model.run_to_hooks(torch.from_numpy(held_out.token_ids), [source.hook_name])[source.hook_name]
        x = h[torch.from_numpy(held_out.counts)].float()
        norms = x.norm(dim=-1)
        x = x[norms < bundle.MAX_NORM_RATIO * norms.median()]
        activations = dictionary.encode(x)
        error = (x - dictionary.decode(activations, x)).square().sum()
        explained = 1 - float(error / (x - x.mean(0)).square().sum())
    assert explained >= LEAST[source.slug]
    assert 32 <= float((activations > 0).sum(-1).float().mean()) <= 90
    few = HeldOut(held_out.token_ids[:3], held_out.counts[:3])
    recovered = measure_quality(model, dictionary, few, clean_loss(model, few)).loss_recovered
    assert recovered is not None
    assert recovered >= 0.95
