"""Register a source with its model's vocabulary, and remove it with all that was built from it."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import astuple
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.db.display import displayable
from app.db.queries.sources import source_by_slug
from app.db.tables.builds import Build
from app.db.tables.sources import LanguageModel, Source, Token
from app.db.tables.steering import Calibration, Explanation, Mix, Vector
from app.db.writes.builds import refuse_if_running
from app.db.writes.bulk import delete_build_rows, insert_rows, rolled_back_on_error
from app.errors import InvalidRequest, SlugTaken, shorten
from models.records import ModelFacts, SourceFacts

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,98}[a-z0-9])?")


def register_source(session: Session, slug: str, facts: SourceFacts, vocabulary: Sequence[str]) -> int:
    """Store a source and, unless another source brought them, its model and vocabulary; gives the source's
    id.

    All or nothing. ``vocabulary[i]`` is the display string of token i.
    """
    with rolled_back_on_error(session):
        require_free_slug(session, slug)
        model_id = _model_id(session, facts.model, [displayable(text) for text in vocabulary])
        source = Source(
            slug=slug,
            language_model_id=model_id,
            sae_location=facts.sae_location,
            hook_name=facts.hook_name,
            layer=facts.layer,
            site=facts.site,
            sae_kind=facts.sae_kind,
            d_in=facts.d_in,
            d_sae=facts.d_sae,
            context_size=facts.context_size,
            prepend_bos=facts.prepend_bos,
            weights_hash=facts.weights_hash,
            explained_variance=facts.explained_variance,
            warnings=list(facts.warnings),
            created=datetime.now(UTC),
        )
        session.add(source)
        try:
            session.commit()
        except IntegrityError:
            # Another process registered the slug, or the model, since it was looked up.
            raise _taken(slug) from None
        return source.id


def require_free_slug(session: Session, slug: str) -> None:
    """Raise InvalidRequest or SlugTaken unless a source can be registered under this slug."""
    if not SLUG.fullmatch(slug):
        raise InvalidRequest(
            f"{shorten(slug)!r} cannot be a slug: use 1 to 100 lower-case letters, digits, dots, hyphens and "
            "underscores, with a letter or digit at both ends."
        )
    if session.scalar(sa.select(Source.id).where(Source.slug == slug)) is not None:
        raise _taken(slug)


def remove_source(session: Session, slug: str) -> None:
    """Delete a source, its builds, labels and calibrations; the model goes with its last source.

    Refused while a build of it runs. The source is taken from view first, so that a crash leaves no broken
    page.
    """
    with rolled_back_on_error(session):
        source = source_by_slug(session, slug)
        refuse_if_running(session, source.id, slug)
        session.execute(sa.update(Source).where(Source.id == source.id).values(current_build_id=None))
        session.commit()
        builds = session.scalars(sa.select(Build.id).where(Build.source_id == source.id)).all()
        for build_id in builds:
            delete_build_rows(session, build_id)
        for table in (Calibration, Explanation, Build):
            session.execute(sa.delete(table).where(table.source_id == source.id))
        session.execute(sa.delete(Source).where(Source.id == source.id))
        _remove_model_if_unused(session, source.language_model_id)
        session.commit()


def _taken(slug: str) -> SlugTaken:
    return SlugTaken(f"There is a source {slug} already; choose another slug or remove it first.")


def _model_id(session: Session, model: ModelFacts, vocabulary: Sequence[str]) -> int:
    digest = hashlib.sha256(repr(astuple(model)).encode("utf-8", "backslashreplace"))
    for text in vocabulary:
        digest.update(text.encode() + b"\0")
    fingerprint = digest.hexdigest()
    known = session.scalar(sa.select(LanguageModel.id).where(LanguageModel.fingerprint == fingerprint))
    if known is not None:
        return known
    row = LanguageModel(
        name=model.name,
        location=model.location,
        architecture=model.architecture,
        n_layers=model.n_layers,
        d_model=model.d_model,
        vocab_size=model.vocab_size,
        context_size=model.context_size,
        fingerprint=fingerprint,
    )
    session.add(row)
    session.flush()
    rows = [(row.id, token_id, text) for token_id, text in enumerate(vocabulary)]
    insert_rows(session, Token, ("language_model_id", "token_id", "text"), rows)
    return row.id


def _remove_model_if_unused(session: Session, model_id: int) -> None:
    """Vectors and mixes are the user's own work: a model that has some stays, for when a source of it comes
    back.
    """
    for table in (Source, Vector, Mix):
        if session.scalar(sa.select(sa.func.count()).select_from(table).where(table.language_model_id == model_id)):
            return
    session.execute(sa.delete(Token).where(Token.language_model_id == model_id))
    session.execute(sa.delete(LanguageModel).where(LanguageModel.id == model_id))
