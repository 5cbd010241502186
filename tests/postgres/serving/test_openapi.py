"""Requests made from the server's own OpenAPI document, good and bad: every answer is one that the document has."""

import json
import subprocess
import sys
from pathlib import Path

from predictor.http_app import routes_of
from predictor.http_infer import ROUTE, VERSION_ROUTE
from predictor.http_score import ROUTE as SCORE_ROUTE
from tests.unit.predictor.test_http_gate import Broken

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


def test_every_path_is_in_the_document(conforming):
    document = json.loads(conforming.get("/openapi.json")[2])
    methods = {"get", "post"}
    paths = {(method.upper(), path) for path, said in document["paths"].items() for method in methods & said.keys()}
    routes = {("GET" if "GET" in route.methods else "POST", route.path) for route in routes_of(Broken())}
    in_front = {("POST", path) for path in (ROUTE, VERSION_ROUTE, SCORE_ROUTE)}
    assert paths == (routes | in_front) - {("GET", "/openapi.json")}


def test_schemathesis_finds_no_answer_that_the_document_has_not(served, tmp_path):
    schemathesis = Path(sys.executable).with_name("schemathesis")
    command = [schemathesis, "run", f"http://{served.server.http}/openapi.json", "--checks", CHECKS, "--seed", "5"]
    command += ["--phases", "examples,fuzzing", "--max-examples", "8", "--no-color"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=tmp_path)  # noqa: PLW1510
    assert done.returncode == 0, done.stdout[-5000:]
