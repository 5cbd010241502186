"""Groups by protected columns, from values that come a part at a time."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from credit.fairness import Fairness, Grouping
from credit.groups import GroupCoder, ProtectedCoder

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


def test_values_in_none_of_the_bands_are_not_given_and_counted():
    grouping = Grouping("age", bands=(25.0,))
    assert grouped(grouping, ["old", "26", None], ["nan", "old", "9"]) == (
        ("under 25", "25 and over"),
        [None, "25 and over", None, None, None, "under 25"],
    )
    coder = ProtectedCoder(("age",), Fairness(groups=(grouping,)))
    codes = coder.add({"age": pa.array(["old", "26", None, "nan", "old", "9"])}, 6)
    assert coder.protected(codes).notes == (
        "3 rows with a value in none of the bands of [fairness.groups.age] count as not given.",
    )
    alone = ProtectedCoder(("age",), Fairness(groups=(grouping,)))
    found = alone.protected(alone.add({"age": pa.array(["old"])}, 1))
    assert (found.columns, found.notes) == (
        (),
        ("1 row with a value in none of the bands of [fairness.groups.age] counts as not given.",),
    )


def test_names_of_values_that_no_row_has_are_told():
    coder = ProtectedCoder(("sex",), Fairness(groups=(Grouping("sex", names=(("1", "male"), ("woman", "female"))),)))
    found = coder.protected(coder.add({"sex": pa.array(["1", "2", "1"])}, 3))
    assert (found.columns[0].names, found.notes) == (
        ("male", "2"),
        ("No row has a value that [fairness.groups.sex] names: woman.",),
    )


def test_where_most_rows_have_the_lowest_number_the_others_are_a_group():
    values = ["0"] * 900 + [str(1 + place % 13) for place in range(65)]
    names, found = grouped(Grouping("children"), values)
    assert (names, [found.count(name) for name in names]) == (("under 1", "1 and over"), [900, 65])


def test_values_that_hardly_two_rows_share_are_no_groups():
    for values, ungrouped in ((80, ()), (91, ("born",))):
        coder = ProtectedCoder(("born",), Fairness())
        codes = coder.add({"born": pa.array([f"d{row % values}" for row in range(900)])}, 900)
        found = coder.protected(codes)
        assert ([one.column for one in found.columns], found.ungrouped) == ([] if ungrouped else ["born"], ungrouped)


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
