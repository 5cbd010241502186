"""A lender's own table read by a portfolio's rule, from files of each form; what is malformed is named by row."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from credit.database.labels import NO_LABEL
from credit.intake.errors import FileFormatError, MalformedTableError
from credit.intake.faults import Faults
from credit.intake.json_lines_file import JsonLinesFile
from credit.intake.source import open_table_file
from credit.intake.table_columns import as_words, read_label, read_protected
from credit.intake.table_keys import Keys
from credit.intake.table_rows import TableReader
from credit.portfolio_file import load_portfolio
from credit.portfolios import Comparison, Feature, FeatureKind, TableLabel, TableRule

NOW = datetime(2024, 6, 1, tzinfo=UTC)
RULE = TableRule(
    label=TableLabel("days late", Comparison.GREATER, 0.0),
    subject_id="id",
    observed_at="issued",
    known_at="settled",
    date_format="%d/%m/%Y",
)
PORTFOLIO = replace(
    load_portfolio("trade_credit"),
    features=(
        Feature("amount", FeatureKind.NUMERIC, "currency", 0, "trade", column="Amount"),
        Feature("dispute", FeatureKind.CATEGORICAL, "category", 0, "trade", categories=("No", "Yes")),
    ),
    label=RULE,
)
COMMA = "is not a number: write decimals with a point and nothing between thousands, such as 3576.73"
NO_TIME = "is not a time such as 31/05/2024: date_format is that of all times of the file, so write them alike"
HEAD = "id,issued,settled,Amount,dispute,days late,note"
SOUND = (
    "a,03/01/2024,20/01/2024,12.5,No,0,x",
    "b,04/01/2024,20/02/2024,,Yes,17,",
    "c,05/01/2024,,1e3,Perhaps,,",
)


def read(path, portfolio=PORTFOLIO, now=NOW):
    reader = TableReader(open_table_file(path), portfolio, portfolio.label, now=now)
    parts = [rows for rows, _ in reader.rows()]
    assert len(parts) == 1
    return reader, parts[0]


def csv_file(tmp_path, *lines, head=HEAD):
    path = tmp_path / "invoices.csv"
    path.write_text("\n".join([head, *lines]) + "\n")
    return path


def whole(rows):
    """All that was read, as plain values."""
    return {
        "numbers": rows.numbers.tolist(),
        "subject_id": rows.subject_id.to_pylist(),
        "observed_at": None if rows.observed_at is None else [f"{at:%Y-%m-%d}" for at in rows.observed_at.to_pylist()],
        "known_at": [None if at is None else f"{at:%Y-%m-%d}" for at in rows.known_at.to_pylist()],
        "values": [[None if np.isnan(value) else value for value in row] for row in rows.values.tolist()],
        "y": rows.y.tolist(),
    }


EXPECTED = {
    "numbers": [2, 3, 4],
    "subject_id": ["a", "b", "c"],
    "observed_at": ["2024-01-03", "2024-01-04", "2024-01-05"],
    "known_at": ["2024-01-20", "2024-02-20", None],
    "values": [[12.5, 0.0], [None, 1.0], [1000.0, None]],
    "y": [0, 1, NO_LABEL],
}


def records():
    names = HEAD.split(",")
    return [dict(zip(names, line.split(","), strict=True)) for line in SOUND]


def test_a_csv_file_is_read_by_the_rule(tmp_path):
    reader, rows = read(csv_file(tmp_path, *SOUND))
    assert whole(rows) == EXPECTED
    assert rows.batch_id is None
    assert reader.ignored == ("note",)


def test_categories_are_kept_as_they_were_written(tmp_path):
    _, rows = read(
        csv_file(tmp_path, *SOUND, "d,,,1, Yes ,,", "e,,,1,,,"), replace(PORTFOLIO, label=TableRule(RULE.label))
    )
    assert {name: texts.to_pylist() for name, texts in rows.texts.items()} == {
        "dispute": ["No", "Yes", "Perhaps", "Yes", None]
    }


def test_json_lines_hold_the_features_beside_the_others_or_as_an_object(tmp_path):
    path = tmp_path / "invoices.jsonl"
    lines = []
    for index, record in enumerate(records()):
        features = {"Amount": float(record.pop("Amount") or "nan"), "dispute": record.pop("dispute")}
        features["Amount"] = None if np.isnan(features["Amount"]) else features["Amount"]
        record["days late"] = int(record["days late"]) if record["days late"] else None
        lines.append(json.dumps({**record, **features} if index == 1 else {**record, "features": features}))
    path.write_text("\n".join([*lines[:2], "", lines[2]]))
    _, rows = read(path)
    assert whole(rows) == {**EXPECTED, "numbers": [1, 2, 4]}


def test_parquet_is_read_in_its_own_types_and_features_may_be_a_struct(tmp_path):
    days = [pa.scalar(datetime(2024, 1, day, tzinfo=UTC)).cast(pa.timestamp("us", tz="UTC")) for day in (3, 4, 5)]
    table = pa.table(
        {
            "id": pa.array(["a", "b", "c"]).dictionary_encode(),
            "issued": pa.array([day.as_py() for day in days], pa.timestamp("ms", tz="UTC")),
            "settled": pa.array([datetime(2024, 1, 20), datetime(2024, 2, 20), None], pa.date32()),  # noqa: DTZ001
            "features": pa.array(
                [
                    {"Amount": 12.5, "dispute": "No"},
                    {"Amount": None, "dispute": "Yes"},
                    {"Amount": 1000.0, "dispute": "?"},
                ]
            ),
            "days late": pa.array([0, 17, None], pa.int64()),
        }
    )
    pq.write_table(table, tmp_path / "invoices.parquet")
    _, rows = read(tmp_path / "invoices.parquet")
    assert whole(rows) == {**EXPECTED, "numbers": [1, 2, 3]}


def test_without_columns_of_subject_and_time_rows_are_numbered_and_have_no_time(tmp_path):
    rule = replace(RULE, subject_id=None, observed_at=None, known_at=None)
    reader, rows = read(csv_file(tmp_path, *SOUND), replace(PORTFOLIO, label=rule))
    assert rows.subject_id.to_pylist() == ["1", "2", "3"]
    assert (rows.observed_at, rows.known_at) == (None, None)
    assert reader.ignored == ("id", "issued", "settled", "note")


def test_an_optional_column_may_be_left_out_and_a_label_is_known_some_days_after(tmp_path):
    rule = replace(RULE, optional=("settled", "id"), known_after_days=30)
    path = csv_file(tmp_path, "03/01/2024,1,No,0", head="issued,Amount,dispute,days late")
    _, rows = read(path, replace(PORTFOLIO, label=rule))
    assert rows.known_at.to_pylist() == [datetime(2024, 1, 3, tzinfo=UTC) + timedelta(days=30)]
    assert rows.subject_id.to_pylist() == ["1"]


def test_times_without_a_format_are_iso_8601_and_utc_where_they_say_no_offset(tmp_path):
    rule = replace(RULE, date_format=None, known_at=None)
    lines = [f"{index},{at},,1,No,0," for index, at in enumerate(["2024-05-01T02:00:00+02:00", "2024-05-01 00:00:00"])]
    _, rows = read(csv_file(tmp_path, *lines), replace(PORTFOLIO, label=rule))
    assert rows.observed_at.to_pylist() == [datetime(2024, 5, 1, tzinfo=UTC)] * 2


@pytest.mark.parametrize(
    ("label", "texts", "y"),
    [
        (TableLabel("days late"), ("0", "1", "", "true", "False"), [0, 1, NO_LABEL, 1, 0]),
        (
            TableLabel("days late", Comparison.EQUAL, "late"),
            ("late", "paid", "", " late", "Late"),
            [1, 0, NO_LABEL, 1, 0],
        ),
        (TableLabel("days late", Comparison.UNEQUAL, "late"), ("late", "paid", "", "x", "y"), [0, 1, NO_LABEL, 1, 1]),
        (TableLabel("days late", Comparison.AT_LEAST, 2.0), ("2", "1.9", "nan", "-3", "2e0"), [1, 0, NO_LABEL, 0, 1]),
        (TableLabel("days late", Comparison.EQUAL, 0.0), ("0", "0.0", "", "1", "-0"), [1, 1, NO_LABEL, 0, 1]),
    ],
)
def test_a_label_is_bad_by_its_comparison_and_unknown_where_empty(tmp_path, label, texts, y):
    portfolio = replace(PORTFOLIO, label=TableRule(label))
    lines = [f"{index},,,1,No,{text}," for index, text in enumerate(texts)]
    assert read(csv_file(tmp_path, *lines), portfolio)[1].y.tolist() == y


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("d,03/01/2024,20/01/2024,twelve,No,0,", "row 5, column Amount: 'twelve' is not a number"),
        ("d,03/01/2024,20/01/2024,-Inf,No,0,", "row 5, column Amount: '-Inf' is infinite"),
        (
            'd,03/01/2024,20/01/2024,"3.576,73",No,0,',
            f"row 5, column Amount: '3.576,73' {COMMA}",
        ),
        (
            "d,03/01/2024,20/01/2024,n/a,No,0,",
            "row 5, column Amount: 'n/a' is not a number: where it says that there is none, list it in [table] missing",
        ),
        (
            "d,03/01/2024,NA,1,No,0,",
            "row 5, column settled: 'NA' is not a time: where it says that there is none, list it in [table] missing",
        ),
        ("d,03/01/2024,20/01/2024,1e999,No,0,", "row 5, column Amount: '1e999' is infinite"),
        ("d,03/01/2024,20/01/2024,1,No,late,", "row 5, column days late: 'late' is not a number"),
        ("d,31/02/2024,20/03/2024,1,No,0,", f"row 5, column issued: '31/02/2024' {NO_TIME}"),
        ("d,2024-01-03,20/03/2024,1,No,0,", f"row 5, column issued: '2024-01-03' {NO_TIME}"),
        ("d,,20/03/2024,1,No,0,", "row 5, column issued: is missing"),
        ("d,03/01/2025,,1,No,,", "row 5, column issued: '03/01/2025' lies in the future"),
        ("d,03/01/2024,,1,No,0,", "row 5, column settled: is missing beside a label"),
        ("d,03/01/2024,02/01/2024,1,No,0,", "row 5, column settled: '02/01/2024' lies before issued"),
        (",03/01/2024,20/01/2024,1,No,0,", "row 5, column id: is missing"),
        ("d,03/01/2024,20/01/2024,1,N\0o,0,", "row 5, column dispute: 'N\\x00o' contains a NUL character"),
        ("d,03/01/2024,20/01/2024,1,No", "row 5: has 5 fields where the header has 7"),
    ],
)
def test_what_is_malformed_is_named_by_row_and_column(tmp_path, line, message):
    with pytest.raises(MalformedTableError) as caught:
        read(csv_file(tmp_path, *SOUND, line))
    assert str(caught.value) == f"invoices.csv: {message}"


def test_the_first_fault_is_told_with_the_number_of_the_others(tmp_path):
    lines = ["d,03/01/2024,20/01/2024,x,No,0,", "e,03/01/2024,20/01/2024,y,No,0,"]
    with pytest.raises(MalformedTableError, match="'x' is not a number; as far as was read, 1 more rows are wrong"):
        read(csv_file(tmp_path, *SOUND, *lines))


def test_a_time_without_a_format_is_refused_with_what_states_one(tmp_path):
    rule = replace(RULE, date_format=None)
    with pytest.raises(MalformedTableError, match=r"or 2024-05-31T09:00:00\+02:00: date_format states another way"):
        read(csv_file(tmp_path, *SOUND), replace(PORTFOLIO, label=rule))


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (
            ("no", "no", "yes"),
            "row 2, column days late: 'no' is neither 0 nor 1: a label of texts is a comparison ",
        ),
        (("no", "NA", "no", "yes"), """such as label = "days late == 'yes'"; as far as was read, 3 more rows"""),
        (("no", "no", "it's 5\" or so"), "is a comparison with the bad one; as far as was read, 2 more rows"),
        (("0", "1", "x"), "row 4, column days late: 'x' is not a number"),
        (("0", "1", "NA"), r"'NA' is not a number: where it says that there is none, list it in \[table\] missing"),
    ],
)
def test_a_label_of_texts_is_refused_with_the_comparison_that_it_wants(tmp_path, texts, message):
    portfolio = replace(PORTFOLIO, label=TableRule(TableLabel("days late")))
    lines = [f"{index},,,1,No,{text}," for index, text in enumerate(texts)]
    with pytest.raises(MalformedTableError, match=message):
        read(csv_file(tmp_path, *lines), portfolio)


def test_a_number_that_is_not_there_is_no_text():
    codes = pa.array([1.0, float("nan"), None, 3.0])
    assert as_words(codes, "code").to_pylist() == ["1", None, None, "3"]
    assert as_words(pa.array([0.5, float("nan")]), "code").to_pylist() == ["0.5", None]
    unequal = TableLabel("code", Comparison.UNEQUAL, "1")
    assert read_label(codes, unequal, Faults(4)).tolist() == [0, NO_LABEL, NO_LABEL, 1]


SPELLED = replace(PORTFOLIO, protected=("note",), label=replace(RULE, missing=("NA", "n/a")))
UNKNOWN = ("d,06/01/2024,NA,NA, n/a ,NA,NA", "e,06/01/2024,n/a,n/a,NA,n/a,n/a")


def spelled(tmp_path, form):
    """The sound rows and two whose values are all missing, in a file of that form."""
    lines = [line.replace("03/01", "06/01") for line in UNKNOWN]
    if form == "csv":
        return csv_file(tmp_path, *SOUND, *lines)
    rows = [dict(zip(HEAD.split(","), line.split(","), strict=True)) for line in (*SOUND, *lines)]
    path = tmp_path / f"invoices.{form}"
    if form == "jsonl":
        path.write_text("\n".join(map(json.dumps, rows)))
    else:
        kind = pa.large_string() if form == "large" else pa.string()
        columns = {name: pa.array([row[name] for row in rows], kind) for name in HEAD.split(",")}
        if form == "dictionary":
            columns = {name: column.dictionary_encode() for name, column in columns.items()}
        pq.write_table(pa.table(columns), path)
    return path


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet", "large", "dictionary"])
def test_declared_spellings_of_missing_are_no_value_in_any_column_of_any_form(tmp_path, form):
    _, rows = read(spelled(tmp_path, form), SPELLED)
    read_as = whole(rows)
    assert read_as["values"][3:] == [[None, None]] * 2
    assert read_as["known_at"][3:] == [None] * 2
    assert read_as["y"][3:] == [NO_LABEL] * 2
    assert rows.texts["dispute"].to_pylist() == ["No", "Yes", "Perhaps", None, None]
    assert rows.protected["note"].to_pylist() == ["x", None, None, None, None]


def test_a_subject_that_is_spelled_as_missing_is_missing(tmp_path):
    with pytest.raises(MalformedTableError, match="row 5, column id: is missing"):
        read(csv_file(tmp_path, *SOUND, "NA,06/01/2024,,1,No,,"), SPELLED)


def test_infinity_is_refused_in_one_way_in_every_form(tmp_path):
    columns = {"id": ["a"], "issued": ["03/01/2024"], "settled": ["20/01/2024"], "dispute": ["No"], "days late": [0]}
    pq.write_table(pa.table({**columns, "Amount": [float("inf")]}), tmp_path / "invoices.parquet")
    with pytest.raises(MalformedTableError, match="row 1, column Amount: inf is infinite"):
        read(tmp_path / "invoices.parquet")
    pq.write_table(pa.table({**columns, "Amount": [1.0], "days late": [float("inf")]}), tmp_path / "invoices.parquet")
    with pytest.raises(MalformedTableError, match="row 1, column days late: inf is infinite"):
        read(tmp_path / "invoices.parquet")


def test_a_label_of_three_values_is_refused(tmp_path):
    portfolio = replace(PORTFOLIO, label=TableRule(TableLabel("days late")))
    lines = [f"{index},,,1,No,{index}," for index in range(3)]
    with pytest.raises(MalformedTableError, match=r"row 4, column days late: '2' is neither 0 nor 1"):
        read(csv_file(tmp_path, *lines), portfolio)


def test_a_feature_that_may_not_be_missing_is_refused_where_it_is(tmp_path):
    needed = replace(PORTFOLIO.features[0], may_be_missing=False)
    with pytest.raises(MalformedTableError, match="row 3, column Amount: is missing, and may not be"):
        read(csv_file(tmp_path, *SOUND), replace(PORTFOLIO, features=(needed,)))


def test_missing_columns_are_named_with_all_that_are_needed(tmp_path):
    with pytest.raises(FileFormatError) as caught:
        read(csv_file(tmp_path, "a,1", head="id,Amount"))
    assert str(caught.value) == (
        "invoices.csv: missing days late, issued, settled, dispute; portfolio trade_credit needs days late, id, "
        "issued, settled, Amount, dispute"
    )


def test_a_column_of_another_type_is_refused(tmp_path):
    columns = {"id": ["a"], "issued": ["03/01/2024"], "settled": ["03/01/2024"], "dispute": ["No"], "days late": [1]}
    pq.write_table(pa.table({**columns, "Amount": [[1.0]]}), tmp_path / "invoices.parquet")
    with pytest.raises(FileFormatError, match=r"invoices.parquet: column Amount holds list<.*>, which is no number"):
        read(tmp_path / "invoices.parquet")


@pytest.mark.parametrize("name", ["invoices.csv", "invoices.jsonl"])
def test_a_file_without_rows_is_refused(tmp_path, name):
    path = tmp_path / name
    path.write_text(HEAD + "\n" if name.endswith("csv") else "")
    with pytest.raises((MalformedTableError, FileFormatError), match=r"has no rows|cannot be read as CSV"):
        read(path)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (['{"a": 1}', "{"], "row 2: is not JSON"),
        (['{"a": 1}', "[1]"], "row 2: must hold one JSON object"),
        (['{"a": 1}', '{"b": 1}'], "row 2: b is not in the first row"),
        (['{"a": 1}', '{"a": [1]}'], "row 2, column a: must be a number, a text, true, false or null"),
        (['{"a": 1, "features": {"a": 2}}'], "row 1: a stands both beside and in features"),
    ],
)
def test_malformed_json_lines_are_named_by_row(tmp_path, lines, message):
    path = tmp_path / "x.jsonl"
    path.write_text("\n".join(lines))
    with pytest.raises(FileFormatError, match=message):
        list(JsonLinesFile(path).chunks())


def test_json_lines_come_in_blocks_numbered_through(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_text("\n".join(json.dumps({"a": index}) for index in range(5)))
    chunks = list(JsonLinesFile(path, rows_a_block=2).chunks())
    assert [chunk.numbers.tolist() for chunk in chunks] == [[1, 2], [3, 4], [5]]
    assert [chunk.table.column("a").to_pylist() for chunk in chunks] == [["0", "1"], ["2", "3"], ["4"]]


def keys_of(tmp_path, *lines, portfolio=PORTFOLIO):
    reader, rows = read(csv_file(tmp_path, *lines), portfolio)
    keys = Keys(reader.name)
    keys.add(rows)
    return keys


def test_a_subject_may_stand_twice_only_at_different_times(tmp_path):
    other_day = SOUND[0].replace("03/01", "04/01")
    keys_of(tmp_path, *SOUND, other_day).check("id")
    with pytest.raises(MalformedTableError) as caught:
        keys_of(tmp_path, *SOUND, other_day, SOUND[0]).check("id")
    assert str(caught.value) == "invoices.csv: row 6, column id: 'a' stands in row 2 already, of the same time"


def test_a_subject_without_a_time_may_stand_once(tmp_path):
    portfolio = replace(PORTFOLIO, label=replace(RULE, observed_at=None, known_at=None))
    keys_of(tmp_path, *SOUND, portfolio=portfolio).check("id")
    with pytest.raises(MalformedTableError) as caught:
        keys_of(tmp_path, *SOUND, SOUND[1], SOUND[1], portfolio=portfolio).check("id")
    assert str(caught.value) == "invoices.csv: row 5, column id: 'b' stands in row 3 already"


SCREENED = replace(PORTFOLIO, protected=("sex", "age", "note"))


def test_protected_columns_are_read_apart_and_a_number_has_one_spelling(tmp_path):
    head = HEAD.replace("note", "age,sex")
    _, rows = read(
        csv_file(tmp_path, SOUND[0][:-1] + "31.0, f", SOUND[1] + "nan,", SOUND[2] + "+1e2,2", head=head), SCREENED
    )
    expected = {"sex": ["f", None, "2"], "age": ["31", None, "100"]}
    assert {name: texts.to_pylist() for name, texts in rows.protected.items()} == expected
    assert whole(rows) == EXPECTED
    path = tmp_path / "ages.parquet"
    columns = {"id": ["a", "b"], "issued": ["03/01/2024"] * 2, "settled": ["20/01/2024"] * 2, "Amount": [1.0, 2.0]}
    columns |= {"dispute": ["No", "No"], "days late": [0, 1], "age": [31.0, float("nan")], "sex": [1, None]}
    pq.write_table(pa.table(columns), path)
    reader, rows = read(path, SCREENED)
    assert {name: texts.to_pylist() for name, texts in rows.protected.items()} == {
        "sex": ["1", None],
        "age": ["31", None],
    }
    assert reader.ignored == ()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pa.array([1.0, 0.5, np.inf, np.nan, None], pa.float64()), ["1", "0.5", None, None, None]),
        (pa.array(np.array([1, 0.5, -np.inf], np.float16)), ["1", "0.5", None]),
        (pa.array([1e19, 0.1], pa.float64()), ["10000000000000000000", "0.1"]),
        (pa.array([0.1], pa.float32()), ["0.1"]),
        (pa.array(["1e999", "01", " 2.50 ", "inf"]), [None, "1", "2.5", "inf"]),
    ],
)
def test_a_protected_number_of_any_type_has_one_spelling(values, expected):
    assert read_protected(values, "sex", Faults(len(values))).to_pylist() == expected


def test_a_protected_column_of_lists_is_refused_by_its_name():
    with pytest.raises(FileFormatError, match=r"column sex holds list<item: int64>, which cannot be read as text"):
        read_protected(pa.array([[1], [2]]), "sex", Faults(2))


def test_a_nul_in_a_protected_column_is_refused(tmp_path):
    path = tmp_path / "nul.parquet"
    columns = {"id": ["a"], "issued": ["03/01/2024"], "settled": ["20/01/2024"], "Amount": [1.0], "dispute": ["No"]}
    pq.write_table(pa.table(columns | {"days late": [0], "sex": ["f\0"]}), path)
    with pytest.raises(MalformedTableError, match=r"row 1, column sex: .* contains a NUL character"):
        read(path, SCREENED)
