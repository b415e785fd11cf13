"""approval and deputies

Revision ID: 0025
Revises: 0024
Create Date: 2026-11-22 13:05:00

"""

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade():
    # With its check: a batch would build the table anew, without the others.
    op.execute(
        "ALTER TABLE enterprise ADD COLUMN booking_rule VARCHAR(16) NOT NULL DEFAULT 'free'"
        " CONSTRAINT ck_enterprise_booking_rule_known CHECK (booking_rule IN ('free', 'approval'))"
    )
    op.add_column("enrolment", sa.Column("to_approve", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("post", sa.Column("is_deputy", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade():
    op.drop_column("post", "is_deputy")
    op.drop_column("enrolment", "to_approve")
    op.drop_column("enterprise", "booking_rule")
