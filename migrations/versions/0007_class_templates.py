"""class templates

Revision ID: 0007
Revises: 0006
Create Date: 2026-11-22 09:55:00.000000

"""

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "class_template",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("squadron_id", sa.Integer(), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_class_template_course_id")),
        sa.ForeignKeyConstraint(["squadron_id"], ["squadron.id"], name=op.f("fk_class_template_squadron_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_class_template")),
    )
    with op.batch_alter_table("class_template", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_class_template_course_id"), ["course_id"], unique=False)
        batch_op.create_index("uq_class_template_name", ["squadron_id", "name"], unique=True)


def downgrade():
    op.drop_table("class_template")
