"""What the table of latents is sorted, filtered and searched by: packed columns, latents by promoted token, and the
number that tells caches of changed labels. The table no longer reads the indexes on maximum and mean, nor the texts
for searches.
"""

import sqlalchemy as sa

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "build_column",
        sa.Column("build_id", sa.Integer, nullable=False),
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("part", sa.SmallInteger, nullable=False, autoincrement=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.ForeignKeyConstraint(["build_id"], ["build.id"], name="fk_build_column_build_id"),
        sa.PrimaryKeyConstraint("build_id", "name", "part", name="pk_build_column"),
    )
    op.create_table(
        "latents_of_token",
        sa.Column("build_id", sa.Integer, nullable=False),
        sa.Column("token_id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("latents", sa.LargeBinary, nullable=False),
        sa.ForeignKeyConstraint(["build_id"], ["build.id"], name="fk_latents_of_token_build_id"),
        sa.PrimaryKeyConstraint("build_id", "token_id", name="pk_latents_of_token"),
        sqlite_with_rowid=False,
    )
    if op.get_bind().dialect.name == "postgresql":
        # Packed numbers do not shrink; trying costs more than reading them.
        op.execute("ALTER TABLE build_column ALTER COLUMN data SET STORAGE EXTERNAL")
    op.add_column("source", sa.Column("table_version", sa.Integer, nullable=False, server_default="0"))
    op.drop_index("ix_latent_max_activation", "latent")
    op.drop_index("ix_latent_mean_activation", "latent")
    op.drop_column("latent", "search_text")
    op.drop_column("explanation", "search_text")


def downgrade() -> None:
    for table in ("explanation", "latent"):
        # A search of the older version finds nothing until the next build.
        op.add_column(table, sa.Column("search_text", sa.Text, nullable=False, server_default=""))
    op.create_index("ix_latent_mean_activation", "latent", ["build_id", "mean_activation", "latent_index"])
    op.create_index("ix_latent_max_activation", "latent", ["build_id", "max_activation", "latent_index"])
    op.drop_column("source", "table_version")
    op.drop_table("latents_of_token")
    op.drop_table("build_column")
