"""Labelled rows of trade credit, as a lender would write them to a file."""

import csv
from pathlib import Path

import numpy as np

from credit.portfolio_file import load_portfolio

TRADE = load_portfolio("trade_credit")
NAMES = TRADE.feature_names


def draw(rows: int, *, seed: int = 5, signal: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Features `[n, 16]`, some of them missing, and labels `[n]` that follow from three of them by `signal`."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(rows, len(NAMES))) * np.linspace(0.5, 40, len(NAMES)) + 3
    values[:, 0] = rng.random(rows) < 0.7
    risk = signal * (-1.5 * values[:, 0] + (values[:, 3] - 3) / 8 - (values[:, 8] - 3) / 15)
    y = (rng.random(rows) < 1 / (1 + np.exp(0.2 - risk))).astype(np.int8)
    values[rng.random(values.shape) < 0.05] = np.nan
    return values, y


def write(path: Path, values: np.ndarray, y: np.ndarray, *, batch_id: str | None = None) -> Path:
    """A CSV file with label, features and, where given, the batch."""
    with path.open("w", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(["batch_id"] * (batch_id is not None) + ["label", *NAMES])
        for label, row in zip(y.tolist(), values.tolist(), strict=True):
            cells = ["" if np.isnan(value) else repr(value) for value in row]
            lines.writerow([batch_id] * (batch_id is not None) + [label, *cells])
    return path


def with_sex(path: Path, values: np.ndarray, y: np.ndarray) -> Path:
    """The same rows in a file, with sex and age beside them; women are better off by the first feature."""
    write(path, values, y)
    head, *lines = path.read_text().splitlines()
    sexes = np.where(values[:, 0] > 0, 2, 1)
    rows = (f"{line},{sex},{20 + place % 50}" for place, (line, sex) in enumerate(zip(lines, sexes, strict=True)))
    path.write_text("\n".join([f"{head},sex,age", *rows]) + "\n")
    return path
