"""What `blink train` makes of its options."""

from pathlib import Path

import pytest

from blink.cli.parser import build_parser
from blink.commands.train import _comparison, _tracking
from blink.outcome import WrongCallError
from blink.settings import read_settings
from trainer.candidates import ComparisonWish
from trainer.tracking.facts import TrackingPlace

HOME = Path("/srv/blink")


def arguments(*options):
    return build_parser().parse_args(["train", "consumer_credit", *options])


def tracking(*options, **environment):
    return _tracking(arguments(*options), read_settings(environment, home=HOME))


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
    assert tracking() is None
    assert tracking("--compare") == TrackingPlace(
        "sqlite:////srv/blink/mlflow/mlflow.db", Path("/srv/blink/mlflow/artifacts")
    )
    server = {"MLFLOW_TRACKING_URI": "http://mlflow:5000"}
    assert tracking(**server) == tracking("--compare", **server) == TrackingPlace("http://mlflow:5000")
