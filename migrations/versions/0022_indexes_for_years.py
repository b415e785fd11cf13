"""indexes for years: what is to come is found without reading what is over

Revision ID: 0022
Revises: 0021
Create Date: 2026-11-22 12:25:00

"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

TO_DRAW = sa.text("drawn_at IS NULL AND draw_at IS NOT NULL")
IN_SIGHT = sa.text("emptied_at IS NULL")


def upgrade():
    op.drop_index("ix_training_class_new", table_name="training_class")
    op.drop_index("ix_training_class_course_id", table_name="training_class")
    op.create_index("ix_training_class_course", "training_class", ["course_id", "state", "starts_at", "ends_at"])
    op.create_index("ix_training_class_going", "training_class", ["squadron_id", "ends_at", "course_id"])
    op.create_index("ix_training_class_ends", "training_class", ["ends_at"])
    op.create_index(
        "ix_training_class_draw", "training_class", ["draw_at"], sqlite_where=TO_DRAW, postgresql_where=TO_DRAW
    )
    op.drop_index("ix_teaching_person_id", table_name="teaching")
    op.create_index("ix_teaching_person", "teaching", ["person_id", "class_id"])
    op.drop_index("ix_booking_person", table_name="booking")
    op.create_index("ix_booking_person", "booking", ["person_id", "class_id"])
    op.drop_index("ix_booking_enrolment_id", table_name="booking")
    op.create_index("ix_booking_enrolment", "booking", ["enrolment_id", "person_id"])
    op.drop_index("ix_enrolment_enterprise_id", table_name="enrolment")
    op.create_index("ix_enrolment_enterprise", "enrolment", ["enterprise_id", "class_id"])
    op.create_index("ix_notice_kept", "notice", ["made_at"], sqlite_where=IN_SIGHT, postgresql_where=IN_SIGHT)


def downgrade():
    op.drop_index("ix_notice_kept", table_name="notice")
    op.drop_index("ix_enrolment_enterprise", table_name="enrolment")
    op.create_index("ix_enrolment_enterprise_id", "enrolment", ["enterprise_id"])
    op.drop_index("ix_booking_enrolment", table_name="booking")
    op.create_index("ix_booking_enrolment_id", "booking", ["enrolment_id"])
    op.drop_index("ix_booking_person", table_name="booking")
    op.create_index("ix_booking_person", "booking", ["person_id", "state"])
    op.drop_index("ix_teaching_person", table_name="teaching")
    op.create_index("ix_teaching_person_id", "teaching", ["person_id"])
    op.drop_index("ix_training_class_draw", table_name="training_class")
    op.drop_index("ix_training_class_ends", table_name="training_class")
    op.drop_index("ix_training_class_going", table_name="training_class")
    op.drop_index("ix_training_class_course", table_name="training_class")
    op.create_index("ix_training_class_course_id", "training_class", ["course_id"])
    op.create_index("ix_training_class_new", "training_class", ["state", "published_at"])
