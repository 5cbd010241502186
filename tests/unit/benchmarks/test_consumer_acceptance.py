"""What the acceptance of consumer credit asks, and its page, from made-up splits."""

import json
from dataclasses import asdict, replace

import pytest

from benchmarks import consumer_acceptance as acceptance
from benchmarks.consumer import split_run
from benchmarks.consumer.mlflow_record import Record
from benchmarks.consumer.split_run import SplitResult, SplitWish, kept_or_run
from credit.portfolio_file import load_portfolio

RECORD = Record(
    "r", 0.78, "lightgbm", 36, 4, {}, "a", "b", manifest_is_whole=True, pictures=[], registered_model_id="m"
)
GOOD = SplitResult(
    seed=101,
    seconds=600.0,
    chosen="lightgbm",
    auc=0.779,
    candidates={"lightgbm": 0.779, "catboost": 0.781, "xgboost, tuned": 0.78},
    record=asdict(RECORD),
    unlike=(),
    processor_seconds=1110.0,
)
MACHINE = {"processor": "P", "cores": 2, "kernel": "K", "python": "3"}


def unmet(*results):
    return [one.asked for one in acceptance.demands(results) if not one.holds]


def test_good_splits_hold_and_the_best_candidate_is_by_its_mean():
    other = replace(GOOD, seed=102, candidates={"lightgbm": 0.783, "catboost": 0.777})
    assert unmet(GOOD, other) == []
    assert acceptance.candidate_means([GOOD, other]) == pytest.approx({"lightgbm": 0.781, "catboost": 0.779})


@pytest.mark.parametrize(
    ("changes", "asked"),
    [
        ({"auc": 0.774, "candidates": {"lightgbm": 0.774}}, "mean test AUC of what was chosen ≥ 0.775"),
        ({"candidates": {"lightgbm": 0.779, "catboost": 0.7845}}, "within 0.005 of the best single candidate's"),
        ({"seconds": 901.0}, "a split takes about 15 minutes"),
        ({"unlike": ("trials: 35, not 36",)}, "MLflow's client reads back what the command said"),
        ({"record": {**GOOD.record, "manifest_is_whole": False}}, "MLflow's client reads back what the command said"),
    ],
)
def test_what_does_not_hold_is_named(changes, asked):
    assert unmet(replace(GOOD, **changes)) == [asked]


def test_the_page_shows_splits_candidates_and_what_was_asked():
    page = acceptance.page([GOOD, replace(GOOD, auc=0.7, seed=102)], "python -m x", MACHINE)
    assert "`python -m x`, 2 of 5 splits. P, 2 cores, K, Python 3" in page
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in page.splitlines() if "|" in line]
    assert ["101", "10.0", "18.5", "lightgbm", "0.7790", "36 (4)"] in cells
    assert ["mean test AUC of what was chosen ≥ 0.775", "0.7395", "NO"] in cells
    assert ["catboost", "0.7810"] in cells


def test_a_split_is_kept_and_not_run_again(tmp_path, monkeypatch):
    wish = SplitWish(tmp_path / "data.csv", trials=3, jobs=1, folder=tmp_path)
    monkeypatch.setattr(split_run, "_run", lambda *_: GOOD)
    told = []
    assert kept_or_run(101, wish, told.append) == GOOD
    monkeypatch.setattr(split_run, "_run", lambda *_: pytest.fail("run again"))
    assert kept_or_run(101, wish, told.append) == GOOD
    assert told == ["split 101: kept from an earlier call"]
    assert [path.name for path in tmp_path.iterdir()] == ["split_101_of_3_trials.json"]
    assert json.loads((tmp_path / "split_101_of_3_trials.json").read_text())["auc"] == 0.779


def test_a_split_is_that_of_the_built_in_portfolio_with_its_own_seed(tmp_path):
    changed = load_portfolio(str(split_run._portfolio_file(103, tmp_path)))
    built_in = load_portfolio("consumer_credit")
    assert changed == replace(built_in, split=replace(built_in.split, seed=103))
