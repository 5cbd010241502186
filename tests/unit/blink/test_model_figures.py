"""How `blink model` words a metric."""

import pytest

from blink.commands.model import figure


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.74412, "0.7441"),
        (51, "51"),
        (None, "None"),
        # As PostgreSQL's jsonb orders the keys.
        ({"lower": 0.6651, "upper": 0.8228, "estimate": 0.7441}, "0.7441 [0.6651, 0.8228]"),
        (
            {"censored": 513, "roc_auc": {"lower": 0.6, "upper": 0.8, "estimate": 0.7}},
            "censored 513, roc_auc 0.7000 [0.6000, 0.8000]",
        ),
    ],
)
def test_an_interval_stands_behind_its_estimate(value, text):
    assert figure(value) == text
