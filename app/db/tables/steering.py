"""What people and tests add to a source: explanations, vectors, calibrations, mixes."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, false
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from app.db.tables.base import Base


class Explanation(Base):
    """A label: a text that says what a latent means. It belongs to the weights and survives a rebuild.

    ``status`` and the figures are those of its test (``models.statistics.label_tests``); ``scores`` has what else was
    measured: intervals, what was tested on, who scored. ``rule``: what tests it again on any corpus. ``leads``: the
    best one of its latent and weights, kept by ``writes.explanations``. ``ended``: when it was withdrawn or replaced.
    """

    __tablename__ = "explanation"
    __table_args__ = (
        Index("ix_explanation_latent", "source_id", "latent_index"),
        # The label of a latent is one row, found without looking at the others.
        Index(
            "uq_explanation_leads",
            "source_id",
            "weights_hash",
            "latent_index",
            unique=True,
            sqlite_where=sql("leads"),
            postgresql_where=sql("leads"),
        ),
        CheckConstraint("kind IN ('human', 'machine', 'tag')", name="kind"),
        CheckConstraint("status IN ('guess', 'tested', 'failed', 'causal')", name="status"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"))
    latent_index: Mapped[int]
    weights_hash: Mapped[str]
    text: Mapped[str]
    author: Mapped[str]
    method: Mapped[str]
    scores: Mapped[dict[str, Any]]
    created: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(8), server_default="machine", default="machine")
    status: Mapped[str] = mapped_column(String(8), server_default="guess", default="guess")
    n: Mapped[int | None] = mapped_column(BigInteger)
    score: Mapped[float | None]
    precision: Mapped[float | None]
    recall: Mapped[float | None]
    auroc_token: Mapped[float | None]
    auroc_text: Mapped[float | None]
    rule: Mapped[str | None]
    leads: Mapped[bool] = mapped_column(server_default=false(), default=False)
    ended: Mapped[datetime | None]
    ended_as: Mapped[str | None] = mapped_column(String(12))  # "withdrawn" or "replaced"


class Vector(Base):
    """A direction at a hook of a model, from two lists of prompts; ``values``: float32 packed, (d_in,)."""

    __tablename__ = "vector"
    __table_args__ = (UniqueConstraint("language_model_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    language_model_id: Mapped[int] = mapped_column(ForeignKey("language_model.id"))
    name: Mapped[str] = mapped_column(String(200))
    hook_name: Mapped[str]
    positions: Mapped[str] = mapped_column(String(16))  # "last" or "mean"
    positive: Mapped[list[Any]]
    negative: Mapped[list[Any]]
    values: Mapped[bytes]
    norm: Mapped[float]
    residual_share: Mapped[float | None]
    created: Mapped[datetime]


class Calibration(Base):
    """What strengths do to the text, for a latent or for a vector, and the range in which it stays coherent.

    ``unit`` is what strength 1 meant when it was measured: M_i for a latent, the norm for a vector; ``temperature`` is
    that of the texts. The lists run along ``strengths``: ``effect`` in units of M_i, ``base_nll`` in nats per token,
    ``distinct_2`` a share.
    """

    __tablename__ = "calibration"
    __table_args__ = (
        UniqueConstraint("source_id", "latent_index", "mode"),
        UniqueConstraint("vector_id", "mode"),
        CheckConstraint(
            "(vector_id IS NULL AND source_id IS NOT NULL AND latent_index IS NOT NULL) OR "
            "(vector_id IS NOT NULL AND source_id IS NULL AND latent_index IS NULL)",
            name="one_subject",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int | None] = mapped_column(ForeignKey("source.id"))
    latent_index: Mapped[int | None]
    vector_id: Mapped[int | None] = mapped_column(ForeignKey("vector.id"))
    mode: Mapped[str] = mapped_column(String(16))
    unit: Mapped[float]
    prompts: Mapped[list[Any]]
    temperature: Mapped[float] = mapped_column(server_default="1")
    strengths: Mapped[list[Any]]
    effect: Mapped[list[Any]]
    base_nll: Mapped[list[Any]]
    distinct_2: Mapped[list[Any]]
    safe_low: Mapped[float]
    safe_high: Mapped[float]
    recommended: Mapped[float]
    created: Mapped[datetime]
    sweep: Mapped[dict[str, Any] | None]  # null: measured by the rule before this one


class Mix(Base):
    """A saved set of sliders. ``terms``: as the API takes them; ``options``: sampling settings.

    ``ready_made``: a demo's own, which nobody deletes by a slip.
    """

    __tablename__ = "mix"

    id: Mapped[int] = mapped_column(primary_key=True)
    language_model_id: Mapped[int] = mapped_column(ForeignKey("language_model.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    terms: Mapped[list[Any]]
    options: Mapped[dict[str, Any]]
    created: Mapped[datetime]
    ready_made: Mapped[bool] = mapped_column(server_default=false(), default=False)
