"""The exported program, run by itself, writes the text that Periscope writes."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from models.errors import Unsupported
from models.loading.opening import load_dictionary, load_language_model
from models.running.generate import generate
from models.running.sampling import Sampling
from models.running.text_rows import Request
from models.sources import SourceSpec
from models.steering.snippet import python_snippet
from models.steering.terms import Board
from tests.models.test_steering import active_latents, sae_for, term, vector

pytestmark = pytest.mark.slow

PROMPT = [0, 17, 40, 260, 33, 290, 71]
HOOKS = {"a": ("topk", "blocks.1.hook_resid_post", {}), "b": ("jumprelu", "blocks.0.attn.hook_z", {})}


@pytest.mark.parametrize("positions", ["all", "generated"])
def test_the_program_gives_the_same_greedy_text(positions: str, tiny_models: Any, tmp_path: Path) -> None:
    model = load_language_model(str(tiny_models["llama"]), device="cpu")
    extra = {"c": ("standard", "blocks.2.hook_mlp_out", {"normalize_activations": "layer_norm"})}
    saes, terms = {}, []
    for (name, (kind, hook, cfg)), mode in zip((HOOKS | extra).items(), ("clamp", "add", "scale"), strict=True):
        folder = sae_for(model, tmp_path / name, kind, hook, seed=3, **cfg)
        saes[name] = load_dictionary(SourceSpec("x", str(folder)))
        index = active_latents(folder, model.run_to_hooks(torch.tensor([PROMPT]), [hook])[hook])[0]
        terms.append(term(index, mode, 2.5, name))
    values = torch.randn(32, generator=torch.Generator().manual_seed(0))
    terms += [vector(values, s=0.5), replace(term(3, "project", 1.0, "a"))]
    board = Board(tuple(terms), positions)
    options = Sampling(max_new_tokens=12, temperature=0.0)
    expected = [
        e.token_id for e in generate(model, saes, [Request(tuple(PROMPT), board, options)]) if e.side == "steered"
    ]
    program = python_snippet(model, saes, PROMPT, board, max_new_tokens=12)
    assert "periscope" not in program.replace("exported from Periscope", "").lower()
    (tmp_path / "snippet.py").write_text(program + "\nprint(written)\n")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "snippet.py"],
        cwd=tmp_path,
        env={**os.environ, "HF_HUB_OFFLINE": "1", "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        check=False,
        timeout=250,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.splitlines()[-1] == str(expected)


def test_what_the_bridge_cannot_do_the_same_way_is_refused(tiny_gpt2: Any, tmp_path: Path) -> None:
    folder = sae_for(tiny_gpt2, tmp_path, "transcoder", "blocks.1.mlp.hook_in", hook_out="blocks.1.hook_mlp_out")
    saes = {"sae": load_dictionary(SourceSpec("x", str(folder)))}
    with pytest.raises(Unsupported, match="plain SAEs only"):
        python_snippet(tiny_gpt2, saes, PROMPT, Board((term(1, "add"),)))
    everywhere = replace(vector([1.0] * 32, mode="project"), everywhere=True)
    with pytest.raises(Unsupported, match="at every layer is not exported"):
        python_snippet(tiny_gpt2, {}, PROMPT, Board((everywhere,)))
    with pytest.raises(Unsupported, match="changes the MLP's input alone"):
        python_snippet(tiny_gpt2, {}, PROMPT, Board((vector([1.0] * 32, "blocks.1.hook_resid_mid"),)))
