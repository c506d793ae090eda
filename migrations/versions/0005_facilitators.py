"""What facilitators need: digests, holidays, skips, nudges, reactions, tallies; the web: links, visits, the audit."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("cohort_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("about_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("action", sa.String(length=30), nullable=False),
        sa.Column("says", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["about_id"], ["members.id"], name=op.f("fk_audit_entries_about_id_members"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["by_id"], ["members.id"], name=op.f("fk_audit_entries_by_id_members"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["cohort_id"], ["cohorts.id"], name=op.f("fk_audit_entries_cohort_id_cohorts"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
    )
    with op.batch_alter_table("audit_entries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_entries_about_id"), ["about_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_entries_by_id"), ["by_id"], unique=False)
        batch_op.create_index("ix_audit_entries_cohort", ["cohort_id", "id"], unique=False)

    op.create_table(
        "notices",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("cohort_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("platform", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("ping", sa.String(length=64), nullable=True),
        sa.Column("key", sa.String(length=25), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["members.id"], name=op.f("fk_notices_by_id_members"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["cohort_id"], ["cohorts.id"], name=op.f("fk_notices_cohort_id_cohorts"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sa.UniqueConstraint("key", name=op.f("uq_notices_key")),
    )
    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notices_by_id"), ["by_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_notices_cohort_id"), ["cohort_id"], unique=False)
        batch_op.create_index(
            "ix_notices_unsaid",
            ["id"],
            unique=False,
            sqlite_where=sa.text("told_at IS NULL"),
            postgresql_where=sa.text("told_at IS NULL"),
        )

    op.create_table(
        "nudges",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("cohort_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("platform", sa.String(length=20), nullable=False),
        sa.Column("key", sa.String(length=25), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["members.id"], name=op.f("fk_nudges_by_id_members"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["cohort_id"], ["cohorts.id"], name=op.f("fk_nudges_cohort_id_cohorts"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_nudges_member_id_members"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nudges")),
        sa.UniqueConstraint("key", name=op.f("uq_nudges_key")),
    )
    with op.batch_alter_table("nudges", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_nudges_by_id"), ["by_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_nudges_cohort_id"), ["cohort_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_nudges_member_id"), ["member_id"], unique=False)
        batch_op.create_index(
            "ix_nudges_untold",
            ["id"],
            unique=False,
            sqlite_where=sa.text("told_at IS NULL"),
            postgresql_where=sa.text("told_at IS NULL"),
        )

    op.create_table(
        "sign_in_links",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("cohort_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("manages", sa.Boolean(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["cohort_id"], ["cohorts.id"], name=op.f("fk_sign_in_links_cohort_id_cohorts"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_sign_in_links_member_id_members"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_sign_in_links")),
    )
    with op.batch_alter_table("sign_in_links", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sign_in_links_cohort_id"), ["cohort_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_sign_in_links_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_sign_in_links_member_id"), ["member_id"], unique=False)

    op.create_table(
        "skipped_lessons",
        sa.Column("cohort_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lesson", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["cohort_id"], ["cohorts.id"], name=op.f("fk_skipped_lessons_cohort_id_cohorts"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("cohort_id", "lesson", name=op.f("pk_skipped_lessons")),
    )
    op.create_table(
        "visits",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("cohort_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("manages", sa.Boolean(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["cohort_id"], ["cohorts.id"], name=op.f("fk_visits_cohort_id_cohorts"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_visits_member_id_members"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_visits")),
    )
    with op.batch_alter_table("visits", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_visits_cohort_id"), ["cohort_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_visits_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_visits_member_id"), ["member_id"], unique=False)

    op.create_table(
        "tallies",
        sa.Column("enrollment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("changes", sa.BigInteger(), nullable=False),
        sa.Column("answers", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["enrollment_id"], ["enrollments.id"], name=op.f("fk_tallies_enrollment_id_enrollments"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("enrollment_id", name=op.f("pk_tallies")),
    )
    op.create_table(
        "reactions",
        sa.Column("submission_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("emoji", sa.String(length=100), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["submissions.id"],
            name=op.f("fk_reactions_submission_id_submissions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("submission_id", "person", "emoji", name=op.f("pk_reactions")),
    )
    with op.batch_alter_table("cohorts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("country", sa.String(length=10), nullable=True))
        batch_op.add_column(sa.Column("silent_after", sa.Integer(), server_default="2", nullable=False))
        batch_op.add_column(sa.Column("digest_day", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("digest_time", sa.Time(), nullable=True))
        batch_op.add_column(sa.Column("next_digest_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("calendar_key", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_check_constraint(op.f("ck_cohorts_silent_after"), "silent_after BETWEEN 1 AND 60")
        batch_op.create_check_constraint(op.f("ck_cohorts_digest_day"), "digest_day BETWEEN 0 AND 6")
        batch_op.drop_index("ix_cohorts_unexamined")
        batch_op.create_index(
            "ix_cohorts_unexamined",
            ["next_due_at"],
            unique=False,
            sqlite_where=sa.text("examined_at IS NULL"),
            postgresql_where=sa.text("examined_at IS NULL"),
        )
        batch_op.create_index(
            "ix_cohorts_digest",
            ["next_digest_at"],
            unique=False,
            sqlite_where=sa.text("next_digest_at IS NOT NULL"),
            postgresql_where=sa.text("next_digest_at IS NOT NULL"),
        )
        batch_op.create_unique_constraint(batch_op.f("uq_cohorts_calendar_key"), ["calendar_key"])

    with op.batch_alter_table("enrollments", schema=None) as batch_op:
        batch_op.add_column(sa.Column("changes", sa.BigInteger(), server_default="0", nullable=False))

    with op.batch_alter_table("feedback", schema=None) as batch_op:
        batch_op.add_column(sa.Column("kind", sa.String(length=8), server_default="note", nullable=False))
        batch_op.create_check_constraint(op.f("ck_feedback_kind"), "kind IN ('note', 'praise')")


def downgrade() -> None:
    with op.batch_alter_table("feedback", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_feedback_kind"), type_="check")
        batch_op.drop_column("kind")

    with op.batch_alter_table("enrollments", schema=None) as batch_op:
        batch_op.drop_column("changes")

    with op.batch_alter_table("cohorts", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_cohorts_calendar_key"), type_="unique")
        batch_op.drop_index("ix_cohorts_unexamined")
        batch_op.create_index(
            "ix_cohorts_unexamined",
            ["next_due_at"],
            unique=False,
            sqlite_where=sa.text("examined_at IS NULL AND state = 'active'"),
            postgresql_where=sa.text("examined_at IS NULL AND state = 'active'"),
        )
        batch_op.drop_index(
            "ix_cohorts_digest",
            sqlite_where=sa.text("next_digest_at IS NOT NULL"),
            postgresql_where=sa.text("next_digest_at IS NOT NULL"),
        )
        batch_op.drop_constraint(op.f("ck_cohorts_digest_day"), type_="check")
        batch_op.drop_constraint(op.f("ck_cohorts_silent_after"), type_="check")
        batch_op.drop_column("archived_at")
        batch_op.drop_column("calendar_key")
        batch_op.drop_column("next_digest_at")
        batch_op.drop_column("digest_time")
        batch_op.drop_column("digest_day")
        batch_op.drop_column("silent_after")
        batch_op.drop_column("country")

    op.drop_table("reactions")
    op.drop_table("tallies")
    with op.batch_alter_table("visits", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_visits_member_id"))
        batch_op.drop_index(batch_op.f("ix_visits_expires_at"))
        batch_op.drop_index(batch_op.f("ix_visits_cohort_id"))

    op.drop_table("visits")
    op.drop_table("skipped_lessons")
    with op.batch_alter_table("sign_in_links", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sign_in_links_member_id"))
        batch_op.drop_index(batch_op.f("ix_sign_in_links_expires_at"))
        batch_op.drop_index(batch_op.f("ix_sign_in_links_cohort_id"))

    op.drop_table("sign_in_links")
    with op.batch_alter_table("nudges", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_nudges_untold", sqlite_where=sa.text("told_at IS NULL"), postgresql_where=sa.text("told_at IS NULL")
        )
        batch_op.drop_index(batch_op.f("ix_nudges_member_id"))
        batch_op.drop_index(batch_op.f("ix_nudges_cohort_id"))
        batch_op.drop_index(batch_op.f("ix_nudges_by_id"))

    op.drop_table("nudges")
    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_notices_unsaid", sqlite_where=sa.text("told_at IS NULL"), postgresql_where=sa.text("told_at IS NULL")
        )
        batch_op.drop_index(batch_op.f("ix_notices_cohort_id"))
        batch_op.drop_index(batch_op.f("ix_notices_by_id"))

    op.drop_table("notices")
    with op.batch_alter_table("audit_entries", schema=None) as batch_op:
        batch_op.drop_index("ix_audit_entries_cohort")
        batch_op.drop_index(batch_op.f("ix_audit_entries_by_id"))
        batch_op.drop_index(batch_op.f("ix_audit_entries_about_id"))

    op.drop_table("audit_entries")
