"""The example of receivables: a TOML file alone makes a published table of invoices a portfolio."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from credit.portfolio_file import load_portfolio
from credit.portfolios import PortfolioError
from trainer.fitting import fit
from trainer.judgement import judge
from trainer.table_rows import file_rows

REPOSITORY = Path(__file__).parents[3]
EXAMPLE = REPOSITORY / "examples" / "receivables" / "portfolio.toml"
TABLE = REPOSITORY.parent / "shared" / "data" / "receivables" / "ibm_accounts_receivable.csv"
SETTLEMENT = ("SettledDate", "DaysToSettle", "DaysLate", "Disputed")
NOW = datetime(2026, 1, 1, tzinfo=UTC)

HEAD = (
    "countrycode,customerID,PaperlessDate,invoiceNumber,InvoiceDate,DueDate,InvoiceAmount,Disputed,SettledDate,"
    "PaperlessBill,DaysToSettle,DaysLate"
)
EXCERPT = """
770,3993-QUNVJ,31/12/2012,280670965,03/01/2012,02/02/2012,50.39,No,23/01/2012,Paper,20,0
391,6708-DPYTF,02/08/2012,5133177585,02/01/2012,01/02/2012,55.37,Yes,16/02/2012,Electronic,44,14
"""


def read(path):
    rows, dated = file_rows(path, load_portfolio(str(EXAMPLE)), as_of=NOW, now=NOW, progress=lambda *_: None)
    assert dated
    return rows


def test_an_invoice_is_bad_if_it_is_paid_late_as_of_the_day_on_which_it_was_written(tmp_path):
    path = tmp_path / "invoices.csv"
    path.write_text(HEAD + EXCERPT)
    rows = read(path)
    assert rows.subject_id.tolist() == ["5133177585", "280670965"]
    assert rows.requested_at.astype("datetime64[D]").astype(str).tolist() == ["2012-01-02", "2012-01-03"]
    assert rows.known_at.astype("datetime64[D]").astype(str).tolist() == ["2012-02-16", "2012-01-23"]
    assert rows.y.tolist() == [1, 0]
    assert rows.values.tolist() == [[55.37, 0.0, 1.0, 56.0], [50.39, 2.0, 0.0, 30.0]]


@pytest.mark.parametrize("column", SETTLEMENT)
def test_a_column_of_the_settlement_cannot_become_a_feature(tmp_path, column):
    changed = tmp_path / "portfolio.toml"
    changed.write_text(EXAMPLE.read_text().replace('column = "InvoiceAmount"', f'column = "{column}"'))
    with pytest.raises(PortfolioError, match=rf"features\[0\]: column {column} is known only after the outcome"):
        load_portfolio(str(changed))


@pytest.mark.skipif(not TABLE.is_file(), reason="the table is not part of the repository")
def test_the_published_table_trains_with_later_invoices_held_back():
    rows, portfolio = read(TABLE), load_portfolio(str(EXAMPLE))
    assert (len(rows), int(rows.y.sum())) == (2466, 877)
    found = fit(rows, portfolio, seed=0, threads=1, progress=lambda *_: None)
    assert rows.requested_at[found.fitted].max() < rows.requested_at[found.judged].min()
    assert rows.known_at[found.fitted].max() < rows.requested_at[found.judged].min()
    judged = judge(rows, rows.take(np.zeros(len(rows), dtype=bool)), found, portfolio, np.random.default_rng(1))
    assert judged.evaluation.roc_auc.estimate > 0.58
    assert {one.metric for one in judged.importance} == {"amount", "country", "billing", "customer"}
