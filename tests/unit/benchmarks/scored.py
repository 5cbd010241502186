"""Two small models of the acceptance, and what they say of some rows."""

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.serving.acceptance_models import generated_rows, trained_ensembles, write_models
from benchmarks.serving.scored_answers import expected_values
from credit.scores import ScoredRows, score_rows

ROWS = generated_rows(4, np.random.default_rng(2))


@cache
def models() -> Sequence[ScoredRows]:
    """The scores of `ROWS` by two models."""
    with TemporaryDirectory() as folder:
        return [
            score_rows(bundle, ROWS) for bundle in write_models(Path(folder), trained_ensembles((1, 2), trees=3), 2)
        ]


def v2_text(scored: ScoredRows, row: int, names: Sequence[str] = ("default_probability",), **changes: object) -> str:
    """A V2 answer of one row as the load client keeps it; `changes` are of outputs, or of `model_version`."""
    values = {**expected_values(scored, (row,)), **changes}
    version = changes.get("model_version", scored.model_id)
    outputs = [{"name": name, "datatype": "FP64", "shape": [1], "data": values[name]} for name in names]
    return json.dumps({"model_name": "cash_advance", "model_version": version, "id": "", "outputs": outputs})


def score_text(scored: ScoredRows, row: int, **changes: object) -> str:
    """A `/score` answer of one row as the load client keeps it."""
    values = expected_values(scored, (row,))
    explanation = {
        "scale": "log_odds_default",
        "base_value": values["base_value"][0],
        "contributions": dict(zip(scored.feature_names, values["shap_values"], strict=True)),
        "reasons": [{"code": code} for code in values["reason_codes"] if code],
    }
    said = {
        "user_id": f"soak-{row}",
        "default_probability": values["default_probability"][0],
        "points": values["points"][0],
        "explanation": explanation,
        "model_id": scored.model_id,
        "model_version": scored.model_id,
        "audit_id": "",
    }
    return json.dumps(said | changes)
