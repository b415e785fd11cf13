"""which towns and half-days suit who asks to be told

Revision ID: 0024
Revises: 0023
Create Date: 2026-11-22 12:20:11.204817

"""

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("interest", sa.Column("towns", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("interest", sa.Column("half_days", sa.JSON(), server_default="[]", nullable=False))


def downgrade():
    op.drop_column("interest", "half_days")
    op.drop_column("interest", "towns")
