"""The Hugging Face hub: whether it can be asked, said soon; and files of SAEs fetched from it or its cache."""

import os
import socket
import threading
from pathlib import Path
from urllib.parse import urlsplit

from models.errors import ModelNotFound, SaeNotFound, one_line
from models.loading.sae_registry import releases, resolve
from models.sources import SaeRelease, SourceSpec, parse_model_location, parse_sae_location

#: Seconds until a hub that gives no answer counts as out of reach.
PATIENCE = 3.0
_OFFLINE = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
_PROXIES = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")


def is_offline() -> bool:
    """Whether the environment says not to ask the hub."""
    return any(os.environ.get(name, "").upper() in ("1", "TRUE", "YES", "ON") for name in _OFFLINE)


def is_reachable(patience: float = PATIENCE) -> bool:
    """Whether the hub takes a connection, within ``patience`` seconds; behind a proxy it is assumed to."""
    if is_offline():
        return False
    if any(os.environ.get(name) for name in _PROXIES):
        return True
    address = urlsplit(os.environ.get("HF_ENDPOINT", "https://huggingface.co"))
    answered = threading.Event()

    def ask() -> None:
        try:
            port = address.port or (80 if address.scheme == "http" else 443)
            socket.create_connection((address.hostname or "", port), timeout=patience).close()
            answered.set()
        except (OSError, ValueError):
            pass

    # Looking up a name cannot be given a time, so it is done where it can be left behind.
    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(patience)
    return answered.is_set()


def stay_offline_unless_reachable() -> str:
    """Where the hub is out of reach, have the libraries read their cache at once instead of trying again and again.

    Call it before any of them is imported. Returns a sentence that says so, empty where the hub answers.
    """
    if is_offline():
        return "The Hugging Face hub is not asked (HF_HUB_OFFLINE); only what is in its cache can be used."
    if is_reachable():
        return ""
    os.environ["HF_HUB_OFFLINE"] = "1"
    return "The Hugging Face hub cannot be reached; only what is in its cache can be used."


def is_cached(repository: str) -> bool:
    """Whether anything of a repository is in the hub's cache on this machine."""
    home = Path(os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface")
    cache = Path(os.environ.get("HF_HUB_CACHE") or home / "hub").expanduser()
    return (cache / f"models--{repository.replace('/', '--')}" / "snapshots").is_dir()


def require_cached(spec: SourceSpec) -> None:
    """Where the hub is not to be asked, refuse at once what its cache has nothing of.

    Short names of models (``gpt2``) may stand for others, which only the libraries know, and are left to them.

    Raises:
        ModelNotFound, SaeNotFound: as said.
    """
    model, sae = parse_model_location(spec.model), resolve(parse_sae_location(spec.sae))
    if isinstance(sae, SaeRelease):
        entry = releases().get(sae.release)
        repository = sae.release if entry is None else entry.repository
        if not is_cached(repository):
            raise SaeNotFound(
                f"SAE {sae} is in the repository {repository}, of which the cache has nothing; fetch it where there is "
                "a network (hf download), or give a local folder."
            )
    if isinstance(model, str) and "/" in model and not is_cached(model):
        raise ModelNotFound(
            f"Of the model {model} the Hugging Face cache has nothing; fetch it where there is a network (hf "
            "download), or give a local folder."
        )


def fetched(repository: str, place: str, shown: str) -> Path:
    """A folder or a file of a repository with what lies beside it and describes it, as a path in the hub's cache.

    Raises:
        SaeNotFound: not in the cache, and the hub did not give it.
    """
    from huggingface_hub import snapshot_download

    parent, _, name = place.rpartition("/")
    beside = f"{parent}/" if parent else ""
    wanted = [place, f"{place}/*", *(f"{beside}{found}" for found in ("*.json", "*.yaml"))]
    if name.startswith("W_enc_"):
        wanted.append(f"{beside}{name.replace('W_enc_', 'W_dec_')}")
    try:
        folder = Path(snapshot_download(repository, allow_patterns=wanted))
    except Exception as error:  # of its own, of requests, of the disk
        raise SaeNotFound(
            f"SAE {shown} is not in the Hugging Face cache and the hub gave no answer for it "
            f"({one_line(error, 120)}); check the name and the connection, or give a local folder."
        ) from error
    if not (folder / place).exists():
        raise SaeNotFound(f"The repository {repository} has no {place[:120]!r}, or it is not in the cache.")
    return folder / place
