"""versions of courses

Revision ID: 0016
Revises: 0015
Create Date: 2026-11-22 10:11:00.000000

"""

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

TEXTS = ("title_zh", "title_en", "summary_zh", "summary_en", "syllabus_zh", "syllabus_en")


def upgrade():
    op.add_column("course", sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("course", sa.Column("written_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("course", sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "course_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.String() if name.startswith("title") else sa.Text(), nullable=False) for name in TEXTS),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_course_version_course_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course_version")),
    )
    op.create_index("uq_course_version_number", "course_version", ["course_id", "number"], unique=True)


def downgrade():
    op.drop_table("course_version")
    for name in ("archived_at", "written_at", "version"):
        op.drop_column("course", name)
