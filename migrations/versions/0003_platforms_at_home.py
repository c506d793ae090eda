"""Edits, pins and mentions of lessons; the look before the first; loose replies and feedback."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "loose_replies",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("platform", sa.String(length=20), nullable=False),
        sa.Column("workspace", sa.String(length=64), nullable=False),
        sa.Column("ref", sa.String(length=128), nullable=False),
        sa.Column("place", sa.String(length=128), nullable=True),
        sa.Column("author", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_loose_replies")),
        sa.UniqueConstraint("platform", "ref", name=op.f("uq_loose_replies_platform_ref")),
    )
    with op.batch_alter_table("loose_replies", schema=None) as batch_op:
        batch_op.create_index("ix_loose_replies_author", ["platform", "author"], unique=False)

    op.create_table(
        "feedback",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("submission_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("platform", sa.String(length=20), nullable=False),
        sa.Column("key", sa.String(length=25), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["members.id"], name=op.f("fk_feedback_by_id_members"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["submissions.id"],
            name=op.f("fk_feedback_submission_id_submissions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback")),
        sa.UniqueConstraint("key", name=op.f("uq_feedback_key")),
    )
    with op.batch_alter_table("feedback", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_feedback_by_id"), ["by_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_feedback_submission_id"), ["submission_id"], unique=False)
        batch_op.create_index(
            "ix_feedback_untold",
            ["id"],
            unique=False,
            sqlite_where=sa.text("told_at IS NULL"),
            postgresql_where=sa.text("told_at IS NULL"),
        )

    with op.batch_alter_table("cohorts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("ping", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("pins", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("examined_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_check_constraint(op.f("ck_cohorts_pins"), "pins BETWEEN 0 AND 20")
        batch_op.create_index(
            "ix_cohorts_unexamined",
            ["next_due_at"],
            unique=False,
            sqlite_where=sa.text("examined_at IS NULL AND state = 'active'"),
            postgresql_where=sa.text("examined_at IS NULL AND state = 'active'"),
        )

    with op.batch_alter_table("enrollments", schema=None) as batch_op:
        batch_op.add_column(sa.Column("quiet", sa.Boolean(), server_default=sa.false(), nullable=False))

    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.add_column(sa.Column("new_body", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("pin", sa.String(length=8), nullable=True))
        batch_op.create_check_constraint(op.f("ck_messages_pin"), "pin IN ('wanted', 'pinned', 'unwanted')")
        batch_op.create_index(
            "ix_messages_edit",
            ["id"],
            unique=False,
            sqlite_where=sa.text("new_body IS NOT NULL"),
            postgresql_where=sa.text("new_body IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_messages_pin",
            ["id"],
            unique=False,
            sqlite_where=sa.text("pin IN ('wanted', 'unwanted')"),
            postgresql_where=sa.text("pin IN ('wanted', 'unwanted')"),
        )

    # Cohorts that stand have been looked at by those who run them.
    op.execute("UPDATE cohorts SET examined_at = created_at")


def downgrade() -> None:
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_messages_pin",
            sqlite_where=sa.text("pin IN ('wanted', 'unwanted')"),
            postgresql_where=sa.text("pin IN ('wanted', 'unwanted')"),
        )
        batch_op.drop_index(
            "ix_messages_edit",
            sqlite_where=sa.text("new_body IS NOT NULL"),
            postgresql_where=sa.text("new_body IS NOT NULL"),
        )
        batch_op.drop_constraint(op.f("ck_messages_pin"), type_="check")
        batch_op.drop_column("pin")
        batch_op.drop_column("new_body")

    with op.batch_alter_table("enrollments", schema=None) as batch_op:
        batch_op.drop_column("quiet")

    with op.batch_alter_table("cohorts", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_cohorts_unexamined",
            sqlite_where=sa.text("examined_at IS NULL AND state = 'active'"),
            postgresql_where=sa.text("examined_at IS NULL AND state = 'active'"),
        )
        batch_op.drop_column("examined_at")
        batch_op.drop_constraint(op.f("ck_cohorts_pins"), type_="check")
        batch_op.drop_column("pins")
        batch_op.drop_column("ping")

    with op.batch_alter_table("feedback", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_feedback_untold", sqlite_where=sa.text("told_at IS NULL"), postgresql_where=sa.text("told_at IS NULL")
        )
        batch_op.drop_index(batch_op.f("ix_feedback_submission_id"))
        batch_op.drop_index(batch_op.f("ix_feedback_by_id"))

    op.drop_table("feedback")
    with op.batch_alter_table("loose_replies", schema=None) as batch_op:
        batch_op.drop_index("ix_loose_replies_author")

    op.drop_table("loose_replies")
