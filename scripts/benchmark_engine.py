"""Speed of the microscope, of ablation and of steering, each as a ratio to a floor timed in the same run.

    python -m scripts.benchmark_engine [microscope] [ablate] [clients] [steer] [--rounds 5]

A server process is asked over HTTP; the floors run in this process with as many threads, one after the other, never
while the server works. Rounds alternate floor and server, and medians of the ratios are given. The model has GPT-2
small's shape and random weights, with four SAEs of 24,576 latents; ``clients`` asks the bundled demo.
"""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import argparse
import asyncio
import contextlib
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import torch

from app.db.session import make_engine, make_session_maker, upgrade
from app.db.writes.sources import register_source
from app.settings import Settings
from models.demo import bundle
from models.loading.opening import inspect_loaded, load_dictionary, load_language_model
from models.running.active import encode_active
from models.running.dictionary import Dictionary
from models.running.language_model import LanguageModel
from models.sources import SourceSpec
from scripts.random_model import save_model, save_sae, words

HOOKS = tuple(f"blocks.{layer}.hook_resid_post" for layer in (2, 5, 8, 10))
N_TOKENS = 64
TIMEOUT = httpx.Timeout(600)
#: Texts that each of the 16 clients has read in a round, one after the other: throughput, not how long a burst takes.
ASKS = 5


class World:
    """Models on disk, a database that knows them, and the same loaded here for the floors."""

    def __init__(self, folder: Path) -> None:
        model_folder = folder / "model"
        save_model(model_folder)
        self.location = str(model_folder)
        self.model: LanguageModel = load_language_model(self.location, "cpu", "float32")
        self.ids = self.tokens(words(N_TOKENS - 1))
        self.dictionaries: list[Dictionary] = []
        self.settings = Settings(data_dir=folder / "data", device="cpu", dtype="float32")
        engine = make_engine(self.settings)
        upgrade(engine)
        with make_session_maker(engine)() as session:
            for number, hook in enumerate(HOOKS):
                sae = folder / f"sae-{number}"
                save_sae(sae, hook, self.model.run_to_hooks(self.ids, [hook])[hook][0, 1:], number)
                dictionary = load_dictionary(SourceSpec(self.location, str(sae), hook))
                facts = inspect_loaded(self.model, dictionary)
                register_source(session, f"s{number}", facts, self.model.vocabulary())
                self.dictionaries.append(dictionary)
        engine.dispose()

    def tokens(self, text: str) -> torch.Tensor:
        """Token ids (1, pos) after a BOS."""
        return torch.tensor([[0, *self.model.tokenize(text)]])

    def read(self, places: Sequence[int]) -> None:
        """The floor of the microscope: the forward to the deepest hook, and the encodes."""
        found = self.model.run_to_hooks(self.ids, [HOOKS[n] for n in places])
        for n in places:
            encode_active(self.dictionaries[n], found[HOOKS[n]][0])


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[str]:
    """``periscope serve`` on a free port; gives its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-c", "from app.cli import main; main()", "serve", "--port", str(port)]
    environment = os.environ | {
        "PERISCOPE_DATA_DIR": str(folder), "PERISCOPE_LOG_LEVEL": "warning", "PERISCOPE_DEVICE": "cpu",
        "PERISCOPE_DTYPE": "float32",
    }  # fmt: skip
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    base = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"{base}/healthz").status_code == 200:
                    break
            time.sleep(0.1)
        else:
            raise SystemExit("The server did not start.")
        yield base
    finally:
        server.terminate()
        server.wait(30)


def seconds(work: Callable[[], Any]) -> float:
    """How long a call takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def compare(name: str, floor: Callable[[], Any], work: Callable[[], Any], bar: float, rounds: int) -> None:
    """Print medians of both and of their ratio, after one warm-up of each."""
    floor(), work()
    pairs = [(seconds(floor), seconds(work)) for _ in range(rounds)]
    ratios = [w / f for f, w in pairs]
    print(
        f"{name}: floor {1000 * statistics.median(f for f, _ in pairs):.0f} ms, "
        f"server {1000 * statistics.median(w for _, w in pairs):.0f} ms, "
        f"ratio {statistics.median(ratios):.2f} (bar {bar}), per round {', '.join(f'{r:.2f}' for r in ratios)}",
        flush=True,
    )


