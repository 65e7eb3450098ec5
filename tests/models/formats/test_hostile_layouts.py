"""Whatever lies in the files of a published layout: one sentence about them, soon, and without filling the memory."""

import re
import resource
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from models.errors import SourceError
from models.loading.opening import check_files, load_dictionary
from models.sources import SourceSpec, parse_hook
from tests.hostile_files import layouts
from tests.hostile_files.spoil import Case, parameters
from tests.models.formats import published

#: Seconds that a refusal may take, and bytes of addresses beyond those of the process before it.
SECONDS, MEMORY = 60, 3 << 29
MAKERS: dict[str, tuple[Callable[[Path], published.Published], Callable[[], Iterator[Case]]]] = {
    "sparsify": (published.sparsify, layouts.sparsify_cases),
    "dictionary_learning": (
        lambda root: published.dictionary_learning(root, "AutoEncoderTopK"),
        layouts.dictionary_learning_cases,
    ),
    "Gemma Scope": (published.gemma_scope, layouts.npz_cases),
    "transcoders": (published.transcoder, layouts.yaml_cases),
}


@contextmanager
def bounded() -> Iterator[None]:
    """Within the block memory beyond the bound cannot be had, and an alarm ends what hangs."""
    size = int(re.search(r"VmSize:\s+(\d+)", Path("/proc/self/status").read_text())[1]) << 10  # type: ignore[index]
    before = resource.getrlimit(resource.RLIMIT_AS)
    handler = signal.signal(signal.SIGALRM, late)
    resource.setrlimit(resource.RLIMIT_AS, (size + MEMORY, before[1]))
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, handler)
        resource.setrlimit(resource.RLIMIT_AS, before)


def late(*_: object) -> None:
    raise TimeoutError(f"not refused within {SECONDS} seconds")


def use(spec: SourceSpec) -> None:
    """What ``sources add`` does before it runs the model."""
    check_files(spec)
    parse_hook(load_dictionary(spec).hook_name)


def cases() -> list[Any]:
    return [
        pytest.param(name, case.values[0], id=f"{name} {case.id}")
        for name, (_, make) in MAKERS.items()
        for case in parameters(make())
    ]


@pytest.mark.parametrize(("layout", "case"), cases())
def test_a_hostile_file_is_refused_in_one_sentence(
    layout: str, case: Case, tmp_path: Path, tiny_models: dict[str, Path]
) -> None:
    sae = MAKERS[layout][0](tmp_path)
    folder = sae.path if sae.path.is_dir() else sae.path.parent
    case.spoil(folder)
    spec = SourceSpec(str(tiny_models["gpt2"]), str(sae.path))
    with bounded(), pytest.raises(SourceError) as refused:
        use(spec)
    said = str(refused.value)
    assert said.endswith("."), said
    assert "\n" not in said, said
    assert [word for word in case.says if word not in said] == [], said
