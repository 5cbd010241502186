"""`python -m trainer`: requirement B5."""

import pytest

from trainer.__main__ import as_blink_train


@pytest.mark.parametrize(
    ("given", "called"),
    [
        ([], ["train", "cash_advance"]),
        (["--deploy"], ["train", "cash_advance", "--deploy"]),
        (["--force", "--reason", "audit"], ["train", "cash_advance", "--force", "--reason", "audit"]),
        (["my.toml", "--deploy"], ["train", "my.toml", "--deploy"]),
        (["--seed", "3", "defi_lending"], ["train", "--seed", "3", "defi_lending"]),
        (["--batch-id", "B-1", "--out", "facts"], ["train", "cash_advance", "--batch-id", "B-1", "--out", "facts"]),
        (["--help"], ["train", "--help"]),
    ],
)
def test_the_portfolio_defaults_to_cash_advances(given, called):
    assert as_blink_train(given) == called
