"""offers

Revision ID: 0031
Revises: 0030
Create Date: 2026-11-22 15:20:00

"""

from alembic import op

# revision identifiers, used by Alembic.
revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

# Each with its check, outside a batch: one would make the table anew on SQLite, without the other CHECKs.
ADDED = (
    "promotion VARCHAR(16) NOT NULL DEFAULT 'direct' CONSTRAINT ck_training_class_promotion_known"
    " CHECK (promotion IN ('direct', 'offer'))",
    "offer_hours INTEGER NOT NULL DEFAULT '8' CONSTRAINT ck_training_class_offer_hours_positive CHECK (offer_hours > 0)",
)


def upgrade():
    for column in ADDED:
        op.execute(f"ALTER TABLE training_class ADD COLUMN {column}")


def downgrade():
    for column in reversed(ADDED):
        op.execute(f"ALTER TABLE training_class DROP COLUMN {column.split()[0]}")
