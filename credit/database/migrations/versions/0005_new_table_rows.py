"""What is new in a lender's own table since the last run of scoring is found by an index."""

from pathlib import Path

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

SQL = Path(__file__).parent.parent / "sql"


def upgrade() -> None:
    _run("0005_upgrade.sql")


def downgrade() -> None:
    _run("0005_downgrade.sql")


def _run(name: str) -> None:
    # Without parameters the driver takes the text as it is, per cent signs included.
    op.get_bind().execution_options(no_parameters=True).exec_driver_sql((SQL / name).read_text("utf-8"))
