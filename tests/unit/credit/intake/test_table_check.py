"""A sound file's features that may stand in for protected columns."""

from dataclasses import replace

from credit.fairness import Fairness, Grouping
from credit.intake.table_check import check_table_file
from tests.unit.credit.intake.test_table_rows import HEAD, NOW, PORTFOLIO, csv_file

SCREENED = replace(PORTFOLIO, protected=("sex", "age"), fairness=Fairness(groups=(Grouping("age", bands=(40.0,)),)))


def invoices(tmp_path, age="31"):
    """Women dispute what they do not pay in time, whatever its amount."""
    lines = (
        f"i{row},03/01/2024,20/01/2024,{row // 2},{'Yes' if row % 2 else 'No'},{row % 2},{'mf'[row % 2]},{age}"
        for row in range(200)
    )
    return csv_file(tmp_path, *lines, head=HEAD.replace("note", "sex,age"))


def test_associations_are_told_of_the_columns_that_the_file_has(tmp_path):
    found = check_table_file(invoices(tmp_path), replace(SCREENED, protected=("sex", "age", "nationality")), now=NOW)
    assert [(one.feature, one.column, one.measure, round(one.association, 6)) for one in found.associations] == [
        ("dispute", "sex", "Cramér's V", 1.0),
        ("amount", "sex", "rank correlation ratio", 0.0),
        ("amount", "age", "rank correlation ratio", 0.0),
        ("dispute", "age", "Cramér's V", 0.0),
    ]
    assert (found.absent, found.ignored) == (("nationality",), ())


def test_without_protected_columns_there_are_none(tmp_path):
    found = check_table_file(invoices(tmp_path), PORTFOLIO, now=NOW)
    assert (found.associations, found.absent, found.ignored) == ((), (), ("sex", "age"))


def test_values_in_no_band_are_told(tmp_path):
    found = check_table_file(invoices(tmp_path, age="old"), SCREENED, now=NOW)
    assert found.notes == ("200 rows with a value in none of the bands of [fairness.groups.age] count as not given.",)
    assert {one.column for one in found.associations} == {"sex"}
