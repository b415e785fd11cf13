"""book first

Revision ID: 0028
Revises: 0027
Create Date: 2026-11-22 13:05:00

"""

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade():
    # Outside a batch: one would make the table anew on SQLite, without its CHECKs.
    op.add_column("training_class", sa.Column("first_until", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "first_asked",
        sa.Column("class_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["class_id"], ["training_class.id"], name=op.f("fk_first_asked_class_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_first_asked_person_id")),
        sa.PrimaryKeyConstraint("class_id", "person_id", name=op.f("pk_first_asked")),
    )
    op.create_index(op.f("ix_first_asked_person_id"), "first_asked", ["person_id"], unique=False)


def downgrade():
    op.drop_index(op.f("ix_first_asked_person_id"), table_name="first_asked")
    op.drop_table("first_asked")
    op.drop_column("training_class", "first_until")
