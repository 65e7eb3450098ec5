"""What a search over all latents reads: the words of a build, and the latents of each."""

import sqlalchemy as sa

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "search_word",
        sa.Column("build_id", sa.Integer, nullable=False),
        sa.Column("word_id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["build_id"], ["build.id"], name="fk_search_word_build_id"),
        sa.PrimaryKeyConstraint("build_id", "word_id", name="pk_search_word"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "search_posting",
        sa.Column("build_id", sa.Integer, nullable=False),
        sa.Column("word_id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("part", sa.SmallInteger, nullable=False, autoincrement=False),
        sa.Column("latents", sa.LargeBinary, nullable=False),
        sa.ForeignKeyConstraint(["build_id"], ["build.id"], name="fk_search_posting_build_id"),
        sa.PrimaryKeyConstraint("build_id", "word_id", "part", name="pk_search_posting"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("search_posting")
    op.drop_table("search_word")
