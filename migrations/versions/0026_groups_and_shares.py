"""groups and shares

Revision ID: 0026
Revises: 0025
Create Date: 2026-11-22 12:20:00

"""

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

ADDED = (  # each with its check: a batch would make the table anew on SQLite, without the other CHECKs
    (
        "enrolment",
        "least INTEGER CONSTRAINT ck_enrolment_least_within_seats CHECK (least > 0 AND least <= seats)",
    ),
    (
        "course",
        "enterprise_year_limit INTEGER CONSTRAINT ck_course_enterprise_year_limit_positive"
        " CHECK (enterprise_year_limit > 0)",
    ),
    (
        "training_class",
        "fill_rule VARCHAR(16) NOT NULL DEFAULT 'strict' CONSTRAINT ck_training_class_fill_rule_known"
        " CHECK (fill_rule IN ('strict', 'fill_gaps'))",
    ),
    (
        "training_class",
        "shares_until {moment} CONSTRAINT ck_training_class_shares_end_before_start CHECK (shares_until <= starts_at)",
    ),
    ("booking", "share_id INTEGER CONSTRAINT fk_booking_share_id REFERENCES seat_share (id)"),
)


def upgrade():
    op.create_table(
        "seat_share",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("class_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("town_id", sa.Integer(), nullable=True),
        sa.Column("industry_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('town', 'industry', 'key_unit', 'first_timer')", name=op.f("ck_seat_share_kind_known")
        ),
        sa.CheckConstraint("seats > 0", name=op.f("ck_seat_share_keeps_seats")),
        sa.CheckConstraint(
            "(kind = 'town') = (town_id IS NOT NULL) AND (kind = 'industry') = (industry_id IS NOT NULL)",
            name=op.f("ck_seat_share_names_whom"),
        ),
        sa.ForeignKeyConstraint(["class_id"], ["training_class.id"], name=op.f("fk_seat_share_class_id")),
        sa.ForeignKeyConstraint(["town_id"], ["town.id"], name=op.f("fk_seat_share_town_id")),
        sa.ForeignKeyConstraint(["industry_id"], ["industry.id"], name=op.f("fk_seat_share_industry_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seat_share")),
    )
    for column in ("class_id", "town_id", "industry_id"):
        op.create_index(op.f(f"ix_seat_share_{column}"), "seat_share", [column])
    moment = "DATETIME" if op.get_bind().dialect.name == "sqlite" else "TIMESTAMP WITH TIME ZONE"
    for table, column in ADDED:
        op.execute(f"ALTER TABLE {table} ADD COLUMN {column.format(moment=moment)}")
    op.create_index(op.f("ix_booking_share_id"), "booking", ["share_id"])


def downgrade():
    op.drop_index(op.f("ix_booking_share_id"), table_name="booking")
    for table, column in reversed(ADDED):
        op.execute(f"ALTER TABLE {table} DROP COLUMN {column.split()[0]}")
    op.drop_table("seat_share")
