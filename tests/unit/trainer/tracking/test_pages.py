"""What people read of a training in an experiment tracker."""

from pathlib import Path

from mlflow.utils.validation import _validate_metric, _validate_metric_name

from trainer.tracking.facts import TrackedModel
from trainer.tracking.pages import candidates_table, choice_note, figures_of, model_note, standings_of

SELECTION = {
    "algorithm": "lightgbm",
    "parameters": {},
    "rule": "the simplest that is as good",
    "rows": 24_000,
    "folds": 2,
    "folds_by": "lot",
    "standings": [
        {
            "candidate": candidate,
            "algorithm": algorithm,
            "parameters": parameters,
            "mean_auc": mean_auc,
            "fold_aucs": [mean_auc - 0.01, mean_auc + 0.01],
            "shortfall": 0.785 - mean_auc,
            "standard_error": 0.002,
            "as_good": mean_auc > 0.78,
        }
        for candidate, algorithm, parameters, mean_auc in (
            ("base_rate", "base_rate", {}, 0.5),
            ("lightgbm", "lightgbm", {}, 0.784),
            ("lightgbm, trial 1", "lightgbm", {"leaves": 8, "l2": 0.123456789}, 0.785),
        )
    ],
    "tuning_trials": {"base_rate": 0, "lightgbm": 3},
    "pruned_trials": 1,
    "not_compared": {"catboost": "only numeric features are supported, not purpose"},
}
METRICS = {
    "roc_auc": {"estimate": 0.78, "lower": 0.76, "upper": 0.8},
    "auc_roc": 0.78,
    "rows": 6000,
    "bads": 1327,
    "test_samples": 6000,
    "train_samples": 24_000,
    "train_default_rate": 0.22,
    "confusion_matrix": [[1, 2], [3, 4]],
    "indicative": False,
    "censored_as_good": None,
    "costs": {"cost": 3.0, "accept_all": 9.0, "decline_all": 12.0, "savings": 6.0, "curve": []},
}


def model(**changed):
    return TrackedModel("model_loans_20260101_000000", Path("bundle"), {"metrics": METRICS | changed})


def test_candidates_stand_the_best_first_with_who_was_chosen():
    assert standings_of(SELECTION) == ["behind", "chosen", "as good, less simple"]
    table = candidates_table(SELECTION)
    assert {name: table[name] for name in ("candidate", "standing", "mean_auc", "fold_2_auc", "settings")} == {
        "candidate": ["lightgbm, trial 1", "lightgbm", "base_rate"],
        "standing": ["as good, less simple", "chosen", "behind"],
        "mean_auc": [0.785, 0.784, 0.5],
        "fold_2_auc": [0.795, 0.794, 0.51],
        "settings": ["leaves 8, l2 0.123457", "its own", "its own"],
    }


def test_the_note_says_the_choice_first_and_is_markdown():
    assert choice_note(SELECTION, "[Compare](#/there).").splitlines() == [
        "**lightgbm** was chosen, on 2 folds by lot of 24,000 rows, the test rows not among them. [Compare](#/there).",
        "",
        "| candidate |  | mean AUC | falls short by |",
        "| --- | --- | --- | --- |",
        "| lightgbm, trial 1 | as good, less simple | 0.7850 | 0.0000 ± 0.0020 |",
        "| lightgbm | chosen | 0.7840 | 0.0010 ± 0.0020 |",
        "| base_rate | behind | 0.5000 | 0.2850 ± 0.0020 |",
        "",
        "The rule: the simplest that is as good.",
        "",
        "Tuning tried 3 settings and gave up 1; of each algorithm the best stands here.",
        "",
        "catboost was not compared: only numeric features are supported, not purpose.",
    ]


def test_a_model_is_told_with_its_interval_and_how_far_to_trust_it():
    said = (
        "`model_loans_20260101_000000`: ROC AUC 0.7800, 95 % interval 0.7600 to 0.8000, on 6,000 test rows, 1,327 of "
        "them bad."
    )
    assert model_note(model()) == said
    assert model_note(model(indicative=True)) == f"{said} Too few bads for more than an indication."


def test_every_figure_has_one_name():
    assert figures_of(METRICS) == {
        "test_roc_auc": 0.78,
        "test_roc_auc_lower": 0.76,
        "test_roc_auc_upper": 0.8,
        "test_rows": 6000.0,
        "test_bads": 1327.0,
        "train_samples": 24_000.0,
        "train_default_rate": 0.22,
        "test_cost": 3.0,
        "test_accept_all": 9.0,
        "test_decline_all": 12.0,
        "test_savings": 6.0,
    }


def screen_of(*names):
    measures = dict.fromkeys(("acceptance_rate", "adverse_impact_ratio", "standardised_mean_difference"))
    groups = [{"group": name, "rows": 70, "calibration_difference": {"estimate": 0.1}, **measures} for name in names]
    return {"columns": [{"column": "sex", "groups": groups}]}


def test_whatever_a_group_is_called_its_figures_have_a_name_of_their_own_that_mlflow_takes():
    names = ("male", ".", "..", "", "_", "a/b", "a_b", "a_b 2", "../..", "x" * 300, "x" * 301, "\u9031" * 90, "é: <1>")
    found = figures_of({"fairness": screen_of(*names)})
    shown = ["male", "_", "__", "_ 2", "_ 3", "a_b", "a_b 2", "a_b 2 2", ".._..", "x" * 60, f"{'x' * 60} 2"]
    shown += ["\u9031" * 60, "é_ _1_"]
    assert found == {
        f"fairness/sex/{name}/{measure}": value
        for name in shown
        for measure, value in (("rows", 70.0), ("calibration_difference", 0.1))
    }
    longest = f"fairness/{'c' * 60}/{'x' * 60} 999/standardised_mean_difference"
    for name in (*found, longest):
        _validate_metric_name(name)
        _validate_metric(name, 1.0, 1, 0)
