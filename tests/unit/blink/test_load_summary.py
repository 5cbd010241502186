"""What `blink data load` says about what it did."""

from pathlib import Path

from blink.commands.data import summary_text
from credit.intake.summary import FileSummary, LoadSummary


def of(*files: FileSummary) -> LoadSummary:
    return LoadSummary("cash_advance", files)


def test_rejections_name_their_column_where_there_is_one():
    reasons = (("currency", "is missing", 2), ("", "has 6 fields where the header has 5", 1))
    file = FileSummary("accounts", "a.csv", loaded=4, already_there=0, rejected=3, history=True, reasons=reasons)
    assert summary_text(of(file), Path("r.csv"), history=None).splitlines()[2:] == [
        "accounts: 2 rejected, currency: is missing",
        "accounts: 1 rejected: has 6 fields where the header has 5",
        "rejected rows: r.csv",
    ]


def test_rows_that_count_as_new_though_nobody_said_so_are_pointed_out():
    file = FileSummary("advances", "a.csv", loaded=4, already_there=0, rejected=0, history=False)
    hint = (
        "advances: known from now on, since cash_advance has some already; give --history if they were known in "
        "their own time (another lender's data belongs under another BLINK_HOME)"
    )
    assert summary_text(of(file), None, history=None).splitlines()[2:] == [hint]
    assert summary_text(of(file), None, history=False).splitlines()[2:] == []
