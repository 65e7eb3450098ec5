"""Which tokens of a prompt are of which document of the corpus, and the labels that came with it."""

import sqlalchemy as sa

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("prompt", sa.Column("documents", sa.JSON, nullable=True))


def downgrade() -> None:
    op.drop_column("prompt", "documents")
