"""Speed, each figure as a ratio to a floor timed in the same run.

    python -m scripts.benchmark [build-demo] [build-gpt2] [build-memory] [--rounds 3]

Floor of a build: the forward pass to the hook and the dense SAE encode alone, on the same tokens, with the best of
several batch sizes, same threads. Floor and pass take turns batch by batch, and the median over rounds is given.
``build-memory`` runs passes alone and reads the peak of the process above its size with the weights loaded.
"""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import argparse
import gc
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil
import torch
from numpy.typing import NDArray

from app.demo.demos import GRAMMAR
from models.building.build_pass import BuildPass, PassPlan
from models.loading.dictionary_facts import DictionaryFacts
from models.running.dictionary import Dictionary
from models.running.language_model import LanguageModel
from scripts.random_model import save_model

Rows = NDArray[np.int64]
_FEW_ROWS = 240  # enough to see which batch size is best


@dataclass(frozen=True, eq=False)
class Case:
    """One build to time."""

    name: str
    model: LanguageModel
    dictionaries: Mapping[str, Dictionary]
    rows: Rows
    uncounted: NDArray[np.int64]
    batches: Sequence[int]
    bar: float


def floor_seconds(case: Case, rows: Rows, batch: int) -> float:
    """The forward to the deepest hook and every dense encode, nothing kept."""
    hooks = [d.hook_name for d in case.dictionaries.values()]
    started = time.perf_counter()
    with torch.inference_mode():
        for first in range(0, len(rows), batch):
            found = case.model.run_to_hooks(torch.from_numpy(rows[first : first + batch]), hooks)
            for dictionary in case.dictionaries.values():
                for piece in torch.split(found[dictionary.hook_name].flatten(0, 1), 512):
                    dictionary.encode(piece)
    return time.perf_counter() - started


def seconds_of_both(case: Case, batch: int) -> tuple[float, float]:
    """(floor, whole streaming pass) over the same rows, batch by batch in turns: both meet the same moods of the
    machine, which may be twice as fast in one minute as in the next.
    """
    plan = PassPlan(case.rows.size, case.rows.shape[1], batch, 0)
    state = BuildPass(case.model, case.dictionaries, plan, case.uncounted)
    held_out = [case.rows[0]] * plan.n_held_out  # read before the clock starts to matter: not run through the model
    steps = state.run(iter([*held_out, *case.rows]))
    floor = whole = 0.0
    for first in range(0, len(case.rows), batch):
        started = time.perf_counter()
        next(steps)
        whole += time.perf_counter() - started
        floor += floor_seconds(case, case.rows[first : first + batch], batch)
    started = time.perf_counter()
    for _ in steps:
        pass
    for found in state.statistics.values():
        found.settle()
    return floor, whole + time.perf_counter() - started


def measure(case: Case, rounds: int) -> float:
    """Print floor, pass and their ratio; returns the median of the ratios."""
    few = case.rows[:_FEW_ROWS]
    floor_seconds(case, few, case.batches[0])  # warm
    best = min(case.batches, key=lambda b: floor_seconds(case, few, b))
    found = [seconds_of_both(case, best) for _ in range(rounds)]
    ratios = [whole / floor for floor, whole in found]
    floor, whole = (statistics.median(times) for times in zip(*found, strict=True))
    print(
        f"{case.name}: {case.rows.size:,} tokens, batch {best}, floor {floor:.2f} s ({case.rows.size / floor:,.0f} "
        f"tokens/s), pass {whole:.2f} s, ratio {statistics.median(ratios):.3f} (bar {case.bar}), per round "
        f"{', '.join(f'{ratio:.3f}' for ratio in ratios)}",
        flush=True,
    )
    return statistics.median(ratios)


def measure_memory(case: Case, n_tokens: int, bar: float = 3.0) -> None:
    """Print the peak of a pass above the size of the process with its weights loaded. Linux only: it resets the peak.

    The rows are read again and again until ``n_tokens`` are through: what is kept of them grows until all reservoirs
    are full.
    """
    rows = case.rows
    plan = PassPlan(n_tokens, rows.shape[1], max(case.batches), 0)
    gc.collect()
    before = psutil.Process().memory_info().rss
    Path("/proc/self/clear_refs").write_text("5")
    state = BuildPass(case.model, case.dictionaries, plan, case.uncounted)
    for _ in state.run(rows[i % len(rows)] for i in range(n_tokens // rows.shape[1] + plan.n_held_out)):
        pass
    for found in state.statistics.values():
        found.settle()
    status = Path("/proc/self/status").read_text()
    peak = next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))
    print(
        f"{case.name}, {n_tokens:,} tokens: peak {(peak - before) / 2**30:.2f} GiB above the weights (bar {bar:g})",
        flush=True,
    )


