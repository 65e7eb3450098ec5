"""Effects of removing, patching and keeping latents, against plain transformers runs with hooks made by hand."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sae_lens import SAE

from models.building.direct import FINAL_NORM, DirectPath
from models.causal.ablation import Ablation, AblationPlan, ablate, correlation
from models.causal.attribution import Prompt
from models.causal.patching import Patching, patch, remove_or_keep
from models.causal.selectivity import selectivity
from models.errors import InputRefused, Unsupported
from models.loading.opening import load_dictionary, load_language_model
from models.running.chat import PromptTokens, text_prompt
from models.running.language_model import LanguageModel
from models.running.metrics import Target, find_target, measure
from models.running.pace import result_of
from models.running.resume import Resumable
from models.sources import SourceSpec
from tests.models.tiny import ARCHITECTURES, SENTENCES, save_sae

#: The transformers module behind a hook of the middle layer, by architecture.
LAYERS = {"gpt2": "transformer.h", "neox": "gpt_neox.layers", "llama": "model.layers", "gemma2": "model.layers"}
SITES = {
    "blocks.1.hook_resid_post": ("", "out"),
    "blocks.1.hook_mlp_out": ("mlp", "out"),
    "blocks.1.hook_attn_out": ("attn", "out"),
    "blocks.1.attn.hook_z": ("attn.c_proj", "in"),
}
TEXT, OTHER = "she sells sea shells, he", "the cat sat on the mat a"


@pytest.fixture(scope="module")
def loaded(tiny_models: dict[str, Path]) -> dict[str, LanguageModel]:
    return {name: load_language_model(str(folder), device="cpu") for name, folder in tiny_models.items()}


def tokens(model: LanguageModel, text: str) -> PromptTokens:
    return text_prompt(model, text, prepend_bos=True, limit=64)


def prompt(model: LanguageModel, dictionary: Any, text: str = TEXT) -> Prompt:
    found = tokens(model, text)
    return Prompt(model, dictionary, found.ids, found.counts)


def by_hand(
    model: LanguageModel, ids: tuple[int, ...], module: str, end: str, edit: Callable[[torch.Tensor], torch.Tensor]
) -> torch.Tensor:
    """Logits (vocab,) after the last token, by a plain hook that edits one module's activation (1, pos, d)."""
    part = model.model.get_submodule(module)
    if end == "out":

        def on_output(_m: Any, _i: Any, out: Any) -> Any:
            return (edit(out[0]), *out[1:]) if isinstance(out, tuple) else edit(out)

        handle = part.register_forward_hook(on_output)
    else:
        handle = part.register_forward_pre_hook(lambda _m, args: (edit(args[0]), *args[1:]))
    try:
        with torch.no_grad():
            return model.model(torch.tensor([ids])).logits[0, -1].float()
    finally:
        handle.remove()


def path_of(hook: str) -> tuple[str, str]:
    module, end = SITES[hook]
    return ".".join(part for part in ("transformer.h.1", module) if part), end


def sae_of(tmp_path: Path, kind: str = "jumprelu", hook: str = "blocks.1.hook_resid_post", **more: Any) -> Any:
    folder = save_sae(tmp_path / f"{kind}-{hook}", kind, hook, **more)
    return load_dictionary(SourceSpec("", str(folder))), SAE.load_from_disk(folder)


