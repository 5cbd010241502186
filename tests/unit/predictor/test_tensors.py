"""Tensors: the same rows on every wire, or a fault named by tensor and row."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from credit.portfolios import Feature, FeatureKind
from predictor.binary_strings import packed_strings
from predictor.category_codes import CategoryCodes
from predictor.errors import BadInputError
from predictor.feature_values import RowRules
from predictor.strict_json import parse_json
from predictor.tensors import (
    DTYPES,
    Tensor,
    binary_tensor,
    checked_shape,
    json_tensor,
    number_tensor,
    rows_of,
    text_tensor,
)

NAMES = ("a", "b", "c")
NO_CODES = CategoryCodes(())
CATEGORIES = tuple(Feature(name, FeatureKind.CATEGORICAL, name, 0, "income") for name in NAMES)
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
        rows = rows_of([tensor], NAMES, NO_CODES)
        assert rows.dtype == np.float64
        assert np.array_equal(rows, array.astype(np.float64), equal_nan=True)


@given(arrays("<f8"), st.permutations(range(3)))
def test_one_tensor_a_feature_gives_the_rows_of_the_whole_in_any_order(array, order):
    columns = [
        binary_tensor(NAMES[i], "FP64", (len(array),), array[:, i].tobytes(), f"tensor {NAMES[i]}") for i in order
    ]
    assert np.array_equal(rows_of(columns, NAMES, NO_CODES), array, equal_nan=True)


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
        assert np.array_equal(rows_of([tensor], ("a",), NO_CODES), rows)


def test_binary_infinities_are_values():
    content = np.array([[math.inf, -math.inf, 0.0]])
    tensor = binary_tensor("x", "FP64", (1, 3), content.tobytes(), "tensor x")
    assert np.array_equal(rows_of([tensor], NAMES, NO_CODES), content)


@pytest.mark.parametrize(("datatype", "one"), [("FP32", b"\1\0\x80\x7f"), ("FP64", b"\1\0\0\0\0\0\xf0\x7f")])
def test_a_signalling_nan_is_missing_and_nothing_to_warn_of(datatype, one):
    # Warnings are errors in tests.
    tensor = binary_tensor("x", datatype, (2, 3), one * 6, "tensor x")
    rows = rows_of([tensor], NAMES, NO_CODES)
    RowRules(CATEGORIES).check(rows)
    assert np.isnan(rows).all()


@given(st.sampled_from(["INT8", "UINT8", "INT32", "INT64", "UINT64"]), st.data())
def test_whole_numbers_among_nulls_are_read_or_the_first_wrong_one_is_named(datatype, data):
    limits = np.iinfo(DTYPES[datatype])
    within = st.none() | st.integers(int(limits.min), int(limits.max))
    wrong = st.sampled_from([int(limits.min) - 1, int(limits.max) + 1, 0.5, 1.0, True, "1"])
    values = data.draw(st.lists(within | wrong if data.draw(st.booleans()) else within, max_size=20))

    def fits(value):
        return value is None or (type(value) is int and limits.min <= value <= limits.max)

    first = next((place for place, value in enumerate(values) if not fits(value)), None)
    if first is None:
        read = json_tensor("x", datatype, (len(values),), values, "tensor x").values
        expected = np.array([math.nan if value is None else value for value in values], dtype=np.float64)
        assert np.array_equal(read, expected, equal_nan=True)
        return
    with pytest.raises(BadInputError, match=f"^tensor x, row {first}: "):
        json_tensor("x", datatype, (len(values),), values, "tensor x")


@pytest.mark.parametrize("shape", [[2**31, 2], [-1], [], [1, 1, 1], [True], [1.0]])
def test_a_shape_that_is_none_is_told_its_limits(shape):
    with pytest.raises(BadInputError) as refused:
        checked_shape(shape, "tensor x")
    needed = "one or two whole numbers of at least 0 and at most 2147483647"
    assert str(refused.value) == f"tensor x: its shape must be {needed}"


TEXTS = ("No", "Yes")
CODES = CategoryCodes(
    (
        Feature("a", FeatureKind.NUMERIC, "a", 0, "income"),
        Feature("b", FeatureKind.CATEGORICAL, "b", 0, "income", categories=TEXTS),
        Feature("c", FeatureKind.CATEGORICAL, "c", 0, "income"),
    )
)


def numbers(name: str, *values: float) -> Tensor:
    return number_tensor(name, "FP64", (len(values),), values, f"tensor {name}")


def texts(name: str, *given: str | None) -> Tensor:
    return text_tensor(name, (len(given),), given, f"tensor {name}")


@given(st.lists(st.none() | st.sampled_from([*TEXTS, " Yes ", "yes", "", "é"]), min_size=1, max_size=5))
def test_texts_are_codes_on_every_wire_and_missing_where_the_model_has_none(given_texts):
    shape, words = (len(given_texts),), [text or "" for text in given_texts]
    wires = [
        json_tensor("b", "BYTES", shape, given_texts, "tensor b"),
        json_tensor("b", "BYTES", (*shape, 1), [[text] for text in given_texts], "tensor b"),
        binary_tensor("b", "BYTES", shape, packed_strings(words), "tensor b"),
        texts("b", *words),
    ]
    code = {"No": 0.0, "Yes": 1.0, " Yes ": 1.0}
    expected = [[1.0, code.get(text, math.nan), 2.0] for text in given_texts]
    rest = [numbers("c", *[2.0] * len(words)), numbers("a", *[1.0] * len(words))]
    for tensor in wires:
        assert np.array_equal(rows_of([tensor, *rest], NAMES, CODES), np.array(expected), equal_nan=True)


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        (texts("a", None, "x"), 'tensor a, row 1: a number or null is needed, not the string "x"'),
        (
            texts("c", "x"),
            'tensor c, row 0: a code or null is needed, not the string "x": the model has no texts of it',
        ),
        (texts("rows", "x"), "tensor rows: BYTES holds texts of one category, in a tensor of the feature's name; the "),
    ],
)
def test_texts_for_another_feature_are_refused_by_tensor_and_row(sent, message):
    rest = [numbers(name, *[0.0] * len(sent.values)) for name in NAMES if name != sent.name]
    with pytest.raises(BadInputError) as refused:
        rows_of([sent, *rest], NAMES, CODES)
    assert str(refused.value)[: len(message)] == message


def test_a_model_of_one_category_takes_its_texts_as_they_come():
    assert rows_of([texts("b", "Yes", None)], ("b",), CODES)[0].tolist() == [1.0]
    with pytest.raises(BadInputError, match=r"^tensor rows: BYTES holds texts of one category"):
        rows_of([texts("rows", "Yes")], ("b",), CODES)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\1\0\0\0x" * 2, r"tensor b: 2 values; shape \[1\] has 1"),
        (b"\2\0\0\0x", "tensor b, row 0: a string of 2 bytes; 1 bytes are left"),
        (b"\1\0\0\0x\1\0", "tensor b, row 1: a string of 1 bytes; 0 bytes are left"),
        (b"\1\0\0\0\xff", "tensor b, row 0: byte 0 is not UTF-8"),
        (b"", r"tensor b: 0 values; shape \[1\] has 1"),
    ],
)
def test_binary_texts_that_are_none_are_refused(content, message):
    with pytest.raises(BadInputError, match=f"^{message}$"):
        binary_tensor("b", "BYTES", (1,), content, "tensor b")


def test_a_number_among_texts_is_refused_by_its_row():
    with pytest.raises(BadInputError, match=r"^tensor b, row 1: a string or null is needed, not the number 1$"):
        json_tensor("b", "BYTES", (2,), ["No", 1], "tensor b")
