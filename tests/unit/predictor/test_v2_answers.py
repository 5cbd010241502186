"""An answer names the scale of what needs one, on both wires of V2."""

import json

import numpy as np
import pytest

from predictor.infer_request import InferRequest, TensorRows
from predictor.inference import Answer
from predictor.v2_grpc import grpc_answer
from predictor.v2_json import v2_answer

REQUEST = InferRequest(TensorRows(()), ("margin",), id="7")
ONE = np.array([0.5])


def both(names, scale, audit_id=None):
    """The parameters of the answer over REST, which are those over gRPC."""
    answer = Answer("loans", "model_loans_20260101_000000", ("a",), dict.fromkeys(names, ONE), scale, audit_id)
    over_rest = json.loads(v2_answer(REQUEST, answer, fallback_id="f").content).get("parameters", {})
    over_grpc = grpc_answer(REQUEST, answer, fallback_id="f").parameters
    assert {name: given.string_param for name, given in over_grpc.items()} == over_rest
    return over_rest


@pytest.mark.parametrize("scale", ["log_odds_default", "probability"])
@pytest.mark.parametrize("name", ["margin", "shap_values", "base_value"])
def test_the_scale_is_named_where_numbers_are_on_it(name, scale):
    assert both(["default_probability", name], scale) == {"scale": scale}
    assert both([name], scale, "a-1") == {"scale": scale, "audit_id": "a-1"}


def test_a_probability_and_points_are_what_they_are_called():
    assert both(["default_probability", "points"], "log_odds_default") == {}
    assert both(["default_probability"], "probability", "a-1") == {"audit_id": "a-1"}
