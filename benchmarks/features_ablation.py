"""What the engineered features add to the seven named ones: AUC on later advances, with a bootstrap interval.

    blink data generate cash_advance --users 5000 --months 14 --seed 5
    python benchmarks/features_ablation.py DATABASE_URL

The same small gradient boosting with monotone constraints is fitted with all features and with the seven named ones,
on the first 60 % of the advances in the order of their request, and judged on the rest. It is a comparison of
features, not the product's training path: there is no purge, and no choice of parameters.
"""

import argparse
import time
from collections.abc import Sequence
from datetime import UTC, datetime

import lightgbm
import numpy as np
from sklearn.metrics import roc_auc_score

from credit.database.connection import connect
from credit.database.labels import read_labels
from credit.features.catalogue import CASH_FLOW, NAMED
from credit.features.query import FloatArray, Key, compute_features
from credit.portfolio_file import load_portfolio

PORTFOLIO = load_portfolio("cash_advance")
TRAINING_SHARE = 0.6
RESAMPLES = 1000


def rows(url: str) -> tuple[FloatArray, FloatArray]:
    """Features and labels of every advance with a known label, in the order of the request."""
    with connect(url).connect() as connection:
        labels = read_labels(connection, PORTFOLIO, as_of=datetime.now(UTC))
        known = labels.y >= 0
        times = labels.requested_at[known].astype("datetime64[us]").astype(object)
        pairs = zip(labels.subject_id[known], times, strict=True)
        keys = [Key(str(subject), moment.replace(tzinfo=UTC)) for subject, moment in pairs]
        start = time.perf_counter()
        values = compute_features(connection, PORTFOLIO, keys).values
    print(f"{len(keys)} advances, {1000 * (time.perf_counter() - start) / len(keys):.2f} ms a key")
    return values, labels.y[known].astype(np.float64)


def later_scores(values: FloatArray, y: FloatArray, names: Sequence[str]) -> FloatArray:
    """Scores of the later advances by a model of `names`: the mean of five seeds."""
    columns = [PORTFOLIO.feature_names.index(name) for name in names]
    split = int(len(y) * TRAINING_SHARE)
    constraints = [-PORTFOLIO.feature(name).direction for name in names]
    settings = {
        "objective": "binary", "learning_rate": 0.03, "num_leaves": 8, "min_data_in_leaf": 60,
        "bagging_fraction": 0.8, "bagging_freq": 1, "feature_fraction": 0.6, "lambda_l2": 5,
        "monotone_constraints": constraints, "verbosity": -1, "num_threads": 2,
    }  # fmt: skip
    training = values[:split, columns], y[:split]
    models = [lightgbm.train(settings | {"seed": seed}, lightgbm.Dataset(*training), 250) for seed in range(5)]
    return np.mean([model.predict(values[split:, columns]) for model in models], axis=0)


def main() -> None:
    """Print both AUCs and their difference."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    values, y = rows(parser.parse_args().url)
    names = [definition.feature.name for definition in CASH_FLOW]
    whole, named = later_scores(values, y, names), later_scores(values, y, NAMED)
    bad = y[int(len(y) * TRAINING_SHARE) :]
    picks = np.random.default_rng(1).integers(0, len(bad), (RESAMPLES, len(bad)))
    gains = [roc_auc_score(bad[pick], whole[pick]) - roc_auc_score(bad[pick], named[pick]) for pick in picks]
    low, high = np.quantile(gains, (0.025, 0.975))
    print(f"{len(bad)} later advances, {int(bad.sum())} bad")
    print(f"AUC {roc_auc_score(bad, whole):.4f} with all {len(names)}, {roc_auc_score(bad, named):.4f} with the seven")
    print(f"difference {np.mean(gains):+.4f}, 95 % interval {low:+.4f} to {high:+.4f}")


if __name__ == "__main__":
    main()
