"""A small read of what pages show, to tell whether the database can be read at all."""

from sqlalchemy.orm import Session

from app.db.queries.latents import latent_details
from app.db.queries.sources import all_sources
from app.errors import DatabaseDamaged, UnknownLatent

#: From one read to the next, far apart in every source.
STRIDE = 7919


def read_a_little(session: Session, turn: int) -> None:
    """Read one latent with its examples and prompts, another one each turn. Raises DatabaseError; no source is fine."""
    built = [source for source in all_sources(session) if source.build is not None]
    if not built:
        return
    source = built[turn % len(built)]
    try:
        latent_details(session, source, turn * STRIDE % source.facts.d_sae)
    except UnknownLatent as error:
        raise DatabaseDamaged(
            f"{error} But this one is missing from the database; build {source.slug} again."
        ) from None
