"""Where the SAEs of a training go, and what their sources are called."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session, sessionmaker

from app.db.queries.sources import source_by_slug
from app.db.writes.sources import require_free_slug
from app.errors import InvalidRequest, UnknownSource
from app.trainings.request import TrainRequest
from models.errors import HookMismatch, WeightsInvalid
from models.loading.files import kind_of, read_json
from models.sources import parse_hook, parse_model_location

#: Beside an SAE's files: which training it comes from, its numbers and its quality.
RECORD = "training.json"
SAES = "saes"
_NOT_SLUG = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class Target:
    """One SAE of a training: its hook, its folder and its source's slug."""

    hook: str
    slug: str
    folder: Path

    def record(self) -> dict[str, Any]:
        """What a training wrote beside its SAE; empty if there is nothing of that kind."""
        path = self.folder / RECORD
        try:
            return read_json(path) if kind_of(path) == "a file" else {}
        except WeightsInvalid:
            return {}

    def is_registered(self, session: Session) -> bool:
        """Whether the source is that of this folder."""
        try:
            return source_by_slug(session, self.slug).facts.sae_location == str(self.folder)
        except UnknownSource:
            return False


def targets_of(request: TrainRequest, data_dir: Path) -> tuple[Target, ...]:
    """One target for each hook."""
    model = Path(str(parse_model_location(request.model))).name
    is_one = len(request.hooks) == 1
    root = Path(request.out).expanduser() if request.out else data_dir / SAES
    found = []
    for hook in request.hooks:
        short = _short(hook)
        if request.slug and is_one:
            slug = request.slug
        else:
            slug = _slug(f"{request.slug}-{short}" if request.slug else f"{model}-{short}-{request.wishes.kind}")
        folder = root if request.out and is_one else root / (short if request.out else slug)
        found.append(Target(hook, slug, folder.absolute()))
    if len({target.slug for target in found}) < len(found):
        raise InvalidRequest("Two of the hooks are one place under two names; name each place once.")
    return tuple(found)


def require_places(targets: tuple[Target, ...], sessions: sessionmaker[Session] | None, run: str | None) -> None:
    """Raise unless folders and slugs are free, or hold what this very run put there before it was stopped."""
    for target in targets:
        kind = kind_of(target.folder)
        is_empty = kind == "a folder" and not any(target.folder.iterdir())
        is_ours = run is not None and target.record().get("run") == run
        if kind and not is_empty and not is_ours:
            raise InvalidRequest(
                f"There is {kind} {target.folder} already, and a training writes over nothing; choose another --slug "
                "or --out, or move it away."
            )
        if sessions is not None:
            with sessions() as session:
                if not (is_ours and target.is_registered(session)):
                    require_free_slug(session, target.slug)


def fingerprint(location: str) -> list[list[object]]:
    """Names, sizes and times of the files of a local model; empty for one of the hub, whose name says it all."""
    folder = Path(location)
    if not folder.is_dir():
        return []
    return [[p.name, p.stat().st_size, p.stat().st_mtime_ns] for p in sorted(folder.iterdir()) if p.is_file()]


def _short(hook: str) -> str:
    try:
        found = parse_hook(hook)
    except HookMismatch:  # said when the model is there, which can name near ones
        return _slug(hook)
    return "embed" if found.site == "embed" else f"l{found.layer}-{found.site.replace('_', '-')}"


def _slug(text: str) -> str:
    return _NOT_SLUG.sub("-", text.lower()).strip("-")[:100].strip("-") or "sae"
