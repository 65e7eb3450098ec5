"""What a source is called: model, SAE and hook, parsed and printed. Imports neither torch nor any hub client.

A *source* is one SAE on one hook of one model. The model is a local Hugging Face folder or a hub name; the
SAE is a local SAELens folder or ``release/sae_id``; the hook is a transformer_lens name and defaults to the
one in the SAE's metadata.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from models.errors import HookMismatch, ModelNotFound, SaeNotFound, SourceError

#: The end of a hook name -> the short name of the site. Sites that write to the residual stream come first.
SITES: dict[str, str] = {
    "hook_resid_pre": "resid_pre",
    "hook_resid_mid": "resid_mid",
    "hook_resid_post": "resid_post",
    "hook_mlp_out": "mlp_out",
    "mlp.hook_out": "mlp_out",
    "hook_attn_out": "attn_out",
    "attn.hook_out": "attn_out",
    "attn.hook_z": "z",
    "attn.o.hook_in": "z",
    "hook_mlp_in": "mlp_in",
    "mlp.hook_in": "mlp_in",
    "ln2.hook_out": "mlp_in",
    "ln2.hook_normalized": "ln2_normalized",
    "ln1.hook_normalized": "ln1_normalized",
    "mlp.hook_post": "mlp_post",
    "mlp.hook_pre": "mlp_pre",
    "hook_in": "resid_pre",
    "hook_out": "resid_post",
}

_BLOCK_HOOK = re.compile(r"^blocks\.(\d+)\.([A-Za-z0-9_.]+)$")
_HUB_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)?$")
_NOT_SLUG = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class Hook:
    """A place in a model: its name in transformer_lens, its block and the short name of the site."""

    name: str
    layer: int
    site: str


@dataclass(frozen=True)
class SaeRelease:
    """A published SAE: ``release`` of the SAELens directory (or a hub repository) and the id inside it."""

    release: str
    sae_id: str

    def __str__(self) -> str:
        return f"{self.release}/{self.sae_id}"


@dataclass(frozen=True)
class SourceSpec:
    """A source as the user names it. ``hook`` is ``None`` when the SAE's own metadata decides."""

    model: str
    sae: str
    hook: str | None = None

    def slug(self) -> str:
        """The default short name in URLs: the last parts of model and SAE, lower case, with hyphens."""
        sae = local_folder(self.sae)
        parts = sae.parts[-2:] if sae else Path(self.sae).parts
        # A hub SAE already says which model it belongs to, a local folder is often just called "sae".
        words = [Path(self.model).name, parts[-1]] if sae else list(parts)
        slug = _NOT_SLUG.sub("-", "-".join(words).lower()).strip("-")
        return slug or "source"


def parse_hook(name: str) -> Hook:
    """Split a hook name of a block into layer and site.

    Raises:
        HookMismatch: neither ``hook_embed`` nor ``blocks.N.<site>`` with a site Periscope knows.
    """
    if name == "hook_embed":
        return Hook(name=name, layer=0, site="embed")
    match = _BLOCK_HOOK.match(name)
    site = SITES.get(match.group(2)) if match else None
    if match is None or site is None:
        known = ", ".join(f"blocks.N.{end}" for end in list(SITES)[:9])
        raise HookMismatch(
            f"Hook {name!r} is not one Periscope can read; give a transformer_lens name such as {known}."
        )
    return Hook(name=name, layer=int(match.group(1)), site=site)


def local_folder(location: str) -> Path | None:
    """The absolute folder that ``location`` names, or ``None`` when no such folder exists."""
    try:
        path = Path(location).expanduser()
        # Path("") would be the working directory, which nobody means by an empty field.
        return path.resolve() if location and path.is_dir() else None
    except (OSError, RuntimeError, ValueError):  # a name that is too long, a home of nobody, links in a circle
        return None


def looks_like_path(location: str) -> bool:
    """Whether ``location`` can only be meant as a path of this machine, never as a hub name."""
    return location.startswith(("/", "./", "../", "~", ".")) or "\\" in location or location.endswith("/")


def parse_model_location(location: str) -> Path | str:
    """An existing folder as an absolute path, otherwise a hub name.

    Raises:
        ModelNotFound: neither an existing folder nor a possible hub name.
    """
    folder = local_folder(location)
    if folder is not None:
        _require_unicode(folder, ModelNotFound)
        return folder
    if looks_like_path(location) or not _HUB_NAME.match(location):
        raise ModelNotFound(
            f"There is no model folder {location!r}; give a folder with config.json, model.safetensors and "
            "tokenizer.json, or a Hugging Face name such as 'openai-community/gpt2'."
        )
    return location


def parse_sae_location(location: str) -> Path | SaeRelease:
    """An existing folder as an absolute path, otherwise a release and an id.

    ``release/sae_id`` is split at the first slash; a hub repository is written ``org/repo:folder``.

    Raises:
        SaeNotFound: neither an existing folder nor of the form ``release/sae_id``.
    """
    folder = local_folder(location)
    if folder is not None:
        _require_unicode(folder, SaeNotFound)
        return folder
    if not looks_like_path(location):
        if ":" in location:
            repository, _, sae_id = location.partition(":")
        else:
            repository, _, sae_id = location.partition("/")
        if repository and sae_id:
            return SaeRelease(repository, sae_id)
    raise SaeNotFound(
        f"There is no SAE folder {location!r}; give a SAELens folder with cfg.json and "
        "sae_weights.safetensors, or 'release/sae_id' such as 'gpt2-small-res-jb/blocks.8.hook_resid_pre'."
    )


def _require_unicode(folder: Path, error: type[SourceError]) -> None:
    """A folder is remembered by its name, which Linux allows to be any bytes, and databases do not."""
    try:
        str(folder).encode()
    except UnicodeEncodeError:
        raise error(f"The name of the folder {str(folder)!a} is not valid UTF-8; rename it.") from None
