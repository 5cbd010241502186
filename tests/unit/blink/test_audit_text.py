"""What `blink audit show` prints of an audit."""

import re
from dataclasses import replace

from blink.commands.audit import _text
from tests.unit.credit.audit_examples import GOLDEN


def of_values(features, null_reasons=None):
    snapshot = replace(GOLDEN.snapshot, features=features, null_reasons=null_reasons or {})
    score = replace(GOLDEN.score, contributions=dict.fromkeys(features, 0.25))
    return replace(GOLDEN, snapshot=snapshot, score=score)


def test_inputs_are_shown_to_their_last_digit():
    features = {"limit_bal": 500000.0, "pay_amt2": 22827.0, "rate": 0.1 + 0.2, "balance": -1234.56, "age": None}
    lines = _text(of_values(features, {"age": "not given"})).splitlines()
    cells = [re.split(" {2,}", line) for line in lines]
    shown = {one[0]: one[1] for one in cells if one[-1] == "+0.2500" and len(one) == 3}
    assert shown == {
        "limit_bal": "500,000",
        "pay_amt2": "22,827",
        "rate": "0.30000000000000004",
        "balance": "-1,234.56",
        "age": "unknown: not given",
    }


def test_one_line_says_what_the_two_amounts_are():
    last = _text(of_values({"limit_bal": 1.0})).splitlines()[-1]
    assert last == (
        "amounts: of a reason, how far its features' contributions lie above their mean over the reference rows; in "
        "the table, the contributions themselves, which with the base add up to the log-odds of default"
    )
    forest = replace(GOLDEN, score=replace(GOLDEN.score, scale="probability"))
    assert _text(forest).splitlines()[-1].endswith("add up to the probability of default before it is clipped")
