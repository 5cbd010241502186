"""A whole comparison of small rows."""

from dataclasses import replace

import numpy as np
import pytest

from credit.groups import Groups, Protected
from credit.portfolios import FeatureKind, Setting, Split, SplitKind
from tests.unit.trainer.test_fitting import FOLDED, PORTFOLIO, draw
from trainer.comparison import compare as module
from trainer.comparison.compare import ComparisonOrder, compare, selection_of
from trainer.comparison.studies import passing_studies
from trainer.errors import TrainingError
from trainer.fitting import divided

ROWS = draw(700)
QUICK = ("base_rate", "lightgbm", "logistic_regression")
LOT = replace(PORTFOLIO, split=Split(SplitKind.STRATIFIED))


def compared(
    monkeypatch, portfolio=LOT, rows=ROWS, *, studies=None, trials=0, dated=False, names=QUICK, heard=None, said=None
):
    monkeypatch.setattr(module, "algorithm_names", lambda: names)
    order = ComparisonOrder(studies or passing_studies(), trials, jobs=2)
    heard, said = [] if heard is None else heard, [] if said is None else said
    progress = lambda what, *_: said.append(what)  # noqa: E731
    return compare(rows, portfolio, order, dated=dated, seed=1, progress=progress, listener=heard.append)


def test_the_test_rows_have_no_part_in_it(monkeypatch):
    test = divided(ROWS, LOT.split).test
    values, y = ROWS.values.copy(), ROWS.y.copy()
    values[test] = np.random.default_rng(9).normal(size=(len(test), 2)) * 100
    found = compared(monkeypatch)
    changed = compared(monkeypatch, rows=replace(ROWS, values=values, y=y))
    assert [one.aucs for one in found.trials] == [one.aucs for one in changed.trials]
    assert found.choice == changed.choice
    assert found.rows == len(ROWS) - len(test)
    assert found.rows_sha256 != changed.rows_sha256


def test_all_are_compared_and_the_choice_is_told_with_its_figures(monkeypatch):
    heard = []
    found = compared(monkeypatch, trials=2, heard=heard)
    told = selection_of(found)
    assert {(one.algorithm, one.number) for one in heard} == {(one.algorithm, one.number) for one in found.trials}
    assert found.shares == {"base_rate": 0, "lightgbm": 2, "logistic_regression": 0}
    assert [one["candidate"] for one in told["standings"]][:3] == ["base_rate", "logistic_regression", "lightgbm"]
    assert (told["folds"], told["folds_by"], told["standings"][0]["fold_aucs"]) == (5, "lot", [0.5] * 5)
    assert told["algorithm"] == found.chosen.algorithm == "logistic_regression"


def test_the_same_again_is_remembered_and_more_trials_go_on(monkeypatch):
    studies, heard = passing_studies(), []
    first = compared(monkeypatch, studies=studies, trials=1)
    again = compared(monkeypatch, studies=studies, trials=1, heard=heard)
    assert (again, len(heard)) == (first, len(first.trials))
    assert [one.settings for one in again.trials] == [one.settings for one in first.trials]
    more = compared(monkeypatch, studies=studies, trials=3)
    assert first.trials[0] == more.trials[0]
    assert len(more.trials) == len(first.trials) + 2
    assert compared(monkeypatch, trials=3).choice.chosen.parameters == more.choice.chosen.parameters


def test_rows_with_times_are_compared_in_time(monkeypatch):
    found = compared(monkeypatch, PORTFOLIO, draw(1500), dated=True)
    assert (found.by_time, selection_of(found)["folds_by"]) == (True, "time")


def test_who_does_not_take_a_feature_is_left_out_with_the_reason(monkeypatch):
    first, second = LOT.features
    portfolio = replace(LOT, features=(first, replace(second, kind=FeatureKind.CATEGORICAL, categories=("a", "b"))))
    rows = replace(ROWS, values=np.column_stack([ROWS.values[:, 0], (ROWS.values[:, 1] > 0).astype(float)]))
    found = compared(monkeypatch, portfolio, rows)
    assert found.dropped == {
        "logistic_regression": "logistic_regression: only numeric features are supported, not noise"
    }
    assert {one.algorithm for one in found.trials} == {"base_rate", "lightgbm"}