@pytest.mark.parametrize("hook", SITES)
@pytest.mark.parametrize("kind", ["standard", "gated", "jumprelu", "topk"])
def test_exact_equals_a_plain_forward_with_the_contribution_subtracted(
    tiny_gpt2: LanguageModel, tmp_path: Path, kind: str, hook: str
) -> None:
    dictionary, reference = sae_of(tmp_path, kind, hook)
    ids = tokens(tiny_gpt2, TEXT).ids
    box: dict[str, torch.Tensor] = {}
    clean = by_hand(tiny_gpt2, ids, *path_of(hook), lambda h: box.update(h=h.clone()) or h)
    with torch.no_grad():
        latents = reference.encode(box["h"][0])
    found = result_of(ablate(prompt(tiny_gpt2, dictionary), None, None, AblationPlan(12)))
    target = int(clean.argmax())
    assert found.target == Target(target)
    assert found.baseline.log_prob == pytest.approx(float(clean.log_softmax(-1)[target]), abs=1e-4)
    assert found.n_active == int((latents[1:] > 0).sum())
    assert len(found.effects) == 12
    for effect in found.effects:

        def without(h: torch.Tensor, effect: Any = effect) -> torch.Tensor:
            changed = h.clone()
            changed[0, effect.position] -= latents[effect.position, effect.latent] * reference.W_dec[effect.latent]
            return changed

        after = by_hand(tiny_gpt2, ids, *path_of(hook), without)
        expected = float(after.log_softmax(-1)[target] - clean.log_softmax(-1)[target])
        assert effect.exact == pytest.approx(expected, abs=1e-4)
        assert effect.activation == pytest.approx(float(latents[effect.position, effect.latent]), abs=1e-4)
        probability = float(after.softmax(-1)[target] - clean.softmax(-1)[target])
        assert effect.change.probability == pytest.approx(probability, abs=1e-4)
        rank = int((after > after[target]).sum()) - int((clean > clean[target]).sum())
        assert effect.change.rank == rank


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_architecture_resumes_at_the_hook_as_if_it_had_run_from_the_beginning(
    loaded: dict[str, LanguageModel], tmp_path: Path, architecture: str
) -> None:
    model = loaded[architecture]
    dictionary, reference = sae_of(tmp_path, "jumprelu", "blocks.2.hook_resid_post")
    ids = tokens(model, TEXT).ids
    module = f"{LAYERS[architecture]}.2"
    box: dict[str, torch.Tensor] = {}
    clean = by_hand(model, ids, module, "out", lambda h: box.update(h=h.clone()) or h)
    with torch.no_grad():
        latents = reference.encode(box["h"][0])
    found = result_of(ablate(prompt(model, dictionary), None, None, AblationPlan(8)))
    for effect in found.effects:

        def without(h: torch.Tensor, effect: Any = effect) -> torch.Tensor:
            changed = h.clone()
            changed[0, effect.position] -= latents[effect.position, effect.latent] * reference.W_dec[effect.latent]
            return changed

        after = by_hand(model, ids, module, "out", without).log_softmax(-1) - clean.log_softmax(-1)
        assert effect.exact == pytest.approx(float(after[found.target.token_id]), abs=1e-4)
    assert torch.allclose(model.logits(torch.tensor([ids]))[0, -1], clean, atol=1e-5)  # no block is left replaced


def test_the_lower_blocks_are_not_run_again(tiny_gpt2: LanguageModel, tmp_path: Path) -> None:
    dictionary, _ = sae_of(tmp_path, hook="blocks.2.hook_resid_post")
    place = prompt(tiny_gpt2, dictionary)
    calls: list[int] = []
    handle = tiny_gpt2.model.transformer.h[1].mlp.register_forward_hook(lambda m, i, o: calls.append(len(o)))
    result_of(ablate(place, None, None, AblationPlan(5)))
    assert not calls
    handle.remove()
    assert Resumable(tiny_gpt2, torch.tensor([[0, 5]]), "blocks.0.hook_resid_post")._blocks == []


def test_normalising_saes_and_transcoders_write_what_they_read_times_their_scale(
    tiny_gpt2: LanguageModel, tmp_path: Path
) -> None:
    ids = tokens(tiny_gpt2, TEXT).ids
    for name, dictionary, reference, read, written in (
        (
            "layer_norm",
            *sae_of(tmp_path, "standard", normalize_activations="layer_norm"),
            "transformer.h.1",
            "transformer.h.1",
        ),
        (
            "transcoder",
            *sae_of(tmp_path, "transcoder", "blocks.1.mlp.hook_in", hook_out="blocks.1.hook_mlp_out"),
            "transformer.h.1.ln_2",
            "transformer.h.1.mlp",
        ),
    ):
        box: dict[str, torch.Tensor] = {}
        clean = by_hand(tiny_gpt2, ids, read, "out", lambda h, box=box: box.update(h=h.clone()) or h).log_softmax(-1)
        with torch.no_grad():
            latents = reference.encode(box["h"][0])
        scale = box["h"][0].std(-1, keepdim=True) if name == "layer_norm" else torch.ones(len(ids), 1)
        found = result_of(ablate(prompt(tiny_gpt2, dictionary), None, None, AblationPlan(5)))
        for effect in found.effects:
            p, i = effect.position, effect.latent

            def without(
                h: torch.Tensor,
                p: int = p,
                i: int = i,
                latents: Any = latents,
                scale: Any = scale,
                reference: Any = reference,
            ) -> torch.Tensor:
                changed = h.clone()
                changed[0, p] -= latents[p, i] * scale[p] * reference.W_dec[i]
                return changed

            after = by_hand(tiny_gpt2, ids, written, "out", without).log_softmax(-1)
            target = found.target.token_id
            assert effect.exact == pytest.approx(float(after[target] - clean[target]), abs=1e-4), name


