"""Models of both scales, asked through every protocol of a server that has what its image has."""

import json
from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import select

from credit.bundle.reader import Bundle, load_bundle
from credit.bundle.writer import write_bundle
from credit.database import models
from credit.database.models import ModelStatus
from credit.database.schema import RISK_SCORE_AUDITS
from credit.scores import score_of, score_rows
from tests.postgres.serving.requests import infer, tensor
from tests.postgres.serving.served import registered
from tests.unit.predictor.serving_example import (
    A2_FEATURES,
    NAMES,
    PORTFOLIO,
    example_content,
    example_rows,
    server_process,
    until_ready,
)
from trainer.algorithm import Sample, algorithm_named
from trainer.calibration import IDENTITY, fit_calibration

ROWS = np.vstack([example_rows(rows=40, seed=5), np.full((1, len(NAMES)), np.nan)])
WANTED = ("default_probability", "margin", "points", "base_value", "shap_values")


@pytest.fixture(scope="module", params=["logistic_regression", "random_forest"])
def model(request, tmp_path_factory) -> Bundle:
    """One whose margin is log-odds, and one whose margin is a probability."""
    algorithm = algorithm_named(request.param)
    rows = example_rows()
    balance = np.nan_to_num(np.log1p(rows[:, NAMES.index("metric_total_balance")]), nan=2.0)
    sample = Sample(rows, (np.random.default_rng(0).normal(size=len(rows)) > balance - 2.5).astype(np.int8))
    settings = algorithm.settings_for(sample, stopping=False)
    fitted = algorithm.fit(sample, None, features=PORTFOLIO.features, settings=settings, seed=1, threads=1)
    calibration = IDENTITY
    if not algorithm.TRAITS.calibrated:
        calibration = fit_calibration(fitted.margins(rows), sample.y, algorithm.TRAITS.scale)
    content = replace(
        example_content(),
        algorithm=request.param,
        model=fitted.native,
        calibration=calibration,
        library_margins=fitted.margins,
    )
    return load_bundle(write_bundle(tmp_path_factory.mktemp("models"), content))


def nulls(row: np.ndarray) -> list[float | None]:
    return [None if np.isnan(value) else value for value in row.tolist()]


def test_a_model_of_either_scale_is_served_explained_audited_and_scores_the_same_again(database, model):
    with database.engine("blink_trainer").begin() as connection:
        models.register(
            connection, replace(registered(model, ModelStatus.CHAMPION), algorithm=model.manifest.algorithm)
        )
    scored = score_rows(model, ROWS)
    with server_process(bundle=str(model.path), url=database.url, image="predictor") as running:
        until_ready(running)
        whole = tensor(shape=list(ROWS.shape), data=nulls(ROWS.ravel()))
        status, inferred = infer(running, whole, outputs=[{"name": name} for name in WANTED])
        assert status == 200, inferred
        assert inferred["parameters"] == {"scale": model.calibration.scale}
        assert "parameters" not in infer(running, whole)[1]
        assert {one["name"]: one["data"] for one in inferred["outputs"]} == {
            "default_probability": scored.default_probabilities.tolist(),
            "margin": scored.margins.tolist(),
            "points": scored.points.tolist(),
            "base_value": scored.base_values.tolist(),
            "shap_values": scored.contributions.ravel().tolist(),
        }
        body = json.dumps({"instances": [nulls(ROWS[0])]})
        (explained,) = json.loads(running.post("/v1/models/cash_advance:explain", body)[2])["explanations"]
        assert (explained["scale"], explained["margin"]) == (model.calibration.scale, scored.margins[0])
        while (answer := running.post("/score", json.dumps({"user_id": "u", "features": A2_FEATURES})))[0] == 503:
            assert running.alive()
        answered = json.loads(answer[2])
    row = np.array([[A2_FEATURES.get(name, np.nan) for name in NAMES]], dtype=np.float64)
    with database.engine("blink_trainer").connect() as connection:
        audit = connection.execute(select(RISK_SCORE_AUDITS).where(RISK_SCORE_AUDITS.c.subject_id == "u")).one()
    again = score_of(score_rows(model, row), 0, subject_id="u", as_of=audit.as_of)
    assert (answered["explanation"]["scale"], answered["points"]) == (again.scale, again.points)
    assert (audit.scale, audit.margin, audit.default_probability, audit.points, audit.base_value) == (
        again.scale,
        again.margin,
        again.default_probability,
        again.points,
        again.base_value,
    )
    assert audit.contributions == again.contributions
