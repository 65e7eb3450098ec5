"""What is said of a path: which layout it holds, what it lacks, what is in the folders below; what is never done."""

import json
import os
import pickle
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from models.errors import SaeNotFound, SourceError, UnsafeFile, Unsupported, WeightsInvalid
from models.loading.formats.layouts import read_sae
from models.loading.formats.tensor_files import open_tensors
from models.loading.opening import load_dictionary
from models.sources import LocalSae, SaeRelease, SourceSpec, parse_sae_location, with_options
from tests.models.formats import published
from tests.models.tiny import save_sae


def load(path: Path, hook: str | None = None, **options: Any) -> Any:
    return load_dictionary(SourceSpec("unused", with_options(str(path), **options), hook))


class Evil:
    """Whoever opens a pickle of it makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return (os.mkdir, (str(self.path),))


# ---------------------------------------------------------------- pickles


@pytest.mark.parametrize("name", ["ae.pt", "layer1.sae.pt", "x-SAE-l1.pth"])
def test_a_pt_file_that_would_run_code_is_refused_and_runs_none(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    torch.save({"W_enc": torch.ones(2, 3), "extra": Evil(tmp_path / "ran")}, path)
    with pytest.raises(UnsafeFile, match=r"could run code.*save the tensors alone"):
        read_sae(LocalSae(path))
    assert not (tmp_path / "ran").exists()


def test_a_bare_pickle_is_refused_and_never_opened(tmp_path: Path) -> None:
    for name in ("sae.pt", "sae.pkl", "pytorch_model.bin"):
        path = tmp_path / name
        path.write_bytes(pickle.dumps({"W_enc": Evil(tmp_path / "ran")}))
        with pytest.raises(UnsafeFile, match="run code"):
            read_sae(LocalSae(path))
    assert not (tmp_path / "ran").exists()


def test_a_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sae.pt"
    torch.save({"W_enc": torch.ones(2, 3)}, path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("sae/code/__torch__.py", "x = 1")
    with pytest.raises(UnsafeFile, match="TorchScript"):
        read_sae(LocalSae(path))


def test_a_pt_file_too_large_is_refused(tmp_path: Path) -> None:
    path = published.goodfire(tmp_path).path
    with path.open("ab") as file:
        file.truncate(17 << 30)  # a hole: nothing is written
    with pytest.raises((WeightsInvalid, UnsafeFile), match=r"bytes|cut off"):
        read_sae(LocalSae(path))


def test_a_tensor_that_claims_more_than_the_file_holds_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sae.pt"
    small = torch.ones(1)
    torch.save({name: small.expand(1 << 20, 1 << 12) for name in ("W_enc", "W_dec", "b_enc", "b_dec")}, path)
    with pytest.raises(WeightsInvalid, match="larger than the file"):
        open_tensors(path)


def test_a_storage_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    path = published.goodfire(tmp_path).path
    with zipfile.ZipFile(path) as archive:
        entries = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in entries.items():
            archive.writestr(name, data[:16] if "/data/" in name else data)
    with pytest.raises(WeightsInvalid, match=r"damaged|larger"):
        load(path)


@pytest.mark.parametrize("make", [published.gemma_scope, published.goodfire, published.qwen_scope])
def test_a_damaged_archive_is_refused_in_one_sentence(make: Any, tmp_path: Path) -> None:
    found = make(tmp_path)
    path = next(found.path.iterdir()) if found.path.is_dir() else found.path
    whole = path.read_bytes()
    for data in (b"", b"PK\x03\x04", whole[: len(whole) // 2], whole[:-30], bytes(len(whole))):
        path.write_bytes(data)
        with pytest.raises(SourceError) as refused:
            load(path)
        assert str(path) in str(refused.value)
    at = len(whole) // 2
    path.write_bytes(whole[:at] + bytes(byte ^ 255 for byte in whole[at : at + 64]) + whole[at + 64 :])
    with suppress(SourceError):  # PyTorch does not compare checksums of what it maps: numbers change, nothing breaks
        load(path)


def test_an_npz_of_objects_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "mine.npz", W_enc=np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(UnsafeFile, match="Python objects"):
        read_sae(LocalSae(tmp_path / "mine.npz"))


def test_an_npz_that_unpacks_to_far_more_than_it_is_is_refused(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "mine.npz", W_enc=np.zeros((4096, 4096), np.float32))
    with pytest.raises(WeightsInvalid, match="unpacks to far more"):
        read_sae(LocalSae(tmp_path / "mine.npz"))


def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(tmp_path: Path) -> None:
    for name in ("sae.npz", "sae.pt", "sae.safetensors"):
        os.mkfifo(tmp_path / name)
        with pytest.raises(SourceError, match="a pipe"):
            read_sae(LocalSae(tmp_path / name))


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("ending", ["npz", "pt"])
def test_numbers_that_are_none_are_refused(ending: str, value: float, tmp_path: Path) -> None:
    p = published.parameters()
    p["W_dec"][3, 4] = value
    path = published.write(tmp_path / f"mine.{ending}", p)
    with pytest.raises(WeightsInvalid, match=r"NaN or infinity in 'W_dec'"):
        load(path, "blocks.1.hook_resid_post")


def test_zeros_are_refused(tmp_path: Path) -> None:
    p = published.parameters()
    path = published.write(tmp_path / "mine.npz", p | {"W_dec": torch.zeros_like(p["W_dec"])})
    with pytest.raises(WeightsInvalid, match="nothing but zeros in W_dec"):
        load(path, "blocks.1.hook_resid_post")


# ---------------------------------------------------------------- settings that would change the numbers


@pytest.mark.parametrize(
    "cfg",
    [{"activation": "groupmax"}, {"signed": True}, {"matching_pursuit": True}, {"input_unit_norm": True}],
    ids=str,
)
def test_a_setting_of_sparsify_that_is_not_done_is_refused(cfg: dict[str, Any], tmp_path: Path) -> None:
    name = next(iter(cfg))
    with pytest.raises(Unsupported, match=rf"{name} in .*would come out wrong"):
        load(published.sparsify(tmp_path, **cfg).path)


@pytest.mark.parametrize("key", ["activation_fn_str", "activation_fn"])
@pytest.mark.parametrize("name", ["tanh-relu", "gelu"])
def test_an_activation_function_of_saelens_that_is_not_done_is_refused(name: str, key: str, tmp_path: Path) -> None:
    folder = save_sae(tmp_path, "standard", **{key: name})
    with pytest.raises(Unsupported, match=rf"{key} in .*{name}.*not read"):
        load(folder)


def test_settings_of_an_activation_function_are_not_dropped(tmp_path: Path) -> None:
    for settings, error in (({"k": 4, "signed": True}, Unsupported), ({}, WeightsInvalid)):
        folder = save_sae(tmp_path / str(len(settings)), activation_fn_str="topk", activation_fn_kwargs=settings)
        with pytest.raises(error, match="activation_fn_kwargs"):
            load(folder)


@pytest.mark.parametrize("activation", ["Identity", "Softplus"])
def test_an_activation_function_of_openai_that_is_not_done_is_refused(activation: str, tmp_path: Path) -> None:
    sae = published.openai(tmp_path, is_topk=False)
    state = torch.load(sae.path, weights_only=True)
    torch.save(state | {"activation": activation}, sae.path)
    with pytest.raises(Unsupported, match=activation):
        load(sae.path)


def test_a_class_of_dictionary_learning_that_is_not_read_is_named(tmp_path: Path) -> None:
    folder = published.dictionary_learning(tmp_path).path
    published.describe(folder / "config.json", trainer={"dict_class": "CrossCoder", "layer": 1}, buffer={})
    with pytest.raises(Unsupported, match=r"is a CrossCoder of dictionary_learning.*it reads AutoEncoder"):
        load(folder)


@pytest.mark.parametrize("change", [{"sae_type": "lorsa"}, {"use_glu_encoder": True}, {"act_fn": "relu2"}], ids=str)
def test_a_setting_of_openmoss_that_is_not_done_is_refused(change: dict[str, Any], tmp_path: Path) -> None:
    sae = published.llama_scope(tmp_path)
    path = sae.path / "hyperparams.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(Unsupported, match=next(iter(change))):
        load(sae.path)


def test_a_threshold_that_was_never_set_is_refused(tmp_path: Path) -> None:
    sae = published.dictionary_learning(tmp_path, "BatchTopKSAE")
    state = torch.load(sae.path / "ae.pt", weights_only=True)
    torch.save(state | {"threshold": torch.tensor(-1.0)}, sae.path / "ae.pt")
    with pytest.raises(WeightsInvalid, match="never set"):
        load(sae.path)


def test_a_crosscoder_is_recognised_and_not_read(tmp_path: Path) -> None:
    normal = published.draw()
    for n, names in enumerate((("encoder.weight", "decoder.weight", "decoder.bias"), ("W_enc", "W_dec", "b_dec"))):
        tensors = {names[0]: normal(2, 8, 16), names[1]: normal(2, 16, 8), names[2]: normal(2, 8), "b_enc": normal(16)}
        with pytest.raises(Unsupported, match="is a crosscoder"):
            load(published.write(tmp_path / f"{n}.pt", tensors), "blocks.1.hook_resid_post")


def test_tensors_of_no_layout_are_named(tmp_path: Path) -> None:
    path = published.write(tmp_path / "x.safetensors", {"lm_head": torch.ones(2, 3), "other": torch.ones(4)})
    with pytest.raises(Unsupported, match=r"holds the tensors lm_head, other, which belong to no layout"):
        load(path)
    more = published.write(tmp_path / "y.npz", published.parameters() | {"temperature": torch.ones(1)})
    with pytest.raises(Unsupported, match=r"'temperature'.*does not know what it means"):
        load(more, "blocks.1.hook_resid_post")


# ---------------------------------------------------------------- options


def test_options_that_contradict_the_files_are_refused(tmp_path: Path) -> None:
    sparse = published.sparsify(tmp_path).path
    for options in ({"kind": "jumprelu"}, {"k": 9}, {"b_dec": "keep"}):
        with pytest.raises(Unsupported, match="leave it out"):
            load(sparse, **options)  # type: ignore[arg-type]
    assert load(sparse, kind="topk", k=8).kind == "topk"
    folder = save_sae(tmp_path / "standard")
    for options in ({"kind": "topk"}, {"k": 3}):
        with pytest.raises(Unsupported, match="leave it out"):
            load(folder, **options)  # type: ignore[arg-type]


def test_plain_tensors_need_options_that_go_together(tmp_path: Path) -> None:
    path = published.plain(tmp_path).path
    hook = "blocks.1.hook_resid_post"
    for options, said in (
        ({"kind": "topk"}, "--k"),
        ({"kind": "standard", "k": 3}, "--k"),
        ({"kind": "jumprelu"}, "no"),
    ):
        with pytest.raises(Unsupported, match=said):
            load(path, hook, **options)  # type: ignore[arg-type]
    with pytest.raises(WeightsInvalid, match=r"k in .* is '97'"):
        load(path, hook, k=97)
    with pytest.raises(SourceError, match="--hook"):
        load(path)
    with pytest.raises(SaeNotFound, match=r"no kind 'martian'.*standard"):
        load(path, hook, kind="martian")


@pytest.mark.parametrize(("kind", "expected"), [("topk", "topk"), ("batchtopk", "jumprelu")])
def test_saebenchs_own_files_have_k_and_perhaps_a_threshold(kind: str, expected: str, tmp_path: Path) -> None:
    p, hook, one = published.parameters(), "blocks.1.hook_resid_post", torch.tensor(0.3)
    path = published.write(tmp_path / "sae.pt", p | {"k": torch.tensor(7), "threshold": one})
    with pytest.raises(Unsupported, match="--kind topk or --kind batchtopk"):
        load(path, hook)
    x = torch.randn(20, published.D)
    pre = torch.relu((x - p["b_dec"]) @ p["W_enc"] + p["b_enc"])
    theirs = published.topk(pre, 7) if kind == "topk" else pre * (pre > one)
    ours = load(path, hook, kind=kind)
    assert ours.kind == expected
    torch.testing.assert_close(ours.encode(x), theirs, atol=1e-4, rtol=1e-4)
    published.write(path, {name: value for name, value in p.items() if name != "threshold"} | {"k": torch.tensor(7)})
    torch.testing.assert_close(load(path, hook).encode(x), published.topk(pre, 7), atol=1e-4, rtol=1e-4)
    with pytest.raises(Unsupported, match="contradicts"):
        load(path, hook, k=8)


def test_an_sae_that_lies_as_a_transcoder_is_what_kind_says(tmp_path: Path) -> None:
    sae = published.transcoder(tmp_path)
    ours = load(sae.path, "blocks.1.hook_resid_post", kind="standard", b_dec="keep")
    x = torch.randn(10, published.D)
    assert (ours.facts.layout, ours.kind) == ("plain tensors", "standard")
    torch.testing.assert_close(ours.encode(x), sae.encode(x), atol=1e-4, rtol=1e-4)


def test_a_plain_transcoder_writes_to_the_mlp_of_its_block(tmp_path: Path) -> None:
    p = published.parameters(d_out=24)
    p.pop("threshold")
    ours = load(published.write(tmp_path / "t.npz", p), "blocks.2.mlp.hook_in", kind="transcoder")
    assert (ours.hook_name, ours.hook_out, ours.d_out) == ("blocks.2.mlp.hook_in", "blocks.2.hook_mlp_out", 24)


def test_qwen_scope_without_its_repositorys_name_needs_k(tmp_path: Path) -> None:
    sae = published.qwen_scope(tmp_path)
    path = sae.path.rename(tmp_path / "layer1.sae.pt")
    with pytest.raises(Unsupported, match=r"L0_50.*--k"):
        load(path)
    h = torch.randn(10, published.D)
    torch.testing.assert_close(load(path, k=9).encode(h), sae.encode(h), atol=1e-4, rtol=1e-4)


def test_a_release_corrects_files_of_every_layout(tmp_path: Path) -> None:
    release = "gpt2-small-res-jb/blocks.8.hook_resid_pre"  # whose overrides say that the model's weights were centred
    for path, hook in ((published.plain(tmp_path).path, "blocks.1.hook_resid_pre"), (save_sae(tmp_path / "a"), None)):
        assert not load(path, hook).facts.centre
        ours = load(path, hook, release=release)
        assert ours.facts.centre
        assert "release=" in ours.facts.location
    with pytest.raises(SaeNotFound, match="has no SAE"):
        load(path, hook, release="gpt2-small-res-jb/nothing")


def test_a_release_tells_what_names_of_folders_would(tmp_path: Path) -> None:
    """Files whose published names were lost are told by the release that they are."""
    gemma = published.gemma_scope(tmp_path).path.rename(tmp_path / "x")
    qwen = published.qwen_scope(tmp_path).path.rename(tmp_path / "layer1.sae.pt")
    goodfire = published.goodfire(tmp_path).path.rename(tmp_path / "y.pth")
    qwen_3 = published.transcoder(tmp_path).path.rename(tmp_path / "layer_5.safetensors")
    for path, release, hook in (
        (gemma, "gemma-scope-2b-pt-mlp/layer_3/width_16k/average_l0_95", "blocks.3.hook_mlp_out"),
        (qwen, "qwen-scope-3-1.7b-base-w32k-l50/layer7", "blocks.7.hook_resid_post"),
        (goodfire, "goodfire-llama-3.1-8b-instruct/layer_19", "blocks.19.hook_resid_post"),
        (qwen_3, "mwhanna-qwen3-4b-transcoders/layer_18", "blocks.18.mlp.hook_in"),
    ):
        assert load(path, release=release).hook_name == hook
        with pytest.raises(SourceError, match=r"--hook|--k"):
            load(path)
    assert load(qwen, release="qwen-scope-3-1.7b-base-w32k-l50/layer7").facts.k == 50


# ---------------------------------------------------------------- folders and names


def test_a_parent_folder_names_the_saes_below(tmp_path: Path) -> None:
    for layer in range(12):
        save_sae(tmp_path / "run" / f"layer_{layer}")
    with pytest.raises(SaeNotFound) as refused:
        read_sae(LocalSae(tmp_path))
    said = str(refused.value)
    assert f"{tmp_path}/run/layer_0, {tmp_path}/run/layer_1, {tmp_path}/run/layer_2 and 9 more" in said


def test_a_folder_of_files_names_them_and_one_file_is_taken(tmp_path: Path) -> None:
    sae = published.transcoder(tmp_path)
    with pytest.raises(SaeNotFound, match=r"looks like 2: .*layer_0\.safetensors, .*layer_1\.safetensors; name one"):
        load(sae.path.parent)
    (sae.path.parent / "layer_0.safetensors").unlink()
    assert load(sae.path.parent).hook_name == sae.hook


def test_a_folder_without_an_sae_says_what_is_there(tmp_path: Path) -> None:
    with pytest.raises(SaeNotFound, match="nothing; a SAELens folder has"):
        load(tmp_path)
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(SaeNotFound, match=r"only notes\.txt"):
        load(tmp_path)
    published.describe(tmp_path / "config.json", model_type="gpt2", architectures=["GPT2LMHeadModel"])
    with pytest.raises(SaeNotFound, match="holds a language model"):
        load(tmp_path)


def test_a_path_that_exists_is_never_taken_for_a_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = published.write(tmp_path / "b" / "mine.npz", published.parameters())
    assert parse_sae_location("b/mine.npz") == LocalSae(path)
    (tmp_path / "b" / "strange").write_text("x")
    with pytest.raises(SaeNotFound, match="is no file of weights"):
        read_sae(parse_sae_location("b/strange"))  # type: ignore[arg-type]
    for missing in ("b/other.npz", "b/x/ae.pt", "./b/none"):
        with pytest.raises(SaeNotFound, match="no SAE folder or file"):
            parse_sae_location(missing)


def test_options_are_written_behind_a_path_and_read_again(tmp_path: Path) -> None:
    path = published.plain(tmp_path).path
    location = with_options(str(path), kind="topk", k=5, release="a/b", b_dec="keep")
    assert parse_sae_location(location) == LocalSae(path, "topk", 5, "a/b", "keep")
    assert str(parse_sae_location(location)) == location
    for wrong in ("?colour=red", "?k=many", "?kind=martian", "?b_dec=perhaps"):
        with pytest.raises(SaeNotFound):
            parse_sae_location(str(path) + wrong)
    with pytest.raises(SaeNotFound, match="--k is for SAEs on this machine"):
        with_options("gpt2-small-res-jb/blocks.8.hook_resid_pre", k=3)


def test_a_repository_of_the_hub_is_written_as_it_was_read() -> None:
    for location in ("org/repo:folder/a", "release/id/b"):
        assert str(parse_sae_location(location)) == location
    assert parse_sae_location("org/repo:a") == SaeRelease("org/repo", "a")


def test_default_slugs_of_files_name_the_sae(tmp_path: Path) -> None:
    names = {
        published.qwen_scope(tmp_path).path: "m-layer1",
        published.dictionary_learning(tmp_path).path / "ae.pt": "m-trainer-0",
        published.transcoder(tmp_path).path: "m-layer-1",
    }
    for path, slug in names.items():
        assert SourceSpec("/x/m", f"{path}?k=3").slug() == slug


def test_files_that_do_not_belong_together_are_refused(tmp_path: Path) -> None:
    sae = published.sparsify(tmp_path, k=500)
    with pytest.raises(WeightsInvalid, match="k in"):
        load(sae.path)
    sae = published.dictionary_learning(tmp_path)
    published.describe(sae.path / "config.json", trainer={"dict_class": "AutoEncoder", "dict_size": 97}, buffer={})
    with pytest.raises(WeightsInvalid, match="dict_size"):
        load(sae.path)
    p = published.parameters() | {"b_enc": torch.ones(95)}
    with pytest.raises(SourceError):
        load(published.write(tmp_path / "mine.npz", p), "blocks.1.hook_resid_post")
    save_file({"W_enc": torch.ones(3, 4), "W_dec": torch.ones(5, 3)}, tmp_path / "z.safetensors")
    with pytest.raises(SourceError):
        load(tmp_path / "z.safetensors", "blocks.1.hook_resid_post")
