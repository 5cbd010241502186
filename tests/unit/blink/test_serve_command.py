"""`blink serve` as a caller meets it before anything is served."""

import pytest

from blink.cli.main import run


@pytest.mark.parametrize(("made", "state"), [(True, "is empty"), (False, "does not exist")])
def test_a_bundle_that_is_not_there_ends_with_78_and_says_what_to_compare(tmp_path, capsys, made, state):
    path = tmp_path / "models"
    if made:
        path.mkdir()
    assert run(["serve", "--bundle", str(path)]) == 78
    said = capsys.readouterr().err
    assert f"--bundle {path}: the directory {state}; a model bundle is needed" in said
    assert "spec.predictor.model.storageUri" in said


def test_without_a_portfolio_and_a_bundle_there_is_nothing_to_serve(capsys):
    assert run(["serve"]) == 2
    assert "give a PORTFOLIO, whose champion is served, or --bundle DIR" in capsys.readouterr().err


def test_a_directory_that_is_no_bundle_names_the_missing_file(tmp_path, capsys):
    (tmp_path / "readme.txt").write_text("no model")
    assert run(["serve", "--bundle", str(tmp_path)]) == 1
    assert "manifest.sha256: cannot be read in" in capsys.readouterr().err
