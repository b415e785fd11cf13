"""tokens with scopes

Revision ID: 0002
Revises: 0001
Create Date: 2026-11-22 09:40:00

"""

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("token", schema=None) as batch_op:
        # A token made before goes as far as it went.
        batch_op.add_column(sa.Column("scopes", sa.String(length=32), nullable=False, server_default="read book serve"))
        batch_op.add_column(sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("token", schema=None) as batch_op:
        batch_op.alter_column("scopes", server_default=None)


def downgrade():
    op.execute("DELETE FROM token WHERE ended_at IS NOT NULL")  # they would come to life again
    with op.batch_alter_table("token", schema=None) as batch_op:
        batch_op.drop_column("ended_at")
        batch_op.drop_column("last_used_at")
        batch_op.drop_column("scopes")
