"""What the columns of a table are proposed to be."""

import pyarrow as pa
import pytest

from credit.profiling.column import Form
from credit.profiling.label_proposal import LabelError
from credit.profiling.name_words import is_place, is_sensitive, words_of
from credit.profiling.proposal import Role
from credit.profiling.tally import ColumnTally
from tests.unit.credit.profiling.tables import ROWS, loans_with_copy, profiled, proposed, write_csv, write_parquet

SUCH = "such as '2023-01-11' and '10.01.2023': write them alike"
DAYS = "as it looks (2020-09-13 to 2021-03-31): write them as times such as 2020-09-13T12:26:40+00:00"
WRITERS = (write_csv, write_parquet)


@pytest.fixture(scope="module", params=WRITERS, ids=["csv", "parquet"])
def proposal(request, tmp_path_factory):
    return proposed(request.param(tmp_path_factory.mktemp("tables") / "loans", loans_with_copy()))


def test_every_column_has_a_role_and_those_that_are_none_a_reason(proposal):
    assert {one.column.name: (one.role, one.because) for one in proposal.columns} == {
        "loan_id": (Role.SUBJECT, ""),
        "issued": (Role.OBSERVED, ""),
        "closed": (Role.EXCLUDED, "a time that lies after issued"),
        "Amount": (Role.FEATURE, ""),
        "amount again": (Role.LEFT_OUT, "the same as Amount"),
        "risk score": (Role.FEATURE, ""),
        "purpose": (Role.CATEGORY, ""),
        "officer": (Role.LEFT_OUT, "more than 100 different texts"),
        "branch": (Role.LEFT_OUT, "constant: no two rows differ"),
        "note": (Role.LEFT_OUT, "no row has a value"),
        "Sex": (Role.PROTECTED, "by its name"),
        "account_age": (Role.FEATURE, ""),
        "applicantAge": (Role.PROTECTED, "by its name"),
        "recovered": (Role.EXCLUDED, "nearly the outcome itself"),
        "income": (Role.LEFT_OUT, "5 rows hold a text such as 'soon' where the others hold numbers"),
        "default_flag": (Role.LABEL, ""),
    }
    assert (proposal.label.text, proposal.date_formats) == ("default_flag", ("%d/%m/%Y",))


def test_columns_are_measured_alone_against_the_label(proposal):
    alone = {one.column.name: one.auc for one in proposal.columns if one.auc is not None}
    assert alone["recovered"] > 0.99
    assert 0.7 < alone["risk score"] < 0.9
    assert all(0.5 <= alone[name] < 0.62 for name in ("Amount", "purpose", "account_age"))


def test_counts_are_of_the_whole_column(proposal):
    amount = proposal.profile.column("Amount")
    assert (amount.rows, amount.missing, amount.unique, amount.whole) == (400, 40, False, False)
    assert dict(proposal.profile.column("purpose").values).keys() == {"car", "home", "other"}
    assert sum(proposal.profile.column("purpose").values.values()) == 400


def without(*names):
    return {name: values for name, values in loans_with_copy().items() if name not in names}


def test_a_label_that_is_not_clear_is_left_open_with_what_it_may_be(tmp_path):
    open_ = proposed(write_csv(tmp_path / "loans.csv", without("default_flag")))
    assert (open_.label.text, open_.label.candidates) == (None, ("Sex == 'f'", "Sex == 'm'"))
    assert {one.auc for one in open_.columns} == {None}


@pytest.mark.parametrize(
    ("label", "text"),
    [
        ("default_flag", "default_flag"),
        ("recovered > 0", "recovered > 0"),
        ("purpose=='car'", "purpose == 'car'"),
        ("outcome", "outcome == 'late'"),
    ],
)
def test_a_given_label_is_a_column_or_a_comparison(tmp_path, label, text):
    table = loans_with_copy() | {"outcome": ["late" if one else "paid" for one in loans_with_copy()["default_flag"]]}
    given = proposed(write_csv(tmp_path / "loans.csv", table), label)
    assert given.label.text == text
    others = [
        one for one in given.columns if one.column.name in {"default_flag", "outcome"} and one.role is not Role.LABEL
    ]
    if label in {"default_flag", "outcome"}:
        assert [one.role for one in others] == [Role.EXCLUDED]


@pytest.mark.parametrize(
    ("label", "message"),
    [
        ("nothing", "--label: loans.csv has no column nothing; it has loan_id, issued, "),
        ("a > > 1", "--label: must be a column of 0 and 1, or a comparison such as"),
    ],
)
def test_a_label_that_is_none_is_refused(tmp_path, label, message):
    with pytest.raises(LabelError) as refused:
        proposed(write_csv(tmp_path / "loans.csv", loans_with_copy()), label)
    assert str(refused.value)[: len(message)] == message


@pytest.mark.parametrize("label", ["Amount", "purpose"])
def test_of_a_column_that_does_not_say_when_it_is_bad_comparisons_are_proposed(tmp_path, label):
    found = proposed(write_csv(tmp_path / "loans.csv", loans_with_copy()), label).label
    assert found.text is None
    assert all(text.startswith(label) for text in found.candidates)


