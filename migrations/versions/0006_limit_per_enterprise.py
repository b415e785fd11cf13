"""limit per enterprise

Revision ID: 0006
Revises: 0005
Create Date: 2026-11-22 09:52:00

"""

from alembic import op

# revision identifiers, used by Alembic.
revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

CHECK = "CONSTRAINT ck_training_class_enterprise_limit_positive CHECK (enterprise_limit > 0)"


def upgrade():
    # With its check in one statement, which both databases take: a batch would make the table anew on SQLite, without
    # the other CHECKs.
    op.execute(f"ALTER TABLE training_class ADD COLUMN enterprise_limit INTEGER {CHECK}")


def downgrade():
    op.execute("ALTER TABLE training_class DROP COLUMN enterprise_limit")
