"""holidays

Revision ID: 0005
Revises: 0004
Create Date: 2026-11-22 09:32:00.000000

"""

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "holiday",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name_zh", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.CheckConstraint("kind IN ('off', 'working')", name=op.f("ck_holiday_kind_known")),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_holiday")),
    )


def downgrade():
    op.drop_table("holiday")
