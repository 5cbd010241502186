"""The protocol's document, narrowed to one model: from a made-up document, in a made-up wheel."""

import json
from zipfile import ZipFile

import pytest

from benchmarks.errors import BenchmarkError
from benchmarks.serving.protocol_document import LOCK, PLACE, document_of, narrowed, requirement

PARAMETERS = [{"name": "model_name", "in": "path", "required": True, "schema": {"type": "string"}}]
ARRAY = {"type": "array"}
DOCUMENT = {
    "openapi": "3.0.3",
    "paths": {
        "/v2": {"get": {"operationId": "server"}},
        "/v2/models/{model_name}/infer": {"parameters": PARAMETERS, "post": {"operationId": "infer"}},
        "/v2/models/{model_name}/versions/{model_version}/ready": {"parameters": PARAMETERS, "get": {}},
        "/v2/models/{model_name}/infer_stream": {"parameters": PARAMETERS, "post": {}},
        "/v2/models/{model_name}/versions/{model_version}/generate": {"parameters": PARAMETERS, "post": {}},
        "/v2/models/{model_name}/generate_stream": {"parameters": PARAMETERS, "post": {}},
    },
    "components": {
        "enums": {"Datatype": {"enum": ["FP64"]}},
        "schemas": {"InferenceRequest": {"type": "object"}, "TensorData": {"oneOf": [ARRAY, {"type": "bytes"}]}},
    },
}
MODEL = {
    "name": "loans",
    "versions": ["model_1"],
    "inputs": [{"name": "rows", "datatype": "FP64", "shape": [-1, 3]}],
    "outputs": [{"name": "pd", "datatype": "FP64", "shape": [-1]}, {"name": "points", "datatype": "INT64"}],
}


def test_the_document_names_the_model_and_what_is_only_mlservers_is_left_out():
    request = {
        "id": "1",
        "inputs": [{"name": "rows", "shape": [1, 3], "datatype": "FP64", "data": [1, 1, 1]}],
        "outputs": [{"name": "pd"}, {"name": "points"}],
    }
    assert narrowed(DOCUMENT, MODEL) == {
        "openapi": "3.0.3",
        "paths": {
            "/v2": {"get": {"operationId": "server"}},
            "/v2/models/loans/infer": {"post": {"operationId": "infer"}},
            "/v2/models/loans/versions/model_1/ready": {"get": {}},
        },
        "components": {
            "enums": {"Datatype": {"enum": ["FP64"]}},
            "schemas": {"InferenceRequest": {"type": "object", "example": request}, "TensorData": {"oneOf": [ARRAY]}},
        },
    }


def test_the_document_is_read_from_a_wheel(tmp_path):
    wheel = tmp_path / "mlserver-1-py3-none-any.whl"
    with ZipFile(wheel, "w") as files:
        files.writestr(PLACE, json.dumps(DOCUMENT))
    assert document_of(wheel) == DOCUMENT


def test_a_package_is_taken_from_a_lock_with_its_hashes_alone():
    wanted = "b==2.0 \\\n    --hash=sha256:2 \\\n    --hash=sha256:3\n"
    lock = f"a==1 \\\n    --hash=sha256:1\n{wanted}b-c==4 \\\n    --hash=sha256:5\n"
    assert requirement(lock, "b") == wanted
    with pytest.raises(BenchmarkError, match=r"^d is not in mlserver\.lock$"):
        requirement(lock, "d")


def test_the_lock_has_the_package():
    assert requirement(LOCK.read_text("utf-8")).startswith("mlserver==")
