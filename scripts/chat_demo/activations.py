"""Activations of all depths, collected once: one raw float16 file per hook, rows of ``d_model`` values, in the order of
the prompts, and the token ids beside them. Positions that no statistic counts (BOS, separators) are left out.
"""

import json
import time
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from models.corpus.prompts import PromptShape, open_corpus, prompts
from models.running.language_model import LanguageModel
from models.running.uncounted import uncounted_ids

CONTEXT_SIZE = 256
BATCH = 16
HOOKS = ("blocks.7.hook_resid_post", "blocks.15.hook_resid_post", "blocks.23.hook_resid_post")


def collect(model: LanguageModel, corpus: Path, folder: Path, n_tokens: int) -> int:
    """Go on until ``n_tokens`` tokens of the corpus, or all, are in the folder; returns how many are.

    Linear layers run in bfloat16 where the processor has it; the residual stream itself stays in float32. What an
    earlier run was writing when it was stopped is cut off and read again.
    """
    folder.mkdir(parents=True, exist_ok=True)
    state = folder / "state.json"
    done = json.loads(state.read_text()) if state.exists() else {"prompts": 0, "tokens": 0, "finished": False}
    if done["finished"]:
        return int(done["tokens"])
    width = model.width(HOOKS[0])
    files = {hook: (folder / f"{hook}.f16").open("ab") for hook in HOOKS}
    ids_file = (folder / "token_ids.i32").open("ab")
    for file in files.values():
        file.truncate(done["tokens"] * width * 2)
    ids_file.truncate(done["tokens"] * 4)
    all_prompts = prompts(
        open_corpus(str(corpus)), model, PromptShape(CONTEXT_SIZE, prepend_bos=True, separator=model.eos_token_id)
    )
    rest = islice(all_prompts, done["prompts"], None)
    start, at_start = time.monotonic(), done["tokens"]
    fast = torch.ops.mkldnn._is_mkldnn_bf16_supported()
    while done["tokens"] < n_tokens and (batch := list(islice(rest, BATCH))):
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=fast):
            found = model.run_to_hooks(torch.from_numpy(np.stack(batch)), HOOKS)
        ids, keep = _counted(model, np.stack(batch))
        for hook, file in files.items():
            file.write(found[hook][keep].half().numpy().tobytes())
        ids_file.write(ids.tobytes())
        for file in (*files.values(), ids_file):
            file.flush()
        done["prompts"] += len(batch)
        done["tokens"] += len(ids)
        state.write_text(json.dumps(done))
        if done["prompts"] // BATCH % 20 == 0:
            rate = (done["tokens"] - at_start) / (time.monotonic() - start)
            print(f"activations of {corpus.name}: {done['tokens']:,} tokens, {rate:.0f} tokens/s", flush=True)
    for file in (*files.values(), ids_file):
        file.close()
    state.write_text(json.dumps(done | {"finished": True}))
    return int(done["tokens"])


def _counted(model: LanguageModel, batch: NDArray[np.int64]) -> tuple[NDArray[np.int32], torch.Tensor]:
    """The token ids that count, (n,), and where they stand, bool (batch, pos)."""
    keep = ~np.isin(batch, uncounted_ids(model))
    return batch[keep].astype(np.int32), torch.from_numpy(keep)


def load(folders: list[Path], hook: str, width: int) -> torch.Tensor:
    """All activations at a hook, float16 (n, width), in memory."""
    parts = [np.fromfile(folder / f"{hook}.f16", dtype=np.float16).reshape(-1, width) for folder in folders]
    return torch.from_numpy(np.concatenate(parts))