def test_gradients_are_the_slope_of_the_exact_effect(tiny_gpt2: LanguageModel, tmp_path: Path) -> None:
    """A thousandth of each latent's write, removed by hand, changes the metric by a thousandth of the slope."""
    dictionary, reference = sae_of(tmp_path)
    ids = tokens(tiny_gpt2, TEXT).ids
    place = prompt(tiny_gpt2, dictionary)
    found = result_of(ablate(place, " the", "a", AblationPlan(6)))
    gradient = place.gradient(found.target)
    a, b = found.target.token_id, found.target.contrast_id
    model = tiny_gpt2.model.double()
    try:
        box: dict[str, torch.Tensor] = {}

        def difference(edit: Callable[[torch.Tensor], torch.Tensor]) -> float:
            part = tiny_gpt2.model.transformer.h[1]
            handle = part.register_forward_hook(
                lambda m, i, o: (edit(o[0]), *o[1:]) if isinstance(o, tuple) else edit(o)
            )
            with torch.no_grad():
                logits = model(torch.tensor([ids])).logits[0, -1]
            handle.remove()
            return float(logits[a] - logits[b])

        clean = difference(lambda h: box.update(h=h.clone()) or h)
        latents = reference.encode(box["h"][0].float()).double()
        for effect in found.effects:

            def nudge(h: torch.Tensor, effect: Any = effect) -> torch.Tensor:
                changed = h.clone()
                write = latents[effect.position, effect.latent] * reference.W_dec[effect.latent].double()
                changed[0, effect.position] -= 1e-3 * write.detach()
                return changed

            write = (latents[effect.position, effect.latent] * reference.W_dec[effect.latent].double()).detach()
            slope = -float((gradient[effect.position].double() * write).sum())
            assert slope == pytest.approx(1000 * (difference(nudge) - clean), rel=2e-2, abs=2e-3)
    finally:
        tiny_gpt2.model.float()


def test_the_contrast_is_a_difference_of_logits_and_changes_are_of_every_metric(
    tiny_gpt2: LanguageModel, tmp_path: Path
) -> None:
    dictionary, _ = sae_of(tmp_path)
    found: Ablation = result_of(ablate(prompt(tiny_gpt2, dictionary), " the", "a", AblationPlan(4)))
    assert found.target.metric == "logit_difference"
    logits = tiny_gpt2.logits(torch.tensor([tokens(tiny_gpt2, TEXT).ids]))[0, -1]
    expected = float(logits[found.target.token_id] - logits[found.target.contrast_id or 0])
    assert found.baseline.logit_difference == pytest.approx(expected, abs=1e-4)
    assert all(effect.change.logit_difference == effect.exact for effect in found.effects)
    assert (
        result_of(ablate(prompt(tiny_gpt2, dictionary), " the", None, AblationPlan(4))).baseline.logit_difference
        is None
    )


def test_effects_come_by_their_exact_size_and_estimates_are_judged_over_all_that_were_removed(
    tiny_gpt2: LanguageModel, tmp_path: Path
) -> None:
    dictionary, _ = sae_of(tmp_path)
    found = result_of(ablate(prompt(tiny_gpt2, dictionary), None, None, AblationPlan(30)))
    sizes = [abs(effect.exact) for effect in found.effects]
    assert sizes == sorted(sizes, reverse=True)
    everything = result_of(ablate(prompt(tiny_gpt2, dictionary), None, None, AblationPlan(10_000)))
    assert len(everything.effects) == everything.n_active == found.audit.n_exact
    assert found.effects == everything.effects[:30]
    pairs = np.array([(effect.estimate, effect.exact) for effect in everything.effects])
    assert found.correlation == pytest.approx(np.corrcoef(pairs.T)[0, 1])
    assert found.largest_miss == pytest.approx(np.abs(pairs[:, 0] - pairs[:, 1]).max())
    assert correlation(np.array([1.0, 2.0]), np.array([1.0, 2.0])) is None
    assert correlation(np.ones(4), np.arange(4.0)) is None


