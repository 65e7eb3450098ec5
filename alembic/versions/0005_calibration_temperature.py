"""The temperature of the texts that a calibration was judged by."""

import sqlalchemy as sa

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # What is stored already was measured at 1.
    op.add_column("calibration", sa.Column("temperature", sa.Double, nullable=False, server_default="1"))


def downgrade() -> None:
    op.drop_column("calibration", "temperature")
