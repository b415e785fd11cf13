"""looks and erasures

Revision ID: 0008
Revises: 0007
Create Date: 2026-11-22 09:55:00

"""

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "look",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=False),
        sa.Column("door", sa.String(length=8), nullable=False),
        sa.Column("page", sa.String(length=32), nullable=False),
        sa.Column("class_id", sa.Integer(), nullable=True),
        sa.Column("enterprise_id", sa.Integer(), nullable=True),
        sa.Column("town_id", sa.Integer(), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["person.id"], name=op.f("fk_look_actor_id")),
        sa.ForeignKeyConstraint(["enterprise_id"], ["enterprise.id"], name=op.f("fk_look_enterprise_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_look_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_look")),
    )
    with op.batch_alter_table("look", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_look_at"), ["at"], unique=False)
        batch_op.create_index("ix_look_class", ["class_id", "at"], unique=False)
        batch_op.create_index("ix_look_enterprise", ["enterprise_id", "at"], unique=False)
        batch_op.create_index("ix_look_person", ["person_id", "at"], unique=False)
    op.create_table(
        "erasure",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("how", sa.String(length=16), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("how IN ('oneself', 'administrator', 'retention')", name=op.f("ck_erasure_how_known")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_erasure_by_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_erasure_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_erasure")),
    )
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.add_column(sa.Column("emptied_at", sa.DateTime(timezone=True), nullable=True))


def downgrade():
    op.execute("DELETE FROM notice WHERE emptied_at IS NOT NULL")  # without contents they could not be shown
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.drop_column("emptied_at")
    op.drop_table("erasure")
    with op.batch_alter_table("look", schema=None) as batch_op:
        batch_op.drop_index("ix_look_person")
        batch_op.drop_index("ix_look_enterprise")
        batch_op.drop_index("ix_look_class")
        batch_op.drop_index(batch_op.f("ix_look_at"))
    op.drop_table("look")
