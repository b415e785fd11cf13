"""hours of a year

Revision ID: 0018
Revises: 0017
Create Date: 2026-11-22 09:29:04.800755

"""

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade():
    # What is there already is counted by the worker's job `recount-hours` within the hour.
    op.create_table(
        "yearly_hours",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("half_hours", sa.Integer(), nullable=False),
        sa.Column("classes", sa.Integer(), nullable=False),
        sa.CheckConstraint("half_hours >= 0 AND classes > 0", name=op.f("ck_yearly_hours_something_attended")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_yearly_hours_person_id")),
        sa.PrimaryKeyConstraint("person_id", "year", name=op.f("pk_yearly_hours")),
    )
    # Outside a batch: one would build the table anew, and with it the check that 0006 takes back with its column.
    op.add_column("city", sa.Column("hours_target", sa.Integer(), server_default="8", nullable=False))
    op.add_column("training_class", sa.Column("came", sa.Integer(), server_default="0", nullable=False))
    op.drop_index(op.f("ix_training_class_squadron_id"), table_name="training_class")
    op.create_index("ix_training_class_week", "training_class", ["squadron_id", "starts_at"])


def downgrade():
    op.drop_index("ix_training_class_week", table_name="training_class")
    op.create_index(op.f("ix_training_class_squadron_id"), "training_class", ["squadron_id"])
    op.drop_column("training_class", "came")
    op.drop_column("city", "hours_target")
    op.drop_table("yearly_hours")
