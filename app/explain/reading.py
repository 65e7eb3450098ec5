"""Which prompts are read for some latents, and the texts for each of them from what was read."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy.orm import Session

from app.db.queries.answers import SourceInfo
from app.db.queries.latents import densities as stored_densities
from app.db.queries.latents import latent_record
from app.db.queries.latents import prompts as stored_prompts
from app.db.queries.prompt_spread import spread_prompts
from app.db.queries.texts import token_texts
from app.errors import InvalidRequest, NotBuilt, Unfit, UnknownLatent
from app.explain.material import Material, material_of
from app.explain.request import DEFAULT_TOP, MAX_LATENTS, Plan
from models.causal.removal import DENSE
from models.corpus.windows import WIDTH, Windows
from models.records import IntArray, LatentRecord

#: Active tokens to expect in what is read, below which prompts are added in which the latent is known to fire.
FEW = 200
#: Prompts that are added for one latent.
ADDED = 60
#: Tokens of a window at the least: of prompts that are shorter than two windows of the usual width.
LEAST_WIDTH = 4


@dataclass(frozen=True, eq=False)
class ToRead:
    """Prompts by number; ``spread``: those spread evenly over the corpus; ``width``: tokens of a window."""

    prompts: Mapping[int, IntArray]
    spread: Collection[int]
    records: Mapping[int, LatentRecord]
    width: int


def chosen_latents(
    session: Session, source: SourceInfo, named: tuple[int, ...] | None, top: int | None
) -> tuple[int, ...]:
    """The latents that are named; or the ``top`` that fire most often, of those on at most a tenth of all tokens.

    Raises:
        NotBuilt: the source has no examples yet.
        UnknownLatent: a latent that the source does not have.
        InvalidRequest: a number that cannot be meant, or no latent is left.
    """
    if source.build is None:
        raise NotBuilt(source.slug)
    if named is not None:
        for index in named:
            if not 0 <= index < source.facts.d_sae:
                raise UnknownLatent(source.slug, index, source.facts.d_sae)
        return named
    n = DEFAULT_TOP if top is None else top
    if not 1 <= n <= MAX_LATENTS:
        raise InvalidRequest(f"--top is a number of latents from 1 to {MAX_LATENTS:,}, not {n:,}.")
    densities = stored_densities(session, source)
    indices = np.array([index for index, density in sorted(densities.items()) if 0 < density <= DENSE], np.int64)
    order = np.argsort([-densities[index] for index in indices.tolist()], kind="stable")[:n]
    if not len(order):
        raise InvalidRequest(
            f"No latent of {source.slug} fires on a tenth of the tokens or less; name some with --latents."
        )
    return tuple(sorted(indices[order].tolist()))


def to_read(session: Session, source: SourceInfo, latents: Sequence[int], plan: Plan) -> ToRead:
    """What has to be read to explain these latents. Raises NotBuilt; InvalidRequest for prompts of too few tokens."""
    build = source.build
    if build is None:
        raise NotBuilt(source.slug)
    width = min(WIDTH, (build.context_size - 1) // 2)
    if width < LEAST_WIDTH:
        raise InvalidRequest(
            f"{source.slug} was built on contexts of {build.context_size} tokens, too few to show what a latent fires "
            "on; build it again with a larger --context."
        )
    spread, _ = spread_prompts(session, build.id, max(1, plan.tokens // build.context_size))
    records = {index: latent_record(session, source, index) for index in latents}
    added: set[int] = set()
    for record in records.values():
        if record.density * plan.tokens < FEW:
            examples = [example.prompt for band in record.bands for example in band.examples]
            mine = list(dict.fromkeys([*examples, *record.sample.prompts.tolist()]))
            added.update(mine[:ADDED])
    more = stored_prompts(session, build.id, added - set(spread))
    return ToRead({**spread, **more}, frozenset(spread), records, width)


def materials_of(
    session: Session, source: SourceInfo, windows: Windows, records: Mapping[int, LatentRecord], plan: Plan
) -> tuple[list[Material], dict[int, str]]:
    """The texts for each latent, and for the others why they cannot be explained."""

    def texts(ids: Collection[int]) -> Mapping[int, str]:
        return token_texts(session, source.language_model_id, ids)

    found: list[Material] = []
    reasons: dict[int, str] = {}
    for index, record in records.items():
        try:
            found.append(material_of(windows, record, plan, texts))
        except Unfit as error:
            reasons[index] = str(error)
    return found, reasons
