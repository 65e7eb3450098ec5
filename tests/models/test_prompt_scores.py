"""Scores of prompts against the plain forward pass, with and without steering, alone and together."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from models.loading.opening import load_language_model
from models.running.generate import generate
from models.running.pace import result_of
from models.running.prompt_scores import PromptScores, choose, score_steps
from models.running.sampling import Sampling
from models.running.text_rows import Request
from models.steering.boards import Steering
from models.steering.terms import Board, SteerTerm, VectorSubject
from tests.models.tiny import ARCHITECTURES, D_MODEL, SENTENCES

HOOK = "blocks.1.hook_resid_post"


@pytest.fixture(scope="module", params=ARCHITECTURES)
def model(request: pytest.FixtureRequest, tiny_models: dict[str, Path]) -> Any:
    return load_language_model(str(tiny_models[request.param]), "cpu", "float32")


@pytest.fixture(scope="module")
def prompts(model: Any) -> list[tuple[int, ...]]:
    """Of several lengths; one begins with BOS, one has a single token."""
    ids = [tuple(model.tokenize(sentence)) for sentence in SENTENCES]
    return [ids[0][:20], (model.bos_token_id, *ids[1][:30]), ids[2][:1], ids[3][:7]]


def board(positions: str = "all", *, steer_bos: bool = False) -> Board:
    values = np.random.default_rng(0).normal(size=D_MODEL).astype(np.float32)
    return Board((SteerTerm(VectorSubject("v", HOOK, values), "add", 2.0),), positions, steer_bos)


def scores(model: Any, prompts: list[tuple[int, ...]], board: Board | None, n: int = 3) -> list[PromptScores]:
    return result_of(score_steps(Steering(model, {}), prompts, board, n))


@torch.inference_mode()
def by_hand(model: Any, prompt: tuple[int, ...], board: Board | None) -> Any:
    """Log-probs (pos, vocab) by one forward pass with the vector added by hand."""

    def add(h: Any) -> Any:
        subject: Any = board.terms[0].subject if board else None
        changed = h.clone()
        first = int(prompt[0] == model.bos_token_id and not (board and board.steer_bos))
        changed[:, first:] += 2.0 * torch.from_numpy(subject.values)
        return changed

    edits = {HOOK: add} if board is not None and board.positions != "generated" else {}
    with model.edited(edits):
        return model.model(torch.tensor([prompt]), use_cache=False).logits[0].float()


@pytest.mark.parametrize(
    "board", [None, board(), board("prompt"), board("generated"), board(steer_bos=True)],
    ids=["none", "all", "prompt", "generated", "bos"],
)  # fmt: skip
def test_scores_are_those_of_a_plain_pass(model: Any, prompts: list[tuple[int, ...]], board: Board | None) -> None:
    for prompt, found in zip(prompts, scores(model, prompts, board), strict=True):
        logits = by_hand(model, prompt, board)
        logprobs = logits.log_softmax(-1)
        wanted = [float(logprobs[place, token]) for place, token in enumerate(prompt[1:])]
        assert found.logprobs == pytest.approx(wanted, abs=1e-4)
        assert len(found.likeliest) == len(prompt) - 1
        for place, likeliest in enumerate(found.likeliest):
            top = logprobs[place].topk(3)
            assert [value for _, value in likeliest] == pytest.approx(top.values.tolist(), abs=1e-4)
            assert all(float(logprobs[place, token]) == pytest.approx(value, abs=1e-4) for token, value in likeliest)
        assert torch.allclose(found.last, logits[-1], atol=1e-3)


def test_prompts_score_together_as_alone(model: Any, prompts: list[tuple[int, ...]]) -> None:
    for prompt, found in zip(prompts, scores(model, prompts, board()), strict=True):
        [alone] = scores(model, [prompt], board())
        assert found.logprobs == pytest.approx(alone.logprobs, abs=1e-4)


def test_the_likeliest_of_none_are_none(model: Any, prompts: list[tuple[int, ...]]) -> None:
    assert all(set(found.likeliest) <= {()} for found in scores(model, prompts, None, 0))


@pytest.mark.parametrize("temperature", [0.0, 0.9])
def test_the_token_after_a_prompt_is_the_one_that_would_be_written(
    model: Any, prompts: list[tuple[int, ...]], temperature: float
) -> None:
    sampling = Sampling(max_new_tokens=1, temperature=temperature, seed=5, alternatives=2)
    for prompt, found in zip(prompts, scores(model, prompts, board()), strict=True):
        [event] = generate(model, {}, [Request(prompt, board(), sampling, baseline=False, reading=False)])
        mine = choose(found.last, sampling)
        assert (mine.token_id, mine.logprob) == (event.token_id, pytest.approx(event.logprob, abs=1e-4))
        assert [token for token, _ in mine.likeliest] == [token for token, _ in event.alternatives]
