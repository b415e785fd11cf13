"""draws

Revision ID: 0011
Revises: 0010
Create Date: 2026-11-22 10:02:00

"""

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ADDED = (
    "draw_at {moment} CONSTRAINT ck_training_class_draws_before_close CHECK (draw_at <= closes_at)",
    "drawn_at {moment}",
    "draw_seed VARCHAR(64) NOT NULL DEFAULT '' CONSTRAINT ck_training_class_draws_from_a_seed"
    " CHECK (draw_at IS NULL OR length(draw_seed) = 64)",
)


def upgrade():
    moment = "DATETIME" if op.get_bind().dialect.name == "sqlite" else "TIMESTAMP WITH TIME ZONE"
    for column in ADDED:  # each with its check: a batch would make the table anew on SQLite, without the other CHECKs
        op.execute(f"ALTER TABLE training_class ADD COLUMN {column.format(moment=moment)}")
    op.add_column("enrolment", sa.Column("entry_no", sa.Integer(), nullable=True))
    op.create_table(
        "draw",
        sa.Column("class_id", sa.Integer(), nullable=False),
        sa.Column("entries", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["class_id"], ["training_class.id"], name=op.f("fk_draw_class_id_training_class")),
        sa.PrimaryKeyConstraint("class_id", name=op.f("pk_draw")),
    )


def downgrade():
    op.drop_table("draw")
    op.drop_column("enrolment", "entry_no")
    for column in (2, 1, 0):
        op.drop_column("training_class", ADDED[column].split()[0])
