"""Every kind of model: activations and logits against plain transformers, and the table in the docs."""

from pathlib import Path
from typing import Any

import pytest
import torch

from models.running.language_model import LanguageModel
from tests.models.architectures import (
    KINDS,
    N_LAYERS,
    VOCABULARY,
    Kind,
    Row,
    can_be_read,
    look_at,
    table,
    written_table,
)

IDS = torch.randint(1, VOCABULARY, (2, 24), generator=torch.Generator().manual_seed(3))


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Where each kind is saved, by its name."""
    return {kind.name: tmp_path_factory.mktemp("kind") for kind in KINDS}


@pytest.fixture(scope="module")
def rows() -> dict[str, Row]:
    """What was found, kind by kind."""
    return {}


def close(a: torch.Tensor, b: torch.Tensor) -> bool:
    """Within 1e-4 of what is usual there."""
    return bool((a.float() - b.float()).abs().max() <= 1e-4 * max(1.0, float(b.float().abs().max())))


@torch.no_grad()
def hold(model: LanguageModel, plain: Any, kind: Kind) -> None:
    """The residual stream, logits and losses of a model against plain transformers."""
    output = plain(IDS, output_hidden_states=True, use_cache=False)
    # The last of the hidden states is behind the final norm.
    before = {f"blocks.{n}.hook_resid_pre": output.hidden_states[n] for n in range(N_LAYERS)}
    after = {f"blocks.{n}.hook_resid_post": output.hidden_states[n + 1] for n in range(N_LAYERS - 1)}
    wanted = before | after
    found = model.run_to_hooks(IDS, list(wanted))
    for hook, there in wanted.items():
        assert close(found[hook], there), (kind.name, hook)
    assert close(model.logits(IDS), output.logits), kind.name
    log_probs = output.logits.float().log_softmax(-1)[:, :-1]
    losses = -log_probs.gather(-1, IDS[:, 1:, None]).squeeze(-1)
    assert close(model.token_nll(IDS), losses), kind.name
    assert close(model.next_token_logits(IDS), output.logits[:, -1]), kind.name


@torch.no_grad()
def hold_writes(model: LanguageModel, kind: Kind) -> None:
    """What attention and MLP write makes up the difference between the streams before and after a block."""
    block = [f"blocks.1.{site}" for site in ("hook_resid_pre", "hook_attn_out", "hook_mlp_out", "hook_resid_post")]
    if not all(can_be_read(model, hook) for hook in block):
        return
    pre, attention, mlp, post = (model.run_to_hooks(IDS, block)[hook] for hook in block)
    scale = float(kind.values.get("residual_multiplier", 1.0))
    assert close(pre + scale * (attention + mlp), post), kind.name


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_model_computes_what_transformers_computes(
    kind: Kind, folders: dict[str, Path], rows: dict[str, Row]
) -> None:
    plain = kind.save(folders[kind.name])
    rows[kind.name], model = look_at(kind, folders[kind.name])
    if model is not None:
        hold(model, plain, kind)
        hold_writes(model, kind)
        assert type(model.model).__name__ == (kind.text or kind.model)


def test_the_table_in_the_docs_is_what_was_found(folders: dict[str, Path], rows: dict[str, Row]) -> None:
    for kind in KINDS:
        if kind.name not in rows:  # when this test runs alone
            kind.save(folders[kind.name])
            rows[kind.name] = look_at(kind, folders[kind.name])[0]
    assert table([rows[kind.name] for kind in KINDS]) == written_table(), "run `python -m tests.models.architectures`"
