"""What a fit was made with, in plain text."""

from trainer.effective_settings import over_folds, plain


def test_values_are_texts_and_what_is_empty_is_left_out():
    assert plain({"a": None, "b": 0.5, "c": "", "d": [1, 2], "e": False}) == {
        "a": "none",
        "b": "0.5",
        "d": "[1, 2]",
        "e": "False",
    }


def test_what_folds_have_in_common_stands_once():
    folds = [{"leaves": "4", "rows": "8"}, {"leaves": "4", "rows": "10", "patience": "3"}]
    assert over_folds(folds) == {"leaves": "4", "rows": "8, 10", "patience": "none, 3"}
    assert over_folds([]) == {}
