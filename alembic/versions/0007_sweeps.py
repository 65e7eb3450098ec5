"""What a calibration judges by, and what it wrote; the length of a latent's decoder row; which mixes are ready-made.

Null where from before.
"""

import sqlalchemy as sa

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("calibration", sa.Column("sweep", sa.JSON, nullable=True))
    op.add_column("mix", sa.Column("ready_made", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("latent_detail", sa.Column("decoder_norm", sa.Double, nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("calibration") as calibration:
        calibration.drop_column("sweep")
    with op.batch_alter_table("mix") as mix:
        mix.drop_column("ready_made")
    with op.batch_alter_table("latent_detail") as detail:
        detail.drop_column("decoder_norm")