def test_what_the_portfolio_fixes_is_not_tuned_and_is_its_own_algorithm_s_alone(monkeypatch):
    fixed = replace(LOT, settings=(Setting("rounds", 20), Setting("l2", 3.0)))
    found = compared(monkeypatch, fixed, trials=2)
    tried = [one for one in found.trials if one.algorithm == "lightgbm"]
    assert (len(tried), tried[0].folds[0].rounds) == (3, 20)
    assert all("l2" not in one.parameters for one in tried)
    assert fixed.with_algorithm("xgboost") == replace(LOT, algorithm="xgboost")
    assert fixed.with_algorithm("lightgbm") == fixed


def test_a_portfolio_that_holds_nothing_back_is_refused(monkeypatch):
    with pytest.raises(TrainingError, match="its split holds no rows back that could judge what --compare chooses"):
        compared(monkeypatch, FOLDED)


WOMEN = replace(ROWS, protected=Protected((Groups("sex", ("m", "f"), (ROWS.values[:, 0] > 0).astype(np.int16)),)))


def test_groups_are_told_of_each_fold_and_change_nothing_but_the_key(monkeypatch):
    plain, found = compared(monkeypatch, trials=1), compared(monkeypatch, rows=WOMEN, trials=1)
    assert (found.choice.chosen.name, plain.equals) == (plain.choice.chosen.name, ())
    assert [one.aucs for one in found.trials] == [one.aucs for one in plain.trials]
    assert found.key != plain.key
    assert found.rows_sha256 == plain.rows_sha256
    for trial in found.trials:
        assert sum(one.rows for fold in trial.folds for one in fold.groups) == found.rows
    chosen = next(one for one in found.equals if one.chosen)
    assert (chosen.name, chosen.mean_auc) == (found.chosen.name, found.chosen.mean_auc)
    men, women = chosen.groups
    # More of `pay`, by which they are grouped, is better.
    assert women.rate(9) > men.rate(9)
    assert "sex" not in str(selection_of(found))


def test_groups_are_remembered_with_the_trials(monkeypatch):
    studies, heard = passing_studies(), []
    first = compared(monkeypatch, rows=WOMEN, studies=studies, trials=1)
    again = compared(monkeypatch, rows=WOMEN, studies=studies, trials=1, heard=heard)
    assert (again, len(heard)) == (first, len(first.trials))
    other = replace(WOMEN, protected=Protected((Groups("sex", ("m", "f"), np.zeros(len(ROWS), np.int16)),)))
    assert compared(monkeypatch, rows=other, studies=studies, names=("base_rate",)).key != first.key


def test_what_is_remembered_is_told(monkeypatch):
    studies, said = passing_studies(), []
    compared(monkeypatch, studies=studies, trials=1, said=said)
    assert set(said) == {"trials compared"}
    said.clear()
    compared(monkeypatch, studies=studies, trials=1, said=said)
    assert said == ["compared before: all 4 trials are remembered, none is fitted again"]
    said.clear()
    compared(monkeypatch, studies=studies, trials=3, said=said)
    assert said[0] == "the comparison goes on: 4 of 6 trials are remembered, 2 follow"


def test_a_trial_tells_all_that_it_was_fitted_with(monkeypatch):
    settings = {trial.name: trial.settings for trial in compared(monkeypatch).trials}
    assert settings["base_rate"] == {}
    regression = settings["logistic_regression"]
    assert (regression["inverse_penalty"], regression["library.C"], regression["library.tol"]) == (
        "1.0",
        "1.0",
        "0.0001",
    )
    trees = settings["lightgbm"]
    assert trees["learning_rate"] == trees["library.learning_rate"]
    assert (trees["leaves"], trees["library.num_leaves"]) == ("4", "4")
    assert trees["library.lambda_l1"] == "0"
