"""Portfolios of one's own, by name from a folder."""

from importlib import resources

import pytest

from credit.portfolio_file import builtin_names, known_names, load_portfolio
from credit.portfolios import PortfolioError

BUILT_IN = (resources.files("credit") / "builtin" / "cash_advance.toml").read_text("utf-8")


@pytest.fixture
def folder(tmp_path):
    """As a ConfigMap is mounted: links into a hidden folder."""
    hidden = tmp_path / "..data"
    hidden.mkdir()
    (hidden / "mine.toml").write_text(BUILT_IN.replace('"cash_advance"', '"mine"', 1))
    (tmp_path / "mine.toml").symlink_to(hidden / "mine.toml")
    (tmp_path / "Not-A-Name.toml").touch()
    (tmp_path / "notes.txt").touch()
    return tmp_path


def test_an_own_portfolio_goes_by_its_name(folder):
    assert known_names(folder) == tuple(sorted({*builtin_names(), "mine"}))
    assert load_portfolio("mine", folder=folder).name == "mine"
    assert load_portfolio("cash_advance", folder=folder).name == "cash_advance"
    assert load_portfolio(str(folder / "mine.toml")).name == "mine"


def test_a_built_in_one_goes_first(folder):
    (folder / "cash_advance.toml").write_text("not even TOML =")
    assert load_portfolio("cash_advance", folder=folder).name == "cash_advance"


@pytest.mark.parametrize("reference", ["other", "../mine", "..data/mine", "Not-A-Name", "notes", "mine.toml"])
def test_an_unknown_one_is_refused_with_all_names(folder, reference):
    names = ", ".join(known_names(folder))
    with pytest.raises(PortfolioError) as caught:
        load_portfolio(reference, folder=folder)
    assert str(caught.value) == f"no portfolio {reference!r}: give one of {names}, or the path of a TOML file"


def test_a_folder_that_is_not_there_has_none(tmp_path):
    assert known_names(tmp_path / "nowhere") == builtin_names()


def test_a_name_in_the_file_that_is_another_one_is_refused(folder):
    (folder / "yours.toml").write_text(BUILT_IN)
    with pytest.raises(
        PortfolioError, match=r"yours\.toml: name must be that of its file, 'yours', not 'cash_advance'"
    ):
        load_portfolio("yours", folder=folder)
