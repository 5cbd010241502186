"""Pictures of a training: the same figures give the same bytes."""

from tests.unit.credit.bundle.evaluation_example import EVALUATION
from trainer.figures import drawn

SELECTION = {
    "algorithm": "lightgbm",
    "parameters": {},
    "standings": [
        {"candidate": name, "algorithm": name, "parameters": {}, "mean_auc": auc, "standard_error": 0.01}
        for name, auc in (("base_rate", 0.5), ("lightgbm", 0.78))
    ],
}
COSTS = {"curve": [{"cut_off": 0.1, "cost": 5.0}, {"cut_off": 0.2, "cost": 4.0}], "accept_all": 9.0, "cost": 3.0}


def test_pictures_are_png_and_repeat_to_the_byte():
    report = {"metrics": {"costs": COSTS, "selection": SELECTION}}
    found = drawn(report, EVALUATION)
    assert sorted(found) == ["calibration.png", "candidates.png", "cost.png", "roc.png"]
    assert all(content.startswith(b"\x89PNG") for content in found.values())
    assert drawn(report, EVALUATION) == found
    assert sorted(drawn({"metrics": {}}, EVALUATION)) == ["calibration.png", "roc.png"]
