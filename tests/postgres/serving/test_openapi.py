"""Requests made from the server's own OpenAPI document, good and bad: every answer is one that the document has."""

import json

from benchmarks.serving.schema_run import run_schemathesis
from predictor.http_app import routes_of
from predictor.http_infer import ROUTE, VERSION_ROUTE
from predictor.http_score import ROUTE as SCORE_ROUTE
from tests.unit.predictor.test_http_gate import Broken


def test_every_path_is_in_the_document(conforming):
    document = json.loads(conforming.get("/openapi.json")[2])
    methods = {"get", "post"}
    paths = {(method.upper(), path) for path, said in document["paths"].items() for method in methods & said.keys()}
    routes = {("GET" if "GET" in route.methods else "POST", route.path) for route in routes_of(Broken())}
    in_front = {("POST", path) for path in (ROUTE, VERSION_ROUTE, SCORE_ROUTE)}
    assert paths == (routes | in_front) - {("GET", "/openapi.json")}


def test_schemathesis_finds_no_answer_that_the_document_has_not(served, tmp_path):
    found = run_schemathesis(served.server.http, tmp_path, examples=8, seed=5)
    assert found.holds, found.output
    assert found.cases
