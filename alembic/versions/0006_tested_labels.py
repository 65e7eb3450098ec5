"""What a label is worth: its kind, status and figures, the rule that tests it, which one leads, which have ended."""

import sqlalchemy as sa

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

KINDS = "kind IN ('human', 'machine', 'tag')"
STATUSES = "status IN ('guess', 'tested', 'failed', 'causal')"
FIGURES = ("score", "precision", "recall", "auroc_token", "auroc_text")
LEADS = sa.text("leads")


def upgrade() -> None:
    with op.batch_alter_table("explanation") as table:
        table.add_column(sa.Column("kind", sa.String(8), nullable=False, server_default="machine"))
        table.add_column(sa.Column("status", sa.String(8), nullable=False, server_default="guess"))
        table.add_column(sa.Column("n", sa.BigInteger, nullable=True))
        for name in FIGURES:
            table.add_column(sa.Column(name, sa.Double, nullable=True))
        table.add_column(sa.Column("rule", sa.Text, nullable=True))
        table.add_column(sa.Column("leads", sa.Boolean, nullable=False, server_default=sa.false()))
        table.add_column(sa.Column("ended", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("ended_as", sa.String(12), nullable=True))
        table.create_check_constraint("ck_explanation_kind", KINDS)
        table.create_check_constraint("ck_explanation_status", STATUSES)
    op.execute("UPDATE explanation SET kind = 'human' WHERE method = 'human'")
    # These rested on the AUROC of each text's largest activation, or measured other shares; the demos bring new ones.
    op.execute("UPDATE explanation SET kind = 'tag' WHERE method IN ('corpus labels', 'tested rule')")
    # Who wrote a label anew had changed his mind about the one before.
    op.execute(
        "UPDATE explanation SET ended = created, ended_as = 'replaced' WHERE kind = 'human' AND EXISTS ("
        "SELECT 1 FROM explanation AS later WHERE later.source_id = explanation.source_id"
        " AND later.latent_index = explanation.latent_index AND later.weights_hash = explanation.weights_hash"
        " AND later.author = explanation.author AND later.kind = 'human' AND later.id > explanation.id)"
    )
    op.execute(
        "UPDATE explanation SET leads = (1 = 1) WHERE id IN ("
        "SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY source_id, latent_index, weights_hash "
        "ORDER BY CASE kind WHEN 'human' THEN 0 WHEN 'machine' THEN 1 ELSE 2 END, id DESC) AS place "
        "FROM explanation WHERE ended IS NULL) AS ranked WHERE place = 1)"
    )
    op.create_index(
        "uq_explanation_leads",
        "explanation",
        ["source_id", "weights_hash", "latent_index"],
        unique=True,
        sqlite_where=LEADS,
        postgresql_where=LEADS,
    )


def downgrade() -> None:
    op.drop_index("uq_explanation_leads", "explanation")
    op.execute("DELETE FROM explanation WHERE ended_as = 'withdrawn'")
    with op.batch_alter_table("explanation") as table:
        table.drop_constraint("ck_explanation_kind", type_="check")
        table.drop_constraint("ck_explanation_status", type_="check")
        for name in ("kind", "status", "n", *FIGURES, "rule", "leads", "ended", "ended_as"):
            table.drop_column(name)
