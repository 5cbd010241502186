"""How `blink model show` words a fairness screen."""

from blink.fairness_words import fairness_words


def test_a_group_of_any_text_does_not_steer_a_terminal():
    ratio = {"estimate": 0.754, "lower": 0.68, "upper": 0.8}
    groups = [{"group": "f\x1b[2K\r", "adverse_impact_ratio": ratio}]
    found = {"columns": [{"column": "sex", "reference": "m\n", "groups": groups}], "absent": []}
    assert fairness_words(found) == "a screen, not a legal finding; accepted: sex f\ufffd[2K  0.75 [0.68, 0.80] of m "


def test_a_screen_is_one_line():
    ratio = {"estimate": 0.754, "lower": 0.68, "upper": 0.8}
    groups = [{"group": "f", "adverse_impact_ratio": ratio}, {"group": "m", "adverse_impact_ratio": None}]
    found = {"columns": [{"column": "sex", "reference": "m", "groups": groups}], "absent": ["age", "nationality"]}
    assert fairness_words(found) == (
        "a screen, not a legal finding; accepted: sex f 0.75 [0.68, 0.80] of m; without data: age, nationality"
    )


def test_a_screen_that_compared_nothing_says_so():
    alone = {"column": "sex", "reference": "m", "groups": [{"group": "m", "adverse_impact_ratio": None}]}
    said = "a screen, not a legal finding; accepted: no groups to compare"
    assert fairness_words({"columns": [alone], "absent": []}) == said
    assert fairness_words({"columns": [], "absent": ["age"]}) == f"{said}; without data: age"
