"""``periscope presets``: well-known models and SAEs, what each needs, and the command that adds it."""

from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.console import console
from app.errors import InvalidRequest
from app.hints import command

if TYPE_CHECKING:
    from models.loading.presets import Preset

Name = Annotated[str | None, typer.Argument(help="One of them; left out: all.", show_default=False)]
#: Seconds: the list is the same with and without a hub, so it does not wait for one for long.
PATIENCE = 1.5


def presets(name: Name = None) -> None:
    """Well-known models and SAEs, what each needs, and the command that adds it."""
    from models.loading.hub_files import is_offline, is_reachable
    from models.loading.presets import PRESETS

    chosen = [preset for preset in PRESETS if name in (None, preset.name)]
    if not chosen:
        raise InvalidRequest(f"There is no preset {name!r}; there are {', '.join(preset.name for preset in PRESETS)}.")
    out = console()
    if is_offline():
        out.print("Offline by HF_HUB_OFFLINE: only what is in the cache (here) can be added now.\n")
    elif not is_reachable(PATIENCE):
        out.print("The Hugging Face hub cannot be reached: only what is in the cache (here) can be added now.\n")
    for preset in chosen:
        out.print(preset.name, style="bold")
        for line in _lines(preset):
            out.print(f"  {line}")
    out.print("\nMemory is that of the weights; a build needs some gigabytes beside. Sizes are about.")


def _lines(preset: "Preset") -> list[str]:
    cpu, gpu = (f"{preset.memory(gpu=gpu) / 2**30:.1f} GiB" for gpu in (False, True))
    gate = (
        f"gated: accept it at https://huggingface.co/{preset.model}, then `hf auth login`"
        if preset.is_gated
        else "not gated"
    )
    return [
        f"{preset.title}; {preset.d_sae:,} latents{_here(preset)}",
        f"{preset.parameters / 1e9:.3g}B parameters, {preset.download / 1e9:.1f} GB to fetch, memory {cpu} on a CPU, "
        f"{gpu} on a GPU",
        f"{preset.licence}, {gate}",
        command(f"sources add {preset.model} {preset.sae}"),
    ]


def _here(preset: "Preset") -> str:
    from models.loading.hub_files import is_cached

    parts = [what for what, name in (("model", preset.model), ("SAE", preset.repository)) if is_cached(name)]
    return f"; here: {' and '.join(parts)}" if parts else ""
