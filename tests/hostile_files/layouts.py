"""Hostile files of published layouts of SAEs, made from tiny good ones."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from tests.hostile_files.spoil import Case, Spoil, broken_json, broken_weights, edit, grown, no_file, without, write

NOT_ARCHIVES = {"empty": b"", "zeros": b"\0" * 4096, "cut": b"PK\x03\x04" + b"\0" * 200, "text": b"hello" * 100}


def sparsify_cases() -> Iterator[Case]:
    """All kinds that spoil a folder of sparsify."""
    cfg, weights = "cfg.json", "sae.safetensors"
    yield Case("cfg missing", without(cfg), (cfg,))
    yield from broken_json(cfg)
    for case in (one.values[0] for one in _parameters(broken_weights(weights, "W_dec", "sae.pt"))):
        if case.name not in (f"{weights} missing", f"{weights} pickled"):  # then it is another folder
            yield case
    wrong: dict[str, list[Any]] = {
        "k": [0, -1, 97, 10**12, "8", 1.5, None, [8], True],
        "d_in": [31, "32", [32]],
        "num_latents": [95, "96"],
        "activation": ["groupmax", 5],
        "signed": [True],
        "transcode": ["yes", 1],
        "skip_connection": [7, True],
    }
    yield from _wrong(cfg, wrong)


def dictionary_learning_cases() -> Iterator[Case]:
    """All kinds that spoil a folder of dictionary_learning."""
    cfg, weights = "config.json", "ae.pt"
    yield from broken_json(cfg, is_optional=True)
    yield from _broken_archive(weights)
    for key, values in {"trainer": ["x", [1], 5], "buffer": ["x", [1]]}.items():
        for value in values:
            yield Case(f"{key} {value!r}", edit(cfg, **{key: value}), (key,))
    wrong: dict[str, list[Any]] = {
        "dict_class": ["CrossCoder", "martian", 5, ["AutoEncoder"]],
        "layer": [-1, 10**12, "1", [1], 1.5],
        "dict_size": [95, "96", None],
        "activation_dim": [31, 10**12],
        "k": [0, 97, 8, "7"],
    }
    for key, values in wrong.items():
        for value in values:
            yield Case(f"{key} {value!r}", _trainer(**{key: value}), (key if key != "dict_class" else str(value),))
    yield Case("another class's parameters", _trainer(dict_class="GatedAutoEncoder"), ("r_mag",))
    yield Case("without b_dec", _without_tensor("b_dec"), ("b_dec",))
    yield Case("transposed", _turned("encoder.weight"), ())
    yield Case("a list", lambda folder: torch.save([torch.ones(2)], folder / weights), (weights, "list"))
    yield Case("a tensor", lambda folder: torch.save(torch.ones(2), folder / weights), (weights, "Tensor"))
    yield Case("nothing", lambda folder: torch.save({}, folder / weights), (weights, "no tensors"))
    yield Case("numbers as names", lambda folder: torch.save({1: torch.ones(2)}, folder / weights), (weights,))


def npz_cases() -> Iterator[Case]:
    """All kinds that spoil a folder of Gemma Scope."""
    yield from _broken_archive("params.npz")


def yaml_cases() -> Iterator[Case]:
    """All kinds that spoil the configuration of a set of transcoders."""
    contents = {
        "not YAML": "a: [",
        "a list": "- 1",
        "an object of Python": "!!python/object/apply:os.mkdir [x]",
        "deep": "[" * 20_000,
        "hook a list": "feature_input_hook: [1]",
        "hook martian": "feature_input_hook: martian\nfeature_output_hook: hook_mlp_out",
        "control characters": "model_name: \x01",
    }
    for name, content in contents.items():
        yield Case(name, write("config.yaml", content), ())
    yield Case("huge", grown("config.yaml", 3 << 30), ("bytes",))
    yield Case("a pipe", no_file("config.yaml", "pipe"), ())


def _parameters(cases: Iterator[Case]) -> list[Any]:
    from tests.hostile_files.spoil import parameters

    return list(parameters(cases))


def _wrong(name: str, wrong: dict[str, list[Any]]) -> Iterator[Case]:
    for key, values in wrong.items():
        for value in values:
            yield Case(f"{key} {value!r}", edit(name, **{key: value}), (key if key != "skip_connection" else "skip",))


def _broken_archive(name: str) -> Iterator[Case]:
    for kind, content in NOT_ARCHIVES.items():
        yield Case(f"{name} {kind}", write(name, content), (name,))
    yield Case(f"{name} huge", grown(name, 40 << 30), (name,))
    for kind in ("folder", "pipe", "endless"):
        yield Case(f"{name} {kind}", no_file(name, kind), (name,))

    def cut(folder: Path) -> None:
        raw = (folder / name).read_bytes()
        (folder / name).write_bytes(raw[: len(raw) - 100])

    yield Case(f"{name} cut short", cut, (name,))


def _trainer(**changes: Any) -> Spoil:
    def spoil(folder: Path) -> None:
        path = folder / "config.json"
        value = json.loads(path.read_text())
        path.write_text(json.dumps(value | {"trainer": value["trainer"] | changes}))

    return spoil


def _without_tensor(name: str) -> Spoil:
    def spoil(folder: Path) -> None:
        state = torch.load(folder / "ae.pt", weights_only=True)
        torch.save({key: value for key, value in state.items() if key != name}, folder / "ae.pt")

    return spoil


def _turned(name: str) -> Spoil:
    def spoil(folder: Path) -> None:
        state = torch.load(folder / "ae.pt", weights_only=True)
        torch.save(state | {name: state[name].T.contiguous()}, folder / "ae.pt")

    return spoil