def test_a_sample_is_drawn_of_a_long_table_and_the_same_again(tmp_path):
    path = write_csv(tmp_path / "loans.csv", loans_with_copy())
    profile, again = profiled(path, most_sampled=50), profiled(path, most_sampled=50)
    assert profile.sampled_rows == 50
    ids = profile.sampled["loan_id"].to_pylist()
    assert ids == sorted(ids) == again.sampled["loan_id"].to_pylist()
    assert profile.column("purpose").rows == 400


@pytest.mark.parametrize(
    ("name", "sensitive"),
    [
        ("sex", True),
        ("GENDER", True),
        ("applicantAge", True),
        ("age", True),
        ("company_age_years", False),
        ("wallet_age_days", False),
        ("marital_status", True),
        ("Country of Citizenship", True),
        ("race", True),
        ("trace_id", False),
        ("average_balance", False),
        ("page", False),
        ("religion_code", True),
        ("date_of_birth", True),
    ],
)
def test_names_that_speak_of_what_nobody_may_decide_by(name, sensitive):
    assert is_sensitive(name) is sensitive


@pytest.mark.parametrize("name", ["DaysLate", "days_late", "days late", "Days-Late7"])
def test_the_words_of_a_name_do_not_depend_on_how_it_is_written(name):
    assert words_of(name) == {"days", "late"}


@pytest.mark.parametrize(
    ("name", "place"), [("ZipCode", True), ("home_city", True), ("zipper", False), ("state", False)]
)
def test_names_that_speak_of_where_somebody_lives(name, place):
    assert is_place(name) is place