def test_bos_and_what_is_not_active_are_left_alone(tiny_gpt2: LanguageModel, tmp_path: Path) -> None:
    dictionary, _ = sae_of(tmp_path)
    place = prompt(tiny_gpt2, dictionary)
    assert 0 not in place.pairs.positions
    dead = next(i for i in range(dictionary.d_sae) if i not in place.pairs.latents)
    effect = remove_or_keep(place, None, None, [(dead, None)], keep=False)
    assert effect.n_removed == 0
    assert effect.changed == effect.baseline


def test_the_direct_effect_is_the_logits_with_the_write_added_behind_all_layers(
    loaded: dict[str, LanguageModel], tmp_path: Path
) -> None:
    for name, hook in (
        ("gpt2", "blocks.1.hook_resid_post"),
        ("llama", "blocks.2.hook_mlp_out"),
        ("gpt2", "blocks.0.attn.hook_z"),
    ):
        model = loaded[name]
        ids = torch.tensor([tokens(model, TEXT).ids])
        final, _ = model.read_whole(ids, [FINAL_NORM])
        path = DirectPath.of(model, final[FINAL_NORM], hook)
        assert path is not None
        write = torch.randn(3, 32, generator=torch.Generator().manual_seed(1))
        box: dict[str, torch.Tensor] = {}
        norm = model.model.get_submodule("transformer.ln_f" if name == "gpt2" else "model.norm")
        handle = norm.register_forward_hook(lambda m, i, o, box=box: box.update(x=i[0], y=o))
        with torch.no_grad():
            model.model(ids)
        handle.remove()
        x, y = box["x"][0, -1].double(), box["y"][0, -1].double()
        if hook.endswith("hook_z"):
            carried = write.double() @ model.model.get_submodule("transformer.h.0.attn.c_proj").weight.double()
        else:
            carried = write.double()
        gain = norm.weight.detach().double()
        if name == "gpt2":
            change = (carried - carried.mean(1, keepdim=True)) / (x.var(unbiased=False) + norm.eps).sqrt()
        else:
            change = carried / (x.square().mean() + norm.variance_epsilon).sqrt()
        expected = (y + gain * change) @ model.model.get_output_embeddings().weight.detach().double().T
        assert torch.allclose(path.logits(write).double(), expected, atol=1e-3, rtol=1e-4)


def test_in_the_last_layer_direct_and_total_differ_only_by_the_norms_scale(
    tiny_gpt2: LanguageModel, tmp_path: Path
) -> None:
    dictionary, _ = sae_of(tmp_path, "standard", "blocks.2.hook_resid_post")
    found = result_of(ablate(prompt(tiny_gpt2, dictionary), None, None, AblationPlan(10_000)))
    n = len(tokens(tiny_gpt2, TEXT).ids)
    for effect in found.effects:
        if effect.position != n - 1:
            assert effect.exact == pytest.approx(0, abs=1e-5)
            assert effect.direct == 0.0
    own = np.array([(e.exact, e.direct) for e in found.effects if e.position == n - 1])
    assert len(own) > 5
    assert np.corrcoef(own.T)[0, 1] > 0.9


def test_what_has_no_direct_path_has_no_direct_effect(tiny_gpt2: LanguageModel) -> None:
    ids = torch.tensor([[0, 5, 6]])
    final = tiny_gpt2.read_whole(ids, [FINAL_NORM])[0][FINAL_NORM]
    assert DirectPath.of(tiny_gpt2, final, "blocks.1.mlp.hook_pre") is None
    assert DirectPath.of(tiny_gpt2, None, "blocks.1.hook_resid_post") is None
    with pytest.raises(Unsupported):
        DirectPath(tiny_gpt2, final, "blocks.1.mlp.hook_pre")


