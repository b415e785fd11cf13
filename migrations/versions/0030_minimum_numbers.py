"""minimum numbers

Revision ID: 0030
Revises: 0029
Create Date: 2026-11-22 12:20:00

"""

from alembic import op

# revision identifiers, used by Alembic.
revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

# Each with its check, outside a batch: one would make the table anew on SQLite, without the other CHECKs.
ADDED = (
    "minimum INTEGER CONSTRAINT ck_training_class_minimum_positive CHECK (minimum > 0)",
    "decide_by {moment} CONSTRAINT ck_training_class_minimum_has_its_day"
    " CHECK ((minimum IS NULL) = (decide_by IS NULL))"
    " CONSTRAINT ck_training_class_decided_before_start CHECK (decide_by <= starts_at)",
    "confirmed_at {moment}",
    "merged_into INTEGER",
)


def upgrade():
    moment = "DATETIME" if op.get_bind().dialect.name == "sqlite" else "TIMESTAMP WITH TIME ZONE"
    for column in ADDED:
        op.execute(f"ALTER TABLE training_class ADD COLUMN {column.format(moment=moment)}")


def downgrade():
    for column in reversed(ADDED):
        op.drop_column("training_class", column.split()[0])
