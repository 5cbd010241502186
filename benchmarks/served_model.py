"""One model in the form that each server wants, and the rows that all of them are asked."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

from benchmarks.trees_model import FEATURES, TreesModel
from credit.bundle.calibration import Calibration
from credit.bundle.content import BundleContent
from credit.bundle.manifest import TrainingWindow
from credit.bundle.model_id import model_id_of
from credit.bundle.reader import Bundle, load_bundle
from credit.bundle.writer import write_bundle
from credit.features.catalogue import CASH_FLOW
from credit.portfolio_file import parse_portfolio
from credit.reasons import LATEST_SENTENCES
from forest.engine import Floats

NAME = "bench"
REFERENCE_ROWS = 2000
ASKED_ROWS = 64
_TRAINED = datetime(2026, 1, 1, tzinfo=UTC)

_PORTFOLIO = """\
name = "bench"
subject = "user"
currency = "USD"
algorithm = "lightgbm"
cut_off = 0.2
ingestion_lag_hours = 0
protected = []

[label]
days_late = 30
material_amount = 5.0
settlement_lag_days = 5

[split]
kind = "temporal"

[gate]
"""


@dataclass(frozen=True, slots=True)
class ServedModel:
    """A model on disk, for every server."""

    text: Path
    """LightGBM's own format."""
    bundle: Bundle
    portfolio: Path
    rows: Floats
    """float64 [ASKED_ROWS, FEATURES], nothing missing: not every server can be told of a missing value in JSON."""


def portfolio_text() -> str:
    """The description of a portfolio whose features are the model's columns."""
    groups = sorted({definition.feature.reason_group for definition in CASH_FLOW})
    features = (
        f'[[features]]\nname = "f{number}"\nunit = "1"\nreason_group = "{groups[number % len(groups)]}"\n'
        for number in range(FEATURES)
    )
    return _PORTFOLIO + "\n" + "\n".join(features)


def served_model(model: TreesModel, folder: Path) -> ServedModel:
    """Write a bundle and a portfolio's description of a model into a new folder."""
    folder.mkdir(parents=True)
    portfolio_path = folder / f"{NAME}.toml"
    portfolio_path.write_text(portfolio_text(), "utf-8")
    portfolio = parse_portfolio(portfolio_text(), source=portfolio_path.name)
    content = BundleContent(
        model_id=model_id_of(NAME, _TRAINED),
        portfolio=portfolio.name,
        algorithm=portfolio.algorithm,
        features=portfolio.features,
        window=TrainingWindow(datetime(2025, 1, 1, tzinfo=UTC), _TRAINED),
        label_rule=portfolio.label,
        metrics={},
        model=model.text.encode(),
        calibration=Calibration(a=1.0, b=0.0),
        catalogue_version=LATEST_SENTENCES,
        reference=pa.table(
            {name: model.rows[:REFERENCE_ROWS, column] for column, name in enumerate(portfolio.feature_names)}
        ),
    )
    bundle = load_bundle(write_bundle(folder / "models", content))
    known = model.rows[~np.isnan(model.rows).any(axis=1)][:ASKED_ROWS]
    return ServedModel(model.path, bundle, portfolio_path, known)


def infer_body(row: Floats, outputs: tuple[str, ...] = ()) -> str:
    """A V2 request of one row as JSON, float64 [d], with the outputs asked for by name."""
    tensor = {"name": "rows", "shape": [1, len(row)], "datatype": "FP64", "data": row.tolist()}
    asked = {"outputs": [{"name": name} for name in outputs]} if outputs else {}
    return json.dumps({"inputs": [tensor], **asked})


def score_body(row: Floats, subject: str) -> str:
    """A request of `/score` for one subject with its features, float64 [d]."""
    return json.dumps(
        {"user_id": subject, "features": {f"f{column}": value for column, value in enumerate(row.tolist())}}
    )
