"""pytorch_model.bin: read if it holds tensors alone, otherwise refused without being opened."""

import io
import json
import os
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from models.errors import PeriscopeModelError, UnsafeFile, WeightsInvalid
from models.loading.opening import check_files, load_language_model
from models.loading.pickled_weights import pickled_tensors
from models.sources import SourceSpec
from tests.models.tiny import build_model, save_sae, save_tokenizer

PICKLE = "pytorch_model.bin"
IDS = torch.arange(12).unsqueeze(0)


def folder_with(folder: Path, write: Callable[[Path, Any], None]) -> Path:
    """A tiny GPT-2 without safetensors; ``write`` puts its weights there."""
    model = build_model("gpt2")
    model.save_pretrained(folder)
    (folder / "model.safetensors").unlink()
    save_tokenizer(folder)
    write(folder, model)
    return folder


def save_whole(folder: Path, model: Any) -> None:
    torch.save(model.state_dict(), folder / PICKLE)


def save_shards(folder: Path, model: Any) -> None:
    state = model.state_dict()
    names = sorted(state)
    places = {name: f"pytorch_model-0000{n % 2 + 1}-of-00002.bin" for n, name in enumerate(names)}
    for shard in set(places.values()):
        torch.save({name: state[name] for name in names if places[name] == shard}, folder / shard)
    (folder / f"{PICKLE}.index.json").write_text(json.dumps({"metadata": {}, "weight_map": places}))


@pytest.mark.parametrize("write", [save_whole, save_shards])
def test_weights_in_a_pickle_compute_the_same(tmp_path: Path, write: Callable[[Path, Any], None]) -> None:
    model = load_language_model(str(folder_with(tmp_path, write)), "cpu")
    with torch.no_grad():
        wanted = build_model("gpt2")(IDS).logits
    assert torch.allclose(model.logits(IDS), wanted, atol=1e-4)


def test_safetensors_come_before_a_pickle(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, lambda folder, model: model.save_pretrained(folder))
    (folder / PICKLE).write_bytes(b"never opened")
    load_language_model(str(folder), "cpu")


class Caller:
    """Runs a function when it is unpickled."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.called = (function, arguments)

    def __reduce__(self) -> Any:
        return self.called


def repacked(path: Path, change: Callable[[bytes], bytes], compression: int = zipfile.ZIP_STORED) -> None:
    """The archive with another program."""
    with zipfile.ZipFile(path) as archive:
        parts = {part.filename: archive.read(part) for part in archive.infolist()}
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in parts.items():
            archive.writestr(name, change(data) if name.endswith("data.pkl") else data)


@pytest.mark.parametrize(
    ("function", "arguments", "named"),
    [
        (os.system, ("touch MARK",), "system"),
        (eval, ("1",), "eval"),
        (bytearray, (1 << 40,), "bytearray"),
        (torch.load, ("/etc/passwd",), "torch.serialization.load"),
    ],
)
def test_a_pickle_that_would_run_something_is_refused_by_its_name(
    tmp_path: Path, function: Any, arguments: tuple[Any, ...], named: str
) -> None:
    def write(folder: Path, model: Any) -> None:
        made = tuple(str(folder / "made") if a == "touch MARK" else a for a in arguments)
        torch.save({**model.state_dict(), "x": Caller(function, *made)}, folder / PICKLE)

    folder = folder_with(tmp_path, write)
    with pytest.raises(UnsafeFile, match=rf"asks to run .*{named}.*save_pretrained"):
        load_language_model(str(folder), "cpu")
    assert not (folder / "made").exists()


def test_a_name_put_together_by_the_program_is_refused(tmp_path: Path) -> None:
    def write(folder: Path, model: Any) -> None:
        save_whole(folder, model)
        repacked(folder / PICKLE, lambda _: pickle.dumps(Caller(os.system, "true"), protocol=4))

    with pytest.raises(UnsafeFile, match="asks to run"):
        load_language_model(str(folder_with(tmp_path, write)), "cpu")


def test_files_from_before_torch_1_6_are_refused_with_the_way_out(tmp_path: Path) -> None:
    def write(folder: Path, model: Any) -> None:
        torch.save(model.state_dict(), folder / PICKLE, _use_new_zipfile_serialization=False)

    with pytest.raises(UnsafeFile, match=r"before version 1\.6.*save_pretrained"):
        load_language_model(str(folder_with(tmp_path, write)), "cpu")


def test_compressed_archives_are_refused(tmp_path: Path) -> None:
    def write(folder: Path, model: Any) -> None:
        save_whole(folder, model)
        with zipfile.ZipFile(folder / PICKLE, "a", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("more", bytes(100 << 20))

    with pytest.raises(WeightsInvalid, match="claims to hold more than its"):
        load_language_model(str(folder_with(tmp_path, write)), "cpu")


@pytest.mark.parametrize("keep", [0, 1, 100, 0.5, 0.99])
def test_a_pickle_that_is_cut_off_is_one_sentence(tmp_path: Path, keep: float) -> None:
    def write(folder: Path, model: Any) -> None:
        save_whole(folder, model)
        raw = (folder / PICKLE).read_bytes()
        (folder / PICKLE).write_bytes(raw[: int(keep if keep >= 1 or keep == 0 else keep * len(raw))])

    with pytest.raises(PeriscopeModelError, match=rf"{PICKLE}.*(download|convert)"):
        load_language_model(str(folder_with(tmp_path, write)), "cpu")


def test_a_tensor_with_fewer_values_than_it_claims_is_refused(tmp_path: Path) -> None:
    torch.save({"a": torch.zeros(1).expand(1 << 30)}, tmp_path / PICKLE)
    with pytest.raises(WeightsInvalid, match="fewer values of 'a'"):
        pickled_tensors(tmp_path / PICKLE)


@pytest.mark.parametrize("value", [[], {}, {"a": 5}, torch.zeros(3), OrderedDict()])
def test_what_holds_no_named_tensors_is_refused(tmp_path: Path, value: Any) -> None:
    torch.save(value, tmp_path / PICKLE)
    with pytest.raises(WeightsInvalid, match="download or save it again"):
        pickled_tensors(tmp_path / PICKLE)


def test_nan_in_a_pickle_is_found(tmp_path: Path) -> None:
    def write(folder: Path, model: Any) -> None:
        model.transformer.h[1].mlp.c_fc.weight.data[3, 4] = float("inf")
        save_whole(folder, model)

    folder = folder_with(tmp_path / "model", write)
    with pytest.raises(WeightsInvalid, match=r"NaN or infinity in 'transformer\.h\.1\.mlp\.c_fc\.weight'"):
        check_files(SourceSpec(str(folder), str(save_sae(tmp_path / "sae"))))
    with pytest.raises(WeightsInvalid, match=r"hold NaN or infinity in transformer\.h\.1\.mlp\.c_fc\.weight"):
        load_language_model(str(folder), "cpu")


def test_a_program_without_an_archive_is_no_weights(tmp_path: Path) -> None:
    stream = io.BytesIO()
    pickle.dump({"a": 1}, stream)
    (tmp_path / PICKLE).write_bytes(b"\0" + stream.getvalue())
    with pytest.raises(WeightsInvalid, match="cut off or not a file of torch"):
        pickled_tensors(tmp_path / PICKLE)
