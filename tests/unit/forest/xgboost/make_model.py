"""Writes the small XGBoost model of this folder, and rows with the library's own contributions.

XGBoost is no dependency of ours; where it is installed: `python tests/unit/forest/xgboost/make_model.py`.
"""

import json
from pathlib import Path

import numpy as np
import xgboost

FOLDER = Path(__file__).parent
CATEGORICAL = 3


def make() -> None:
    rng = np.random.default_rng(1)
    rows = np.round(rng.normal(size=(400, 4)), 3)
    rows[:, CATEGORICAL] = rng.integers(0, 9, 400)
    rows[rng.random(rows.shape) < 0.1] = np.nan
    risk = np.nan_to_num(rows[:, 0] * rows[:, 1] + rows[:, 2] + (rows[:, CATEGORICAL] > 5))
    bad = (risk + rng.normal(size=400) > 0.5).astype(int)
    matrix = xgboost.DMatrix(rows, bad, feature_types=["q", "q", "q", "c"], enable_categorical=True)
    settings = {"objective": "binary:logistic", "max_depth": 5, "max_cat_to_onehot": 3, "nthread": 1}
    booster = xgboost.train(settings, matrix, 6)
    booster.save_model(FOLDER / "model.json")
    shown = matrix.slice(range(40))
    answers = {
        "library": f"xgboost {xgboost.__version__}",
        "rows": [[None if np.isnan(number) else number for number in row] for row in rows[:40].tolist()],
        "margins": booster.predict(shown, output_margin=True).astype(float).tolist(),
        "contributions": booster.predict(shown, pred_contribs=True).astype(float).tolist(),
    }
    (FOLDER / "answers.json").write_text(json.dumps(answers, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    make()
