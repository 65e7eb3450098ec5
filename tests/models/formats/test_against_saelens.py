"""The same tiny files through SAELens's own readers of published layouts, which only read from the hub."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from models.loading.opening import load_dictionary
from models.sources import SourceSpec
from tests.models.formats import published

CASES: dict[str, tuple[str, str, Any]] = {
    "Gemma Scope": ("gemma_2", "google/gemma-scope-2b-pt-res", published.gemma_scope),
    "Gemma Scope MLP": ("gemma_2", "google/gemma-scope-2b-pt-mlp", lambda root: published.gemma_scope(root, "mlp")),
    "Gemma Scope transcoder": (
        "gemma_2_transcoder",
        "google/gemma-scope-2b-pt-transcoders",
        lambda root: published.gemma_scope(root, "transcoders"),
    ),
    "Gemma Scope 2": ("gemma_3", "google/gemma-scope-2-1b-pt", published.gemma_scope_2),
    "Gemma Scope 2 transcoder": (
        "gemma_3",
        "google/gemma-scope-2-1b-pt",
        lambda root: published.gemma_scope_2(root, "transcoder"),
    ),
    "Llama Scope": ("llama_scope", "fnlp/Llama3_1-8B-Base-LXR-8x", published.llama_scope),
    "Qwen Scope": ("qwen_scope", "Qwen/SAE-Res-Qwen3-1.7B-Base-W32K-L0_9", published.qwen_scope),
    "Goodfire": ("goodfire", "Goodfire/Llama-3.1-8B-Instruct-SAE-l19", published.goodfire),
    "DeepSeek R1": ("deepseek_r1", "qresearch/DeepSeek-R1-Distill-Llama-8B-SAE-l19", published.deepseek),
    **{
        f"dictionary_learning {name}": (
            "dictionary_learning_1",
            "canrager/lm_sae",
            lambda root, name=name: published.dictionary_learning(root, name),
        )
        # AutoEncoderNew has no b_dec in what SAELens makes of it.
        for name in ("AutoEncoder", "GatedAutoEncoder", "JumpReluAutoEncoder", "AutoEncoderTopK", "BatchTopKSAE")
    },
}


@pytest.fixture
def from_disk(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Lets SAELens's readers take from a folder what they would fetch from the hub."""
    loaders = pytest.importorskip("sae_lens.loading.pretrained_sae_loaders")

    def serve(root: Path) -> None:
        def fetch(repo_id: str, filename: str, subfolder: str = "", **_: Any) -> str:
            return str(next(root.rglob(str(Path(subfolder, filename)))))

        def shapes(_: str, filename: str) -> dict[str, list[int]]:
            from safetensors.torch import load_file

            return {name: list(value.shape) for name, value in load_file(next(root.rglob(filename))).items()}

        monkeypatch.setattr(loaders, "hf_hub_download", fetch)
        monkeypatch.setattr(loaders, "get_safetensors_tensor_shapes", shapes)

    return serve


def theirs(reader: str, repository: str, place: str) -> Any:
    """The SAE that SAELens makes, with the tiny widths in the place of the published ones."""
    from sae_lens import SAE
    from sae_lens.loading.pretrained_sae_loaders import NAMED_PRETRAINED_SAE_LOADERS, handle_config_defaulting

    if reader == "goodfire":
        place = "Llama-3.1-8B-Instruct-SAE-l19.pth"
    cfg, state, _ = NAMED_PRETRAINED_SAE_LOADERS[reader](repository, place, "cpu", False, {"dtype": "float32"})
    cfg = handle_config_defaulting({**cfg, "d_in": published.D, "d_out": published.D, "d_sae": published.N})
    sae = SAE.from_dict({**cfg, "dtype": "float32"})
    sae.process_state_dict_for_loading(state)
    sae.load_state_dict(state)
    return sae


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("reader", "repository", "make"), CASES.values(), ids=CASES.keys())
def test_a_layout_is_read_as_saelens_reads_it(
    reader: str, repository: str, make: Any, from_disk: Callable[[Path], None], tmp_path: Path
) -> None:
    sae = make(tmp_path)
    top = tmp_path / repository.split("/")[1] if "gemma-scope-2b" in repository else tmp_path
    place = str(sae.path.relative_to(top))
    if sae.path.is_file():
        place = sae.path.name
    if reader == "goodfire":
        (tmp_path / "Llama-3.1-8B-Instruct-SAE-l19.pth").symlink_to(sae.path)
    from_disk(tmp_path)
    other = theirs(reader, repository, place)
    if sae.layout.startswith("Llama"):
        other.fold_activation_norm_scaling_factor(published.D**0.5 / 8.0)
    ours = load_dictionary(SourceSpec("unused", str(sae.path)))
    h = published.draw(5)(40, published.D)
    with torch.no_grad():
        latents = other.encode(h)
        out = other(h) if ours.is_transcoder else other.decode(latents)
    torch.testing.assert_close(ours.encode(h), latents, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(ours.decode(latents, h), out, atol=1e-4, rtol=1e-4)
    if reader != "goodfire":
        hook = other.cfg.metadata.hook_name.replace("hook_mlp_in", "mlp.hook_in")  # of Gemma Scope 2: the norm's output
        assert ours.hook_name == hook