def demo_case(n_tokens: int) -> Case:
    """The bundled model and its SAEs on fresh texts of the generator."""
    from itertools import islice

    from models.corpus.prompts import PromptShape, open_corpus, prompts
    from models.demo import bundle
    from models.loading.opening import load_dictionary, load_language_model
    from models.running.uncounted import uncounted_ids
    from models.sources import SourceSpec

    model = load_language_model(str(bundle.LANGUAGE_MODEL), "cpu", "float32")
    dictionaries = {
        s.slug: load_dictionary(SourceSpec(str(bundle.LANGUAGE_MODEL), str(s.folder), None)) for s in bundle.SOURCES
    }
    rows = np.stack(list(islice(prompts(open_corpus("demo", 1), model, PromptShape(256, True)), n_tokens // 256)))
    return Case("build, demo (4 SAEs)", model, dictionaries, rows, uncounted_ids(model), (4, 8, 16), 1.35)


def gpt2_case(kind: str, folder: Path, n_rows: int) -> Case:
    """A GPT-2-small-shaped model with random weights and a random SAE of 24,576 latents at layer 8."""
    from models.loading.opening import load_language_model
    from models.running.uncounted import uncounted_ids

    if not (folder / "config.json").exists():
        save_model(folder)
    model = load_language_model(str(folder), "cpu", "float32")
    random = np.random.default_rng(0)
    rows = random.integers(1, 50_000, (n_rows, 128))
    rows[:, 0] = 0
    sae = _random_sae(kind, model, rows[:2])
    return Case(f"build, GPT-2-small shape, {kind}", model, {kind: sae}, rows, uncounted_ids(model), (4, 8, 16), 1.15)


def _random_sae(kind: str, model: LanguageModel, rows: Rows, d_sae: int = 24_576, k: int = 32) -> Dictionary:
    """Random directions; the threshold of a JumpReLU SAE is set so that about k latents are active per token."""
    hook = "blocks.8.hook_resid_pre"
    generator = torch.Generator().manual_seed(1)
    W_dec = torch.nn.functional.normalize(torch.randn(d_sae, 768, generator=generator), dim=-1)
    parameters = {"W_enc": W_dec.T.contiguous(), "W_dec": W_dec, "b_enc": torch.zeros(d_sae), "b_dec": torch.zeros(768)}
    if kind == "jumprelu":
        h = model.run_to_hooks(torch.from_numpy(rows), [hook])[hook].flatten(0, 1)
        pre = (h @ parameters["W_enc"]).flatten()
        share = 1 - k / d_sae
        threshold = float(pre.float().sort().values[int(share * len(pre))])
        parameters["threshold"] = torch.full((d_sae,), threshold)
    facts = DictionaryFacts(kind, "random", hook, None, 768, d_sae, 768, k=k if kind == "topk" else None)
    return Dictionary(facts, parameters)


def main() -> None:
    """Parse, time, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", default=["build-demo", "build-gpt2"])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--demo-tokens", type=int, default=GRAMMAR.request.tokens, help="as many as `periscope demo` builds from"
    )
    parser.add_argument("--gpt2-prompts", type=int, default=64)
    parser.add_argument("--memory-tokens", type=int, default=65_536)
    options = parser.parse_args()
    torch.set_num_interop_threads(1)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "gpt2"

        def gpt2() -> None:
            for kind in ("topk", "jumprelu"):
                measure(gpt2_case(kind, folder, options.gpt2_prompts), options.rounds)

        def demo() -> None:
            measure(demo_case(options.demo_tokens), options.rounds)

        def memory() -> None:
            for kind in ("topk", "jumprelu"):
                measure_memory(gpt2_case(kind, folder, 256), options.memory_tokens)

        known: dict[str, Callable[[], None]] = {"build-demo": demo, "build-gpt2": gpt2, "build-memory": memory}
        unknown = [name for name in options.what if name not in known]
        if unknown:
            parser.error(f"unknown benchmark {unknown[0]}; there are {', '.join(known)}")
        for name in options.what:
            known[name]()


if __name__ == "__main__":
    main()
