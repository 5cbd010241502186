"""`linear.json`: written, read back, refused."""

import json

import numpy as np
import pytest

from credit.bundle.errors import BundleError
from credit.bundle.linear_file import linear_from_bytes, linear_to_bytes
from forest.linear_engine import LinearModel

NAMES = ("z", "a", "unused")
MODEL = LinearModel(
    intercept=-1.5,
    coefficient=np.array([0.1, -2.0, 0.0]),
    mean=np.array([1 / 3, 7.0, 9.0]),
    sd=np.array([0.5, 1.0, 1.0]),
)


def test_the_file_has_a_term_for_each_feature_that_has_an_effect() -> None:
    assert json.loads(linear_to_bytes(NAMES, MODEL)) == {
        "features": ["z", "a", "unused"],
        "fill": 0.0,
        "intercept": -1.5,
        "terms": {
            "a": {"coefficient": -2.0, "mean": 7.0, "sd": 1.0},
            "z": {"coefficient": 0.1, "mean": 1 / 3, "sd": 0.5},
        },
    }


def test_a_model_reads_back_in_every_bit_that_has_an_effect() -> None:
    content = linear_to_bytes(NAMES, MODEL)
    names, read = linear_from_bytes(content)
    assert (names, read.intercept, read.fill) == (NAMES, MODEL.intercept, MODEL.fill)
    assert read.coefficient.tobytes() == MODEL.coefficient.tobytes()
    assert (read.mean[:2].tobytes(), read.sd[:2].tobytes()) == (MODEL.mean[:2].tobytes(), MODEL.sd[:2].tobytes())
    assert linear_to_bytes(names, read) == content


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"features": ["z", "a"], "terms": {"b": {}}}, "terms of features that it does not name: b"),
        ({"intercept": "0"}, "a field is missing or has a wrong type: TypeError"),
        ({"features": 3}, "a field is missing or has a wrong type: TypeError"),
        ({"terms": {"a": {"mean": 1.0, "sd": 1.0}}}, "a field is missing or has a wrong type: KeyError"),
        ({"terms": {"a": {"coefficient": "1", "mean": 1.0, "sd": 1.0}}}, "a wrong type: TypeError"),
    ],
)
def test_a_file_that_is_no_model_is_refused(changed: dict[str, object], message: str) -> None:
    content = json.dumps({**json.loads(linear_to_bytes(NAMES, MODEL)), **changed}).encode()
    with pytest.raises(BundleError, match=message):
        linear_from_bytes(content)