def post(client: httpx.Client, path: str, body: Any) -> Any:
    """The answer of the API."""
    response = client.post(f"/api/v1{path}", json=body)
    response.raise_for_status()
    return response.json()


def microscope(world: World, client: httpx.Client, rounds: int) -> None:
    """One source, and four at once."""
    text = words(N_TOKENS - 1)
    for places, bar in (([3], 1.25), ([0, 1, 2, 3], 1.5)):
        body = {"sources": [f"s{n}" for n in places], "text": text}
        name = f"microscope, {len(places)} of 4 sources"
        compare(name, partial(world.read, places), partial(post, client, "/microscope", body), bar, rounds)


def ablate(world: World, client: httpx.Client, rounds: int) -> None:
    """A list of 64 latents, against the forwards that it takes from the source's layer up, and the passes back."""
    from models.causal.attribution import BACKWARD_TOKENS, ROW_TOKENS, Prompt
    from models.running.metrics import Target

    body = {"source": "s2", "text": words(N_TOKENS - 1), "top_k": 64}
    ids = world.ids[0].tolist()
    prompt = Prompt(world.model, world.dictionaries[2], ids, [False] + [True] * (len(ids) - 1))
    audit = post(client, "/ablate", body)["audit"]
    target = Target(int(prompt.logits[0].argmax()))
    nowhere = torch.zeros(0, dtype=torch.long)

    def floor() -> None:
        with torch.inference_mode():
            for rows in _rows(audit["n_exact"], ROW_TOKENS // len(ids)):
                prompt.rest.last_logits(rows, {})
        for rows in _rows(audit["n_gradients"], BACKWARD_TOKENS // len(ids)):
            prompt.gradients_adding(rows, nowhere, nowhere, prompt.state[:0].float(), target)

    name = f"ablation, {audit['n_exact']} of {audit['n_pairs']} exact, {audit['n_gradients']} gradients"
    compare(name, floor, lambda: post(client, "/ablate", body), 1.3, rounds)


def _rows(n: int, most: int) -> Iterator[int]:
    """``n`` rows in passes of at most so many."""
    for start in range(0, n, most):
        yield min(most, n - start)


def steer(world: World, client: httpx.Client, rounds: int) -> None:
    """Three rows against the bridge's own generate with one; eight clients against one; the first event."""
    from transformer_lens.model_bridge import TransformerBridge

    bridge: Any = TransformerBridge.boot_transformers(world.location, device="cpu", dtype=torch.float32)
    prompt = words(31)
    ids = world.tokens(prompt)
    new = 64
    body = {"source": "s2", "prompt": prompt, "max_new_tokens": new, "stop_at_eos": False, "alternatives": 0,
            "terms": [{"index": 5, "mode": "scale", "strength": 3.0}], "temperature": 1.0}  # fmt: skip

    def own() -> None:
        with torch.inference_mode():
            bridge.generate(ids, max_new_tokens=new, stop_at_eos=False, use_past_kv_cache=True, verbose=False,
                            prepend_bos=False, return_type="tokens")  # fmt: skip

    count = iter(range(1, 10**6))

    def steered() -> None:
        post(client, "/steer", body | {"seed": next(count)})  # another seed: the baseline is written anew

    compare("steered text in three rows / the bridge's own at batch 1", own, steered, 1.3, rounds)

    def eight() -> None:
        threads = [threading.Thread(target=steered) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    ones, eights = [], []
    for _ in range(max(1, rounds // 2)):
        ones.append(seconds(steered))
        eights.append(seconds(eight))
    gains = [8 * one / more for one, more in zip(ones, eights, strict=True)]
    print(f"eight clients together: {statistics.median(gains):.2f} times one client's tokens a second (bar 3)")

    def prompt_and_step() -> None:
        found = world.model.model(ids, use_cache=True)
        world.model.model(ids[:, -1:], past_key_values=found.past_key_values, use_cache=True)

    strength = iter(range(1, 10**6))

    def first_event() -> None:
        moved = [{"index": 5, "mode": "scale", "strength": 1 + next(strength) / 1000}]
        with client.stream("POST", "/api/v1/steer", json=body | {"seed": 1, "terms": moved, "stream": True}) as stream:
            for line in stream.iter_lines():
                if line.startswith("data:") and '"side":"steered"' in line.replace(" ", ""):
                    return  # the baseline's tokens come at once: they are remembered

    post(client, "/steer", body | {"seed": 1})  # the baseline is known when a slider moves
    with torch.inference_mode():
        compare("first event of a moved slider / prompt and one step", prompt_and_step, first_event, 1.3, rounds)


def clients(rounds: int) -> None:
    """Sixteen clients on the demo against one after the other, and how long the server leaves others waiting."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        settings = Settings(data_dir=folder, device="cpu", dtype="float32")
        engine = make_engine(settings)
        upgrade(engine)
        model = load_language_model(str(bundle.LANGUAGE_MODEL), "cpu", "float32")
        with make_session_maker(engine)() as session:
            for source in bundle.SOURCES:
                spec = SourceSpec(str(bundle.LANGUAGE_MODEL), str(source.folder), None)
                register_source(session, source.slug, inspect_loaded(model, load_dictionary(spec)), model.vocabulary())
        engine.dispose()
        with serving(folder) as base:
            asyncio.run(_clients(base, rounds))


async def _clients(base: str, rounds: int) -> None:
    texts = [f"Once upon a time there was a ship with {n} sails, and the sea was calm." for n in range(16)]
    body = {"sources": [bundle.SOURCES[2].slug]}
    async with httpx.AsyncClient(base_url=base, timeout=TIMEOUT, limits=httpx.Limits(max_connections=40)) as client:

        async def ask(text: str) -> None:
            response = await client.post("/api/v1/microscope", json=body | {"text": text})
            response.raise_for_status()

        async def one_client(text: str) -> None:
            for _ in range(ASKS):
                await ask(text)

        await ask(texts[0])
        gains, waits = [], []
        late = await _late(client)
        for _ in range(rounds):
            started = time.perf_counter()
            for text in texts:
                await one_client(text)
            alone = time.perf_counter() - started
            started = time.perf_counter()
            await asyncio.gather(*(one_client(text) for text in texts))
            gains.append(alone / (time.perf_counter() - started))
            # Apart from the throughput: the heartbeat itself takes a tenth of the server.
            stop = asyncio.Event()
            beats = asyncio.create_task(_heartbeat(client, stop))
            await asyncio.gather(*(ask(text) for text in texts * 2))
            stop.set()
            waits.append(await beats)
        blocked = {bound: count - late[bound] for bound, count in (await _late(client)).items()}
    each = ", ".join(f"{gain:.2f}" for gain in gains)
    print(
        f"16 clients at once: {statistics.median(gains):.2f} times the throughput of one after another (bar 2; {each})"
    )
    total = blocked.pop("+Inf")
    shown = ", ".join(f"{total - within} of more than {1000 * float(bound):g} ms" for bound, within in blocked.items())
    print(f"looks at the event loop: {total}, of them late {shown} (bar: none of more than 50 ms)")
    print(f"longest wait of a client for /healthz meanwhile: {1000 * statistics.median(waits):.0f} ms")


async def _late(client: httpx.AsyncClient) -> dict[str, int]:
    """Bound in seconds -> how often the server's event loop was at most so late."""
    text = (await client.get("/metrics")).text
    found = re.findall(r'periscope_event_loop_late_seconds_bucket{le="([^"]+)"} ([0-9.]+)', text)
    return {bound: int(float(count)) for bound, count in found}


async def _heartbeat(client: httpx.AsyncClient, stop: asyncio.Event) -> float:
    """The longest answer of a path that needs nothing but the event loop: at least as long as the loop was blocked."""
    longest = 0.0
    while not stop.is_set():
        started = time.perf_counter()
        await client.get("/healthz")
        longest = max(longest, time.perf_counter() - started)
        await asyncio.sleep(0.005)
    return longest


def main() -> None:
    """Parse, make the world, time, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    known = {"microscope": microscope, "ablate": ablate, "steer": steer}
    parser.add_argument("what", nargs="*", default=[*known, "clients"])
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    if unknown := [name for name in options.what if name not in (*known, "clients")]:
        parser.error(f"unknown benchmark {unknown[0]}; there are {', '.join((*known, 'clients'))}")
    if "clients" in options.what:
        clients(options.rounds)
    wanted = [known[name] for name in options.what if name in known]
    if not wanted:
        return
    with tempfile.TemporaryDirectory() as scratch:
        world = World(Path(scratch))
        with serving(world.settings.data_dir) as base, httpx.Client(base_url=base, timeout=TIMEOUT) as client:
            for work in wanted:
                work(world, client, options.rounds)


if __name__ == "__main__":
    main()
