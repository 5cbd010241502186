"""The SQL of docs/data.md does what the page says, as blink_loader."""

import re
from pathlib import Path

from sqlalchemy import text

from credit.intake.layout import CATEGORIES, LAYOUTS

PAGE = (Path(__file__).parents[2] / "docs" / "data.md").read_text("utf-8")
STATEMENTS = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)


def test_the_examples_run_in_order_and_change_nothing_when_repeated(database):
    loader = database.engine("blink_loader")
    with loader.begin() as connection:
        first = [connection.execute(text(statement)).rowcount for statement in STATEMENTS]
    with loader.begin() as connection:
        second = [connection.execute(text(statement)).rowcount for statement in STATEMENTS]
        rows = [
            tuple(row)
            for row in connection.execute(
                text("SELECT version, amount, status, voided, backfilled FROM blink.transactions ORDER BY version")
            )
        ]

    assert (first, second) == ([1] * 8, [0] * 8)
    assert rows == [
        (1, -1250, "pending", False, False),
        (2, -1300, "posted", False, False),
        (3, -1300, "posted", True, False),
    ]


def test_the_page_names_every_column_and_category():
    named = set(re.findall(r"`([a-z_]+)`", PAGE))

    assert {column.name for layout in LAYOUTS for column in layout.columns} - named == set()
    assert set(CATEGORIES) - named == set()