# -------------------------------------------------------------------- targets


def test_a_target_that_is_not_one_token_is_refused_with_its_pieces(tiny_gpt2: LanguageModel) -> None:
    for text in ("the", " the", "a", "<|endoftext|>"):
        assert find_target(tiny_gpt2, text, None, 0).token_id is not None
    with pytest.raises(InputRefused, match=r"The target 'zebra' is not one token: it splits into 'z', 'e'"):
        find_target(tiny_gpt2, "zebra", None, 0)
    with pytest.raises(InputRefused, match="The contrast token is empty"):
        find_target(tiny_gpt2, " the", "", 0)
    with pytest.raises(InputRefused, match="are the same"):
        find_target(tiny_gpt2, " the", " the", 0)
    assert find_target(tiny_gpt2, None, None, 17) == Target(17)
    with pytest.raises(InputRefused, match="and 92 more"):
        find_target(tiny_gpt2, "q" * 100, None, 0)


def test_metrics_are_what_their_names_say() -> None:
    logits = torch.tensor([[0.0, 1.0, 3.0], [2.0, 2.0, 2.0]])
    first, second = measure(logits, Target(1, 2))
    assert first.log_prob == pytest.approx(1 - math.log(1 + math.e + math.e**3), abs=1e-5)
    assert first.probability == pytest.approx(math.exp(first.log_prob))
    assert (first.rank, second.rank) == (2, 1)
    assert (first.logit_difference, second.logit_difference) == (-2, 0)


# -------------------------------------------------------------------- two prompts, sets, groups


@pytest.fixture
def pair(tiny_gpt2: LanguageModel, tmp_path: Path) -> tuple[Prompt, Prompt, Any]:
    dictionary, reference = sae_of(tmp_path)
    texts = [tokens(tiny_gpt2, text) for text in (TEXT, OTHER)]
    n = min(len(text) for text in texts)
    first, second = (Prompt(tiny_gpt2, dictionary, text.ids[:n], text.counts[:n]) for text in texts)
    return first, second, reference


def test_patching_everything_gives_the_other_prompts_prediction(pair: tuple[Prompt, Prompt, Any]) -> None:
    text, other, _ = pair
    found: Patching = result_of(patch(text, other, None, None, 5))
    references = {reference.name: reference for reference in found.references}
    assert list(references) == ["all latents", "error term", "everything"]
    assert references["everything"].noising == pytest.approx(-found.gap, abs=1e-4)
    assert references["everything"].denoising == pytest.approx(found.gap, abs=1e-4)
    places = torch.arange(text.n_tokens)
    logits = text.run_adding(1, torch.zeros_like(places), places, (other.state - text.state).float())
    assert torch.allclose(logits, other.logits, atol=1e-4)


def test_patched_values_equal_a_run_by_hand_both_ways(
    pair: tuple[Prompt, Prompt, Any], tiny_gpt2: LanguageModel
) -> None:
    text, other, reference = pair
    found: Patching = result_of(patch(text, other, None, None, 6))
    assert len(found.effects) == 6
    target = found.target.token_id
    ids = [tuple(p.rest.token_ids[0].tolist()) for p in (text, other)]
    states = [p.state for p in (text, other)]
    with torch.no_grad():
        latents = [reference.encode(state) for state in states]
    clean = [by_hand(tiny_gpt2, i, "transformer.h.1", "out", lambda h: h).log_softmax(-1)[target] for i in ids]
    assert found.gap == pytest.approx(float(clean[0] - clean[1]), abs=1e-4)
    for effect in found.effects:
        p, i = effect.position, effect.latent
        assert effect.value == pytest.approx(float(latents[0][p, i]), abs=1e-4)
        assert effect.other_value == pytest.approx(float(latents[1][p, i]), abs=1e-4)
        for row, value, name in ((0, effect.noising, "noising"), (1, effect.denoising, "denoising")):

            def swap(h: torch.Tensor, row: int = row, p: int = p, i: int = i) -> torch.Tensor:
                changed = h.clone()
                changed[0, p] += (latents[1 - row][p, i] - latents[row][p, i]) * reference.W_dec[i]
                return changed

            after = by_hand(tiny_gpt2, ids[row], "transformer.h.1", "out", swap).log_softmax(-1)[target]
            assert value == pytest.approx(float(after - clean[row]), abs=1e-4), name


