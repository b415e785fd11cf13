"""finding classes: when one was published, what industry a course is for, who wants to be told

Revision ID: 0003
Revises: 0002
Create Date: 2026-11-22 09:35:00

"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "course_industry",
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("industry_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_course_industry_course_id")),
        sa.ForeignKeyConstraint(["industry_id"], ["industry.id"], name=op.f("fk_course_industry_industry_id")),
        sa.PrimaryKeyConstraint("course_id", "industry_id", name=op.f("pk_course_industry")),
    )
    op.create_index(op.f("ix_course_industry_industry_id"), "course_industry", ["industry_id"])
    op.create_table(
        "interest",
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_interest_course_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_interest_person_id")),
        sa.PrimaryKeyConstraint("course_id", "person_id", name=op.f("pk_interest")),
    )
    op.create_index(op.f("ix_interest_person_id"), "interest", ["person_id"])
    with op.batch_alter_table("training_class") as batch:
        batch.add_column(sa.Column("published_at", sa.DateTime(timezone=True), nullable=True))
        batch.create_index("ix_training_class_new", ["state", "published_at"])
    # Until now a class was in sight from the moment it was first scheduled; a later move cannot be told apart.
    op.execute("UPDATE training_class SET published_at = scheduled_at")


def downgrade():
    with op.batch_alter_table("training_class") as batch:
        batch.drop_index("ix_training_class_new")
        batch.drop_column("published_at")
    op.drop_index(op.f("ix_interest_person_id"), table_name="interest")
    op.drop_table("interest")
    op.drop_index(op.f("ix_course_industry_industry_id"), table_name="course_industry")
    op.drop_table("course_industry")
