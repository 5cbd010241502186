"""The built-in portfolio of consumer credit, and the public table that it describes."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from credit.intake.source import open_table_file
from credit.intake.table_rows import TableReader
from credit.portfolio_file import load_portfolio
from credit.portfolios import FeatureKind, TableRule

CONSUMER = load_portfolio("consumer_credit")
TABLE = Path(__file__).parents[4] / "shared" / "data" / "uci_card" / "uci_default_raw.csv.gz"
HEAD = (
    "limit_bal,sex,education,marriage,age,pay_0,pay_2,pay_3,pay_4,pay_5,pay_6,bill_amt1,bill_amt2,bill_amt3,bill_amt4,"
    "bill_amt5,bill_amt6,pay_amt1,pay_amt2,pay_amt3,pay_amt4,pay_amt5,pay_amt6,has_default"
)
EXCERPT = """
20000,2,2,1,24,2,2,-1,-1,-2,-2,3913,3102,689,0,0,0,0,689,0,0,0,0,1
120000,2,2,2,26,-1,2,0,0,0,2,2682,1725,2682,3272,3455,3261,0,1000,1000,1000,0,2000,0
"""


def read(path):
    assert isinstance(CONSUMER.label, TableRule)
    reader = TableReader(open_table_file(path), CONSUMER, CONSUMER.label, now=datetime(2026, 1, 1, tzinfo=UTC))
    return [rows for rows, _ in reader.rows()]


def test_every_algorithm_can_read_its_features_and_none_is_protected():
    assert {feature.kind for feature in CONSUMER.features} == {FeatureKind.NUMERIC}
    assert CONSUMER.protected == ("sex", "marriage", "age")
    assert not {feature.source for feature in CONSUMER.features} & set(CONSUMER.protected)
    assert set(HEAD.split(",")) == {*CONSUMER.feature_names, *CONSUMER.protected, "has_default"}
    assert [feature.name for feature in CONSUMER.features if feature.direction] == [
        "limit_bal",
        *(f"pay_amt{month}" for month in range(1, 7)),
    ]
    assert CONSUMER.decline_from == pytest.approx(0.2)


def test_a_file_is_read_with_its_protected_columns_apart(tmp_path):
    path = tmp_path / "clients.csv"
    path.write_text(HEAD + EXCERPT)
    (rows,) = [rows for rows in read(path) if len(rows)]
    assert rows.y.tolist() == [1, 0]
    assert rows.values[0].tolist() == [20000, 2, 2, 2, -1, -1, -2, -2, 3913, 3102, 689, 0, 0, 0, 0, 689, 0, 0, 0, 0]
    assert {name: texts.to_pylist() for name, texts in rows.protected.items()} == {
        "sex": ["2", "2"],
        "marriage": ["1", "2"],
        "age": ["24", "26"],
    }


@pytest.mark.skipif(not TABLE.is_file(), reason="the table is not part of the repository")
def test_the_public_table_is_read():
    parts = read(TABLE)
    assert (sum(len(rows) for rows in parts), sum(int(rows.y.sum()) for rows in parts)) == (30000, 6636)
