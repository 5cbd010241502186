"""Lenders' own tables into `ground_truth_labels` of a real server, and out of it to train and to score."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import text

from credit.batches import BatchIdError
from credit.database.errors import BusyError
from credit.database.labels import NO_LABEL
from credit.database.table_rows import latest_rows, stored_rows
from credit.intake.errors import IntakeError, MalformedTableError
from credit.intake.staging import begin_load
from credit.intake.table_load import BatchCount, BatchError, load_table_file
from credit.intake.unlisted import UnlistedTexts
from credit.portfolio_file import load_portfolio
from credit.portfolios import Comparison, Feature, FeatureKind, TableLabel, TableRule
from trainer.table_rows import batch_rows

NOW = datetime(2024, 6, 1, tzinfo=UTC)
DATED = TableRule(
    label=TableLabel("days_late", Comparison.GREATER, 0.0),
    subject_id="id",
    observed_at="issued",
    known_at="settled",
    optional=("issued", "settled"),
)
PORTFOLIO = replace(
    load_portfolio("trade_credit"),
    features=(
        Feature("amount", FeatureKind.NUMERIC, "currency", 0, "trade"),
        Feature("dispute", FeatureKind.CATEGORICAL, "category", 0, "trade", categories=("No", "Yes")),
    ),
    label=DATED,
)
HEAD = "id,issued,settled,amount,dispute,days_late"
ROWS = (
    "a,2024-01-03,2024-01-20,12.5,No,0",
    "b,2024-01-04,2024-02-20,,Yes,17",
    "c,2024-01-05,,0.1,?,",
)


@pytest.fixture
def loader(database):
    return database.engine("blink_loader")


@pytest.fixture
def load(loader, tmp_path):
    def load(*rows, head=HEAD, batch_id="B1", portfolio=PORTFOLIO, now=NOW):
        path = tmp_path / "labels.csv"
        path.write_text("\n".join([head, *rows]) + "\n")
        return load_table_file(loader, portfolio, path, batch_id=batch_id, now=now)

    return load


def stored(engine):
    query = "SELECT subject_id, observed_at, version, known_at, features, label FROM blink.ground_truth_labels"
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(f"{query} ORDER BY batch_id, subject_id, version"))]


def day(month, number):
    return datetime(2024, month, number, tzinfo=UTC)


def training_rows(engine, *, batch_id="B1", as_of=None, portfolio=PORTFOLIO):
    with engine.connect() as connection:
        parts = list(stored_rows(connection, portfolio, batch_id=batch_id, as_of=as_of or datetime.now(UTC)))
    return [
        (str(subject), [None if np.isnan(value) else value for value in row], int(y))
        for part in parts
        for subject, row, y in zip(part.subject_id, part.values.tolist(), part.y, strict=True)
    ]


def latest(engine, *subjects, portfolio=PORTFOLIO):
    with engine.connect() as connection:
        now = datetime.now(UTC)
        visible = connection.execute(text("SELECT pg_current_snapshot()::text")).scalar_one()
        features = portfolio.features
        return latest_rows(connection, portfolio.name, features, subjects, as_of=now, pg_snapshot=visible)


def test_rows_are_stored_as_the_lender_wrote_them(load, loader):
    summary = load(*ROWS)
    assert (summary.loaded, summary.already_there, summary.batches) == (3, 0, (BatchCount("B1", 3, 2, 1),))
    assert stored(loader) == [
        ("a", day(1, 3), 1, day(1, 20), {"amount": 12.5, "dispute": "No"}, 0),
        ("b", day(1, 4), 1, day(2, 20), {"amount": None, "dispute": "Yes"}, 1),
        ("c", day(1, 5), 1, None, {"amount": 0.1, "dispute": "?"}, None),
    ]


def test_the_same_file_twice_changes_nothing(load, loader):
    load(*ROWS)
    before = stored(loader)
    summary = load(*ROWS, now=NOW + timedelta(days=1))
    assert (summary.loaded, summary.already_there) == (0, 3)
    assert stored(loader) == before


def test_a_correction_is_the_next_version_and_alone_in_its_file(load, loader):
    load(*ROWS)
    summary = load("c,2024-01-05,2024-03-01,0.1,?,40")
    assert (summary.loaded, summary.already_there, summary.batches) == (1, 0, (BatchCount("B1", 3, 3, 2),))
    assert [(row[0], row[2], row[5]) for row in stored(loader)] == [
        ("a", 1, 0),
        ("b", 1, 1),
        ("c", 1, None),
        ("c", 2, 1),
    ]
    assert training_rows(loader) == [
        ("a", [12.5, 0.0], 0),
        ("b", [None, 1.0], 1),
        ("c", [0.1, None], 1),
    ]


def test_a_batch_of_the_file_goes_before_none_and_must_be_the_given_one(load):
    head = f"batch_id,{HEAD}"
    both = load(f"B1,{ROWS[0]}", f"B1,{ROWS[1]}", f"B2,{ROWS[2]}", head=head, batch_id=None)
    assert [(one.batch_id, one.rows) for one in both.batches] == [("B1", 2), ("B2", 1)]
    with pytest.raises(BatchError, match="row 4, column batch_id: 'B2' is not the batch that was given, B1"):
        load(f"B1,{ROWS[0]}", f"B1,{ROWS[1]}", f"B2,{ROWS[2]}", head=head, batch_id="B1")
    with pytest.raises(BatchError, match=r"labels\.csv: has no column batch_id: give --batch-id B"):
        load(*ROWS, batch_id=None)
    with pytest.raises(BatchIdError, match="batch id 'a b'"):
        load(f"a b,{ROWS[0]}", head=head, batch_id=None)


def test_nothing_is_stored_where_one_row_is_wrong(load, loader):
    with pytest.raises(MalformedTableError, match="row 5, column amount: 'x' is not a number"):
        load(*ROWS, "d,2024-01-05,,x,No,")
    assert stored(loader) == []


def test_one_class_in_a_batch_is_refused(load, loader):
    with pytest.raises(MalformedTableError) as caught:
        load(ROWS[0], ROWS[0].replace("a,", "b,"), ROWS[2])
    assert str(caught.value) == (
        "labels.csv: column days_late: all 2 labelled rows of batch B1 are good by 'days_late > 0'; rows of both "
        "classes are needed"
    )
    assert stored(loader) == []


def test_rows_without_a_label_wait_for_it(load, loader):
    assert load(ROWS[2]).batches == (BatchCount("B1", 1, 0, 0),)
    assert training_rows(loader) == [("c", [0.1, None], NO_LABEL)]


def test_a_subject_twice_is_refused(load, loader):
    with pytest.raises(MalformedTableError, match="row 5, column id: 'a' stands in row 2 already, of the same time"):
        load(*ROWS, ROWS[0])
    assert stored(loader) == []


def test_rows_without_times_are_as_of_their_load_and_corrected_by_subject(load, loader):
    undated = "id,amount,dispute,days_late"
    load("a,1,No,0", "b,2,No,1", head=undated)
    again = load("a,1,No,0", "b,2,Yes,1", head=undated, now=NOW + timedelta(days=1))
    assert (again.loaded, again.already_there) == (1, 1)
    assert [row[:4] for row in stored(loader)] == [
        ("a", NOW, 1, NOW),
        ("b", NOW, 1, NOW),
        ("b", NOW, 2, NOW + timedelta(days=1)),
    ]


def test_another_load_of_the_portfolio_is_waited_for(load, loader):
    with loader.connect() as other, other.begin():
        assert begin_load(other, PORTFOLIO.name)
        with pytest.raises(BusyError, match="another load of portfolio trade_credit is running"):
            load(*ROWS)
    assert load(*ROWS).loaded == 3


def test_a_portfolio_of_advances_has_no_such_labels(load):
    with pytest.raises(IntakeError, match="portfolio cash_advance does not come as a table"):
        load(*ROWS, portfolio=load_portfolio("cash_advance"))


def test_a_label_counts_from_when_it_was_known_and_a_row_from_when_it_was_loaded(load, loader):
    portfolio = replace(PORTFOLIO, label=replace(DATED, known_at=None, known_after_days=100_000))
    load(*ROWS, portfolio=portfolio)
    assert [y for *_, y in training_rows(loader)] == [NO_LABEL] * 3
    assert training_rows(loader, as_of=day(5, 1)) == []


def test_rows_come_in_order_of_time_and_then_of_subject(load, loader):
    portfolio = replace(PORTFOLIO, label=replace(DATED, subject_id=None, optional=(), observed_at=None, known_at=None))
    load(*[f"x,,,{number},No,{number % 2}" for number in range(1, 13)], portfolio=portfolio)
    assert [subject for subject, *_ in training_rows(loader)] == [str(number) for number in range(1, 13)]


def test_of_all_batches_a_subject_counts_once_a_time_as_it_was_loaded_last(load, loader):
    load(*ROWS)
    load("a,2024-01-03,2024-01-20,99,No,0", "d,2024-01-03,2024-01-20,1,No,5", batch_id="A2")
    assert training_rows(loader, batch_id=None) == [
        ("a", [99.0, 0.0], 0),
        ("d", [1.0, 0.0], 1),
        ("b", [None, 1.0], 1),
        ("c", [0.1, None], NO_LABEL),
    ]
    assert [subject for subject, *_ in training_rows(loader, batch_id="A2")] == ["a", "d"]


def test_the_latest_row_of_a_subject_is_its_last_version_by_time(load, loader):
    load(*ROWS)
    load("a,2024-02-03,,7,Yes,", batch_id="B2")
    load("a,2024-02-03,,8,Yes,", batch_id="B2")
    found = latest(loader, "b", "nobody", "a", "a")
    assert found.found.tolist() == [True, False, True, True]
    assert found.values.tolist()[2:] == [[8.0, 1.0], [8.0, 1.0]]
    assert np.array_equal(found.values[:2], [[np.nan, 1.0], [np.nan, np.nan]], equal_nan=True)


def test_a_category_or_a_feature_that_the_portfolio_has_no_more_is_missing(load, loader):
    load(*ROWS)
    other = replace(
        PORTFOLIO,
        features=(
            replace(PORTFOLIO.features[1], categories=("Yes",)),
            Feature("new", FeatureKind.NUMERIC, "count", 0, "trade"),
        ),
    )
    assert training_rows(loader, portfolio=other) == [
        ("a", [None, None], 0),
        ("b", [0.0, None], 1),
        ("c", [None, None], NO_LABEL),
    ]


def listing(*categories):
    amount, dispute = PORTFOLIO.features
    return replace(PORTFOLIO, features=(amount, replace(dispute, categories=categories)))


def test_a_load_tells_texts_that_are_not_listed_and_keeps_them(load):
    assert load(*ROWS).unlisted == (UnlistedTexts("dispute", "dispute", 3, 1, "?", 4),)


def test_a_training_refuses_a_feature_of_which_no_loaded_text_is_listed(load, loader):
    load(*ROWS)

    def train(portfolio):
        now = datetime.now(UTC)
        with loader.connect() as connection:
            return batch_rows(connection, portfolio, batch_id="B1", as_of=now, progress=lambda *_: None)

    assert len(train(listing("Yes"))) == 3
    with pytest.raises(MalformedTableError) as refused:
        train(listing("no", "yes"))
    assert str(refused.value).startswith(
        "portfolio trade_credit, rows that are loaded: 'No' is not among the categories of dispute ('no', 'yes'), nor "
        "is any other of its 3 texts"
    )


def test_declared_spellings_of_missing_are_stored_as_nothing(load, loader):
    rule = replace(DATED, missing=("NA", "?"))
    summary = load(*ROWS, "d,2024-01-06,NA,NA,NA,NA", portfolio=replace(PORTFOLIO, label=rule))
    assert summary.unlisted == ()
    assert [row[4] for row in stored(loader)[2:]] == [
        {"amount": 0.1, "dispute": None},
        {"amount": None, "dispute": None},
    ]


def test_a_longer_list_of_categories_needs_no_reload(load, loader):
    load(*ROWS)
    longer = replace(PORTFOLIO.features[1], categories=("?", "Yes", "No"))
    portfolio = replace(PORTFOLIO, features=(PORTFOLIO.features[0], longer))
    assert [values[1] for _, values, _ in training_rows(loader, portfolio=portfolio)] == [2.0, 1.0, 0.0]
    assert latest(loader, "c", "b", portfolio=portfolio).values[:, 1].tolist() == [0.0, 1.0]


def test_rows_of_a_release_that_kept_listed_texts_alone_are_read_and_become_complete_by_a_load(load, loader):
    with loader.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO blink.ground_truth_labels "
                "(portfolio, batch_id, subject_id, observed_at, version, features) "
                """VALUES ('trade_credit', 'B1', 'c', '2024-01-05Z', 1, '{"amount": 0.1, "dispute": null}')"""
            )
        )
    assert training_rows(loader) == [("c", [0.1, None], NO_LABEL)]
    assert load(*ROWS).loaded == 3
    assert [(row[0], row[2], row[4]["dispute"]) for row in stored(loader) if row[0] == "c"] == [
        ("c", 1, None),
        ("c", 2, "?"),
    ]


def test_the_latest_row_is_found_by_an_index(load, loader):
    load(*ROWS)
    query = text(
        "EXPLAIN SELECT features FROM blink.ground_truth_labels WHERE portfolio = 'trade_credit' AND subject_id = 'a'"
        " ORDER BY observed_at DESC LIMIT 1"
    )
    with loader.connect() as connection:
        connection.execute(text("SET enable_seqscan = off"))
        plan = "\n".join(connection.execute(query).scalars())
    assert "ground_truth_labels_subject_idx" in plan


SCREENED = replace(PORTFOLIO, protected=("sex", "age"))
WITH_SEX = HEAD + ",sex,age"


def protected(engine):
    query = (
        "SELECT subject_id, version, protected, features FROM blink.ground_truth_labels ORDER BY subject_id, version"
    )
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_protected_values_are_kept_apart_from_features(load, loader):
    load(ROWS[0] + ",1,31.0", ROWS[1] + ",,", head=WITH_SEX, portfolio=SCREENED)
    assert protected(loader) == [
        ("a", 1, {"sex": "1", "age": "31"}, {"amount": 12.5, "dispute": "No"}),
        ("b", 1, {"sex": None, "age": None}, {"amount": None, "dispute": "Yes"}),
    ]
    with loader.connect() as connection:
        (rows,) = stored_rows(
            connection, SCREENED, batch_id="B1", as_of=datetime.now(UTC), protected=("sex", "nationality")
        )
    assert rows.protected == {
        "sex": ["1", None],
        "nationality": [None, None],
    }
    assert latest(loader, "a", portfolio=SCREENED).values.tolist() == [[12.5, 0.0]]


def test_a_file_without_a_protected_column_says_nothing_of_it(load, loader):
    first, second = ROWS[:2]
    load(first + ",1,31", second + ",,", head=WITH_SEX, portfolio=SCREENED)
    again = load(first, second, portfolio=SCREENED)
    assert (again.loaded, again.already_there) == (0, 2)
    summary = load(first.replace("12.5", "13") + ",32", second + ",40", head=HEAD + ",age", portfolio=SCREENED)
    assert (summary.loaded, summary.already_there) == (2, 0)
    assert [row[:3] for row in protected(loader)] == [
        ("a", 1, {"sex": "1", "age": "31"}),
        ("a", 2, {"sex": "1", "age": "32"}),
        ("b", 1, {"sex": None, "age": None}),
        ("b", 2, {"sex": None, "age": "40"}),
    ]
