"""The servers' comparison without servers: figures, pages, what is asked, and whom nobody can start."""

import json
import os
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.client import Answered
from benchmarks.errors import BenchmarkError
from benchmarks.served_model import FEATURES, NAME, infer_body, portfolio_text, score_body
from benchmarks.server_benchmark import cores, variants_of
from benchmarks.server_figures import Turn, Variant, figures
from benchmarks.server_report import page, picture
from benchmarks.servers import starts
from benchmarks.servers.starts import Place
from credit.portfolio_file import parse_portfolio

ROW = np.arange(FEATURES, dtype=np.float64)


def turn(good, *, cpu=1.0, p99=0.01, **more):
    statuses = {"200": good} if good else {}
    return Turn(
        Answered(
            requests=good,
            seconds=2.0,
            statuses={**statuses, **more},
            failures=0,
            closed=0,
            p50_seconds=0.005,
            p99_seconds=p99,
        ),
        cpu,
    )


def variant(name):
    return Variant(name, "server", "/", [], 16)


def test_rates_errors_and_ratios_are_of_the_same_round():
    tallies = {
        "KServe LightGBM": [turn(200), turn(100, p99=0.03)],
        "ours": [turn(1000, p99=0.002), turn(500, cpu=0.5, p99=0.006, **{"503": 3})],
    }
    (_, ours) = figures([variant(name) for name in tallies], tallies)
    assert ours["requests_a_second"] == {"lower": 312.5, "median": 375.0, "upper": 437.5}
    assert ours["requests_a_cpu_second"] == {"lower": 1000.0, "median": 1000.0, "upper": 1000.0}
    assert (ours["requests"], ours["errors"]) == (1500, 3)
    (times,) = ours["times_baseline"].values()
    assert times["requests_a_second"] == {"lower": 5.0, "median": 5.0, "upper": 5.0}
    assert times["requests_a_cpu_second"] == {"lower": 6.25, "median": 7.5, "upper": 8.75}
    assert times["p99"] == pytest.approx({"lower": 0.2, "median": 0.2, "upper": 0.2})


def test_who_answered_nothing_in_a_round_has_no_ratio():
    tallies = {"KServe LightGBM": [turn(0)], "ours": [turn(10)]}
    (_, ours) = figures([variant(name) for name in tallies], tallies)
    assert ours["times_baseline"] == {"KServe LightGBM": None}


def test_the_page_and_the_picture():
    tallies = {"KServe LightGBM": [turn(200)], "ours": [turn(1000, p99=0.002)]}
    facts = {
        "title": "One-row requests, 5 × 7 leaves",
        "machine": {"processor": "A processor", "cores": 2, "kernel": "Linux 6", "python": "3.11.7"},
        "rounds": 1,
        "seconds": 2.0,
        "absent": [{"name": "mlserver", "reason": "not installed"}],
        "measured": figures([variant(name) for name in tallies], tallies),
    }
    text = page(facts, "blink bench server")
    assert "| ours            | 16          | 500 (500–500) | 1,000 (1,000–1,000) | 5 ms | 2 ms  | 1,000    | 0" in text
    assert "| ours            | 5.00 (5.00–5.00) |" in text
    assert "| ours            | 0.20 (0.20–0.20) |" in text
    assert text.endswith("Not measured: mlserver: not installed.\n")
    assert ">One-row requests, 5 × 7 leaves</text>" in picture(facts)


def test_what_is_asked_is_the_same_row_in_each_protocol():
    assert json.loads(infer_body(ROW)) == {
        "inputs": [{"name": "rows", "shape": [1, FEATURES], "datatype": "FP64", "data": ROW.tolist()}]
    }
    assert json.loads(infer_body(ROW, ("margin",)))["outputs"] == [{"name": "margin"}]
    scored = json.loads(score_body(ROW, "u-1"))
    assert scored == {"user_id": "u-1", "features": {f"f{column}": float(column) for column in range(FEATURES)}}


def test_everybody_is_asked_the_same_bytes_on_16_connections():
    asked = variants_of(SimpleNamespace(rows=ROW[np.newaxis]))
    plain = [one for one in asked if one.name in {"KServe LightGBM", "MLServer", "ours"}]
    assert {(one.path, tuple(one.bodies), one.connections) for one in plain} == {
        ("/v2/models/bench/infer", (infer_body(ROW),), 16)
    }


def test_the_portfolio_of_the_served_model_is_one():
    portfolio = parse_portfolio(portfolio_text(), source="bench.toml")
    assert (portfolio.name, portfolio.feature_names) == (NAME, tuple(f"f{column}" for column in range(FEATURES)))


def test_mlserver_that_is_not_installed_is_told(tmp_path):
    with pytest.raises(BenchmarkError, match="not installed: `make bench-peers` installs it"):
        starts.mlserver(SimpleNamespace(), Place(tmp_path, 0, {}), 1, tmp_path / "mlserver")


def test_servers_and_client_have_a_core_each():
    allowed = sorted(os.sched_getaffinity(0))
    server, client = cores(None)
    assert (server, client) == (allowed[-1], allowed[0])
    assert cores(allowed[0])[1] == allowed[1]
    with pytest.raises(BenchmarkError, match="core 4096 is not among those that this process may use"):
        cores(4096)


def test_one_core_is_too_few():
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        with pytest.raises(BenchmarkError, match="two cores are needed"):
            cores(None)
    finally:
        os.sched_setaffinity(0, allowed)
