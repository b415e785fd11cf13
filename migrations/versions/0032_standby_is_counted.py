"""those on standby are counted by class

Revision ID: 0032
Revises: 0031
Create Date: 2026-11-23 02:20:00

"""

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

ON_STANDBY = sa.column("standby", sa.Boolean).is_(True)


def upgrade():
    op.create_index(
        "ix_enrolment_standby", "enrolment", ["class_id"], sqlite_where=ON_STANDBY, postgresql_where=ON_STANDBY
    )


def downgrade():
    op.drop_index("ix_enrolment_standby", "enrolment")
