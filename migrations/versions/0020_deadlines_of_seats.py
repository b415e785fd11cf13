"""deadlines of seats

Revision ID: 0020
Revises: 0019
Create Date: 2026-11-22 11:55:00

"""

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade():
    # Outside a batch: one would build the table anew, without its CHECKs.
    op.add_column("booking", sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))
    waits = sa.text("due_at IS NOT NULL")
    op.create_index("ix_booking_due", "booking", ["due_at"], sqlite_where=waits, postgresql_where=waits)


def downgrade():
    op.drop_index("ix_booking_due", table_name="booking")
    op.drop_column("booking", "due_at")
