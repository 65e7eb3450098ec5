"""How strongly a latent fires on each of its tokens; null in builds from before."""

import sqlalchemy as sa

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("latent_detail", sa.Column("token_means", sa.LargeBinary, nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("latent_detail") as detail:
        detail.drop_column("token_means")
