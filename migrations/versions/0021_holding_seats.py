"""holding seats

Revision ID: 0021
Revises: 0020
Create Date: 2026-11-22 12:30:00

"""

from alembic import op

# revision identifiers, used by Alembic.
revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade():
    # With its check: a batch would build the table anew, without the others.
    moment = "DATETIME" if op.get_bind().dialect.name == "sqlite" else "TIMESTAMP WITH TIME ZONE"
    op.execute(
        f"ALTER TABLE training_class ADD COLUMN names_by {moment}"
        " CONSTRAINT ck_training_class_names_before_start CHECK (names_by <= starts_at)"
    )


def downgrade():
    op.drop_column("training_class", "names_by")
