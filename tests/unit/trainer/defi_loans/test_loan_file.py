"""Files of loans: whole or not there, and read as they were drawn."""

from datetime import UTC, datetime

import numpy as np
import pytest

from credit.portfolio_file import load_portfolio
from trainer.defi_loans.loan_file import Written, write_loans
from trainer.defi_loans.loans import LoansError
from trainer.table_rows import file_rows

DEFI = load_portfolio("defi_lending")
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def silent(_done):
    pass


@pytest.mark.parametrize("name", ["loans.csv", "loans.parquet"])
def test_a_file_is_read_as_the_loans_were_drawn(loans, tmp_path, name):
    parts, told = [loans.slice(0, 600), loans.slice(600, 400)], []
    written = write_loans(tmp_path / name, parts, told.append)
    drawn = loans.slice(0, 1000)
    assert (written, told) == (Written(1000, int(drawn["label"].to_numpy().sum())), [600, 1000])
    rows, dated = file_rows(tmp_path / name, DEFI, as_of=NOW, now=NOW, progress=lambda *_: None)
    order = np.argsort(drawn["observed_at"].to_numpy(), kind="stable")
    expected = np.column_stack([drawn[feature].to_numpy() for feature in DEFI.feature_names])[order]
    np.testing.assert_array_equal(rows.values, expected)
    np.testing.assert_array_equal(rows.y, drawn["label"].to_numpy()[order])
    assert rows.subject_id.tolist() == drawn["subject_id"].take(order).to_pylist()
    assert dated
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", ["loans.csv", "loans.parquet"])
def test_a_file_that_breaks_off_leaves_the_one_that_was_there(loans, tmp_path, name):
    path = tmp_path / name
    path.write_text("before")

    def broken():
        yield loans.slice(0, 10)
        raise OSError("no space left on device")

    with pytest.raises(OSError, match="no space left"):
        write_loans(path, broken(), silent)
    assert [(one.name, one.read_text()) for one in tmp_path.iterdir()] == [(name, "before")]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("loans.json", r"loans\.json: give a file that ends in \.csv or \.parquet"),
        ("nowhere/loans.csv", r"nowhere is no folder; make it, or give another"),
        ("folder.csv", r"folder\.csv: is a folder; give the name of a file"),
    ],
)
def test_a_place_that_no_file_can_be_written_to_is_refused(loans, tmp_path, name, message):
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(LoansError, match=message):
        write_loans(tmp_path / name, [loans], silent)


def test_no_loans_are_no_file(tmp_path):
    with pytest.raises(LoansError, match="no loans to write: ask for 1 or more"):
        write_loans(tmp_path / "loans.csv", [], silent)
    assert list(tmp_path.iterdir()) == []
