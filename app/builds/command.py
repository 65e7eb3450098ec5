"""What a build was asked to do, as people read it: JSON, and the command that repeats or resumes it."""

import json
import shlex
from typing import Any

from app.db.queries.answers import BuildInfo
from app.hints import command
from app.text.tokens import plain

#: Options of ``periscope build`` by their names in a build's configuration, with what they are when left out.
OPTIONS: dict[str, Any] = {
    "tokens": None, "context": None, "batch": 16, "device": "auto", "seed": 0, "dtype": "auto", "max_norm_ratio": None,
    "separator": None, "prefix": "",
}  # fmt: skip


def slugs_of(build: BuildInfo) -> tuple[str, ...]:
    """The sources of the run that the build is part of: those that share its pass over the corpus."""
    found = build.config.get("slugs")
    return tuple(str(slug) for slug in found) if isinstance(found, list) and found else (build.slug,)


def json_of(build: BuildInfo) -> str:
    """The exact configuration; characters that are not ASCII are escaped, so that none can hide."""
    return json.dumps(dict(build.config), indent=2, sort_keys=True) if build.config else ""


def command_of(build: BuildInfo) -> str:
    """The command with the same configuration, to be resumed if it did not end; empty if it was not recorded."""
    config = build.config
    if "corpus" not in config:
        return ""
    words = ["build", *slugs_of(build), "--corpus", str(config["corpus"])]
    for name, default in OPTIONS.items():
        if name in config and config[name] != default:
            words += [f"--{name.replace('_', '-')}", str(config[name])]
    for name in config.get("labels", ()):
        words += ["--label", str(name)]
    if config.get("special_tokens") is True:
        words.append("--special-tokens")
    if config.get("output_scores") is False:
        words.append("--no-output-scores")
    if build.status in ("failed", "cancelled"):
        words.append("--resume")
    return command(plain(shlex.join(words)))
