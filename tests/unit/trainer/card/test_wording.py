"""What a card says in sentences."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from credit.bundle.manifest import Manifest, TrainingWindow
from credit.bundle.model_id import checked_model_id
from credit.portfolios import LabelRule, PortfolioName, TableLabel, TableRule
from tests.unit.credit.bundle.evaluation_example import EVALUATION
from trainer.card.wording import limits, window_sentence

DAYS = "2025-01-02 to 2025-11-30"
LABEL = TableLabel("bad")
UNTIMED = TableRule(LABEL)
TIMED = TableRule(LABEL, observed_at="at")
EITHER = TableRule(LABEL, observed_at="at", optional=("subject", "at"))


def manifest(rule: LabelRule | TableRule) -> Manifest:
    window = TrainingWindow(datetime(2025, 1, 2, tzinfo=UTC), datetime(2025, 11, 30, tzinfo=UTC))
    name = checked_model_id("model_loans_20260101_000000")
    return Manifest(name, PortfolioName("loans"), "lightgbm", (), window, rule, {}, {}, {})


@pytest.mark.parametrize(
    ("rule", "source", "said"),
    [
        (LabelRule(30, 5.0, 5), "audits", ""),
        (TIMED, "table", ""),
        (EITHER, "table", ", observed, or loaded where the table has no time"),
        (UNTIMED, "table", ", the days on which they were loaded: the table has no times"),
        # A file's rows without times are not dated, those of a dated one have their own.
        (EITHER, "file", ""),
        # A bundle from before: who knows what it came from.
        (EITHER, None, ", observed, or loaded where the table has no time"),
    ],
)
def test_whose_times_rows_have(rule: LabelRule | TableRule, source: str | None, said: str) -> None:
    evaluation = None if source is None else replace(EVALUATION, source=source)
    sentence = window_sentence(manifest(rule), evaluation)
    assert sentence == f"Rows that shaped the model are from {DAYS}{said}."
    assert f"It knows rows from {DAYS}{said}. What has changed since" in limits(manifest(rule), {}, evaluation)[1]


def test_rows_of_a_file_without_times_have_none() -> None:
    said = window_sentence(manifest(EITHER), replace(EVALUATION, dated=False, source="file"))
    assert said == "Rows have no times of their own."
