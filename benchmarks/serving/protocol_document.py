"""The Open Inference Protocol's OpenAPI document, asked of a server of one model.

The document is a file in MLServer's wheel (Apache 2.0), which is brought in the version and with the hash of
`benchmarks/mlserver.lock`; nothing in the wheel is run. Paths that are MLServer's own (streams and texts) are left out,
and so is the protocol's repository, which is a document beside it: loading by clients is off here.
"""

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from http.client import HTTPConnection
from math import prod
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from benchmarks.errors import BenchmarkError

LOCK = Path(__file__).parents[1] / "mlserver.lock"
PACKAGE = "mlserver"
PLACE = "mlserver/rest/openapi/dataplane.json"
"""Of the document, in the wheel."""

MLSERVER_ONLY = ("/infer_stream", "/generate", "/generate_stream")
"""How paths end that the protocol has not."""
_MODEL, _VERSION = "{model_name}", "{model_version}"
_JSON_TYPES = ("array", "boolean", "integer", "number", "object", "string")
_SECONDS = 300

Document = Mapping[str, Any]


def write_protocol_document(host: str, port: int, model: str, folder: Path) -> Path:
    """Write the document for the model that a server has now into the folder, and name the file.

    Raises:
        BenchmarkError: where no wheel is brought, or the server does not describe the model.
    """
    file = folder / "protocol.json"
    asked = narrowed(document_of(brought_wheel(folder)), _described(host, port, model))
    file.write_text(json.dumps(asked), "utf-8")
    return file


def requirement(lock: str, package: str = PACKAGE) -> str:
    """The lines of a package, with its version and its hashes, in a lock.

    Raises:
        BenchmarkError: where it is not in the lock.
    """
    found = re.search(rf"^{re.escape(package)}==.*(?:\n .*)*\n", lock, re.MULTILINE)
    if found is None:
        raise BenchmarkError(f"{package} is not in {LOCK.name}")
    return found[0]


def brought_wheel(folder: Path) -> Path:
    """MLServer's wheel of the locked version, checked by its hash, in the folder.

    Raises:
        BenchmarkError: where the package index does not give it.
    """
    wanted = folder / f"{PACKAGE}.lock"
    wanted.write_text(requirement(LOCK.read_text("utf-8")), "utf-8")
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    how = ["--no-deps", "--require-hashes", "--only-binary", ":all:", "--dest", str(folder), "-r", str(wanted)]
    done = subprocess.run([*pip, *how], capture_output=True, text=True, timeout=_SECONDS, check=False)
    wheels = sorted(folder.glob(f"{PACKAGE}-*.whl"))
    if done.returncode or not wheels:
        raise BenchmarkError(f"no wheel of {PACKAGE}, whose copy of the protocol's document is needed: {done.stderr}")
    return wheels[0]


def document_of(wheel: Path) -> Document:
    """The document as it is in a wheel."""
    with ZipFile(wheel) as files:
        return json.loads(files.read(PLACE))  # type: ignore[no-any-return]


def narrowed(document: Document, model: Document) -> Document:
    """The document with the one model that a server has.

    Args:
        document: the protocol's.
        model: its metadata, as the protocol's model metadata describes them.

    Paths name the model and its version instead of taking any, because the document knows no 404 of the ready paths.
    Requests start from one that the model can answer, which the document, of all models, cannot have. What its schemas
    offer beside JSON (a type `bytes`) is left out.
    """
    names = {_MODEL: model["name"], _VERSION: model["versions"][0]}
    paths = {path: said for path, said in document["paths"].items() if not path.endswith(MLSERVER_ONLY)}
    schemas = dict(document["components"]["schemas"])
    schemas["InferenceRequest"] = {**schemas["InferenceRequest"], "example": example_request(model)}
    schemas["TensorData"] = _in_json(schemas["TensorData"])
    return {
        **document,
        "paths": {_filled(path, names): _without_parameters(said) for path, said in paths.items()},
        "components": {**document["components"], "schemas": schemas},
    }


def example_request(model: Document) -> Document:
    """One row of ones for all inputs of a model of numbers, asking for all its outputs."""
    inputs = [
        {"name": one["name"], "shape": shape, "datatype": one["datatype"], "data": [1] * prod(shape)}
        for one, shape in ((one, [max(length, 1) for length in one["shape"]]) for one in model["inputs"])
    ]
    return {"id": "1", "inputs": inputs, "outputs": [{"name": one["name"]} for one in model["outputs"]]}


def _filled(path: str, names: Mapping[str, str]) -> str:
    for place, name in names.items():
        path = path.replace(place, name)
    return path


def _without_parameters(path: Document) -> Document:
    return {name: said for name, said in path.items() if name != "parameters"}


def _in_json(schema: Document) -> Document:
    return {**schema, "oneOf": [one for one in schema["oneOf"] if one["type"] in _JSON_TYPES]}


def _described(host: str, port: int, model: str) -> Document:
    connection = HTTPConnection(host, port, timeout=30)
    try:
        connection.request("GET", f"/v2/models/{model}")
        answer = connection.getresponse()
        body = answer.read()
    finally:
        connection.close()
    if answer.status != 200:
        raise BenchmarkError(f"the server does not describe {model}: status {answer.status}")
    return json.loads(body)  # type: ignore[no-any-return]
