"""What comes out of a training: folders, their quality on the held-out prompts, and their sources.

Everything is made and looked at in the training's own folder first. Then the SAEs get their places, and the sources
come last, when nothing can be refused any more.
"""

import json
import shutil
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from sqlalchemy.orm import Session, sessionmaker

from app.db.writes.sources import register_source
from app.errors import InvalidRequest
from app.trainings.folder import TrainingFolder, publish
from app.trainings.names import RECORD, Target
from app.trainings.request import TrainRequest
from models.building.build_pass import counted
from models.building.quality import HeldOut, clean_loss, measure_quality
from models.loading.opening import inspect_loaded, load_dictionary
from models.records import SourceFacts, SourceQuality
from models.running.language_model import LanguageModel
from models.sources import SourceSpec
from models.training.prompts_file import Prompts
from models.training.recipe import Recipe
from models.training.run import Training


@dataclass(frozen=True)
class Trained:
    """An SAE that is ready; ``slug`` is None unless it was registered; ``tokens``: it was trained on so many."""

    hook: str
    folder: Path
    slug: str | None
    quality: SourceQuality
    tokens: int


@dataclass(frozen=True)
class Outcome:
    """The last part of a run."""

    request: TrainRequest
    model: LanguageModel
    recipe: Recipe
    folder: TrainingFolder
    targets: tuple[Target, ...]
    sessions: sessionmaker[Session] | None

    def found_again(self) -> list[Trained] | None:
        """What an earlier run of this training finished; None unless all of it is there."""
        records = [target.record() for target in self.targets]
        if any(record.get("run") != self.folder.name for record in records):
            return None
        return [
            self._trained(target, SourceQuality(**record["quality"]))
            for target, record in zip(self.targets, records, strict=True)
        ]

    def settle(self, training: Training, prompts: Prompts) -> list[Trained]:
        """Write, measure, move into place, register. CheckpointFailed, InvalidRequest: a disk that takes nothing."""
        dead = training.dead()
        parts = {target.hook: self.folder.path / f"sae-{n}" for n, target in enumerate(self.targets)}
        with self.folder.writing():
            for hook, part in parts.items():
                publish(partial(training.publish, hook), part)
        training.release()
        ids = np.asarray(prompts.held_out, dtype=np.int64)
        held_out = HeldOut(ids, counted(ids, prompts.uncounted))
        loss = clean_loss(self.model, held_out)
        results: list[Trained] = []
        facts: list[SourceFacts] = []
        for target in self.targets:
            part = parts[target.hook]
            dictionary = load_dictionary(SourceSpec(self.request.model, str(part)), device=str(self.model.device))
            quality = measure_quality(self.model, dictionary, held_out, loss)
            quality = replace(quality, dead_fraction=dead[target.hook])
            with self.folder.writing():
                (part / RECORD).write_text(json.dumps(self._record(target, quality), indent=1) + "\n")
            results.append(self._trained(target, quality))
            if self.sessions is not None:
                facts.append(inspect_loaded(self.model, dictionary))
        self._place(parts)
        self._register(facts)
        return results

    def _place(self, parts: dict[str, Path]) -> None:
        for target in self.targets:
            try:
                publish(partial(_copy, parts[target.hook]), target.folder)
            except OSError as error:
                raise InvalidRequest(
                    f"The SAE cannot be written to {target.folder} ({error.strerror or error}); mend that, then start "
                    "the same command with --resume."
                ) from None

    def _register(self, facts: list[SourceFacts]) -> None:
        if self.sessions is None:
            return
        vocabulary = self.model.vocabulary()
        with self.sessions() as session:
            for target, known in zip(self.targets, facts, strict=True):
                if not target.is_registered(session):
                    register_source(session, target.slug, replace(known, sae_location=str(target.folder)), vocabulary)

    def _trained(self, target: Target, quality: SourceQuality) -> Trained:
        slug = target.slug if self.request.add else None
        return Trained(target.hook, target.folder, slug, quality, self.recipe.tokens)

    def _record(self, target: Target, quality: SourceQuality) -> dict[str, object]:
        return {
            "run": self.folder.name,
            "hook": target.hook,
            "model": self.model.facts.name,
            "corpus": self.request.corpus,
            "recipe": asdict(self.recipe),
            "quality": asdict(quality),
        }


def _copy(source: Path, target: Path) -> None:
    for path in source.iterdir():
        shutil.copyfile(path, target / path.name)
