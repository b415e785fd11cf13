"""lists

Revision ID: 0029
Revises: 0028
Create Date: 2026-11-22 15:20:00

"""

import sqlalchemy as sa
from alembic import op

import courses.ground.db

# revision identifiers, used by Alembic.
revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "enrolment_list",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("class_id", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=False),
        sa.Column("made_at", courses.ground.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("schedule_no", sa.Integer(), nullable=False),
        sa.Column("enterprise_id", sa.Integer(), nullable=True),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("done_at", courses.ground.db.UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["class_id"], ["training_class.id"], name=op.f("fk_enrolment_list_class_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["enterprise_id"], ["enterprise.id"], name=op.f("fk_enrolment_list_enterprise_id")),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("fk_enrolment_list_made_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolment_list")),
    )
    op.create_index(op.f("ix_enrolment_list_made_at"), "enrolment_list", ["made_at"], unique=False)
    op.create_index("ix_enrolment_list_made_by", "enrolment_list", ["made_by", "class_id"], unique=False)
    op.create_table(
        "enrolment_list_row",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("list_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("cells", sa.JSON(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=True),
        sa.Column("why", sa.String(length=32), nullable=False),
        sa.Column("is_new", sa.Boolean(), nullable=False),
        sa.Column("has_changed", sa.Boolean(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "outcome IN ('booked', 'requested', 'queued', 'entered', 'already', 'wrong')",
            name=op.f("ck_enrolment_list_row_outcome_known"),
        ),
        sa.ForeignKeyConstraint(
            ["list_id"], ["enrolment_list.id"], name=op.f("fk_enrolment_list_row_list_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_enrolment_list_row_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolment_list_row")),
    )
    op.create_index("ix_enrolment_list_row_list", "enrolment_list_row", ["list_id", "number"], unique=False)
    op.create_index(op.f("ix_enrolment_list_row_person_id"), "enrolment_list_row", ["person_id"], unique=False)


def downgrade():
    op.drop_table("enrolment_list_row")
    op.drop_table("enrolment_list")
