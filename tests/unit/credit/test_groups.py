"""Groups by protected columns, from values that come a part at a time."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit.fairness import Fairness, Grouping
from credit.groups import GroupCoder, ProtectedCoder
from credit.portfolios import PortfolioError

DAYS = (range(900), range(500, 1400), range(900))


def grouped(grouping, *parts):
    coder = GroupCoder(grouping)
    codes = np.concatenate([coder.add(pa.array(part, pa.string())) for part in parts])
    found = coder.groups(codes)
    return found.names, [None if code < 0 else found.names[code] for code in found.codes]


def test_named_values_are_groups_in_the_order_of_their_names_and_of_one_name_one_group():
    grouping = Grouping("marriage", names=(("1", "married"), ("2", "single"), ("0", "other"), ("3", "other")))
    assert grouped(grouping, ["2", "0", None], ["3", "9"], ["1"]) == (
        ("married", "single", "other", "9"),
        ["single", "other", None, "other", "9", "married"],
    )


def test_bands_begin_at_their_numbers():
    assert grouped(Grouping("age", bands=(25.0, 62.0)), ["24.9", "25", None, "61"], ["62", "9"]) == (
        ("under 25", "25 to under 62", "62 and over"),
        ["under 25", "25 to under 62", None, "25 to under 62", "62 and over", "under 25"],
    )


def test_few_numbers_are_groups_of_their_own_in_their_order():
    assert grouped(Grouping("sex"), ["10", "2"], ["2"]) == (("2", "10"), ["10", "2", "2"])


def test_many_numbers_make_quarters_of_the_rows():
    names, found = grouped(Grouping("age"), [str(age) for age in range(20, 60)], [str(age) for age in range(20, 60)])
    assert names == ("under 30", "30 to under 40", "40 to under 50", "50 and over")
    assert [found.count(name) for name in names] == [20, 20, 20, 20]


def test_columns_that_the_rows_do_not_have_are_absent():
    coder = ProtectedCoder(("sex", "age", "nationality"), Fairness())
    codes = coder.add({"sex": pa.array(["f", "m"]), "age": pa.array([None, None], pa.string())}, 2)
    found = coder.protected(codes)
    assert [(one.column, one.names, one.codes.tolist()) for one in found.columns] == [("sex", ("f", "m"), [0, 1])]
    assert found.absent(("sex", "age", "nationality")) == ("age", "nationality")
    assert found[np.array([False, True])].columns[0].codes.tolist() == [1]


def test_a_value_in_none_of_the_bands_is_refused():
    with pytest.raises(PortfolioError, match="protected column age holds 'old', which is in none of the bands of"):
        grouped(Grouping("age", bands=(25.0,)), ["old"])


def test_more_than_a_thousand_values_are_no_groups():
    coder = ProtectedCoder(("born", "sex"), Fairness())
    parts = [{"born": pa.array([f"d{day}" for day in days]), "sex": pa.array(["f"] * 900)} for days in DAYS]
    found = coder.protected(np.concatenate([coder.add(part, 900) for part in parts]))
    assert ([one.column for one in found.columns], found.ungrouped) == (["sex"], ("born",))
    assert (found.absent(("born", "sex", "age")), found[np.arange(2)].ungrouped) == (("age",), ("born",))


@given(st.lists(st.one_of(st.none(), st.integers(18, 99).map(str)), min_size=1, max_size=60), st.integers(0, 60))
def test_it_does_not_matter_how_the_rows_are_divided(values, at):
    if any(values):
        for grouping in (Grouping("age"), Grouping("age", bands=(30.0, 50.0))):
            assert grouped(grouping, values) == grouped(grouping, values[:at], values[at:])
