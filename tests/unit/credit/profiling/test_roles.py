"""What the columns of a table are proposed to be."""

import pytest

from credit.profiling.label_proposal import LabelError
from credit.profiling.name_words import is_sensitive, words_of
from credit.profiling.proposal import Role
from tests.unit.credit.profiling.tables import loans_with_copy, profiled, proposed, write_csv, write_parquet

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
        "income": (Role.LEFT_OUT, "5 rows hold a text such as 'n/a' where the others hold numbers"),
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
