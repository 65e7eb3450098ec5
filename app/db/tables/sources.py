"""Language models with their vocabularies, and sources."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db.tables.base import Base


class LanguageModel(Base):
    """A language model; ``fingerprint`` hashes its facts and vocabulary, so that sources can share it."""

    __tablename__ = "language_model"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    location: Mapped[str]
    architecture: Mapped[str]
    n_layers: Mapped[int]
    d_model: Mapped[int]
    vocab_size: Mapped[int]
    context_size: Mapped[int]
    fingerprint: Mapped[str] = mapped_column(String(64), unique=True)


class Token(Base):
    """A vocabulary's display strings, so that pages need no tokenizer."""

    __tablename__ = "token"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012

    language_model_id: Mapped[int] = mapped_column(ForeignKey("language_model.id"), primary_key=True)
    token_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    text: Mapped[str]


class Source(Base):
    """One SAE on one hook of one model. ``current_build_id`` is the build that pages show.

    ``table_version`` goes up with every change to labels or output scores: by it caches know that they are stale.
    """

    __tablename__ = "source"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(100), unique=True)
    language_model_id: Mapped[int] = mapped_column(ForeignKey("language_model.id"), index=True)
    sae_location: Mapped[str]
    hook_name: Mapped[str]
    layer: Mapped[int]
    site: Mapped[str]
    sae_kind: Mapped[str]
    d_in: Mapped[int]
    d_sae: Mapped[int]
    context_size: Mapped[int]
    prepend_bos: Mapped[bool]
    weights_hash: Mapped[str]
    explained_variance: Mapped[float | None]
    warnings: Mapped[list[Any]]
    current_build_id: Mapped[int | None] = mapped_column(ForeignKey("build.id", use_alter=True))
    created: Mapped[datetime]
    table_version: Mapped[int] = mapped_column(server_default="0", default=0)
