"""standby

Revision ID: 0027
Revises: 0026
Create Date: 2026-11-22 12:35:00

"""

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade():
    # Each outside a batch: one would make the table anew on SQLite, without its CHECKs.
    op.add_column("city", sa.Column("noshow_limit", sa.Integer(), server_default="0", nullable=False))
    op.add_column("city", sa.Column("noshow_days", sa.Integer(), server_default="90", nullable=False))
    op.add_column("city", sa.Column("standby_days", sa.Integer(), server_default="30", nullable=False))
    op.add_column("city", sa.Column("late_counts", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.add_column("enrolment", sa.Column("standby", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("booking", sa.Column("excused", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "appeal",
        sa.Column("booking_id", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("upheld", sa.Boolean(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("fk_appeal_booking_id")),
        sa.ForeignKeyConstraint(["decided_by"], ["person.id"], name=op.f("fk_appeal_decided_by")),
        sa.PrimaryKeyConstraint("booking_id", name=op.f("pk_appeal")),
    )
    op.create_index(op.f("ix_appeal_made_at"), "appeal", ["made_at"], unique=False)


def downgrade():
    op.drop_index(op.f("ix_appeal_made_at"), table_name="appeal")
    op.drop_table("appeal")
    op.drop_column("booking", "excused")
    op.drop_column("enrolment", "standby")
    for column in ("late_counts", "standby_days", "noshow_days", "noshow_limit"):
        op.drop_column("city", column)
