"""Runs that are asked for before they begin, the workflow that carries them, and which releases a schema serves."""

from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SQL = Path(__file__).parent.parent / "sql"


def upgrade() -> None:
    _run("0002_upgrade.sql")


def downgrade() -> None:
    _run("0002_downgrade.sql")


def _run(name: str) -> None:
    # Without parameters the driver takes the text as it is, per cent signs included.
    op.get_bind().execution_options(no_parameters=True).exec_driver_sql((SQL / name).read_text("utf-8"))
