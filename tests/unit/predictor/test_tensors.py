"""Tensors: the same rows on every wire, or a fault named by tensor and row."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from predictor.errors import BadInputError
from predictor.strict_json import parse_json
from predictor.tensors import DTYPES, Tensor, binary_tensor, json_tensor, number_tensor, rows_of

NAMES = ("a", "b", "c")
SHAPES = st.tuples(st.integers(1, 5), st.just(3))


def arrays(dtype: str) -> st.SearchStrategy[np.ndarray]:
    kind = np.dtype(dtype)
    elements = st.floats(width=kind.itemsize * 8, allow_infinity=False) if kind.kind == "f" else None
    return hnp.arrays(kind, SHAPES, elements=elements)


TYPED = st.sampled_from(sorted(DTYPES)).flatmap(lambda name: st.tuples(st.just(name), arrays(DTYPES[name])))


def as_json(array: np.ndarray) -> list:
    return parse_json(json.dumps(array.tolist()).encode())


@given(TYPED)
def test_json_binary_and_typed_contents_give_the_same_rows(typed):
    datatype, array = typed
    wires = [
        json_tensor("x", datatype, array.shape, as_json(array), "tensor x"),
        json_tensor("x", datatype, array.shape, as_json(array.ravel()), "tensor x"),
        binary_tensor("x", datatype, array.shape, array.tobytes(), "tensor x"),
        number_tensor("x", datatype, array.shape, array.ravel().tolist(), "tensor x"),
    ]
    for tensor in wires:
        rows = rows_of([tensor], NAMES)
        assert rows.dtype == np.float64
        assert np.array_equal(rows, array.astype(np.float64), equal_nan=True)


@given(arrays("<f8"), st.permutations(range(3)))
def test_one_tensor_a_feature_gives_the_rows_of_the_whole_in_any_order(array, order):
    columns = [
        binary_tensor(NAMES[i], "FP64", (len(array),), array[:, i].tobytes(), f"tensor {NAMES[i]}") for i in order
    ]
    assert np.array_equal(rows_of(columns, NAMES), array, equal_nan=True)


@given(arrays("<f8"), st.data())
def test_one_wrong_value_is_named_by_its_row_and_column(array, data):
    row, column = data.draw(st.integers(0, len(array) - 1)), data.draw(st.integers(0, 2))
    content = [[0.0] * 3 for _ in array]
    content[row][column] = data.draw(st.sampled_from(["1", True, [], {}, math.inf, -math.inf]))
    with pytest.raises(BadInputError, match=f"^tensor x, row {row}, column {column}: "):
        json_tensor("x", "FP64", array.shape, content, "tensor x")


@given(st.binary(max_size=64), st.sampled_from(sorted(DTYPES)))
def test_bytes_of_another_length_are_refused(content, datatype):
    needed = 3 * np.dtype(DTYPES[datatype]).itemsize
    if len(content) == needed:
        content += b"0"
    with pytest.raises(BadInputError, match=rf"tensor x: {len(content)} bytes; {datatype} of shape \[1, 3\] has"):
        binary_tensor("x", datatype, (1, 3), content, "tensor x")


def test_a_single_feature_may_come_under_any_name():
    rows = np.array([[1.0], [2.0]])
    for name in ("a", "anything"):
        tensor = Tensor(name, (2, 1), rows.ravel(), f"tensor {name}")
        assert np.array_equal(rows_of([tensor], ("a",)), rows)


def test_binary_infinities_are_values():
    content = np.array([[math.inf, -math.inf, 0.0]])
    tensor = binary_tensor("x", "FP64", (1, 3), content.tobytes(), "tensor x")
    assert np.array_equal(rows_of([tensor], NAMES), content)
