"""A model's figures in plain text, of a report and of `blink model show` alike."""

from credit.bundle.evaluation import SliceCount
from tests.unit.trainer.tracking.test_pages import METRICS, SELECTION
from trainer.model_text import (
    cost_curve_text,
    costs_text,
    cut_off_text,
    gate_text,
    importance_text,
    measures_text,
    selection_text,
    slices_text,
)

INTERVAL = {"estimate": 0.78123, "lower": 0.76, "upper": 0.8}
JUDGED = {"roc_auc": INTERVAL, "rows": 6000, "bads": 1327, "mean_pd": 0.2204}
FITTED = {"train_samples": 24_000, "train_default_rate": 0.2211}
COSTS = {
    "rows": 6000,
    "left_out": 12,
    "threshold": 0.2,
    "declined": 1880,
    "cost": 3927743.925,
    "accept_all": 6275902.2,
    "decline_all": 9614629.725,
    "savings": 2348158.275,
    "curve": [{"cut_off": 0.05, "cost": 9464629.72, "declined": 5998}],
}
ROW = {
    "metric": "late",
    "mean_contribution": 0.4,
    "share": 0.3989,
    "weight": 0.51234,
    "figure": "coefficient",
    "declared": 0,
    "observed": -1,
    "enforced": False,
    "wording": "increases default risk",
}


def test_measures_have_the_names_and_digits_that_people_use():
    assert measures_text(JUDGED | FITTED).splitlines() == [
        "measure  estimate [95 % interval]",
        "ROC AUC  0.7812 [0.7600, 0.8000]",
        "fitted on 24,000 rows, 22.11% of them bad",
        "judged on 6,000 rows, 1,327 of them bad, 22.12%; mean PD 22.04%",
    ]
    assert measures_text(JUDGED | {"indicative": True}).endswith(
        "INDICATIVE: too few bads to decide anything by these figures"
    )


def test_unlabelled_rows_are_told_where_there_are_any():
    assert "unlabelled" not in measures_text(JUDGED | {"censored_as_good": None})
    told = measures_text(JUDGED | {"censored_as_good": {"censored": 1234, "roc_auc": INTERVAL}})
    assert "ROC AUC, unlabelled as good  0.7812 [0.7600, 0.8000]" in told
    assert "unlabelled as good: if all 1,234 rows without a label yet were good" in told


def test_what_older_models_lack_is_left_out():
    assert measures_text({"roc_auc": 0.75}) == "measure  estimate [95 % interval]\nROC AUC  0.7500"
    empty = (measures_text, cut_off_text, selection_text, costs_text, cost_curve_text, gate_text)
    assert [text({}) for text in empty] == [""] * len(empty)
    assert importance_text([]) == "no importance was recorded"


def test_the_cut_off_is_told_with_its_rates_and_counts():
    rates = {"precision": 0.25, "recall": 0.5, "f1-score": 0.3333, "support": 1200}
    found = {"cut_off": 0.2, "accuracy": 0.545, "confusion_matrix": [[206, 1248], [25, 121]]}
    found["classification_report"] = {"default": rates, "non-default": rates | {"support": 4800}}
    assert cut_off_text(found).splitlines() == [
        "declined from PD 0.2  precision  recall  F1      rows",
        "non-default           0.2500     0.5000  0.3333  4,800",
        "default               0.2500     0.5000  0.3333  1,200",
        "accuracy 0.5450",
        "it was, by what it is taken for  non-default  default",
        "non-default                      206          1,248",
        "default                          25           121",
    ]


def test_the_choice_is_a_small_table():
    assert selection_text({"selection": SELECTION}).splitlines() == [
        "   candidate          mean AUC  short of the best  standard error",
        "   base_rate          0.5000    0.2850             0.0020",
        "*  lightgbm           0.7840    0.0010             0.0020",
        "   lightgbm, trial 1  0.7850    0.0000             0.0020",
        "compared on 24,000 rows in 2 folds by lot; chosen (*) is",
        "  the simplest that is as good",
        "not compared: only numeric features are supported, not purpose",
    ]


def test_costs_are_three_numbers_and_the_curve_is_apart():
    assert costs_text({"costs": COSTS}, "TWD").splitlines() == [
        "declined above PD 0.2000 by expected cost: 1,880 of 6,000 rows (12 more have no known stakes)",
        "cost in TWD 3,927,744; accepting all 6,275,902, declining all 9,614,630",
        "saved against accepting all: 2,348,158",
    ]
    own = costs_text({"costs": COSTS | {"threshold": None, "left_out": 0}})
    assert own.startswith("declined above its own threshold by expected cost: 1,880 of 6,000 rows\ncost 3,927,744;")
    assert cost_curve_text({"costs": COSTS}).splitlines() == [
        "declined above PD  cost       declined",
        "0.05               9,464,630  5,998",
    ]


def test_a_gate_is_told_with_its_threshold_and_how_the_model_stands_to_it():
    gate = {"quality_gate": {"min_auc": 0.9, "min_rows": 500}}
    said = "ROC AUC of 0.9000 or more, from 500 labelled rows or more: 0.7800, below it"
    assert gate_text(METRICS | gate) == said
    assert gate_text(METRICS | {"quality_gate": {"min_auc": 0.6, "min_rows": 0}}).endswith("0.7800, passed")
    assert gate_text(METRICS | gate | {"auc_roc": None}).endswith("–, below it")


def test_importance_says_which_way_a_metric_points():
    held = ROW | {"metric": "balance", "declared": 1, "observed": 1, "enforced": True}
    *rows, legend = importance_text([ROW, held]).splitlines()
    assert rows == [
        "metric   share  coefficient  declared         observed   more of it",
        "late     39.9%  0.5123       -                default    increases default risk",
        "balance  39.9%  0.5123       repayment, held  repayment  increases default risk",
    ]
    assert "declared, observed: what more of the metric goes with, - where neither" in legend
    assert legend.endswith("coefficient: of the standardised metric, above 0 towards default")
    assert "coefficient" not in importance_text([ROW | {"figure": "gain"}])


def test_slices_without_times_have_none():
    assert slices_text([SliceCount("test", 1200, 100, None, None)]).splitlines() == [
        "slice  rows   bad  first  last",
        "test   1,200  100  -      -",
    ]
