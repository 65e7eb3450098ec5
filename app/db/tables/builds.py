"""Builds and what they measured: prompts, latents, examples."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, SmallInteger, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.tables.base import Base

RUNNING, COMPLETE, FAILED, CANCELLED = "running", "complete", "failed", "cancelled"


class Build(Base):
    """A precompute run of one source: what it reads, how far it is, how good the source turned out to be.

    ``process_started`` (Unix seconds) tells a process from a later one with the same number.
    ``density_histogram`` is packed when the build is finished, so the source page reads no latents.
    """

    __tablename__ = "build"
    __table_args__ = (
        # Two running builds of one source cannot exist, whoever starts them and when.
        Index(
            "uq_build_running",
            "source_id",
            unique=True,
            sqlite_where=text("status = 'running'"),
            postgresql_where=text("status = 'running'"),
        ),
        CheckConstraint("status IN ('running', 'complete', 'failed', 'cancelled')", name="status"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"), index=True)
    corpus: Mapped[str]
    tokens: Mapped[int] = mapped_column(BigInteger)
    context_size: Mapped[int]
    seed: Mapped[int] = mapped_column(BigInteger)
    config: Mapped[dict[str, Any]]
    status: Mapped[str] = mapped_column(String(16))
    progress: Mapped[float]
    tokens_done: Mapped[int] = mapped_column(BigInteger)
    tokens_per_second: Mapped[float | None]
    stage: Mapped[str]
    message: Mapped[str]
    error: Mapped[str | None]
    heartbeat: Mapped[datetime]
    pid: Mapped[int]
    host: Mapped[str]
    process_started: Mapped[float]
    started: Mapped[datetime]
    finished: Mapped[datetime | None]
    density_histogram: Mapped[bytes | None]
    l0: Mapped[float | None]
    explained_variance: Mapped[float | None]
    loss_clean: Mapped[float | None]
    loss_sae: Mapped[float | None]
    loss_zero: Mapped[float | None]
    loss_recovered: Mapped[float | None]
    dead_fraction: Mapped[float | None]
    mean_residual_norm: Mapped[float | None]


class Prompt(Base):
    """The token ids of one context of the corpus, packed; stored once, never per latent.

    ``documents``: ``[[first, end, {name: value}], ...]``, which tokens are of which document of the corpus, and its
    labels; null where the corpus carries none. BOS and separators belong to no document.
    """

    __tablename__ = "prompt"

    build_id: Mapped[int] = mapped_column(ForeignKey("build.id"), primary_key=True)
    prompt_index: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    token_ids: Mapped[bytes]
    documents: Mapped[list[Any] | None]


class Latent(Base):
    """What lists show of one latent, and what its activations are measured in."""

    __tablename__ = "latent"
    __table_args__ = (
        # All densities, and the few output scores, without reading the latents.
        Index("ix_latent_density", "build_id", "density", "latent_index"),
        Index("ix_latent_output_score", "build_id", "output_score", "latent_index"),
        {"sqlite_with_rowid": False},
    )

    build_id: Mapped[int] = mapped_column(ForeignKey("build.id"), primary_key=True)
    latent_index: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    n_active: Mapped[int] = mapped_column(BigInteger)
    density: Mapped[float]
    max_activation: Mapped[float]
    mean_activation: Mapped[float]
    output_score: Mapped[float | None]
    top_token: Mapped[str | None]  # null for a dead latent
    top_token_share: Mapped[float | None]


class LatentDetail(Base):
    """What only the latent's own page shows; ``bands``: [[name, view, low, high, share_of_active], ...]."""

    __tablename__ = "latent_detail"

    build_id: Mapped[int] = mapped_column(ForeignKey("build.id"), primary_key=True)
    latent_index: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    promoted: Mapped[bytes]
    suppressed: Mapped[bytes]
    neighbours: Mapped[bytes]
    top_tokens: Mapped[bytes]
    quantiles: Mapped[dict[str, Any]]
    bands: Mapped[list[Any]]
    histogram: Mapped[bytes]
    sample: Mapped[bytes]
    token_means: Mapped[bytes | None]  # null: a build from before they were recorded
    decoder_norm: Mapped[float | None]  # the same


class Example(Base):
    """One active token; the key keeps a latent's examples side by side: a dashboard is one range read."""

    __tablename__ = "example"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012

    build_id: Mapped[int] = mapped_column(ForeignKey("build.id"), primary_key=True)
    latent_index: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    band: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)  # place in bands
    rank: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    prompt_index: Mapped[int]
    position: Mapped[int]
    activation: Mapped[float]
    window_start: Mapped[int]
    window: Mapped[bytes]


class BuildColumn(Base):
    """A number or a token id of every latent side by side, in parts; what sorts and filters read (``writes.columns``).

    ``data`` of ``density``, ``max_activation``, ``mean_activation``: float64; of ``top_token``, ``promoted``: uint32.
    """

    __tablename__ = "build_column"

    build_id: Mapped[int] = mapped_column(ForeignKey("build.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    part: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    data: Mapped[bytes]


class LatentsOfToken(Base):
    """The latents that promote a token, ascending: int32, packed. What a search for a promoted token reads."""

    __tablename__ = "latents_of_token"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012

    build_id: Mapped[int] = mapped_column(ForeignKey("build.id"), primary_key=True)
    token_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    latents: Mapped[bytes]
