"""``/v1/completions`` by the official client: the texts of /steer, their log-probs, and what harnesses ask for."""

import re
from typing import Any

import numpy as np
import pytest
import torch
from sae_lens import SAE
from transformers import AutoModelForCausalLM

from app.openai.kinds import MAX_PROMPTS
from models.loading.opening import load_language_model
from tests.app.engine_support import World
from tests.app.openai.support import MIX, MODEL, PROMPT, SAVED, Service, as_openai, sampled, service, world
from tests.models.tiny import SENTENCES

__all__ = ["service", "world"]


@pytest.fixture(scope="module")
def ids(world: World) -> list[list[int]]:
    """Token ids of some sentences."""
    model = load_language_model(str(world.models["llama"]), "cpu", "float32")
    return [model.tokenize(sentence)[:12] for sentence in SENTENCES]


def text_of(side: Any) -> str:
    """What /steer wrote."""
    return str(side["text"])


@pytest.mark.parametrize(
    "changes",
    [
        {}, {"temperature": 0}, {"seed": 2**63 - 1}, {"positions": "generated"}, {"positions": "prompt"},
        {"steer_bos": True}, {"prepend_bos": False}, {"terms": []}, {"max_new_tokens": 40, "seed": 3},
    ],
)  # fmt: skip
def test_a_text_is_the_steered_text_of_steer(service: Service, changes: dict[str, Any]) -> None:
    body = sampled(service, prompt=PROMPT) | changes
    steered = service.steered(**body)
    found = service.client().completions.create(**as_openai(body))
    [choice] = found.choices
    assert choice.text == text_of(steered["steered"])
    assert choice.finish_reason == {"eos": "stop", "length": "length"}[steered["steered"]["finish"]]
    assert found.usage is not None
    assert found.usage.prompt_tokens == len(steered["prompt_tokens"])
    assert found.usage.completion_tokens == len(steered["steered"]["tokens"])
    assert found.usage.total_tokens == found.usage.prompt_tokens + found.usage.completion_tokens
    if body["terms"] and "positions" not in body:
        assert choice.text != text_of(steered["baseline"])


def test_without_a_board_a_text_is_the_baseline(service: Service) -> None:
    body = sampled(service, prompt=PROMPT)
    found = service.client().completions.create(**{**as_openai(body), "extra_body": {}})
    assert found.choices[0].text == text_of(service.steered(**body)["baseline"])


