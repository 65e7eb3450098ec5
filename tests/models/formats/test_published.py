"""Every published layout against the arithmetic of its authors, and what is found of it without being told."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch

from models.loading.formats.layouts import LAYOUTS, read_sae
from models.loading.opening import load_dictionary
from models.running.dictionary import Dictionary
from models.sources import SourceSpec, parse_sae_location, with_options
from tests.models.formats import published
from tests.models.tiny import TEMPORAL, save_sae, tied_parameters

CLASSES = (
    "AutoEncoder",
    "AutoEncoderNew",
    "GatedAutoEncoder",
    "JumpReluAutoEncoder",
    "AutoEncoderTopK",
    "BatchTopKSAE",
    "MatryoshkaBatchTopKSAE",
)
CASES: dict[str, Any] = {
    **{f"Gemma Scope {site}": partial(published.gemma_scope, site=site) for site in ("res", "mlp", "att")},
    "Gemma Scope transcoder": partial(published.gemma_scope, site="transcoders"),
    "Gemma Scope embedding": published.gemma_scope_embedding,
    **{
        f"Gemma Scope 2 {site}": partial(published.gemma_scope_2, site=site)
        for site in ("resid_post", "attn_out", "mlp_out", "transcoder")
    },
    "Gemma Scope 2 CLT": published.gemma_scope_2_clt,
    "sparsify": published.sparsify,
    "sparsify of GPT-2": partial(published.sparsify, name="h.1"),
    "sparsify mlp": partial(published.sparsify, name="layers.1.mlp", hook="blocks.1.hook_mlp_out"),
    "sparsify attention": partial(published.sparsify, name="layers.1.attention", hook="blocks.1.hook_attn_out"),
    "sparsify embedding": partial(published.sparsify, name="embed_tokens", hook="hook_embed"),
    "sparsify transcoder": partial(
        published.sparsify, name="layers.1.mlp", hook="blocks.1.mlp.hook_in", transcode=True
    ),
    "sparsify skip transcoder": partial(
        published.sparsify, name="layers.1.mlp", hook="blocks.1.mlp.hook_in", transcode=True, skip_connection=True
    ),
    "sparsify first skip transcoders": partial(
        published.sparsify, name="layers.1.mlp", hook="blocks.1.mlp.hook_in", skip_connection=True
    ),
    **{f"dictionary_learning {name}": partial(published.dictionary_learning, name=name) for name in CLASSES},
    "Llama Scope": published.llama_scope,
    "Llama Scope by decoder norm": partial(published.llama_scope, by_norm=True),
    "Llama Scope transcoder": partial(published.llama_scope, by_norm=True, out=3.0),
    "OpenMOSS": published.openmoss,
    "OpenAI TopK": published.openai,
    "OpenAI ReLU": partial(published.openai, is_topk=False),
    "Goodfire": published.goodfire,
    "DeepSeek R1": published.deepseek,
    "Qwen Scope": published.qwen_scope,
    "Kissane": published.kissane,
    "transcoder": published.transcoder,
    "skip transcoder": partial(published.transcoder, has_skip=True),
    "JumpReLU transcoder": partial(published.transcoder, jumps=True),
    **{f"CLT layer {layer}": partial(published.clt, layer=layer) for layer in range(3)},
    "CLT with skip": partial(published.clt, has_skip=True),
    **{
        f"plain {ending} {kind}": partial(published.plain, ending=ending, kind=kind)
        for ending in ("safetensors", "npz", "pt")
        for kind in ("standard", "topk", "jumprelu")
    },
    "plain transcoder": partial(published.plain, kind="transcoder"),
    "plain turned": partial(published.plain, turned=True),
}


def load(sae: published.Published, **more: Any) -> Dictionary:
    options = {**sae.options, **more}
    hook = options.pop("hook", None)
    return load_dictionary(SourceSpec("unused", with_options(str(sae.path), **options), hook))


def activations(seed: int = 5) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(50, published.D, generator=generator) * (0.5 + torch.rand(50, 1, generator=generator)) + 0.3


@pytest.mark.parametrize("make", CASES.values(), ids=CASES.keys())
def test_a_published_layout_encodes_and_decodes_as_its_authors_do(make: Any, tmp_path: Path) -> None:
    sae = make(tmp_path)
    ours, h = load(sae), activations()
    latents, expected = ours.encode(h), sae.encode(h)
    assert 0.02 < (expected > 0).float().mean() < 0.9
    torch.testing.assert_close(latents, expected, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(ours.decode(latents, h), sae.decode(expected, h), atol=1e-4, rtol=1e-4)
    assert (ours.facts.layout, ours.kind, ours.hook_name) == (sae.layout, sae.kind, sae.hook)
    assert ours.hook_out == (sae.hook_out or sae.hook)


@pytest.mark.parametrize("make", CASES.values(), ids=CASES.keys())
def test_the_location_that_is_kept_loads_the_same_sae(make: Any, tmp_path: Path) -> None:
    sae = make(tmp_path)
    first = load(sae)
    again = load_dictionary(SourceSpec("unused", first.facts.location, first.hook_name))
    assert again.facts == first.facts
    torch.testing.assert_close(again.encode(activations()), first.encode(activations()))


@pytest.mark.parametrize("name", CLASSES)
def test_dictionary_learning_without_config_is_told_by_its_parameters(name: str, tmp_path: Path) -> None:
    sae = published.dictionary_learning(tmp_path, name, has_config=False)
    kind = {"AutoEncoderTopK": "topk", "BatchTopKSAE": "batchtopk"}.get(name)
    ours = load(sae, hook="blocks.2.hook_resid_post", **({"kind": kind} if kind else {}))
    torch.testing.assert_close(ours.encode(activations()), sae.encode(activations()), atol=1e-4, rtol=1e-4)
    assert ours.hook_name == "blocks.2.hook_resid_post"


def test_temporal_saes_are_the_same_as_saelens_has_them(tmp_path: Path) -> None:
    theirs = load_dictionary(SourceSpec("unused", str(save_sae(tmp_path / "sae", "temporal"))))
    state = tied_parameters("temporal", 32, 96, 0)
    folder = tmp_path / "layer_1" / "temporal"
    state["D"], state["b"] = state.pop("W_dec"), state.pop("b_dec")
    published.write(folder / "latest_ckpt.safetensors", state)
    said = {name: TEMPORAL[name] for name in ("n_heads", "n_attn_layers", "bottleneck_factor", "kval_topk")}
    lines = "".join(f"  {name}: {value}\n" for name, value in said.items())
    (folder / "conf.yaml").write_text(
        f"sae:\n  sae_diff_type: topk\n  tied_weights: true\n  scaling_factor: 0.5\n  exp_factor: 3\n{lines}"
        "llm:\n  dimin: 32\ndata:\n  dtype: float32\n"
    )
    ours = load_dictionary(SourceSpec("unused", str(folder)))
    h = activations()[None]
    torch.testing.assert_close(ours.encode(ours.read(h)[0]), theirs.encode(theirs.read(h)[0]), atol=1e-5, rtol=1e-5)
    assert ours.hook_name == "blocks.1.hook_resid_post"


def test_the_weights_file_stands_for_its_folder(tmp_path: Path) -> None:
    for sae in (published.sparsify(tmp_path), published.gemma_scope(tmp_path), published.dictionary_learning(tmp_path)):
        (file,) = (path for path in sae.path.iterdir() if path.suffix in (".safetensors", ".npz", ".pt"))
        assert load_dictionary(SourceSpec("unused", str(file))).hook_name == sae.hook


def test_a_cross_layer_transcoder_says_what_a_view_of_one_layer_leaves_out(tmp_path: Path) -> None:
    first, middle, last = (load(published.clt(tmp_path, layer=layer)).facts.warnings[0] for layer in range(3))
    assert "not the parts at later layers" in first
    assert "missing from the reconstruction" not in first
    assert "not the parts at later layers" in middle
    assert "missing from the reconstruction" in middle
    assert "not the parts at later layers" not in last
    assert "missing from the reconstruction" in last


@pytest.mark.parametrize(("option", "subtracts"), [("subtract", True), ("keep", False)])
@pytest.mark.parametrize("kind", ["standard", "jumprelu"])
def test_plain_tensors_subtract_b_dec_as_they_are_told(kind: str, option: str, subtracts: bool, tmp_path: Path) -> None:
    sae = published.plain(tmp_path, kind=kind)
    ours = load(sae, b_dec=option)
    assert ours.facts.subtract_b_dec is subtracts
    assert not ours.facts.warnings or "b_dec" not in " ".join(ours.facts.warnings)
    told_nothing = load(sae)
    assert told_nothing.facts.subtract_b_dec is (kind == "standard")
    assert any("b_dec" in warning for warning in told_nothing.facts.warnings)


def test_every_layout_has_a_case_here(tmp_path: Path) -> None:
    made = {make(tmp_path / str(n)).layout for n, make in enumerate(CASES.values())}
    assert {layout.name for layout in LAYOUTS} == made | {"SAELens", "temporal SAEs"}  # the two have tests of their own


def test_reading_a_configuration_leaves_the_parameters_alone(tmp_path: Path) -> None:
    found = read_sae(parse_sae_location(str(published.gemma_scope(tmp_path).path)))  # type: ignore[arg-type]
    assert found.cfg["d_sae"] == published.N
