"""A migration of the release after this one: it adds a column that today's code does not know, and needs nothing."""

from alembic import op

revision = "9999"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Expand: readers and writers of the release before go on."""
    op.execute("ALTER TABLE blink.latest_scores ADD COLUMN IF NOT EXISTS note text")


def downgrade() -> None:
    """Take the column away."""
    op.execute("ALTER TABLE blink.latest_scores DROP COLUMN IF EXISTS note")
