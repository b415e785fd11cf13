"""taking back

Revision ID: 0009
Revises: 0008
Create Date: 2026-11-22 10:05:00.000000

"""

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade():
    op.create_index(op.f("ix_notice_class_id"), "notice", ["class_id"], unique=False)
    # Plain, not batch: a batch would copy the table and lose the CHECK that came with an earlier column.
    op.add_column("training_class", sa.Column("call_off_reason_en", sa.String(), nullable=False, server_default=""))


def downgrade():
    op.drop_column("training_class", "call_off_reason_en")
    op.drop_index(op.f("ix_notice_class_id"), table_name="notice")
