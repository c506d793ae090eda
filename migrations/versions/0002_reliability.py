"""What several processes share; catch-up, probes, audits, sweeps, alerts and dead letters."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "dead_letters",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("platform", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("ref", sa.String(length=128), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dead_letters")),
        sa.UniqueConstraint("platform", "kind", "ref", name=op.f("uq_dead_letters_platform_kind_ref")),
    )
    op.create_table(
        "holdings",
        sa.Column("role", sa.String(length=128), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("role", name=op.f("pk_holdings")),
    )
    op.create_table(
        "spendings",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("scope", sa.String(length=128), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spendings")),
    )
    with op.batch_alter_table("spendings", schema=None) as batch_op:
        batch_op.create_index("ix_spendings_scope", ["scope", "at"], unique=False)

    op.create_table(
        "turns",
        sa.Column("scope", sa.String(length=128), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_turns")),
    )
    with op.batch_alter_table("cohorts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("catch_up", sa.String(length=8), server_default="all", nullable=False))
        batch_op.add_column(sa.Column("alerts", sa.String(length=64), nullable=True))
        batch_op.create_check_constraint(op.f("ck_cohorts_catch_up"), "catch_up IN ('all', 'shift', 'latest')")

    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.add_column(sa.Column("probes", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("enqueued_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("alerted_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(
            "ix_deliveries_blocked",
            ["next_try_at"],
            unique=False,
            sqlite_where=sa.text("state = 'blocked'"),
            postgresql_where=sa.text("state = 'blocked'"),
        )
        batch_op.create_index(
            "ix_deliveries_dead",
            ["id"],
            unique=False,
            sqlite_where=sa.text("state = 'dead'"),
            postgresql_where=sa.text("state = 'dead'"),
        )
        batch_op.create_index(
            "ix_deliveries_unalerted",
            ["due_at"],
            unique=False,
            sqlite_where=sa.text("alerted_at IS NULL AND state IN ('planned', 'blocked', 'dead')"),
            postgresql_where=sa.text("alerted_at IS NULL AND state IN ('planned', 'blocked', 'dead')"),
        )

    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.add_column(sa.Column("sweep_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("audit_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("audits", sa.Integer(), server_default="0", nullable=False))
        batch_op.create_index(
            "ix_messages_audit",
            ["audit_at"],
            unique=False,
            sqlite_where=sa.text("audit_at IS NOT NULL"),
            postgresql_where=sa.text("audit_at IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_messages_sweep",
            ["sweep_at"],
            unique=False,
            sqlite_where=sa.text("sweep_at IS NOT NULL"),
            postgresql_where=sa.text("sweep_at IS NOT NULL"),
        )

    # The threads that stand are swept as well.
    op.execute(
        "UPDATE messages SET sweep_at = (SELECT posted_at FROM deliveries WHERE deliveries.id = messages.delivery_id)"
        " WHERE thread IS NOT NULL"
    )


def downgrade() -> None:
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_messages_sweep",
            sqlite_where=sa.text("sweep_at IS NOT NULL"),
            postgresql_where=sa.text("sweep_at IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_messages_audit",
            sqlite_where=sa.text("audit_at IS NOT NULL"),
            postgresql_where=sa.text("audit_at IS NOT NULL"),
        )
        batch_op.drop_column("audits")
        batch_op.drop_column("audit_at")
        batch_op.drop_column("sweep_at")

    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_deliveries_unalerted",
            sqlite_where=sa.text("alerted_at IS NULL AND state IN ('planned', 'blocked', 'dead')"),
            postgresql_where=sa.text("alerted_at IS NULL AND state IN ('planned', 'blocked', 'dead')"),
        )
        batch_op.drop_index(
            "ix_deliveries_dead",
            sqlite_where=sa.text("state = 'dead'"),
            postgresql_where=sa.text("state = 'dead'"),
        )
        batch_op.drop_index(
            "ix_deliveries_blocked",
            sqlite_where=sa.text("state = 'blocked'"),
            postgresql_where=sa.text("state = 'blocked'"),
        )
        batch_op.drop_column("alerted_at")
        batch_op.drop_column("enqueued_at")
        batch_op.drop_column("probes")

    with op.batch_alter_table("cohorts", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_cohorts_catch_up"), type_="check")
        batch_op.drop_column("alerts")
        batch_op.drop_column("catch_up")

    op.drop_table("turns")
    with op.batch_alter_table("spendings", schema=None) as batch_op:
        batch_op.drop_index("ix_spendings_scope")

    op.drop_table("spendings")
    op.drop_table("holdings")
    op.drop_table("dead_letters")
