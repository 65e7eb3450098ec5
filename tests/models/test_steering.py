"""Steering against plain transformers with plain hooks, and its algebra."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from models.errors import DimensionMismatch, HookMismatch, SteeringError, Unsupported
from models.loading.opening import load_dictionary, load_language_model
from models.running.language_model import LanguageModel
from models.sources import SourceSpec
from models.steering.boards import Steering
from models.steering.terms import MODES, Board, LatentSubject, SteerTerm, VectorSubject, check_board
from tests.models.reference_sae import ReferenceSae
from tests.models.steering_reference import Change, hooked, latent_delta, projected, steered_logits
from tests.models.test_language_model import PLACES
from tests.models.tiny import ARCHITECTURES, D_MODEL, N_LAYERS, save_sae

IDS = [0, 17, 40, 260, 33, 290, 71, 8, 199, 120, 64, 301]
OTHER = [0, 9, 88, 150, 7]
KINDS: dict[str, dict[str, Any]] = {
    "standard": {"kind": "standard"},
    "topk": {"kind": "topk"},
    "rescaled topk": {"kind": "topk", "rescale_acts_by_decoder_norm": True},
    "jumprelu": {"kind": "jumprelu"},
    "gated": {"kind": "gated"},
    "layer norm": {"kind": "standard", "normalize_activations": "layer_norm"},
    "constant norm": {"kind": "jumprelu", "normalize_activations": "constant_norm_rescale"},
    "layer norm topk": {"kind": "topk", "normalize_activations": "layer_norm"},
}
SITES = ("hook_resid_pre", "hook_resid_post", "hook_mlp_out", "hook_attn_out", "attn.hook_z", "mlp.hook_post")


@pytest.fixture(scope="module")
def loaded(tiny_models: dict[str, Path]) -> dict[str, LanguageModel]:
    return {name: load_language_model(str(folder), device="cpu") for name, folder in tiny_models.items()}


@pytest.fixture(scope="module")
def plain(tiny_models: dict[str, Path]) -> dict[str, Any]:
    from transformers import AutoModelForCausalLM

    return {
        name: AutoModelForCausalLM.from_pretrained(folder, attn_implementation="eager").eval()
        for name, folder in tiny_models.items()
    }


@torch.inference_mode()
def run(steering: Steering, boards: list[Board | None], ids: list[int] | None = None) -> torch.Tensor:
    """Logits (rows, pos, vocab) in one batch without a cache, everything but the BOS steered."""
    ids = IDS if ids is None else ids
    tokens = torch.tensor([ids] * len(boards))
    mask = torch.ones(len(boards), len(ids), dtype=torch.bool)
    mask[:, 0] = ids[0] != 0
    with steering.model.lock, steering.rows(boards).attached(steering.model, mask):
        logits: torch.Tensor = steering.model.model(tokens, use_cache=False).logits
    return logits


def active_latents(folder: Path, h: torch.Tensor, n: int = 2) -> list[int]:
    """Latents that are active on some of these tokens and not on others."""
    active = (ReferenceSae(folder).encode(h[:, 1:].flatten(0, -2))[0] > 0).float().mean(0)
    return (active - 0.5).abs().argsort()[:n].tolist()


def sae_for(model: LanguageModel, folder: Path, kind: str, hook: str, **cfg: Any) -> Path:
    """A saved SAE whose encoder fits the size of the activations at ``hook``."""
    h = model.run_to_hooks(torch.tensor([IDS]), [hook])[hook][:, 1:]
    save_sae(folder, kind, hook, d_in=h.shape[-1], **cfg)
    weights = load_file(folder / "sae_weights.safetensors")
    weights["W_enc"] /= h.square().mean().sqrt()
    save_file(weights, folder / "sae_weights.safetensors")
    return folder


def term(index: int, mode: str, s: float = 1.5, source: str = "sae", maximum: float = 2.0) -> SteerTerm:
    return SteerTerm(LatentSubject(source, index, maximum), mode, s)


def vector(values: Any, hook: str = "blocks.1.hook_resid_post", mode: str = "add", s: float = 1.0) -> SteerTerm:
    return SteerTerm(VectorSubject("v", hook, np.asarray(values, np.float32)), mode, s)


def check_modes(
    model: LanguageModel, plain_model: Any, architecture: str, folder: Path, read: str, write: str | None = None
) -> None:
    """Every mode on two latents of one SAE, against the reference, all rows in one batch."""
    write = write or read
    dictionary = load_dictionary(SourceSpec("x", str(folder)))
    steering = Steering(model, {"sae": dictionary})
    h = model.run_to_hooks(torch.tensor([IDS]), [read])[read]
    boards, expected = [], []
    for index in active_latents(folder, h):
        for mode in MODES:
            boards.append(Board((term(index, mode),)))
            if mode == "project":
                change = Change(write, write, projected(dictionary.W_dec[index], 1.5), last=True)
            else:
                change = Change(read, write, latent_delta(folder, index, mode, 1.5, 2.0))
            expected.append(steered_logits(plain_model, architecture, IDS, [change]))
    found = run(steering, [*boards, None])
    base = model.logits(torch.tensor([IDS]))[0]
    torch.testing.assert_close(found[-1], base, atol=1e-5, rtol=1e-5)
    for board, one, other in zip(boards, found, expected, strict=False):
        torch.testing.assert_close(one, other, atol=1e-4, rtol=1e-4, msg=lambda m, b=board: f"{b}: {m}")
        assert (one - base).abs().max() > 1e-3


@pytest.mark.parametrize("name", KINDS)
def test_every_mode_equals_plain_hooks_for_every_kind_of_sae(
    name: str, loaded: Any, plain: Any, tmp_path: Path
) -> None:
    folder = save_sae(tmp_path, seed=5, **KINDS[name])
    check_modes(loaded["gpt2"], plain["gpt2"], "gpt2", folder, "blocks.1.hook_resid_post")


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_mode_equals_plain_hooks_at_every_site(
    architecture: str, site: str, loaded: Any, plain: Any, tmp_path: Path
) -> None:
    hook = f"blocks.1.{site}"
    folder = sae_for(loaded[architecture], tmp_path, "jumprelu", hook, seed=3)
    check_modes(loaded[architecture], plain[architecture], architecture, folder, hook)


@pytest.mark.parametrize("kind", ["transcoder", "skip_transcoder", "jumprelu_transcoder"])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_transcoders_read_one_site_and_change_another(
    architecture: str, kind: str, loaded: Any, plain: Any, tmp_path: Path
) -> None:
    read, write = "blocks.1.mlp.hook_in", "blocks.1.hook_mlp_out"
    folder = sae_for(loaded[architecture], tmp_path, kind, read, hook_out=write, seed=4)
    check_modes(loaded[architecture], plain[architecture], architecture, folder, read, write)


@pytest.mark.parametrize("architecture", [a for a in ARCHITECTURES if a in PLACES["hook_resid_mid"]])
def test_the_residual_between_attention_and_mlp_is_changed_for_good(
    architecture: str, loaded: Any, plain: Any, tmp_path: Path
) -> None:
    """The MLP's norm and the residual past it both see the change, unlike with a hook on the norm's input."""
    hook, model = "blocks.1.hook_resid_mid", loaded[architecture]
    folder = sae_for(model, tmp_path, "standard", hook, seed=6)
    h = model.run_to_hooks(torch.tensor([IDS]), [hook])[hook]
    index = active_latents(folder, h)[0]
    for mode in ("add", "clamp", "ablate"):
        fixed = latent_delta(folder, index, mode, 1.5, 2.0)(h)
        change = Change("blocks.1.hook_attn_out", "blocks.1.hook_attn_out", lambda _, d=fixed: d)
        expected = steered_logits(plain[architecture], architecture, IDS, [change])
        steering = Steering(model, {"sae": load_dictionary(SourceSpec("x", str(folder)))})
        torch.testing.assert_close(run(steering, [Board((term(index, mode),))])[0], expected, atol=1e-4, rtol=1e-4)


def test_an_sae_of_a_centred_model_steers_the_raw_stream(loaded: Any, plain: Any, tmp_path: Path) -> None:
    hook = "blocks.1.hook_resid_post"
    folder = save_sae(tmp_path, metadata={"model_from_pretrained_kwargs": {"center_writing_weights": True}}, seed=5)
    dictionary = load_dictionary(SourceSpec("x", str(folder)))
    assert dictionary.facts.centre
    steering = Steering(loaded["gpt2"], {"sae": dictionary})
    h = loaded["gpt2"].run_to_hooks(torch.tensor([IDS]), [hook])[hook]
    index = active_latents(folder, h - h.mean(-1, keepdim=True))[0]
    for mode in MODES:

        def delta(x: torch.Tensor, mode: str = mode) -> torch.Tensor:
            x = x - x.mean(-1, keepdim=True)
            if mode == "project":
                return projected(dictionary.W_dec[index], 1.5)(x)
            return latent_delta(folder, index, mode, 1.5, 2.0)(x)

        expected = steered_logits(plain["gpt2"], "gpt2", IDS, [Change(hook, hook, delta)])
        found = run(steering, [Board((term(index, mode),))])[0]
        torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


def test_several_sites_layers_modes_and_vectors_act_together(loaded: Any, plain: Any, tmp_path: Path) -> None:
    sites = {"a": "blocks.0.hook_resid_post", "b": "blocks.1.attn.hook_z", "c": "blocks.2.hook_mlp_out"}
    model = loaded["llama"]
    folders = {k: sae_for(model, tmp_path / k, "topk", hook, seed=n) for n, (k, hook) in enumerate(sites.items())}
    steering = Steering(model, {k: load_dictionary(SourceSpec("x", str(f))) for k, f in folders.items()})
    terms, changes = [], []
    for key, hook in sites.items():
        h = model.run_to_hooks(torch.tensor([IDS]), [hook])[hook]
        for index, mode in zip(active_latents(folders[key], h, 3), ("clamp", "scale", "add"), strict=True):
            terms.append(term(index, mode, 0.7, key))
            changes.append(Change(hook, hook, latent_delta(folders[key], index, mode, 0.7, 2.0)))
    v, w = torch.randn(2, D_MODEL, generator=torch.Generator().manual_seed(1))
    terms += [vector(v, sites["a"], s=-0.5), vector(w, sites["c"], "project", 1.0)]
    changes.append(Change(sites["a"], sites["a"], lambda h: (-0.5 * v).expand_as(h)))
    changes.append(Change(sites["c"], sites["c"], projected(w, 1.0), last=True))
    expected = steered_logits(plain["llama"], "llama", IDS, changes)
    found = run(steering, [None, Board(tuple(terms)), Board((terms[0],))])
    torch.testing.assert_close(found[1], expected, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(found[0], model.logits(torch.tensor([IDS]))[0], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_vector_is_projected_out_of_the_stream_at_every_layer(architecture: str, loaded: Any, plain: Any) -> None:
    model, v = loaded[architecture], torch.randn(D_MODEL, generator=torch.Generator().manual_seed(2))
    everywhere = SteerTerm(VectorSubject("v", "blocks.1.hook_resid_post", v.numpy()), "project", 1.0, everywhere=True)
    ends = ("hook_resid_pre", "hook_resid_mid", "hook_resid_post")
    seen: dict[str, torch.Tensor] = {}
    hooks = [f"blocks.{n}.{e}" for n in range(N_LAYERS) for e in ends if architecture in PLACES[e]]
    handles = [hooked(model.model, architecture, h, lambda x, h=h: seen.update({h: x.clone()})) for h in hooks]
    found = run(Steering(model, {}), [Board((everywhere,))])[0]
    # Hooks run in the order they were put on: readers before the edits. So these see a block's input and the MLP's
    # norm's input after the change, and a block's output before it.
    for handle in handles:
        handle.remove()
    unit = v / v.norm()
    inputs = [h for h in hooks if h.endswith("mid") or (h.endswith("pre") and not h.startswith("blocks.0"))]
    for hook in inputs:
        assert (seen[hook][0, 1:] @ unit).abs().max() < 1e-4
    # The first block's input and every write of a block by hand.
    projection = projected(v, 1.0)
    writes = ["blocks.0.hook_resid_pre", *(f"blocks.{n}.hook_resid_post" for n in range(N_LAYERS))]
    changes = [Change(h, h, projection) for h in writes]
    if architecture in PLACES["hook_resid_mid"]:
        # With the input clean, what the attention writes is all there is to remove in the middle.
        changes += [Change(h, h, projection) for h in (f"blocks.{n}.hook_attn_out" for n in range(N_LAYERS))]
    expected = steered_logits(plain[architecture], architecture, IDS, changes)
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)
    assert not torch.allclose(found, model.logits(torch.tensor([IDS]))[0], atol=1e-2)


# ------------------------------------------------------------------------------------------------ invariants


@pytest.fixture(scope="module")
def board_parts(loaded: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Steering, list[int]]:
    folder = save_sae(tmp_path_factory.mktemp("algebra"), "jumprelu", seed=5)
    model = loaded["gpt2"]
    hook = "blocks.1.hook_resid_post"
    h = model.run_to_hooks(torch.tensor([IDS]), [hook])[hook]
    steering = Steering(model, {"sae": load_dictionary(SourceSpec("x", str(folder)))})
    return steering, active_latents(folder, h, 6)


def test_strength_zero_gives_exactly_the_unsteered_logits(board_parts: Any) -> None:
    steering, latents = board_parts
    v = np.ones(D_MODEL)
    idle = [
        Board((term(latents[0], "add", 0.0),)),
        Board((term(latents[0], "scale", 1.0),)),
        Board((term(latents[0], "project", 0.0), vector(v, s=0.0))),
        Board(()),
    ]
    base = run(steering, [None] * len(idle))
    assert torch.equal(run(steering, list(idle)), base)
    # Also in a batch with a row that is steered.
    mixed = run(steering, [*idle[:3], Board((term(latents[1], "add"),))])
    assert torch.equal(mixed[:3], base[:3])
    assert not torch.equal(mixed[3], base[3])


def test_no_hook_is_put_on_for_idle_boards(board_parts: Any) -> None:
    steering, latents = board_parts
    assert not steering.rows([Board((term(latents[0], "add", 0.0),)), None]).sites


def delta_at_site(steering: Steering, board: Board) -> torch.Tensor:
    """The change of the activation itself, (pos, width), read behind the edit."""
    hook = "blocks.1.hook_resid_post"
    base = steering.model.run_to_hooks(torch.tensor([IDS]), [hook])[hook]
    with steering.model.lock, steering.rows([board]).attached(steering.model):
        return (steering.model.run_to_hooks(torch.tensor([IDS]), [hook])[hook] - base)[0]


STRENGTHS = st.floats(-4, 4, allow_nan=False).map(lambda s: round(s, 3))
TERMS = st.tuples(st.integers(0, 5), st.sampled_from(["add", "clamp", "scale", "ablate"]), STRENGTHS)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(TERMS, min_size=1, max_size=6))
def test_terms_at_one_site_add_up(board_parts: Any, drawn: list[tuple[int, str, float]]) -> None:
    steering, latents = board_parts
    terms = tuple(term(latents[place], mode, s) for place, mode, s in drawn)
    together = delta_at_site(steering, Board(terms))
    alone = sum((delta_at_site(steering, Board((one,))) for one in terms), torch.zeros(()))
    torch.testing.assert_close(together, alone.expand_as(together), atol=1e-4, rtol=1e-4)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(TERMS, st.tuples(st.integers(0, 5), st.just("project"), STRENGTHS)))
def test_the_same_term_twice_is_twice(board_parts: Any, drawn: tuple[int, str, float]) -> None:
    steering, latents = board_parts
    one = term(latents[drawn[0]], drawn[1], drawn[2])
    twice, once = (delta_at_site(steering, Board((one,) * n)) for n in (2, 1))
    torch.testing.assert_close(twice, 2 * once, atol=1e-4, rtol=1e-4)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(TERMS, max_size=3), min_size=2, max_size=5))
def test_batched_rows_are_what_each_is_alone(board_parts: Any, drawn: list[list[tuple[int, str, float]]]) -> None:
    steering, latents = board_parts
    boards = [Board(tuple(term(latents[place], mode, s) for place, mode, s in terms)) for terms in drawn]
    together = run(steering, list(boards))
    for row, board in zip(together, boards, strict=True):
        torch.testing.assert_close(row, run(steering, [board])[0], atol=1e-4, rtol=1e-4)


def test_projection_comes_last_and_leaves_nothing_along_the_direction(board_parts: Any) -> None:
    steering, latents = board_parts
    hook = "blocks.1.hook_resid_post"
    direction = steering.dictionaries["sae"].W_dec[latents[0]]
    board = Board((term(latents[0], "project", 1.0), term(latents[0], "add", 3.0), term(latents[1], "clamp", 2.0)))
    with steering.model.lock, steering.rows([board]).attached(steering.model):
        h = steering.model.run_to_hooks(torch.tensor([IDS]), [hook])[hook]
    assert (h @ direction / direction.norm()).abs().max() < 1e-4


def test_a_blocks_input_and_the_output_before_it_are_one_site(loaded: Any, tmp_path: Path) -> None:
    model = loaded["gpt2"]
    folders = [
        save_sae(tmp_path / hook, "standard", hook, seed=5)
        for hook in ("blocks.1.hook_resid_pre", "blocks.0.hook_resid_post")
    ]
    h = model.run_to_hooks(torch.tensor([IDS]), ["blocks.0.hook_resid_post"])["blocks.0.hook_resid_post"]
    index = active_latents(folders[0], h)[0]
    steering = Steering(
        model, {n: load_dictionary(SourceSpec("x", str(f))) for n, f in zip("ab", folders, strict=True)}
    )
    two = Board((term(index, "clamp", 1.0, "a"), term(index, "clamp", 1.0, "b")))
    same = Board((term(index, "clamp", 1.0, "a"), term(index, "clamp", 1.0, "a")))
    assert len(steering.rows([two]).sites) == 1
    torch.testing.assert_close(run(steering, [two]), run(steering, [same]), atol=1e-5, rtol=1e-5)


def test_norm_shares_are_counted_per_row_over_steered_tokens(board_parts: Any) -> None:
    steering, latents = board_parts
    hook = "blocks.1.hook_resid_post"
    h = steering.model.run_to_hooks(torch.tensor([IDS]), [hook])[hook][0, 1:]
    d = steering.dictionaries["sae"].W_dec[latents[0]]
    edits = steering.rows([Board((term(latents[0], "add", 1.5),)), None, Board((vector(np.ones(D_MODEL), s=-2.0),))])
    mask = torch.ones(3, len(IDS), dtype=torch.bool)
    mask[:, 0] = False
    with torch.inference_mode(), steering.model.lock, edits.attached(steering.model, mask):
        steering.model.model(torch.tensor([IDS] * 3), use_cache=False)
    first, none, last = edits.drain()
    size = float(h.norm(dim=-1).mean())
    assert first.share() == pytest.approx(3.0 * float(d.norm()) / size, rel=1e-4)
    assert none.share() == 0
    assert last.share() == pytest.approx(2 * D_MODEL**0.5 / size, rel=1e-4)
    assert first[hook][2] == len(IDS) - 1


def test_the_share_of_every_term_is_taken_alone(board_parts: Any) -> None:
    steering, latents = board_parts
    sae, hook = steering.dictionaries["sae"], "blocks.1.hook_resid_post"
    h = steering.model.run_to_hooks(torch.tensor([IDS]), [hook])[hook][0, 1:]
    size = float(h.norm(dim=-1).mean())
    terms = (term(latents[0], "add", -1.5), term(latents[1], "ablate"), vector(np.ones(D_MODEL)), term(0, "add", 0.0))
    found = steering.shares(Board(terms), IDS)
    norms = sae.W_dec.norm(dim=-1)
    a = sae.encode(h)[:, latents[1]]
    expected = [3 * float(norms[latents[0]]), float(a.mean() * norms[latents[1]]), D_MODEL**0.5, 0.0]
    assert found == pytest.approx([value / size for value in expected], rel=1e-4)
    assert steering.unit_share(terms[0].subject, size) * 1.5 == pytest.approx(found[0], rel=1e-4)
    assert steering.unit_share(terms[2].subject, size) == pytest.approx(found[2], rel=1e-4)


def test_nothing_is_left_on_the_model(loaded: Any, board_parts: Any) -> None:
    steering, latents = board_parts
    with (
        pytest.raises(RuntimeError, match="stop"),
        steering.rows([Board((term(latents[0], "add"),))]).attached(loaded["gpt2"]),
    ):
        raise RuntimeError("stop")
    assert all(not m._forward_hooks and not m._forward_pre_hooks for m in loaded["gpt2"].model.modules())


# ------------------------------------------------------------------------------------------------ refusals


@pytest.mark.parametrize("mode", ["clamp", "scale", "ablate"])
def test_modes_that_need_an_activation_are_refused_for_vectors(mode: str) -> None:
    with pytest.raises(Unsupported, match=f"Mode '{mode}' works on a latent's activation.*use add or project"):
        check_board(Board((vector(np.ones(4), mode=mode),)))


@pytest.mark.parametrize("strength", [float("nan"), float("inf"), 1e9, -1e9])
def test_strengths_that_are_slips_are_refused(strength: float) -> None:
    with pytest.raises(SteeringError, match="is not a number between -100 and 100"):
        check_board(Board((term(0, "add", strength),)))


def test_what_cannot_be_done_is_refused_with_the_reason(board_parts: Any, loaded: Any, tmp_path: Path) -> None:
    steering, latents = board_parts
    one = term(latents[0], "add")
    d_sae = steering.dictionaries["sae"].d_sae
    cases: list[tuple[Board, type[Exception], str]] = [
        (Board((replace(one, mode="cap"),)), SteeringError, "Mode 'cap' is not known; use one of add, clamp"),
        (Board((one,), positions="last"), SteeringError, "Positions 'last' are not known"),
        (Board((one,) * 200), SteeringError, "200 terms were given, and a board holds 64"),
        (Board((term(d_sae, "add"),)), SteeringError, f"sae has no latent {d_sae}; its latents are 0 to {d_sae - 1}"),
        (Board((term(-1, "add"),)), SteeringError, "no latent -1"),
        (
            Board((term(0, "add", source="nope"),)),
            SteeringError,
            "'nope' does not belong to this model; loaded",
        ),
        (Board((term(0, "add", maximum=0.0),)), SteeringError, "^Latent 0 of sae was never active in the build"),
        (Board((SteerTerm(LatentSubject("sae", 0), "clamp"),)), SteeringError, "its maximum, which is not recorded"),
        (Board((replace(one, everywhere=True),)), Unsupported, "Only vectors can be projected out at every layer"),
        (
            Board((replace(vector(np.ones(D_MODEL)), everywhere=True),)),
            Unsupported,
            "Only project can be done",
        ),
        (Board((vector(np.ones(D_MODEL + 1)),)), DimensionMismatch, f"has {D_MODEL + 1} values, .* has {D_MODEL} at"),
        (Board((vector([np.nan] * D_MODEL),)), SteeringError, "finite numbers that are not all zero"),
        (Board((vector(np.zeros(D_MODEL)),)), SteeringError, "finite numbers that are not all zero"),
        (Board((vector(np.ones(D_MODEL), "blocks.9.hook_resid_post"),)), HookMismatch, "no hook"),
        (
            Board((vector(np.ones(D_MODEL), "blocks.1.ln2.hook_normalized"),)),
            Unsupported,
            "read but not changed",
        ),
    ]
    for board, error, message in cases:
        with pytest.raises(error, match=message):
            steering.check(board)
    silent = save_sae(tmp_path, "transcoder", "blocks.1.mlp.hook_in")
    alone = Steering(loaded["gpt2"], {"sae": load_dictionary(SourceSpec("x", str(silent)))})
    with pytest.raises(Unsupported, match="does not say which hook it writes to"):
        alone.check(Board((term(0, "add"),)))


def test_scaling_a_board_scales_the_distance_from_doing_nothing() -> None:
    board = Board((term(0, "add", 2.0), term(0, "scale", 3.0), term(0, "clamp", 2.0), term(0, "ablate", 1.0)))
    assert [t.strength for t in board.scaled(0.5).terms] == [1.0, 2.0, 1.0, 1.0]
    assert board.scaled(0.0).terms[1].is_idle
