from importlib import resources

from credit.features.catalogue import CASH_FLOW, NAMED
from credit.portfolio_file import load_portfolio
from credit.reasons import load_sentences

STATEMENT = (resources.files("credit.features") / "cash_flow.sql").read_text("utf-8")


def test_the_named_metrics_come_first_with_their_directions() -> None:
    directions = {definition.feature.name: definition.feature.direction for definition in CASH_FLOW[:7]}
    assert directions == {
        "metric_debt_load30": -1,
        "metric_overdraft_count90": -1,
        "metric_median_paycheck": 1,
        "metric_clean_buffer7": 1,
        "metric_volatility90": -1,
        "metric_total_balance": 1,
        "metric_transaction_count90": 0,
    }
    assert tuple(directions) == NAMED


def test_names_are_distinct_and_each_has_its_value_and_reason_in_the_statement() -> None:
    names = [definition.feature.name for definition in CASH_FLOW]
    assert len(set(names)) == len(names)
    absent = [name for name in names if f"AS {name},\n" not in STATEMENT or f"AS {name}_because" not in STATEMENT]
    assert absent == []


def test_every_reason_group_has_its_sentences() -> None:
    load_sentences().check([definition.feature.reason_group for definition in CASH_FLOW])


def test_the_cash_advance_portfolio_takes_the_whole_catalogue() -> None:
    assert load_portfolio("cash_advance").features == tuple(definition.feature for definition in CASH_FLOW)


def test_every_definition_is_a_paragraph() -> None:
    unfinished = [
        definition.feature.name
        for definition in CASH_FLOW
        if not definition.definition.endswith(".") or not definition.window or not definition.null_when
    ]
    assert unfinished == []
