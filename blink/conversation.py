"""Talking to our own server as a customer would: over HTTP."""

import json
from http.client import HTTPConnection, HTTPException
from threading import Event
from time import monotonic

POLL_SECONDS = 0.2
EXAMPLE = {
    "user_id": "newcomer",
    "features": {
        "metric_median_paycheck": 1200,
        "metric_overdraft_count90": 0,
        "metric_total_balance": 5000,
        "metric_transaction_count90": 55,
    },
}


class NotReadyError(Exception):
    """The server did not become ready in time."""


def curl_line(host: str, port: int) -> str:
    """A line for a shell that scores a user."""
    body = json.dumps(EXAMPLE)
    return f"curl -s http://{host}:{port}/score -H 'Content-Type: application/json' -d '{body}'"


def wait_until_ready(host: str, port: int, model: str, *, seconds: float, stop: Event) -> bool:
    """Wait until the model answers that it is ready; false where `stop` was set first.

    Raises:
        NotReadyError: where that takes longer than `seconds`.
    """
    end = monotonic() + seconds
    while monotonic() < end:
        if _status(host, port, f"/v2/models/{model}/ready") == 200:
            return True
        if stop.wait(POLL_SECONDS):
            return False
    raise NotReadyError(f"{model} was not ready on {host}:{port} after {seconds:g} s: see the log above")


def score_example(host: str, port: int) -> tuple[int, dict[str, object]]:
    """Score the example's user: status and answer."""
    connection = HTTPConnection(host, port, timeout=30)
    try:
        connection.request("POST", "/score", json.dumps(EXAMPLE), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def _status(host: str, port: int, path: str) -> int | None:
    connection = HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()
