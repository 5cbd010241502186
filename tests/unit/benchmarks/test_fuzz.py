"""Damaged requests against servers that answer rightly, and against some that do not."""

import json
from itertools import count

import pytest

from benchmarks.serving.fuzz import FuzzWish, fuzz
from benchmarks.serving.good_requests import good_requests
from tests.unit.benchmarks.fake_server import REFUSED, fake_server
from tests.unit.benchmarks.scored import ROWS, models, score_text, v2_text

(GOOD,) = [good for good in good_requests(ROWS[:1]) if good.name == "V2"]


def right(**headers):
    return 200, v2_text(models()[0], 0).encode(), headers


def fuzzed(refuse, answer=None):
    """What is found of a server that gives `answer` (or the right one) to the good request, `refuse` to all others."""
    answer = answer or right()

    def reply(path, body):
        return answer if (path.encode(), body) == (GOOD.request.path, GOOD.request.body) else refuse

    with fake_server(reply) as port:
        wish = FuzzWish("127.0.0.1", port, seed=4, seconds=0.5, good=[GOOD], scored=models()[0])
        return fuzz(wish, lambda _: None)


def test_a_server_that_answers_rightly_has_no_failures():
    found = fuzzed(REFUSED)
    assert (found.failed, found.failures) == (0, [])
    assert found.good["V2"] > 0
    assert {status for counts in found.statuses.values() for status in counts} <= {"200", "400", "none"}


@pytest.mark.parametrize(
    ("refuse", "why"),
    [
        (None, "the server closed the connection"),
        ((500, b"{}", {}), "status 500"),
        ((503, b"{}", {}), "status 503"),
        ((302, b"", {}), "status 302"),
        ((400, *REFUSED[1:2], {"X-Request-Id": "r", "Connection": "close"}), "the server ends the connection"),
        ((400, b"Bad Request", {}), "status 400 with no strict JSON: Expecting value: line 1 column 1 (char 0)"),
        ((400, b'{"error": "no"}', {}), "status 400 with a body of another form"),
        ((400, REFUSED[1], {"X-Request-Id": "s"}), "an error of another request id than its header's"),
        ((200, b'{"x": NaN}', {}), "status 200 with no strict JSON: the token NaN"),
    ],
)
def test_a_damaged_request_that_is_answered_wrongly_is_kept_with_its_seed(refuse, why):
    found = fuzzed(refuse)
    assert found.failed > 0
    assert found.failed_good == 0
    assert why in {failure.why for failure in found.failures}
    assert {len(failure.seed) for failure in found.failures} == {3}
    first = found.failures[0]
    assert first.shown.startswith(first.sent[:10].hex())


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda: (200, v2_text(models()[0], 1).encode(), {}), "default_probability: not the value of model_cash_"),
        (lambda: (200, v2_text(models()[1], 0).encode(), {}), "model_version ['model_cash_"),
        (lambda: (400, b'{"error": "no"}', {}), 'status 400: {"error": "no"}'),
        (lambda: right(Connection="close"), "the server ends the connection, or sent more than the answer"),
    ],
)
def test_a_good_request_that_is_answered_wrongly_is_a_failure(answer, why):
    found = fuzzed(REFUSED, answer())
    assert found.failed_good > 0
    assert found.good["V2"] == 0
    assert any(why in failure.why for failure in found.failures if failure.good)


@pytest.mark.parametrize(("kept", "why"), [(True, set()), (False, {"the same key got another answer"})])
def test_a_key_that_comes_again_must_get_the_same_answer(kept, why, monkeypatch):
    monkeypatch.setattr("benchmarks.serving.fuzz._REPEATED", 1.0)
    (scored,) = [good for good in good_requests(ROWS[:1]) if good.name == "/score"]
    numbers = count()

    def reply(path, body):
        if (path.encode(), body) != (scored.request.path, scored.request.body):
            return REFUSED
        return 200, score_text(models()[0], 0, audit_id="a" if kept else f"a{next(numbers)}").encode(), {}

    with fake_server(reply) as port:
        wish = FuzzWish("127.0.0.1", port, seed=4, seconds=0.5, good=[scored], scored=models()[0])
        found = fuzz(wish, lambda _: None)
    assert {failure.why for failure in found.failures} == why
    assert (found.good["/score"] > 0) is kept
    assert found.audits


def test_a_server_that_is_gone_is_given_up():
    with fake_server(lambda *_: None) as port:
        pass
    found = fuzz(FuzzWish("127.0.0.1", port, seed=1, seconds=60, good=[GOOD], scored=models()[0]), lambda _: None)
    assert found.failed >= 8 * 200
    assert found.seconds < 60
    assert "cannot connect" in found.failures[0].why


def test_json_of_a_good_request_is_what_it_says():
    assert json.loads(GOOD.request.body)["inputs"][0]["shape"] == [1, ROWS.shape[1]]
