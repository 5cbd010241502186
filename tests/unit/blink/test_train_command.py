"""What `blink train` makes of its options."""

from dataclasses import replace
from pathlib import Path

import pytest

from blink.cli.parser import build_parser
from blink.commands import train as command
from blink.commands.train import _comparison, _tracking
from blink.outcome import WrongCallError
from blink.settings import read_settings
from credit.portfolio_file import load_portfolio
from trainer.candidates import ComparisonWish
from trainer.tracking.facts import TrackingPlace

HOME = Path("/srv/blink")


def arguments(*options):
    return build_parser().parse_args(["train", "consumer_credit", *options])


def tracking(*options, portfolio="consumer_credit", **environment):
    return _tracking(arguments(*options), read_settings(environment, home=HOME), load_portfolio(portfolio))


def test_nothing_is_compared_unless_asked_for():
    assert _comparison(arguments()) is None
    assert _comparison(arguments("--no-compare")) is None
    assert _comparison(arguments("--compare", "--jobs", "3")) == ComparisonWish(trials=0, jobs=3)
    assert _comparison(arguments("--compare", "--trials", "30", "--jobs", "1")) == ComparisonWish(trials=30, jobs=1)


@pytest.mark.parametrize("options", [("--trials", "3"), ("--jobs", "2")])
def test_options_of_a_comparison_ask_for_one(options):
    with pytest.raises(WrongCallError, match="--trials and --jobs belong to --compare"):
        _comparison(arguments(*options))


def test_comparisons_are_tracked_at_home_and_everything_where_somebody_says_so():
    at_home = TrackingPlace("sqlite:////srv/blink/mlflow/mlflow.db", Path("/srv/blink/mlflow/artifacts"))
    assert tracking("--compare") == tracking("--compare", portfolio="cash_advance") == at_home
    server = {"MLFLOW_TRACKING_URI": "http://mlflow:5000"}
    assert tracking(**server) == tracking("--compare", **server) == TrackingPlace("http://mlflow:5000")


def test_a_table_is_tracked_at_home_of_itself_where_that_costs_nobody_anything(monkeypatch):
    unasked = replace(tracking("--compare"), asked_for=False)
    assert tracking() == unasked
    assert tracking(portfolio="cash_advance") is None
    assert tracking(KUBERNETES_SERVICE_HOST="10.0.0.1") is None
    assert tracking(MLFLOW_TRACKING_URI="") == unasked
    assert tracking(MLFLOW_TRACKING_URI="none") is tracking("--compare", MLFLOW_TRACKING_URI="none") is None
    monkeypatch.setattr(command, "find_spec", lambda _: None)
    assert tracking() is None
