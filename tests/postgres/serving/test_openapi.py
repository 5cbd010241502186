"""Requests made from the server's own OpenAPI document, good and bad: every answer is one that the document has."""

import json

from benchmarks.serving.protocol_document import example_request
from benchmarks.serving.schema_run import run_own_document
from predictor.http_app import routes_of
from predictor.http_infer import ROUTE, VERSION_ROUTE
from predictor.http_score import ROUTE as SCORE_ROUTE
from predictor.infer_request import OUTPUTS
from tests.unit.predictor.serving_example import PORTFOLIO
from tests.unit.predictor.test_http_gate import Broken

METHODS = {"get", "post"}


def test_every_path_is_in_the_document(conforming):
    document = json.loads(conforming.get("/openapi.json")[2])
    paths = {(method.upper(), path) for path, said in document["paths"].items() for method in METHODS & said.keys()}
    routes = {("GET" if "GET" in route.methods else "POST", route.path) for route in routes_of(Broken())}
    in_front = {("POST", path) for path in (ROUTE, VERSION_ROUTE, SCORE_ROUTE)}
    assert paths == (routes | in_front) - {("GET", "/openapi.json")}


def test_every_operation_has_every_error_that_any_request_can_meet(conforming):
    document = json.loads(conforming.get("/openapi.json")[2])
    operations = {
        (method, path): said[method] for path, said in document["paths"].items() for method in said.keys() & METHODS
    }
    common = {"200", "400", "405", "408", "429", "431", "500", "503"}
    posted = {"404", "413", "415"}
    more = {
        ("get", "/v1/models/{name}"): {"404"},
        ("get", "/v2/models/{name}"): {"404"},
        ("get", "/v2/models/{name}/ready"): {"404"},
        ("get", "/v2/models/{name}/versions/{version}"): {"404"},
        ("get", "/v2/models/{name}/versions/{version}/ready"): {"404"},
        ("post", "/score"): {*posted, "409"},
        ("post", "/v1/models/{name}:explain"): posted,
        ("post", "/v1/models/{name}:predict"): posted,
        ("post", "/v2/models/{name}/infer"): posted,
        ("post", "/v2/models/{name}/versions/{version}/infer"): posted,
    }
    assert {one: said["responses"].keys() for one, said in operations.items()} == {
        one: common | more.get(one, set()) for one in operations
    }


def test_an_error_in_the_document_is_its_form_and_the_headers_that_come_with_it(conforming):
    document = json.loads(conforming.get("/openapi.json")[2])
    body = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    responses = document["components"]["responses"]
    assert {name: said["content"] for name, said in responses.items()} == dict.fromkeys(responses, body)
    assert {name: said["headers"] for name, said in responses.items() if "headers" in said} == {
        "OtherMethod": {
            "Allow": {"description": "the methods of the path", "required": True, "schema": {"type": "string"}}
        },
        "Unavailable": {
            "Retry-After": {
                "description": "seconds after which to come again",
                "required": True,
                "schema": {"type": "integer", "minimum": 0},
            }
        },
    }


def test_the_example_that_the_protocol_document_gets_is_answered_with_all_outputs(served):
    described = json.loads(served.server.get(f"/v2/models/{PORTFOLIO.name}")[2])
    body = json.dumps(example_request(described))
    status, _, content = served.server.post(f"/v2/models/{PORTFOLIO.name}/infer", body, {})
    answer = json.loads(content)
    assert (status, answer["id"], [one["name"] for one in answer["outputs"]]) == (200, "1", list(OUTPUTS))


def test_schemathesis_finds_no_answer_that_the_document_has_not(served, tmp_path):
    # Its coverage phase is some 1,600 requests: `make acceptance` makes them.
    found = run_own_document(served.server.http, tmp_path, examples=8, seed=5, phases=("examples", "fuzzing"))
    assert found.holds, found.output
    assert found.cases
