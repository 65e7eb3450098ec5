"""Whether a hook can be trained on, and which are near one that a model does not have."""

import difflib
import re

from models.errors import HookMismatch
from models.running.language_model import LanguageModel
from models.sources import parse_hook

_LAYER = re.compile(r"blocks\.(\d{1,6})\.")


def require_hook(model: LanguageModel, hook: str) -> None:
    """Raise HookMismatch, with near names, unless the model has the hook and a source can be on it."""
    if hook in model.hooks:
        parse_hook(hook)
        return
    layer = _LAYER.match(hook)
    last = model.facts.n_layers - 1
    if layer and int(layer.group(1)) > last:
        wanted = f"blocks.{last}.{hook[layer.end() :]}"
        near = [wanted] if wanted in model.hooks else []
        raise HookMismatch(
            f"Model {model.facts.name} has no hook {hook!r}: its blocks are 0 to {last}"
            f"{f'; the last one there is {near[0]}' if near else ''}."
        )
    near = difflib.get_close_matches(hook, model.hooks, n=4, cutoff=0.5)
    some = near or [name for name in model.hooks if name.endswith("hook_resid_post")][:4]
    raise HookMismatch(f"Model {model.facts.name} has no hook {hook[:80]!r}; near it are: {', '.join(some)}.")
