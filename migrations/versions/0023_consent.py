"""consent

Revision ID: 0023
Revises: 0022
Create Date: 2026-11-22 12:10:00

"""

from alembic import op

# revision identifiers, used by Alembic.
revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade():
    # With its check, outside a batch: one would make the table anew on SQLite, without the other CHECKs.
    op.execute(
        "ALTER TABLE booking ADD COLUMN consent VARCHAR(8)"
        " CONSTRAINT ck_booking_consent_known CHECK (consent IN ('asked', 'yes', 'no'))"
    )


def downgrade():
    op.drop_column("booking", "consent")
