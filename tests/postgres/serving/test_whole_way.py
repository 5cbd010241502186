"""Consumer credit and cash advances by their commands, from rows to an audited answer that replays."""

import csv

import numpy as np
import pytest

from credit.bundle.reader import load_bundle
from credit.portfolio_file import load_portfolio
from tests.postgres.serving.served import champion_server
from tests.postgres.serving.whole_way import inferred, replayed, scored

CLIENTS = 900


def write_clients(path, names, rng):
    """A file of clients whose repayment status says something of their default; sex, marriage and age stand in it."""
    status = rng.integers(-2, 4, CLIENTS)
    bad = rng.random(CLIENTS) < 1 / (1 + np.exp(1.6 - 0.9 * status))
    drawn = {name: rng.integers(0, 50_000, CLIENTS) for name in names} | {"pay_0": status}
    protected = {"sex": 1 + status % 2, "marriage": 1, "age": 40}
    with path.open("w", newline="") as file:
        columns = ["subject_id", "observed_at", "known_at", "has_default", *names, *protected]
        writer = csv.writer(file)
        writer.writerow(columns)
        for row in range(CLIENTS):
            times = [f"2025-{1 + row % 12:02d}-01T00:00:{row // 12 % 60:02d}Z", "2026-02-01T00:00:00Z"]
            shared = [np.broadcast_to(values, CLIENTS)[row] for values in protected.values()]
            writer.writerow([f"c-{row}", *times, int(bad[row]), *(drawn[name][row] for name in names), *shared])
    return np.column_stack([drawn[name] for name in names]).astype(float)


@pytest.fixture
def way(database, blink, tmp_path):
    """Trains and deploys, answers V2 and `/score`, replays; gives the features that were audited, and the bundle."""

    def go(portfolio, subject_id, rows, *training):
        report = blink("train", portfolio.name, *training, "--deploy")
        assert report["decision"] == "champion"
        bundle = load_bundle(tmp_path / "models" / report["model_id"])
        with champion_server(database.engine("blink_scorer"), portfolio, tmp_path / "models") as running:
            inferred(running, bundle, rows)
            return replayed(database, bundle, scored(running, subject_id)), bundle

    return go


def test_a_client_of_consumer_credit(database, blink, way, tmp_path):
    portfolio = load_portfolio("consumer_credit")
    rows = write_clients(tmp_path / "clients.csv", portfolio.feature_names, np.random.default_rng(5))
    loaded = blink("data", "load", "consumer_credit", "--labels", str(tmp_path / "clients.csv"), "--batch-id", "B-1")
    assert (loaded["loaded"], loaded["ignored_columns"]) == (CLIENTS, [])
    features, bundle = way(portfolio, "c-7", rows[:2], "--batch-id", "B-1")
    assert features == rows[7].tolist()
    protected = {"sex", "marriage", "age"}
    assert not protected & set(bundle.feature_names)
    assert not protected & set(bundle.reference().column_names)
    assert [one["column"] for one in bundle.manifest.metrics["fairness"]["columns"]] == list(portfolio.protected)
    with database.engine("blink_reader").connect() as connection:
        for table in ("feature_store_snapshots", "risk_score_audits", "score_requests"):
            stored = connection.exec_driver_sql(f"SELECT to_jsonb(t)::text FROM blink.{table} AS t").scalars().all()
            assert not [name for row in stored for name in protected if f'"{name}"' in row]


def test_a_user_of_cash_advances(database, blink, way):
    portfolio = load_portfolio("cash_advance")
    generated = blink("data", "generate", "cash_advance", "--users", "700", "--months", "8", "--seed", "3")
    assert generated["users"] == 700
    with database.engine("blink_reader").connect() as connection:
        subject = connection.exec_driver_sql("SELECT min(subject_id) FROM blink.accounts").scalar_one()
    rows = np.full((2, len(portfolio.feature_names)), 1.0)
    features, _ = way(portfolio, subject, rows)
    assert len(features) == len(portfolio.feature_names)
