"""Pictures of a training: the same figures give the same bytes."""

import numpy as np

from trainer.evaluation import probability
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
    rng = np.random.default_rng(1)
    log_odds = rng.normal(size=200)
    y = (rng.random(200) < probability(log_odds)).astype(np.int8)
    found = drawn(SELECTION, {"metrics": {"costs": COSTS}}, y, log_odds)
    assert sorted(found) == ["calibration.png", "candidates.png", "cost.png", "roc.png"]
    assert all(content.startswith(b"\x89PNG") for content in found.values())
    assert drawn(SELECTION, {"metrics": {"costs": COSTS}}, y, log_odds) == found
    assert sorted(drawn(None, {"metrics": {}}, y, log_odds)) == ["calibration.png", "roc.png"]
