"""The way from rows to an audited answer, whatever the portfolio: by commands, inferred, audited, replayed."""

import json
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import select

from blink.cli.main import run
from credit.database.schema import FEATURE_STORE_SNAPSHOTS, RISK_SCORE_AUDITS
from credit.scores import score_rows

Command = Callable[..., Any]
"""Runs a command that has to succeed, and gives its facts."""

_WANTED = ("default_probability", "margin", "base_value", "shap_values")


def command_over(url: str, folder: Path, mlflow_database: Callable[[Path], None]) -> Command:
    """With what it writes beside the database in `folder`, models in `models`."""
    mlflow_database(folder / "home" / "mlflow" / "mlflow.db")  # where tables are tracked

    def call(*arguments: str) -> Any:
        said, complained = StringIO(), StringIO()
        with pytest.MonkeyPatch.context() as environment, redirect_stdout(said), redirect_stderr(complained):
            environment.setenv("BLINK_HOME", str(folder / "home"))
            environment.setenv("DATABASE_URL", url)
            environment.setenv("MODEL_DIR", str(folder / "models"))
            assert run([*arguments, "--json"]) == 0, complained.getvalue()
        return json.loads(said.getvalue())

    return call


def inferred(running, bundle, values):
    """The V2 answer's outputs to rows, which are the bundle's to the bit and add up."""
    n, d = values.shape
    content = [None if np.isnan(value) else value for value in values.ravel().tolist()]
    inputs = [{"name": "rows", "shape": [n, d], "datatype": "FP64", "data": content}]
    asked = {"inputs": inputs, "outputs": [{"name": name} for name in _WANTED]}
    status, _, answer = running.post(f"/v2/models/{bundle.portfolio}/infer", json.dumps(asked))
    assert status == 200
    outputs = {one["name"]: np.array(one["data"]) for one in json.loads(answer)["outputs"]}
    expected = score_rows(bundle, values)
    assert outputs["margin"].tolist() == expected.margins.tolist()
    assert outputs["default_probability"].tolist() == expected.default_probabilities.tolist()
    assert outputs["shap_values"].tolist() == expected.contributions.ravel().tolist()
    given = outputs["default_probability"]
    sums = outputs["shap_values"].reshape(n, d).sum(axis=1) + outputs["base_value"]
    assert np.abs(sums - np.log(given / (1 - given))).max() <= 1e-9
    return outputs


def scored(running, subject_id):
    """The answer of `/score` to a subject whose features the server knows."""
    status, _, answer = running.post("/score", json.dumps({"user_id": subject_id}))
    said = json.loads(answer)
    assert (status, said["features_source"]) == (200, "computed")
    return said


def replayed(database, bundle, said):
    """The features of the only audit, which give what is stored in it again; it is the answer's."""
    with database.engine("blink_reader").connect() as connection:
        audit = connection.execute(select(RISK_SCORE_AUDITS)).one()
        snapshot = connection.execute(select(FEATURE_STORE_SNAPSHOTS)).one()
    assert (str(audit.audit_id), audit.model_id) == (said["audit_id"], bundle.model_id)
    names = bundle.feature_names
    features = [np.nan if snapshot.features[name] is None else snapshot.features[name] for name in names]
    again = score_rows(bundle, np.array([features]))
    contributions = dict(zip(names, again.contributions[0].tolist(), strict=True))
    assert (audit.margin, audit.contributions) == (again.margins[0], contributions)
    assert said["default_probability"] == again.default_probabilities[0]
    return features