def role_of(tmp_path, values, name="column", writer=write_csv):
    """What a column beside an amount and a label is proposed to be, and what was seen of it."""
    bad = [index % 3 // 2 for index in range(ROWS)]
    table = {name: values, "amount": [index * 7 % 200 / 4 for index in range(ROWS)], "bad": bad}
    proposal = proposed(writer(tmp_path / "table", table))
    return next(one for one in proposal.columns if one.column.name == name), proposal.profile


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize(
    "texts", [("True", "False"), ("TRUE", "FALSE"), ("true", "false"), ("True", "FALSE"), (True, False)]
)
def test_true_and_false_are_a_number_however_they_are_written(tmp_path, texts, writer):
    one, _ = role_of(tmp_path, [texts[index % 2] for index in range(ROWS)], writer=writer)
    assert (one.role, one.column.is_flag) == (Role.FEATURE, True)


def test_categories_are_proposed_as_they_are_written(tmp_path):
    one, _ = role_of(tmp_path, ["True" if index % 2 else "Perhaps" for index in range(ROWS)])
    assert (one.role, set(one.column.values)) == (Role.CATEGORY, {"True", "Perhaps"})


@pytest.mark.parametrize(
    ("value", "because"),
    [
        (lambda index: f"{index + 3},73", "numbers with a comma, as it looks, such as '3,73': write them as 3576.73"),
        (
            lambda index: f"1.00{index % 9},5" if index % 2 else "12",
            "numbers with a comma, as it looks, such as '1.001,5': write them as 3576.73",
        ),
        (
            lambda index: f"2023-01-{10 + index % 9}" if index % 2 else f"{10 + index % 9}.01.2023",
            f"times, as it looks, that no one date_format reads, {SUCH}",
        ),
        (
            lambda index: 1_600_000_000 + 86_400 * (index // 2),
            f"times in seconds since 1970, {DAYS}",
        ),
        (
            lambda index: 1_600_000_000_000 + 86_400_000 * (index // 2),
            f"times in milliseconds since 1970, {DAYS}",
        ),
        (
            lambda index: f"{index // 2:05d}",
            "a code, as numbers have no leading zeros such as '00001': more than 100 different texts",
        ),
    ],
)
def test_numbers_and_times_that_look_like_something_else_are_told(tmp_path, value, because):
    one, _ = role_of(tmp_path, [f'"{value(index)}"' for index in range(ROWS)])
    assert (one.role, one.because) == (Role.LEFT_OUT, because)


def test_a_code_with_few_values_is_a_category_that_keeps_its_zeros(tmp_path):
    one, _ = role_of(tmp_path, [f"{index % 7:03d}" for index in range(ROWS)])
    assert (one.role, set(one.column.values)) == (Role.CATEGORY, {f"{index:03d}" for index in range(7)})


def test_a_postal_code_is_no_number_whatever_its_type(tmp_path):
    one, _ = role_of(tmp_path, [10_000 + index % 7 for index in range(ROWS)], "zip", write_parquet)
    assert (one.role, set(one.column.values)) == (Role.CATEGORY, {str(10_000 + index) for index in range(7)})


@pytest.mark.parametrize("value", [lambda index: 7 * index % 90, lambda index: f"2023-01-{10 + index % 9}"])
def test_spellings_of_missing_are_found_among_numbers_and_times(tmp_path, value):
    values = [("NA", "n/a", value(index))[min(index % 5, 2)] for index in range(ROWS)]
    one, profile = role_of(tmp_path, values)
    assert profile.missing == ("NA", "n/a")
    assert (one.column.missing, one.column.odd, one.role is Role.CATEGORY) == (160, 0, False)
    assert profile.sampled["column"].null_count == 160


def test_among_words_a_spelling_of_missing_is_a_category(tmp_path):
    one, profile = role_of(tmp_path, ["none" if index % 2 else "flat" for index in range(ROWS)])
    assert (profile.missing, one.role, set(one.column.values)) == ((), Role.CATEGORY, {"none", "flat"})


def test_lateness_is_the_first_that_a_label_may_be(tmp_path):
    table = {
        "Disputed": ["Yes" if index % 5 else "No" for index in range(ROWS)],
        "Bill": ["Paper" if index % 4 else "Mail" for index in range(ROWS)],
        "DaysLate": [index % 40 for index in range(ROWS)],
    }
    assert proposed(write_csv(tmp_path / "t.csv", table)).label.candidates[:2] == ("DaysLate > 0", "Disputed == 'Yes'")


def test_a_later_time_that_is_otherwise_written_says_so(tmp_path):
    table = loans_with_copy()
    table["closed"] = [f"2024-02-{1 + index % 28:02d}" for index in range(ROWS)]
    closed = next(one for one in proposed(write_csv(tmp_path / "t.csv", table)).columns if one.column.name == "closed")
    assert (closed.role, closed.because) == (Role.EXCLUDED, "a time, otherwise written, that lies after issued")


def test_a_column_of_which_only_spellings_of_missing_are_there_is_left_out(tmp_path):
    table = {"empty": ["NA"] * ROWS, "amount": range(ROWS), "default_flag": [0, 1] * (ROWS // 2)}
    found = proposed(write_csv(tmp_path / "loans.csv", table))
    assert [one.because for one in found.columns if one.column.name == "empty"] == ["constant: no two rows differ"]


def test_a_column_whose_first_block_has_no_value_is_counted_on():
    tally = ColumnTally("amount")
    tally.add(pa.array(["NA", "n/a"]))
    tally.add(pa.array(["3", "4"]))
    counted = tally.column(tally.spelled)
    assert (counted.form, counted.missing, counted.unique, counted.highest) == (Form.NUMBER, 2, False, 4)


def test_a_column_of_lists_tells_no_rows_apart():
    tally = ColumnTally("lists")
    tally.add(pa.array([[1], [2]]))
    assert (tally.column().form, tally.column().unique) == (Form.NESTED, False)


@pytest.mark.parametrize(
    ("label", "text"), [(None, "outcome == 'late'"), ("outcome", "outcome == 'late'"), ("outcome != 'none'",) * 2]
)
def test_what_the_label_holds_is_no_spelling_of_missing(tmp_path, label, text):
    table = {"amount": ["none", "NA", *range(ROWS - 2)], "outcome": ["none", "late"] * (ROWS // 2)}
    found = proposed(write_csv(tmp_path / "loans.csv", table), label)
    assert (found.label.text, found.profile.missing) == (text, ("NA",))
    assert dict(found.profile.column("outcome").values) == {"none": ROWS // 2, "late": ROWS // 2}


def test_a_label_of_numbers_is_not_known_where_it_says_so(tmp_path):
    table = {"amount": range(ROWS), "default_flag": ["NA", "NA", *[0, 1] * (ROWS // 2 - 1)]}
    found = proposed(write_csv(tmp_path / "loans.csv", table))
    assert (found.label.text, found.profile.missing) == ("default_flag", ("NA",))


def test_true_and_false_in_mixed_case_are_two_values(tmp_path):
    table = {"amount": range(ROWS), "late": ["True", "FALSE", "TRUE", "false"] * (ROWS // 4)}
    table["paid"] = ["TRUE", "true"] * (ROWS // 2)
    found = proposed(write_csv(tmp_path / "loans.csv", table))
    assert found.label.text == "late"
    assert [one.because for one in found.columns if one.column.name == "paid"] == ["constant: no two rows differ"]


@pytest.mark.parametrize(
    ("cells", "role"),
    [(["00"] * 40, Role.FEATURE), (["07"] * 3, Role.FEATURE), (["07"] * 4, Role.CATEGORY)],
)
def test_a_few_leading_zeros_make_no_code(tmp_path, cells, role):
    table = {"late": [0, 0, 0, 0, 1, 1, 1, 1] * (ROWS // 8), "months": [*cells, *[3, 5, 8, 9] * ROWS][:ROWS]}
    found = proposed(write_csv(tmp_path / "loans.csv", table))
    assert [one.role for one in found.columns if one.column.name == "months"] == [role]


def test_no_label_is_proposed_that_no_text_can_state(tmp_path):
    table = {"amount": list(range(ROWS)), "late": ['it\'s "x"', "paid"] * (ROWS // 2)}
    label = proposed(write_parquet(tmp_path / "loans.parquet", table), "late").label
    assert (label.text, label.candidates) == (None, ("late == 'paid'",))
