"""Requests of the inference protocol, and what is expected of refusals."""

import json

import numpy as np

from tests.unit.predictor.serving_example import NAMES, Server, example_rows

INFER = "/v2/models/cash_advance/infer"
# Doubles that FP32 holds too, so that both datatypes are answered alike.
ROWS = example_rows(rows=3, seed=7).astype(np.float32).astype(np.float64)


def tensor(**changes: object) -> dict:
    fields = {"name": "rows", "shape": [1, len(NAMES)], "datatype": "FP64", "data": [1.5] * len(NAMES)}
    return {name: value for name, value in (fields | changes).items() if value is not ...}


def infer(server: Server, *inputs: dict, **fields: object) -> tuple[int, dict]:
    status, _, content = server.post(INFER, json.dumps({"inputs": list(inputs), **fields}))
    return status, json.loads(content)


def check_refused(answer: tuple[int, dict[str, str], bytes], status: int, error: str) -> None:
    given, headers, content = answer
    said = json.loads(content)
    assert (given, headers["content-type"]) == (status, "application/json")
    assert said.keys() == {"error", "request_id"}
    assert said["request_id"] == headers["x-request-id"]
    assert said["error"][: len(error)] == error
