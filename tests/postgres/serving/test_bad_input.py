"""Bad requests on a running server: each a 4xx that names the fault, on a connection that stays open."""

import gzip
import json
from http.client import HTTPConnection

import pytest

from tests.postgres.serving.bad_requests import BAD_INSTANCES, BAD_SCORES, BAD_TENSORS
from tests.postgres.serving.requests import INFER, check_refused, tensor
from tests.unit.predictor.serving_example import A2_BODY


@pytest.mark.parametrize("fault", BAD_SCORES)
def test_bad_scores_are_refused_by_name(scoring, fault):
    body, error = BAD_SCORES[fault]
    check_refused(scoring.post("/score", body), 400, error)


@pytest.mark.parametrize("fault", BAD_TENSORS)
def test_bad_tensors_are_refused_by_name(scoring, fault):
    body, error = BAD_TENSORS[fault]
    check_refused(scoring.post(INFER, json.dumps(body)), 400, error)


@pytest.mark.parametrize("verb", ["predict", "explain"])
@pytest.mark.parametrize("fault", BAD_INSTANCES)
def test_bad_instances_are_refused_by_name(scoring, fault, verb):
    body, error = BAD_INSTANCES[fault]
    check_refused(scoring.post(f"/v1/models/cash_advance:{verb}", json.dumps(body)), 400, error)


@pytest.mark.parametrize(
    ("content_type", "shown"),
    [
        ("text/plain", "not 'text/plain'"),
        ("application/x-www-form-urlencoded", "not 'application/x-www-form"),
        (None, "but none"),
    ],
)
def test_another_content_type_is_refused(scoring, content_type, shown):
    headers = {} if content_type is None else {"Content-Type": content_type}
    answer = scoring.request("POST", "/score", A2_BODY, headers)
    check_refused(answer, 415, f"Content-Type: application/json is needed, {shown}")


def test_a_compressed_body_is_refused(scoring):
    answer = scoring.post("/score", gzip.compress(A2_BODY.encode()), {"Content-Encoding": "gzip"})
    check_refused(answer, 415, "Content-Encoding: bodies are read uncompressed, not 'gzip'")


@pytest.mark.parametrize("path", ["/score", INFER, "/v1/models/cash_advance:predict"])
@pytest.mark.parametrize("chunked", [False, True])
def test_ten_megabytes_are_refused(scoring, path, chunked):
    body = b'{"user_id": "' + b"x" * 10_000_000 + b'"}'
    sent = iter([body[start : start + 65536] for start in range(0, len(body), 65536)]) if chunked else body
    check_refused(scoring.post(path, sent), 413, "body: over the limit of 1048576 bytes")


@pytest.mark.parametrize(
    ("method", "path", "status", "error"),
    [
        ("GET", "/score", 405, "GET /score: Method Not Allowed"),
        ("DELETE", "/v2/models/cash_advance", 405, "DELETE /v2/models/cash_advance: Method Not Allowed"),
        ("GET", "/v1/models/cash_advance:predict", 405, "GET /v1/models/cash_advance:predict: Method Not Allowed"),
        ("GET", "/scores", 404, "GET /scores: Not Found"),
        ("POST", "/score/", 404, "POST /score/: Not Found"),
        ("GET", "/v2/models/other/ready", 404, "no model 'other' here; this server serves cash_advance"),
        ("POST", "/v2/models/other/infer", 404, "no model 'other' here; this server serves cash_advance"),
        ("POST", "/v2/repository/models/cash_advance/unload", 404, "POST /v2/repository/models/cash_advance/unload: "),
    ],
)
def test_what_does_not_exist_is_said_so(scoring, method, path, status, error):
    check_refused(scoring.request(method, path), status, error)


def test_a_connection_outlives_bad_requests(scoring):
    connection = HTTPConnection(scoring.listening.host, scoring.listening.http_port, timeout=20)
    seen = []
    for body in ('{"user_id": 7}', "", A2_BODY, json.dumps({"inputs": [tensor()]})):
        path = INFER if "inputs" in body else "/score"
        connection.request("POST", path, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        seen.append((answer.status, len(answer.read()) > 0, answer.will_close))
    connection.close()
    assert seen == [(400, True, False), (400, True, False), (503, True, False), (200, True, False)]
