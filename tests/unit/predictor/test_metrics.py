"""What a page of metrics says of what was counted."""

import numpy as np

from predictor.metrics import Metrics


def lines(metrics: Metrics, *names: str) -> list[str]:
    """The samples of these metrics, without the time they were made."""
    page = metrics.page().decode().splitlines()
    return [line for line in page if line.startswith(names) and "_created" not in line]


def test_requests_are_counted_by_status_and_timed_by_route():
    metrics = Metrics()
    for status in ("200", "200", "400"):
        metrics.request("http", "/score", status, 0.003)
    assert lines(
        metrics, "blink_requests_total", "blink_request_seconds_count", 'blink_request_seconds_bucket{le="0.00'
    ) == [
        'blink_requests_total{protocol="http",route="/score",status="200"} 2.0',
        'blink_requests_total{protocol="http",route="/score",status="400"} 1.0',
        'blink_request_seconds_bucket{le="0.0005",protocol="http",route="/score"} 0.0',
        'blink_request_seconds_bucket{le="0.001",protocol="http",route="/score"} 0.0',
        'blink_request_seconds_bucket{le="0.0025",protocol="http",route="/score"} 0.0',
        'blink_request_seconds_bucket{le="0.005",protocol="http",route="/score"} 3.0',
        'blink_request_seconds_count{protocol="http",route="/score"} 3.0',
    ]


def test_missing_values_are_counted_by_feature():
    metrics = Metrics()
    for row in ([True, False], [True, True], [False, False]):
        metrics.missing("stub", ("a", "b"), np.array([row]))
    metrics.missing("stub", ("a", "b"), np.array([[True, False]] * 2000))
    assert lines(metrics, "blink_missing_values_total") == [
        'blink_missing_values_total{feature="a",portfolio="stub"} 2002.0',
        'blink_missing_values_total{feature="b",portfolio="stub"} 1.0',
    ]


def test_rows_are_counted_with_their_scores_and_whether_they_are_audited():
    metrics = Metrics()
    metrics.scored("stub", "m", np.array([0.1, 0.3]), audited=False)
    metrics.scored("stub", "m", np.array([0.2]), audited=True)
    assert lines(metrics, "blink_scored_rows_total", "blink_default_probability_count") == [
        'blink_scored_rows_total{audited="false",portfolio="stub"} 2.0',
        'blink_scored_rows_total{audited="true",portfolio="stub"} 1.0',
        'blink_default_probability_count{model_id="m",portfolio="stub"} 3.0',
    ]


def test_what_is_looked_at_is_looked_at_when_asked():
    metrics, seconds = Metrics(), [1.5]
    metrics.watch_audit_lag(lambda: seconds[0])
    metrics.watch_queue("model", lambda: 3)
    metrics.watch_in_flight(lambda: 4)
    first = lines(metrics, "blink_audit_lag_seconds", "blink_waiting_requests", "blink_requests_in_flight")
    seconds[0] = 0.0
    assert first == [
        "blink_requests_in_flight 4.0",
        'blink_waiting_requests{queue="model"} 3.0',
        "blink_audit_lag_seconds 1.5",
    ]
    assert lines(metrics, "blink_audit_lag_seconds") == ["blink_audit_lag_seconds 0.0"]


def test_only_the_serving_model_is_shown():
    metrics = Metrics()
    metrics.deployed("stub", "old", "1")
    metrics.deployed("stub", "new", "1")
    assert lines(metrics, "blink_model_info") == [
        'blink_model_info{engine_version="1",model_id="new",portfolio="stub"} 1.0'
    ]
