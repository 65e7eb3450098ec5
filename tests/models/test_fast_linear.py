"""The switch of matrix products: same numbers, gradients as before, and said aloud when it is not used."""

import copy
import logging
import re
from typing import Any

import pytest
import torch

from models.running import fast_linear
from models.running.fast_linear import undo_fast_linears, use_fast_linears
from tests.models.tiny import ARCHITECTURES, build_model

TOKENS = torch.randint(1, 300, (3, 20), generator=torch.Generator().manual_seed(3))


@pytest.fixture
def always_faster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fast_linear, "_ratio", lambda modules, rows: 0.5)


@pytest.fixture(autouse=True)
def none_too_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fast_linear, "SMALLEST", 0)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.usefixtures("always_faster")
def test_logits_are_the_same_and_come_back(architecture: str) -> None:
    model = build_model(architecture)
    with torch.inference_mode():
        expected = model(TOKENS).logits
    found = use_fast_linears(model)
    assert found.layers > 10
    state = {name: value.clone() for name, value in model.state_dict().items()}
    with torch.inference_mode():
        torch.testing.assert_close(model(TOKENS).logits, expected, atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(copy.deepcopy(model)(TOKENS).logits, expected, atol=1e-4, rtol=1e-4)
    assert all(torch.equal(value, state[name]) for name, value in build_model(architecture).state_dict().items())
    undo_fast_linears(model)
    assert not any("forward" in vars(module) for module in model.modules())
    with torch.inference_mode():
        torch.testing.assert_close(model(TOKENS).logits, expected, atol=1e-5, rtol=1e-5)


@pytest.mark.usefixtures("always_faster")
def test_the_fast_product_is_used_for_few_rows_and_gradients_go_the_usual_way(monkeypatch: pytest.MonkeyPatch) -> None:
    model = build_model("gpt2")
    calls: list[int] = []
    own = fast_linear._product
    ratios = iter([0.5, 1.2])
    monkeypatch.setattr(fast_linear, "_ratio", lambda modules, rows: next(ratios))
    assert use_fast_linears(model).max_rows == fast_linear.LIMIT
    monkeypatch.setattr(fast_linear, "_product", lambda *a: calls.append(1) or own(*a))
    with torch.inference_mode():
        model(TOKENS)  # 60 rows
        assert not calls
        model(TOKENS[:1])
        assert len(calls) == 13
    calls.clear()
    embedded = model.get_input_embeddings()(TOKENS[:1]).detach().requires_grad_()
    model(inputs_embeds=embedded).logits[0, -1, 5].backward()
    assert not calls
    assert embedded.grad is not None
    assert float(embedded.grad.abs().max()) > 0


def test_hooks_see_the_layers_as_before(always_faster: Any) -> None:
    model = build_model("llama")
    use_fast_linears(model)
    seen: list[torch.Tensor] = []
    handle = model.model.layers[1].self_attn.o_proj.register_forward_pre_hook(lambda m, a: seen.append(a[0]))
    model(TOKENS)
    handle.remove()
    assert seen[0].shape == (3, 20, 32)


def fail(modules: Any, rows: int) -> float:
    raise RuntimeError("x")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda m, p: p.setattr(fast_linear, "_ratio", lambda modules, rows: 1.1), "takes 1.10 of the default's time"),
        (lambda m, p: m.to(torch.bfloat16), "float32 weights only"),
        (lambda m, p: p.setattr(fast_linear, "_agrees", lambda module: False), "differs by more than 0.0001"),
        (
            lambda m, p: p.setattr(
                fast_linear, "_ratio", lambda modules, rows: (_ for _ in ()).throw(RuntimeError("x"))
            ),
            r"product failed \(x\)",
        ),
    ],
)
def test_where_it_is_not_used_the_log_says_why(
    change: Any, reason: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(fast_linear, "_ratio", lambda modules, rows: 0.5)
    model = build_model("gpt2")
    change(model, monkeypatch)
    with caplog.at_level(logging.INFO):
        found = use_fast_linears(model)
    assert found.layers == 0
    assert re.search(reason, found.reason)
    assert found.reason in caplog.text
    assert not any("forward" in vars(module) for module in model.modules())


def test_the_timing_itself_runs() -> None:
    assert fast_linear._ratio([build_model("gpt2").lm_head], 3) > 0
