"""What takes the place of a removed latent's value: zero, or what the source's build saw of it."""

from collections.abc import Collection

from app.ablate.task import ActiveJob
from app.ablate.ways import WAYS
from app.db.queries.activity import activities
from app.db.queries.answers import SourceInfo
from app.engine.engine import ModelEngine
from app.engine.sources import Reader, key_of
from app.engine.texts import TextInput
from app.errors import Conflict
from app.hints import command
from models.causal.removal import ZERO, Removal, by_mean, by_resampling


async def removal_of(engine: ModelEngine, reader: Reader, source: SourceInfo, text: TextInput, by: str) -> Removal:
    """The removal of whatever is active on the text. Raises Conflict where it needs a build and there is none."""
    if by == "zero":
        return ZERO
    if source.build is None:
        raise Conflict(
            f"Removing by {WAYS[by]} needs a build of {source.slug}, which says what its latents do on a corpus; run "
            f"`{command(f'build {source.slug}')}`, or remove by zero."
        )
    job = ActiveJob(source.facts.model.location, key_of(source), text, reader.limits(source))
    active = await engine.run(job)
    return await reader.work(_removal, reader, source, active.tolist(), by)


def _removal(reader: Reader, source: SourceInfo, indices: Collection[int], by: str) -> Removal:
    with reader.sessions() as session:
        found = activities(session, source, indices, with_samples=by == "resample")
    if by == "mean":
        return by_mean({index: latent.mean for index, latent in found.items()})
    densities = {index: latent.density for index, latent in found.items()}
    return by_resampling(densities, {index: latent.sample.tolist() for index, latent in found.items()})
