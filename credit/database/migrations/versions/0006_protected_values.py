"""Protected columns of a lender's own table are kept apart from its features, and whoever scores cannot read them."""

from pathlib import Path

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

SQL = Path(__file__).parent.parent / "sql"


def upgrade() -> None:
    _run("0006_upgrade.sql")


def downgrade() -> None:
    _run("0006_downgrade.sql")


def _run(name: str) -> None:
    # Without parameters the driver takes the text as it is, per cent signs included.
    op.get_bind().execution_options(no_parameters=True).exec_driver_sql((SQL / name).read_text("utf-8"))
