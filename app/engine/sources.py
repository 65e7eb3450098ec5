"""From what a request names to what the engine needs: sources as keys, limits, notes that go with their answers."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from sqlalchemy.orm import Session, sessionmaker

from app.db.queries.answers import SourceInfo
from app.db.queries.sources import all_sources, shown_source
from app.engine.source_key import SourceKey
from app.engine.texts import Limits
from app.errors import InvalidRequest, Unavailable, UnknownLatent
from app.hints import command
from app.settings import Settings
from app.text.block_views import SourcePick
from app.text.tokens import plain
from app.web.lanes import Lanes


def default_source(known: Sequence[SourceInfo]) -> str:
    """The deepest residual source of the first model that has a build, else of the first; empty without any source."""
    with_build = [source for source in known if source.build is not None] or list(known)
    mine = [source for source in with_build if source.facts.model == with_build[0].facts.model]
    if not mine:
        return ""
    return max(mine, key=lambda source: ("resid" in source.facts.hook_name, source.facts.layer, -source.id)).slug


T = TypeVar("T")
#: Seconds between tries to keep the result of long work.
PAUSES = (1, 3, 6, 12)
#: Sources of one request.
MAX_SOURCES = 16


@dataclass(frozen=True)
class Reader:
    """What a service needs to answer with a model: where sources are known, and how long a text may be."""

    sessions: sessionmaker[Session]
    settings: Settings
    lanes: Lanes = field(default_factory=Lanes)

    async def work(self, work: Callable[..., T], *arguments: Any) -> T:
        """What ``work`` returns, in a thread; it opens and closes its own sessions.

        Raises Overloaded and DatabaseBusy as a lane does.
        """
        return await self.lanes.run("answers", partial(work, *arguments))

    async def write(self, work: Callable[..., T], *arguments: Any) -> T:
        """The same for work that writes, and may wait for another process that does."""
        return await self.lanes.run("writes", partial(work, *arguments))

    async def keep(self, work: Callable[..., T], *arguments: Any) -> T:
        """The same for the result of long work, which is not thrown away because the database is busy for a while."""
        for pause in PAUSES:
            with suppress(Unavailable):
                return await self.write(work, *arguments)
            await asyncio.sleep(pause)
        return await self.write(work, *arguments)

    def find(self, slugs: Sequence[str]) -> tuple[SourceInfo, ...]:
        """The sources, each once. Raises UnknownSource, or InvalidRequest for none or too many."""
        # No slug has half a surrogate pair, and no database takes one.
        unique = tuple(dict.fromkeys(slug.encode("utf-8", "replace").decode() for slug in slugs))
        if not unique:
            raise InvalidRequest("sources is empty; name at least one source.")
        if len(unique) > MAX_SOURCES:
            raise InvalidRequest(f"{len(unique)} sources were asked for; at most {MAX_SOURCES} are read at once.")
        with self.sessions() as session:
            return tuple(shown_source(session, slug) for slug in unique)

    def find_one(self, slug: str, *indices: int) -> SourceInfo:
        """The source, if it has these latents. Raises UnknownSource or UnknownLatent."""
        source = self.find([slug])[0]
        for index in indices:
            if not 0 <= index < source.facts.d_sae:
                raise UnknownLatent(slug, index, source.facts.d_sae)
        return source

    def limits(self, source: SourceInfo) -> Limits:
        """How much of a text the source's model reads."""
        facts = source.facts.model
        longest = min(self.settings.max_prompt_tokens, facts.context_size)
        return Limits(longest, facts.d_model, facts.n_layers, facts.vocab_size)


def key_of(source: SourceInfo) -> SourceKey:
    """The source as the engine knows it."""
    facts = source.facts
    return SourceKey(
        slug=source.slug,
        model=facts.model.location,
        sae=facts.sae_location,
        hook_name=facts.hook_name,
        weights_hash=facts.weights_hash,
        prepend_bos=facts.prepend_bos,
        context_size=facts.context_size,
        d_sae=facts.d_sae,
    )


def notes_on(source: SourceInfo, n_tokens: int) -> list[str]:
    """What a reader should know about numbers of this source on a text of so many tokens."""
    notes = []
    if source.build is None:
        notes.append(
            f"{source.slug} has no finished build: activations are exact, but shares of the maximum and densities are "
            f"not recorded. `{command(f'build {source.slug}')}` adds them, with examples of what each latent fires on."
        )
    if n_tokens > source.facts.context_size:
        notes.append(
            f"{source.slug} was trained on contexts of {source.facts.context_size} tokens; what lies after that is "
            "outside of what it has seen."
        )
    return notes


def source_picks(reader: Reader, chosen: tuple[str, ...]) -> tuple[SourcePick, ...]:
    """Every source, those that are chosen marked."""
    with reader.sessions() as session:
        known = all_sources(session)
    return tuple(
        SourcePick(
            slug=source.slug,
            hook_name=source.facts.hook_name,
            model=plain(source.facts.model.name),
            is_chosen=source.slug in chosen,
            is_built=source.build is not None,
        )
        for source in known
    )
