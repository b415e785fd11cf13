"""setting up: rules of hours, opening hours

Revision ID: 0014
Revises: 0013
Create Date: 2026-11-22 09:32:00

"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("city") as batch_op:
        batch_op.add_column(sa.Column("minutes_per_hour", sa.Integer(), nullable=False, server_default="45"))
        batch_op.add_column(sa.Column("full_from_percent", sa.Integer(), nullable=False, server_default="80"))
    with op.batch_alter_table("city") as batch_op:
        batch_op.alter_column("minutes_per_hour", server_default=None)
        batch_op.alter_column("full_from_percent", server_default=None)
        batch_op.create_check_constraint(op.f("ck_city_hours_have_minutes"), "minutes_per_hour > 0")
        batch_op.create_check_constraint(
            op.f("ck_city_share_is_one"), "full_from_percent > 0 AND full_from_percent <= 100"
        )
    with op.batch_alter_table("home") as batch_op:
        batch_op.add_column(sa.Column("opening_zh", sa.String(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("opening_en", sa.String(), nullable=False, server_default=""))
    with op.batch_alter_table("home") as batch_op:
        batch_op.alter_column("opening_zh", server_default=None)
        batch_op.alter_column("opening_en", server_default=None)


def downgrade():
    with op.batch_alter_table("home") as batch_op:
        batch_op.drop_column("opening_en")
        batch_op.drop_column("opening_zh")
    with op.batch_alter_table("city") as batch_op:
        batch_op.drop_constraint(op.f("ck_city_share_is_one"), type_="check")
        batch_op.drop_constraint(op.f("ck_city_hours_have_minutes"), type_="check")
        batch_op.drop_column("full_from_percent")
        batch_op.drop_column("minutes_per_hour")
