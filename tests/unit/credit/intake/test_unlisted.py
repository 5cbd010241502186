"""Texts that are among no feature's categories: counted, and refused where a feature has no other."""

from dataclasses import replace

import pytest

from credit.intake.errors import MalformedTableError
from credit.intake.table_check import check_table_file
from credit.intake.unlisted import StoredUnlisted, UnlistedTexts
from tests.unit.credit.intake.test_table_rows import NOW, PORTFOLIO, SOUND, csv_file
from trainer.table_rows import file_rows

NUMBER, DISPUTE = PORTFOLIO.features


def listing(*categories):
    return replace(PORTFOLIO, features=(NUMBER, replace(DISPUTE, categories=categories)))


def train(path, portfolio):
    return file_rows(path, portfolio, as_of=NOW, now=NOW, progress=lambda *_: None)


def check(path, portfolio):
    return check_table_file(path, portfolio, now=NOW)


def test_they_are_counted_with_the_first_and_its_row(tmp_path):
    found = check(csv_file(tmp_path, *SOUND), listing("No"))
    assert found.unlisted == (UnlistedTexts("dispute", "dispute", 3, 2, "Yes", 3),)
    assert str(found.unlisted[0]) == "2 rows hold a text that is not among its categories, the first 'Yes' in row 3"
    assert found.missing == {"amount": 1, "dispute": 2}


@pytest.mark.parametrize("read", [check, train])
@pytest.mark.parametrize(
    ("categories", "what_to_do"),
    [
        (("no", "yes"), "List the categories as they are written there: capital and small letters differ"),
        (("a", "b"), "List the categories as they are written there"),
    ],
)
def test_a_feature_of_which_no_text_is_listed_is_refused(tmp_path, read, categories, what_to_do):
    with pytest.raises(MalformedTableError) as refused:
        read(csv_file(tmp_path, *SOUND), listing(*categories))
    assert str(refused.value) == (
        f"invoices.csv: row 2, column dispute: 'No' is not among the categories of dispute ({categories[0]!r}, "
        f"{categories[1]!r}), nor is any other of its 3 texts, so that the feature would be missing everywhere. "
        f"{what_to_do}"
    )


@pytest.mark.parametrize("read", [check, train])
def test_true_and_false_need_no_categories(tmp_path, read):
    lines = [line.replace("No", "True").replace("Yes", "False").replace("Perhaps", "") for line in SOUND]
    with pytest.raises(MalformedTableError, match="Leave out its kind and categories: true and false are read as 1"):
        read(csv_file(tmp_path, *lines), listing("true", "false"))


@pytest.mark.parametrize("read", [check, train])
def test_a_feature_without_any_text_is_only_missing(tmp_path, read):
    read(csv_file(tmp_path, *(line.replace(line.split(",")[4], "") for line in SOUND)), listing("a"))


def test_more_than_five_categories_are_not_all_told(tmp_path):
    with pytest.raises(MalformedTableError, match=r"\('a', 'b', 'c', 'd', 'e' and 2 more\)"):
        check(csv_file(tmp_path, *SOUND), listing(*"abcdefg"))


def stored(*parts):
    unlisted = StoredUnlisted(PORTFOLIO.features)
    for values, texts in parts:
        unlisted.add(values, texts)
    unlisted.check("portfolio p")


def test_of_loaded_rows_a_feature_is_refused_where_no_part_has_a_listed_text(tmp_path):
    nan = float("nan")
    lost, seen = [[1.0, nan]], [[1.0, 0.0]]
    stored((lost, {"dispute": ["x"]}), (seen, {}))
    stored((lost, {}))
    with pytest.raises(MalformedTableError) as refused:
        stored((lost, {"dispute": ["x", "y"]}), (lost, {}), (lost, {"dispute": ["z"]}))
    assert str(refused.value).startswith(
        "portfolio p, rows that are loaded: 'x' is not among the categories of dispute ('No', 'Yes'), nor is any other "
        "of its 3 texts"
    )