def test_prompts_of_different_lengths_cannot_be_patched(tiny_gpt2: LanguageModel, tmp_path: Path) -> None:
    dictionary, _ = sae_of(tmp_path)
    with pytest.raises(InputRefused, match="The two prompts have 3 and 4 tokens"):
        next(patch(*(Prompt(tiny_gpt2, dictionary, range(n), [True] * n) for n in (3, 4)), None, None, 5))


def test_a_set_is_removed_together_and_keeping_it_removes_the_rest(
    pair: tuple[Prompt, Prompt, Any], tiny_gpt2: LanguageModel
) -> None:
    text, _, reference = pair
    ids = tuple(text.rest.token_ids[0].tolist())
    with torch.no_grad():
        latents = reference.encode(text.state)
    latents[0] = 0  # BOS does not count
    often = int((latents > 0).sum(0).argmax())
    once = (int(latents[3].argmax()), 3)
    mask = torch.zeros_like(latents, dtype=torch.bool)
    mask[:, often] = True
    mask[once[1], once[0]] = True
    for keep in (False, True):
        gone = latents * (mask != keep)
        after = by_hand(tiny_gpt2, ids, "transformer.h.1", "out", lambda h, gone=gone: h - gone @ reference.W_dec)
        found = remove_or_keep(text, None, None, [(often, None), once], keep=keep)
        assert found.changed.log_prob == pytest.approx(float(after.log_softmax(-1)[found.target.token_id]), abs=1e-4)
        assert found.n_removed == int((gone > 0).sum())
        assert found.n_active == int((latents > 0).sum())


def test_selectivity_is_the_loss_per_group_with_and_without_beside_random_directions_of_the_same_size(
    tiny_gpt2: LanguageModel, tmp_path: Path
) -> None:
    dictionary, reference = sae_of(tmp_path)
    groups = {"short": ["the cat", "a bird sang"], "long": [SENTENCES[3], SENTENCES[0]]}
    read = {name: [tokens(tiny_gpt2, text) for text in texts] for name, texts in groups.items()}
    chosen = [4, 11]
    found = result_of(selectivity(tiny_gpt2, dictionary, read, chosen, n_controls=3, seed=1))
    others = np.setdiff1d(np.arange(96), chosen)
    random = np.random.default_rng(1)
    sets = [random.choice(others, 2, replace=False) for _ in range(3)]
    rows = reference.W_dec.detach()
    for effect in found:
        changes = []
        base = 0.0
        n = 0
        for text in read[effect.name]:
            box: dict[str, torch.Tensor] = {}
            ids = torch.tensor(text.ids)
            part = tiny_gpt2.model.transformer.h[1]

            def loss(
                vectors: torch.Tensor | None, ids: torch.Tensor = ids, box: dict[str, Any] = box, part: Any = part
            ) -> float:
                def edit(_m: Any, _i: Any, out: Any) -> Any:
                    h = out[0] if isinstance(out, tuple) else out
                    box["h"] = h.clone()
                    changed = h if vectors is None else h - vectors
                    return (changed, *out[1:]) if isinstance(out, tuple) else changed

                handle = part.register_forward_hook(edit)
                with torch.no_grad():
                    logits = tiny_gpt2.model(ids[None]).logits[0]
                handle.remove()
                return -float(logits[:-1].log_softmax(-1).gather(1, ids[1:, None]).sum())

            clean = loss(None)
            with torch.no_grad():
                latents = reference.encode(box["h"][0])
            latents[0] = 0
            base += clean
            n += len(ids) - 1
            sizes = latents[:, chosen] * rows[chosen].norm(dim=1)
            directions = [np.array(chosen), *sets]
            changes.append([loss(sizes @ (rows[d] / rows[d].norm(dim=1, keepdim=True))) - clean for d in directions])
        expected = np.sum(changes, axis=0) / n
        assert (effect.n_texts, effect.n_tokens) == (2, n)
        assert effect.loss == pytest.approx(base / n, abs=1e-4)
        assert effect.change == pytest.approx(expected[0], abs=1e-4)
        assert list(effect.controls) == pytest.approx(expected[1:], abs=1e-4)