def test_only_the_rows_that_are_shown_are_computed(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    from models.running.generate import TextBatch

    rows: list[int] = []
    whole = TextBatch._events

    def counted(self: TextBatch, logits: Any) -> Any:
        rows.append(len(logits))
        return whole(self, logits)

    monkeypatch.setattr(TextBatch, "_events", counted)
    service.client().completions.create(**as_openai(sampled(service, prompt="a bird sang")))
    assert set(rows) == {1}


def test_a_mix_brings_its_board_and_its_sampling(service: Service) -> None:
    plain = {name: value for name, value in SAVED.items() if name != "name"}
    for given in ({}, {"temperature": 1.3, "top_p": 1.0}):
        steered = service.steered(model=MODEL, prompt=PROMPT, max_new_tokens=10, seed=5, **plain | given)
        found = service.client().completions.create(
            model=f"{MODEL}:{MIX}", prompt=PROMPT, max_tokens=10, seed=5, **given
        )
        assert found.choices[0].text == text_of(steered["steered"])
        assert found.model == f"{MODEL}:{MIX}"


def test_n_texts_begin_from_seeds_that_follow_one_another(service: Service) -> None:
    body = as_openai(sampled(service, prompt=PROMPT))
    together = service.client().completions.create(**body, n=3)
    alone = [service.client().completions.create(**body | {"seed": 7 + n}).choices[0].text for n in range(3)]
    assert [choice.text for choice in together.choices] == alone
    assert [choice.index for choice in together.choices] == [0, 1, 2]
    assert len(set(alone)) == 3


def test_without_a_seed_texts_differ(service: Service) -> None:
    body = {name: value for name, value in as_openai(sampled(service, prompt=PROMPT)).items() if name != "seed"}
    assert len({service.client().completions.create(**body).choices[0].text for _ in range(4)}) > 1


def test_prompts_are_texts_or_token_ids_one_or_many(service: Service, ids: list[list[int]]) -> None:
    body = as_openai(sampled(service, prompt="", temperature=0))
    alone = [service.client().completions.create(**body | {"prompt": prompt}) for prompt in ids]
    together = service.client().completions.create(**body | {"prompt": ids})
    assert [choice.text for choice in together.choices] == [answer.choices[0].text for answer in alone]
    texts = service.client().completions.create(**body | {"prompt": SENTENCES[:2]}, n=2)
    each = [service.client().completions.create(**body | {"prompt": text}).choices[0].text for text in SENTENCES[:2]]
    assert [choice.text for choice in texts.choices] == [each[0], each[0], each[1], each[1]]
    assert texts.usage is not None
    alone_tokens = [service.steered(**sampled(service, prompt=text))["prompt_tokens"] for text in SENTENCES[:2]]
    assert texts.usage.prompt_tokens == sum(map(len, alone_tokens))


def test_token_ids_are_read_as_they_are_and_texts_as_steer_reads_them(service: Service) -> None:
    body = sampled(service, prompt=PROMPT, temperature=0)
    steered = service.steered(**body)
    found = service.client().completions.create(**as_openai(body) | {"prompt": steered["prompt_token_ids"]})
    assert found.choices[0].text == text_of(steered["steered"])
    assert found.usage is not None
    assert found.usage.prompt_tokens == len(steered["prompt_token_ids"])


def test_many_prompts_are_written_a_few_at_a_time_and_all_are_answered(service: Service) -> None:
    prompts = [f"the cat {number}" for number in range(MAX_PROMPTS)]
    found = service.client().completions.create(model=MODEL, prompt=prompts, max_tokens=2, temperature=0)
    assert [choice.index for choice in found.choices] == list(range(MAX_PROMPTS))
    some = service.client().completions.create(model=MODEL, prompt=prompts[77], max_tokens=2, temperature=0)
    assert found.choices[77].text == some.choices[0].text


# -------------------------------------------------------------------- stop


def test_a_text_ends_before_the_first_of_its_stop_strings(service: Service) -> None:
    body = as_openai(sampled(service, prompt=PROMPT, max_new_tokens=30))
    whole = service.client().completions.create(**body).choices[0].text
    for stop in (whole[5], whole[4:9], [whole[20:], "never", whole[10:12]], [whole[3:6], whole[2:4]]):
        stops = [stop] if isinstance(stop, str) else stop
        first = min(place for place in map(whole.find, stops) if place >= 0)
        answer = service.client().completions.create(**body, stop=stop)
        assert answer.choices[0].text == whole[:first]
        assert answer.choices[0].finish_reason == "stop"
        assert answer.usage is not None
        assert answer.usage.completion_tokens < 30
    assert service.client().completions.create(**body, stop=["never"]).choices[0].text == whole
    assert service.client().completions.create(**body, stop=[]).choices[0].text == whole


# -------------------------------------------------------------------- log-probs


def test_log_probs_are_those_of_steer(service: Service) -> None:
    body = sampled(service, prompt=PROMPT)
    steered = service.steered(**body, alternatives=3)["steered"]
    found = service.client().completions.create(**as_openai(body), logprobs=3).choices[0]
    logprobs = found.logprobs
    assert logprobs is not None
    assert logprobs.token_logprobs == pytest.approx(steered["logprobs"], abs=1e-4)
    assert logprobs.top_logprobs is not None
    assert logprobs.tokens is not None
    assert logprobs.text_offset is not None
    for place, top in enumerate(logprobs.top_logprobs):
        wanted = [likely["logprob"] for likely in steered["alternatives"][place]]
        assert sorted(top.values(), reverse=True)[:3] == pytest.approx(wanted, abs=1e-4)
        assert logprobs.tokens[place] in top
    for place, offset in enumerate(logprobs.text_offset):
        rest = re.sub(r"^(⟨[0-9A-F]{2}⟩)+", "", found.text[offset:])  # bytes before it that became no character
        token = logprobs.tokens[place]
        assert token.startswith("bytes:") or rest.startswith(token) or (rest == "" and token == "<|endoftext|>")


def scores_by_hand(world: World, ids: list[int], index: int | None, delta: float) -> np.ndarray[Any, Any]:
    """Log-probs of tokens 1 and up by plain transformers, with a vector added at every token but a leading BOS."""
    model = AutoModelForCausalLM.from_pretrained(world.model_of("mid"))
    row = SAE.load_from_disk(world.saes["mid"]).W_dec.detach()

    def hook(_m: Any, _i: Any, out: Any) -> Any:
        h = (out[0] if isinstance(out, tuple) else out).clone()
        h[:, int(ids[0] == 0) :] += delta * row[index]
        return (h, *out[1:]) if isinstance(out, tuple) else h

    handle = model.model.layers[1].register_forward_hook(hook) if index is not None else None
    with torch.no_grad():
        logprobs = model(torch.tensor([ids]), use_cache=False).logits[0].log_softmax(-1)
    if handle is not None:
        handle.remove()
    return logprobs[:-1].gather(1, torch.tensor(ids[1:]).unsqueeze(1)).squeeze(1).numpy()


@pytest.mark.parametrize("max_tokens", [0, 1, 3])
@pytest.mark.parametrize("is_steered", [True, False])
def test_an_echoed_prompt_is_scored_as_plain_transformers_score_it(
    service: Service, world: World, ids: list[list[int]], max_tokens: int, is_steered: bool
) -> None:
    from app.db.queries.latents import max_activations
    from app.db.queries.sources import source_by_slug
    from app.db.session import make_engine, make_session_maker

    index = service.strong[0]
    with make_session_maker(make_engine(service.settings))() as session:
        peak = dict(max_activations(session, source_by_slug(session, "mid"), [index]))[index]
    board = {"terms": [{"source": "mid", "index": index, "strength": 0.5}] if is_steered else []}
    prompts = [ids[0], [0, *ids[1]], ids[2][:3]]
    found = service.client().completions.create(
        model=MODEL, prompt=prompts, max_tokens=max_tokens, temperature=0, logprobs=1, echo=True,
        extra_body={"periscope": board},
    )  # fmt: skip
    for prompt, choice in zip(prompts, found.choices, strict=True):
        assert choice.logprobs is not None
        assert choice.logprobs.token_logprobs is not None
        assert choice.logprobs.top_logprobs is not None
        assert choice.logprobs.token_logprobs[0] is None
        wanted = scores_by_hand(world, prompt, index if is_steered else None, 0.5 * peak)
        scored = choice.logprobs.token_logprobs[1 : len(prompt)]
        assert scored == pytest.approx(wanted, abs=1e-4)
        # As a harness decides that a continuation is the likeliest one.
        for own, top in zip(scored, choice.logprobs.top_logprobs[1:], strict=False):
            assert max(top.values()) >= own
        assert len(choice.logprobs.token_logprobs) <= len(prompt) + max_tokens
    if max_tokens == 1:
        assert all(len(c.logprobs.tokens) == len(p) + 1 for p, c in zip(prompts, found.choices, strict=True))  # type: ignore[union-attr, arg-type]
        alone = service.client().completions.create(
            model=MODEL, prompt=prompts, max_tokens=1, temperature=0, extra_body={"periscope": board}
        )
        assert [c.text for c in alone.choices] == [
            c.text[c.logprobs.text_offset[len(p)] :]  # type: ignore[union-attr, index]
            for p, c in zip(prompts, found.choices, strict=True)
        ]


def test_a_text_is_echoed_without_the_bos_that_was_added(service: Service) -> None:
    found = service.client().completions.create(
        model=MODEL, prompt=SENTENCES[1], max_tokens=4, temperature=0, logprobs=0, echo=True
    )
    [choice] = found.choices
    assert choice.text.startswith(SENTENCES[1])
    assert choice.logprobs is not None
    assert choice.logprobs.token_logprobs is not None
    assert choice.logprobs.token_logprobs[0] is not None  # after a BOS
    assert choice.logprobs.top_logprobs is None
    plain = service.client().completions.create(model=MODEL, prompt=SENTENCES[1], max_tokens=4, temperature=0)
    assert choice.text == SENTENCES[1] + plain.choices[0].text


def test_nothing_is_written_where_nothing_is_asked_for(service: Service) -> None:
    found = service.client().completions.create(model=MODEL, prompt=PROMPT, max_tokens=0)
    assert (found.choices[0].text, found.choices[0].finish_reason) == ("", "length")
    assert found.usage is not None
    assert found.usage.completion_tokens == 0
    assert (
        service.client().completions.create(model=MODEL, prompt=PROMPT, max_tokens=0, echo=True).choices[0].text
        == PROMPT
    )


def test_without_a_number_sixteen_tokens_are_written_or_what_fits(service: Service) -> None:
    for prompt, wanted in (([5] * 10, 16), ([5] * 60, 4)):
        usage = service.client().completions.create(model=MODEL, prompt=prompt, temperature=0).usage
        assert usage is not None
        assert usage.completion_tokens <= wanted
