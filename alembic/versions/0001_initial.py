"""The first tables. What each is for is in docs/data-model.md."""

import sqlalchemy as sa

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
IS_KNOWN = "status IN ('running', 'complete', 'failed', 'cancelled')"
IS_RUNNING = sa.text("status = 'running'")


def upgrade() -> None:
    create_models()
    create_sources()
    create_builds()
    create_latents()
    create_examples()
    create_explanations()
    create_steering()


def downgrade() -> None:
    with op.batch_alter_table("source") as source:
        source.drop_constraint("fk_source_current_build_id", type_="foreignkey")
    for table in (
        "mix",
        "calibration",
        "vector",
        "explanation",
        "example",
        "latent_detail",
        "latent",
        "prompt",
    ):
        op.drop_table(table)
    for table in ("build", "source", "token", "language_model"):
        op.drop_table(table)


def column(name: str, kind: sa.types.TypeEngine | type, nullable: bool = False) -> sa.Column:
    return sa.Column(name, kind, nullable=nullable)


def identity() -> sa.Column:
    return sa.Column("id", sa.Integer, nullable=False)


def key(name: str, kind: type = sa.Integer) -> sa.Column:
    """A column of a key made of several, whose numbers the database does not count by itself."""
    return sa.Column(name, kind, nullable=False, autoincrement=False)


