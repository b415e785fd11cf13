"""working time

Revision ID: 0019
Revises: 0018
Create Date: 2026-11-22 12:00:00

"""

from alembic import op

# revision identifiers, used by Alembic.
revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade():
    # Each outside a batch, the check with the second: a batch would make the table anew on SQLite, without its CHECKs.
    time = "TIME" if op.get_bind().dialect.name == "sqlite" else "TIME WITHOUT TIME ZONE"
    op.execute(f"ALTER TABLE city ADD COLUMN work_from {time} NOT NULL DEFAULT '08:30:00'")
    op.execute(
        f"ALTER TABLE city ADD COLUMN work_until {time} NOT NULL DEFAULT '17:30:00'"
        " CONSTRAINT ck_city_works_by_day CHECK (work_from < work_until)"
    )


def downgrade():
    op.drop_column("city", "work_until")
    op.drop_column("city", "work_from")
