"""`blink data load --labels`: what it says, and how it may not be called."""

from argparse import Namespace
from pathlib import Path

import pytest

from blink.cli.parser import build_parser
from blink.commands.data import load, table_text
from blink.outcome import WrongCallError
from credit.intake.table_load import BatchCount, TableSummary
from credit.intake.unlisted import UnlistedTexts


def called(*options: str) -> Namespace:
    return build_parser().parse_args(["data", "load", "trade_credit", *options])


@pytest.mark.parametrize(
    "options",
    [
        ("--labels", "l.csv", "--accounts", "a.csv"),
        ("--labels", "l.csv", "--rejects", "r.csv"),
        ("--labels", "l.csv", "--history"),
        ("--labels", "l.csv", "--live"),
    ],
)
def test_labels_are_loaded_alone(options, tmp_path):
    with pytest.raises(WrongCallError, match="--labels is loaded alone, all rows or nothing"):
        load(called(*options, "--home", str(tmp_path)))


def test_a_batch_belongs_to_labels(tmp_path):
    with pytest.raises(WrongCallError, match="--batch-id belongs to --labels"):
        load(called("--accounts", "a.csv", "--batch-id", "B1", "--home", str(tmp_path)))


def test_nothing_to_load_names_what_there_is(tmp_path):
    with pytest.raises(WrongCallError, match=r"nothing to load: .*of a portfolio that comes as a table --labels"):
        load(called("--home", str(tmp_path)))


def test_the_summary_says_what_was_loaded_and_what_the_batches_hold():
    summary = TableSummary("trade_credit", "l.csv", 1200, 3, (BatchCount("B1", 1203, 1100, 90),), ("note",))
    assert table_text(summary).splitlines() == [
        "l.csv: 1,200 rows loaded, 3 already there",
        "batch  rows   labelled  bad",
        "B1     1,203  1,100     90",
        "columns not read: note",
    ]


def test_the_summary_says_which_texts_no_model_reads():
    unlisted = (UnlistedTexts("sector", "Sector", 1200, 6, "Atlantis", 7),)
    summary = TableSummary("trade_credit", "l.csv", 1200, 0, (BatchCount("B1", 1200, 0, 0),), (), unlisted)
    assert table_text(summary).splitlines()[-1] == (
        "sector: 6 rows hold a text that is not among its categories, the first 'Atlantis' in row 7; stored as they "
        "are, to a model they are missing"
    )


def test_the_file_of_a_training_is_a_path():
    parsed = build_parser().parse_args(["train", "my.toml", "--data", "rows.parquet"])
    assert (parsed.data, parsed.batch_id) == (Path("rows.parquet"), None)
