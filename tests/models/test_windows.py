"""Windows of prompts against activations that are encoded one prompt at a time."""

import numpy as np
import pytest
import torch

from models.corpus.window_pass import window_steps
from models.loading.opening import load_dictionary, load_language_model
from models.running.pace import result_of
from models.running.uncounted import uncounted_ids
from models.sources import SourceSpec
from tests.models.tiny import save_sae

WIDTH = 6


@pytest.fixture(scope="module")
def loaded(tiny_models, tmp_path_factory):
    location = str(tiny_models["gpt2"])
    sae = save_sae(tmp_path_factory.mktemp("sae") / "a", "jumprelu", seed=1)
    return load_language_model(location, "cpu", "float32"), load_dictionary(SourceSpec(location, str(sae)))


@pytest.fixture(scope="module")
def prompts(loaded):
    model, _ = loaded
    random = np.random.default_rng(0)
    found = {number: random.integers(1, 300, 20 + number % 3) for number in (0, 3, 4, 9, 20)}
    for ids in found.values():
        ids[0] = model.bos_token_id
    found[3][8] = uncounted_ids(model)[0]  # a separator in the middle
    found[7] = found[0][:WIDTH]  # too short for a window
    return found


def dense(loaded, ids):
    """(tokens, d_sae), BOS and separators silent."""
    model, dictionary = loaded
    states = model.run_to_hooks(torch.from_numpy(ids[None]), [dictionary.hook_name])
    values = dictionary.encode(dictionary.read(states[dictionary.hook_name])[0]).detach().numpy()
    values[np.isin(ids, uncounted_ids(model))] = 0
    return values


def test_windows_hold_what_fires_in_them(loaded, prompts) -> None:
    model, dictionary = loaded
    chosen = (1, 5, 40)
    steps = window_steps(model, dictionary, prompts, spread={0, 4}, chosen=chosen, width=WIDTH)
    windows = result_of(steps)
    assert sorted(set(windows.prompts.tolist())) == [0, 3, 4, 9, 20]
    assert windows.width == WIDTH
    seen = dict.fromkeys(prompts, 0)
    for place in range(len(windows)):
        number = int(windows.prompts[place])
        first = 1 + WIDTH * seen[number]
        seen[number] += 1
        ids = prompts[number]
        np.testing.assert_array_equal(windows.token_ids[place], ids[first : first + WIDTH])
        values = dense(loaded, ids)[first : first + WIDTH]
        for latent in range(0, dictionary.d_sae, 7):
            assert windows.maxima(latent)[place] == pytest.approx(values[:, latent].max(), abs=1e-5)
        for latent in chosen:
            np.testing.assert_allclose(windows.activations(latent, place), values[:, latent], atol=1e-5)
        assert windows.is_spread[place] == (number in {0, 4})
    assert all(seen[number] == (len(ids) - 1) // WIDTH for number, ids in prompts.items() if number != 7)


def test_companions_share_windows_and_dense_latents_do_not_win(loaded, prompts) -> None:
    model, dictionary = loaded
    windows = result_of(window_steps(model, dictionary, prompts, spread=prompts, chosen=(1,), width=WIDTH))
    fires = np.stack([windows.maxima(latent) > 0 for latent in range(dictionary.d_sae)])
    latent = int(fires.sum(1).argmax())
    found = windows.companions(latent, 3)
    both = (fires & fires[latent]).sum(1)
    jaccard = np.where(both >= 3, both / np.maximum(1, (fires | fires[latent]).sum(1)), 0.0)
    jaccard[latent] = 0
    assert latent not in found
    np.testing.assert_allclose(np.sort(jaccard[found])[::-1], np.sort(jaccard)[::-1][: len(found)])


def test_nothing_to_read_is_no_window(loaded) -> None:
    model, dictionary = loaded
    windows = result_of(window_steps(model, dictionary, {}, spread=(), chosen=(1,), width=WIDTH))
    assert len(windows) == 0
    assert windows.maxima(1).shape == (0,)
