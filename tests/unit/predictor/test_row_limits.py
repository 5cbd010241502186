"""How much one request may ask for, whatever its bytes."""

import numpy as np
import pytest

from predictor.errors import TooLargeError
from predictor.infer_request import InferRequest, InstanceRows, TensorRows
from predictor.inference import infer, values_a_row
from predictor.row_limits import RowLimits
from predictor.settings import Limits
from predictor.tensors import binary_tensor
from tests.unit.predictor.stub_bundle import NAMES, SumEngine, stub_bundle

EVERY_OUTPUT = ("default_probability", "margin", "shap_values", "base_value", "points", "reason_codes")


def asked(rows: int, outputs: tuple[str, ...] = ("default_probability",)) -> InferRequest:
    return InferRequest(InstanceRows(({},) * rows), outputs)


def test_values_a_row_are_those_of_the_answer():
    answer = infer(stub_bundle(SumEngine()), np.zeros((3, len(NAMES))), EVERY_OUTPUT)
    for name, array in answer.items():
        assert values_a_row((name,), len(NAMES)) == array.size / 3
    assert values_a_row(EVERY_OUTPUT, len(NAMES)) == sum(array.size for array in answer.values()) / 3


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        (asked(11), "11 rows; at most 10 are scored at once"),
        (
            asked(4, ("shap_values", "reason_codes")),
            "4 rows are answered with 9 values each; at most 30 are answered at once, those of 3 rows",
        ),
        (
            InferRequest(TensorRows((binary_tensor("a", "INT8", (11,), b"\0" * 11, "tensor a"),))),
            "11 rows; at most 10 are scored at once",
        ),
    ],
)
def test_what_is_beyond_is_refused_by_the_limit(request_, says):
    limits = RowLimits(rows=10, answer_values=30)
    with pytest.raises(TooLargeError) as refused:
        limits.check(request_, features=5)
    assert str(refused.value) == says
    assert refused.value.read  # its connection goes on


def test_what_is_within_is_let_through():
    limits = RowLimits(rows=10, answer_values=30)
    limits.check(asked(10), features=5)
    limits.check(asked(3, ("shap_values", "reason_codes")), features=5)
    limits.check(InferRequest(TensorRows(())), features=5)


def test_a_body_of_doubles_is_never_cut_off_where_only_probabilities_are_asked_for():
    # 16 features or more, in binary FP64.
    assert Limits().rows >= Limits().body_bytes // (16 * 8)
    assert Limits().answer_values >= Limits().rows
