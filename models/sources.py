"""What a source is called: model, SAE and hook, parsed and printed. Imports neither torch nor any hub client.

A *source* is one SAE on one hook of one model. The model is a local Hugging Face folder or a hub name; the
SAE is a local folder or file, ``release/sae_id`` or a Neuronpedia id; the hook is a transformer_lens name and defaults
to the one in the SAE's metadata. What a local SAE's files do not say themselves is written behind its path, so that a
location says all: ``/saes/my.npz?kind=topk&k=32``.
"""

import re
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import parse_qs, urlencode

from models.errors import HookMismatch, ModelNotFound, SaeNotFound, SourceError
from models.loading.sae_kinds import KIND_NAMES

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
        return f"{self.release}{':' if '/' in self.release else '/'}{self.sae_id}"


@dataclass(frozen=True)
class LocalSae:
    """An existing folder or file of an SAE, and what its user says of it where it does not say so itself.

    ``kind`` is one of ``models.loading.sae_kinds.KIND_NAMES``, ``k`` the latents active at once, ``release`` a release
    and an id of SAELens's registry whose overrides apply, ``b_dec`` ``subtract`` or ``keep``.
    """

    path: Path
    kind: str | None = None
    k: int | None = None
    release: str | None = None
    b_dec: str | None = None

    def __post_init__(self) -> None:
        if self.kind is not None and self.kind not in KIND_NAMES:
            raise SaeNotFound(f"There is no kind {self.kind[:40]!r} of SAEs; the kinds are {', '.join(KIND_NAMES)}.")
        if self.b_dec not in (None, "subtract", "keep"):
            raise SaeNotFound(f"b_dec={self.b_dec[:40]} is no option of an SAE; it is subtract or keep.")

    def __str__(self) -> str:
        said = {name: str(value) for name in _OPTIONS if (value := getattr(self, name)) is not None}
        return f"{self.path}?{urlencode(said, safe='/:')}" if said else str(self.path)


_OPTIONS = ("kind", "k", "release", "b_dec")
#: Endings that no release has: what has one is meant as a file.
_FILE = re.compile(r"\.(safetensors|npz|npy|pt|pth|bin|pkl|ckpt|json)$")
_NEURONPEDIA = re.compile(r"^https?://(?:www\.)?neuronpedia\.org/([^/?#]+/[^/?#]+)(?:/\d+)?/?(?:[?#].*)?$")


@dataclass(frozen=True)
class SourceSpec:
    """A source as the user names it. ``hook`` is ``None`` when the SAE's own metadata decides."""

    model: str
    sae: str
    hook: str | None = None

    def slug(self) -> str:
        """The default short name in URLs: the last parts of model and SAE, lower case, with hyphens."""
        local = local_sae(self.sae)
        sae = None if local is None else _telling(local.path)
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


def local_sae(location: str) -> LocalSae | None:
    """The existing folder or file that ``location`` names, with the options behind it, or None when there is none.

    Raises:
        SaeNotFound: an option that does not exist, or a value that cannot be.
    """
    path = _existing(location)
    if path is not None:
        return LocalSae(path)
    head, mark, query = location.rpartition("?")
    path = _existing(head) if mark else None
    if path is None:
        return None
    said = {name: values[-1] for name, values in parse_qs(query, keep_blank_values=True).items()}
    k = said.pop("k", None)
    if set(said) - set(_OPTIONS) or (k is not None and not re.fullmatch(r"\d{1,9}", k)):
        raise SaeNotFound(f"{query[:80]!r} behind {head} are no options of an SAE; they are {', '.join(_OPTIONS)}.")
    return LocalSae(path, k=None if k is None else int(k), **said)


def _existing(location: str) -> Path | None:
    """An absolute path to what exists; a link to a file keeps its name, which says more than what it leads to."""
    folder = local_folder(location)
    if folder is not None:
        return folder
    try:
        path = Path(location).expanduser()
        return path.parent.resolve() / path.name if location and (path.exists() or path.is_symlink()) else None
    except (OSError, RuntimeError, ValueError):
        return None


def _telling(path: Path) -> Path:
    """The part of a path that names an SAE: the file without its ending, or the folder of one with a common name."""
    if path.is_dir():
        return path
    is_common = path.stem in ("ae", "sae", "params", "sae_weights", "model", "final")
    return path.parent if is_common else path.with_name(path.name.partition(".")[0])


def with_options(
    location: str,
    *,
    kind: str | None = None,
    k: int | None = None,
    release: str | None = None,
    b_dec: str | None = None,
) -> str:
    """The location with what its user says beside it.

    Raises:
        SaeNotFound: options for an SAE that is not on this machine, or no SAE.
    """
    given = {"kind": kind, "k": k, "release": release, "b_dec": b_dec}
    said = {name: value for name, value in given.items() if value is not None}
    if not said:
        return location
    place = parse_sae_location(location)
    if isinstance(place, SaeRelease):
        shown = "--subtract-b-dec and --keep-b-dec" if "b_dec" in said else f"--{next(iter(said))}"
        raise SaeNotFound(f"{shown} is for SAEs on this machine; the published {place} says that itself: leave it out.")
    return str(replace(place, **said))  # type: ignore[arg-type]


def parse_sae_location(location: str) -> LocalSae | SaeRelease:
    """An existing folder or file as an absolute path, otherwise a release and an id, which may be Neuronpedia's.

    ``release/sae_id`` is split at the first slash; a hub repository is written ``org/repo:folder``.

    Raises:
        SaeNotFound: nothing that exists, and not of the form ``release/sae_id``.
    """
    local = local_sae(location)
    if local is not None:
        _require_unicode(local.path, SaeNotFound)
        return local
    page = _NEURONPEDIA.match(location)
    if page is not None:
        location = page.group(1)
    if not looks_like_path(location) and "?" not in location:
        is_repository = ":" in location
        repository, _, sae_id = location.partition(":" if is_repository else "/")
        if repository and sae_id and (is_repository or not _FILE.search(location)):
            return SaeRelease(repository, sae_id)
    raise SaeNotFound(
        f"There is no SAE folder or file {location[:200]!r}; give one that exists, or 'release/sae_id' such as "
        "'gpt2-small-res-jb/blocks.8.hook_resid_pre'."
    )


def _require_unicode(folder: Path, error: type[SourceError]) -> None:
    """A path is remembered by its name, which Linux allows to be any bytes, and databases do not."""
    try:
        str(folder).encode()
    except UnicodeEncodeError:
        raise error(f"The name of {str(folder)!a} is not valid UTF-8; rename it.") from None
