"""What a training says that finds no loaded rows."""

from datetime import UTC, datetime

import pytest

from trainer.table_rows import _no_rows


@pytest.mark.parametrize(
    ("portfolio", "batch_id", "advice"),
    [
        ("trade_credit", "B7", "`blink data load trade_credit --labels FILE --batch-id B7`, or train"),
        ("trade_credit", None, "`blink data load trade_credit --labels FILE --batch-id B`, or train"),
        (
            "our_loans",
            None,
            "`blink data load PORTFOLIO --labels FILE --batch-id B`, with PORTFOLIO as it was given here, or train",
        ),
    ],
)
def test_the_advice_can_be_followed(portfolio, batch_id, advice):
    said = _no_rows(portfolio, batch_id, datetime(2026, 1, 1, tzinfo=UTC), ())
    assert said.endswith(f"Load rows by {advice} on a file by --data")