def reference(table: str, name: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([name], [to], name=f"fk_{table}_{name}")


def create_models() -> None:
    op.create_table(
        "language_model",
        identity(),
        column("name", sa.Text),
        column("location", sa.Text),
        column("architecture", sa.Text),
        column("n_layers", sa.Integer),
        column("d_model", sa.Integer),
        column("vocab_size", sa.Integer),
        column("context_size", sa.Integer),
        column("fingerprint", sa.String(64)),
        sa.PrimaryKeyConstraint("id", name="pk_language_model"),
        sa.UniqueConstraint("fingerprint", name="uq_language_model_fingerprint"),
    )
    op.create_table(
        "token",
        key("language_model_id"),
        key("token_id"),
        column("text", sa.Text),
        reference("token", "language_model_id", "language_model.id"),
        sa.PrimaryKeyConstraint("language_model_id", "token_id", name="pk_token"),
        sqlite_with_rowid=False,
    )


def create_sources() -> None:
    op.create_table(
        "source",
        identity(),
        column("slug", sa.String(100)),
        column("language_model_id", sa.Integer),
        column("sae_location", sa.Text),
        column("hook_name", sa.Text),
        column("layer", sa.Integer),
        column("site", sa.Text),
        column("sae_kind", sa.Text),
        column("d_in", sa.Integer),
        column("d_sae", sa.Integer),
        column("context_size", sa.Integer),
        column("prepend_bos", sa.Boolean),
        column("weights_hash", sa.Text),
        column("explained_variance", sa.Double, nullable=True),
        column("warnings", sa.JSON),
        column("current_build_id", sa.Integer, nullable=True),
        column("created", MOMENT),
        reference("source", "language_model_id", "language_model.id"),
        sa.PrimaryKeyConstraint("id", name="pk_source"),
        sa.UniqueConstraint("slug", name="uq_source_slug"),
    )
    op.create_index("ix_source_language_model_id", "source", ["language_model_id"])


def create_builds() -> None:
    op.create_table(
        "build",
        identity(),
        column("source_id", sa.Integer),
        column("corpus", sa.Text),
        column("tokens", sa.BigInteger),
        column("context_size", sa.Integer),
        column("seed", sa.BigInteger),
        column("config", sa.JSON),
        column("status", sa.String(16)),
        column("progress", sa.Double),
        column("tokens_done", sa.BigInteger),
        column("tokens_per_second", sa.Double, nullable=True),
        column("stage", sa.Text),
        column("message", sa.Text),
        column("error", sa.Text, nullable=True),
        column("heartbeat", MOMENT),
        column("pid", sa.Integer),
        column("host", sa.Text),
        column("process_started", sa.Double),
        column("started", MOMENT),
        column("finished", MOMENT, nullable=True),
        column("density_histogram", sa.LargeBinary, nullable=True),
        column("l0", sa.Double, nullable=True),
        column("explained_variance", sa.Double, nullable=True),
        column("loss_clean", sa.Double, nullable=True),
        column("loss_sae", sa.Double, nullable=True),
        column("loss_zero", sa.Double, nullable=True),
        column("loss_recovered", sa.Double, nullable=True),
        column("dead_fraction", sa.Double, nullable=True),
        column("mean_residual_norm", sa.Double, nullable=True),
        sa.CheckConstraint("status IN ('running', 'complete', 'failed', 'cancelled')", name="ck_build_status"),
        reference("build", "source_id", "source.id"),
        sa.PrimaryKeyConstraint("id", name="pk_build"),
    )
    op.create_index("ix_build_source_id", "build", ["source_id"])
    op.create_index(
        "uq_build_running",
        "build",
        ["source_id"],
        unique=True,
        sqlite_where=IS_RUNNING,
        postgresql_where=IS_RUNNING,
    )
    # The two tables point at each other: this half can only be said once both exist.
    with op.batch_alter_table("source") as source:
        source.create_foreign_key("fk_source_current_build_id", "build", ["current_build_id"], ["id"])


def create_latents() -> None:
    op.create_table(
        "latent",
        key("build_id"),
        key("latent_index"),
        column("n_active", sa.BigInteger),
        column("density", sa.Double),
        column("max_activation", sa.Double),
        column("mean_activation", sa.Double),
        column("output_score", sa.Double, nullable=True),
        column("top_token", sa.Text, nullable=True),
        column("top_token_share", sa.Double, nullable=True),
        column("search_text", sa.Text),
        reference("latent", "build_id", "build.id"),
        sa.PrimaryKeyConstraint("build_id", "latent_index", name="pk_latent"),
        sqlite_with_rowid=False,
    )
    for sorted_by in ("density", "max_activation", "mean_activation", "output_score"):
        op.create_index(f"ix_latent_{sorted_by}", "latent", ["build_id", sorted_by, "latent_index"])
    op.create_table(
        "latent_detail",
        key("build_id"),
        key("latent_index"),
        column("promoted", sa.LargeBinary),
        column("suppressed", sa.LargeBinary),
        column("neighbours", sa.LargeBinary),
        column("top_tokens", sa.LargeBinary),
        column("quantiles", sa.JSON),
        column("bands", sa.JSON),
        column("histogram", sa.LargeBinary),
        column("sample", sa.LargeBinary),
        reference("latent_detail", "build_id", "build.id"),
        sa.PrimaryKeyConstraint("build_id", "latent_index", name="pk_latent_detail"),
    )


def create_examples() -> None:
    op.create_table(
        "prompt",
        key("build_id"),
        key("prompt_index"),
        column("token_ids", sa.LargeBinary),
        reference("prompt", "build_id", "build.id"),
        sa.PrimaryKeyConstraint("build_id", "prompt_index", name="pk_prompt"),
    )
    op.create_table(
        "example",
        key("build_id"),
        key("latent_index"),
        key("band", sa.SmallInteger),
        key("rank", sa.SmallInteger),
        column("prompt_index", sa.Integer),
        column("position", sa.Integer),
        column("activation", sa.Double),
        column("window_start", sa.Integer),
        column("window", sa.LargeBinary),
        reference("example", "build_id", "build.id"),
        sa.PrimaryKeyConstraint("build_id", "latent_index", "band", "rank", name="pk_example"),
        sqlite_with_rowid=False,
    )


def create_explanations() -> None:
    op.create_table(
        "explanation",
        identity(),
        column("source_id", sa.Integer),
        column("latent_index", sa.Integer),
        column("weights_hash", sa.Text),
        column("text", sa.Text),
        column("search_text", sa.Text),
        column("author", sa.Text),
        column("method", sa.Text),
        column("scores", sa.JSON),
        column("created", MOMENT),
        reference("explanation", "source_id", "source.id"),
        sa.PrimaryKeyConstraint("id", name="pk_explanation"),
    )
    op.create_index("ix_explanation_latent", "explanation", ["source_id", "latent_index"])


def create_steering() -> None:
    op.create_table(
        "vector",
        identity(),
        column("language_model_id", sa.Integer),
        column("name", sa.String(200)),
        column("hook_name", sa.Text),
        column("positions", sa.String(16)),
        column("positive", sa.JSON),
        column("negative", sa.JSON),
        column("values", sa.LargeBinary),
        column("norm", sa.Double),
        column("residual_share", sa.Double, nullable=True),
        column("created", MOMENT),
        reference("vector", "language_model_id", "language_model.id"),
        sa.PrimaryKeyConstraint("id", name="pk_vector"),
        sa.UniqueConstraint("language_model_id", "name", name="uq_vector_language_model_id_name"),
    )
    create_calibrations()
    op.create_table(
        "mix",
        identity(),
        column("language_model_id", sa.Integer),
        column("name", sa.String(200)),
        column("terms", sa.JSON),
        column("options", sa.JSON),
        column("created", MOMENT),
        reference("mix", "language_model_id", "language_model.id"),
        sa.PrimaryKeyConstraint("id", name="pk_mix"),
    )
    op.create_index("ix_mix_language_model_id", "mix", ["language_model_id"])


def create_calibrations() -> None:
    op.create_table(
        "calibration",
        identity(),
        column("source_id", sa.Integer, nullable=True),
        column("latent_index", sa.Integer, nullable=True),
        column("vector_id", sa.Integer, nullable=True),
        column("mode", sa.String(16)),
        column("unit", sa.Double),
        column("prompts", sa.JSON),
        column("strengths", sa.JSON),
        column("effect", sa.JSON),
        column("base_nll", sa.JSON),
        column("distinct_2", sa.JSON),
        column("safe_low", sa.Double),
        column("safe_high", sa.Double),
        column("recommended", sa.Double),
        column("created", MOMENT),
        sa.CheckConstraint(
            "(vector_id IS NULL AND source_id IS NOT NULL AND latent_index IS NOT NULL) OR "
            "(vector_id IS NOT NULL AND source_id IS NULL AND latent_index IS NULL)",
            name="ck_calibration_one_subject",
        ),
        reference("calibration", "source_id", "source.id"),
        reference("calibration", "vector_id", "vector.id"),
        sa.PrimaryKeyConstraint("id", name="pk_calibration"),
        sa.UniqueConstraint("source_id", "latent_index", "mode", name="uq_calibration_source_id_latent_index_mode"),
        sa.UniqueConstraint("vector_id", "mode", name="uq_calibration_vector_id_mode"),
    )
