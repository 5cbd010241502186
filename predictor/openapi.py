"""The OpenAPI document of a server: the Open Inference Protocol as it is spoken here, V1, and `/score`.

Source of V2: https://github.com/kserve/open-inference-protocol, `specification/protocol/open_inference_rest.yaml`.
"""

from collections.abc import Mapping, Sequence

from credit.portfolios import Feature
from predictor.infer_request import OUTPUTS
from predictor.strict_json import LONGEST_TEXT, Json
from predictor.tensors import DATATYPES

Schema = Mapping[str, Json]

_TEXT: Schema = {"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT}
_SIZE: Schema = {"type": "integer", "minimum": 0, "maximum": 2**31 - 1}
_VALUE: Schema = {"type": ["number", "null"]}
_CELL: Schema = {"type": ["number", "string", "null"], "description": "A string is the text of a category."}
_PARAMETERS: Schema = {"type": ["object", "null"], "description": "Unknown ones are ignored."}
_ANY_REQUEST: Schema = {
    "400": {"$ref": "#/components/responses/BadRequest"},
    "405": {"$ref": "#/components/responses/OtherMethod"},
    "408": {"$ref": "#/components/responses/Slow"},
    "429": {"$ref": "#/components/responses/TooMany"},
    "431": {"$ref": "#/components/responses/HeadTooLarge"},
    "500": {"$ref": "#/components/responses/Fault"},
    "503": {"$ref": "#/components/responses/Unavailable"},
}
"""Errors that do not depend on what is asked for: the connection's, and the server's state."""


def openapi(name: str, features: Sequence[Feature], *, version: str) -> Json:
    """The document of a server of one model, which is called `name` in URLs."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "BlinkScoring predictor", "version": version},
        "paths": {**_metadata_paths(name), **_scoring_paths(name)},
        "components": {"schemas": _schemas(features), "responses": _responses()},
    }


def _metadata_paths(name: str) -> Schema:
    model, versioned = _parameters(name)
    unknown: Schema = {"404": _error("another model, or another version")}
    page: Schema = {"description": "Prometheus", "content": {"text/plain": {}}}
    return {
        "/": {"get": _get("Live")},
        "/metrics": {"get": {"responses": {"200": page, **_ANY_REQUEST}}},
        "/v2": {"get": _get("ServerMetadata")},
        "/v2/health/live": {"get": _get("Live")},
        "/v2/health/ready": {"get": _get("Ready")},
        "/v1/models": {"get": _get("Models")},
        "/v2/models": {"get": _get("Models")},
        "/v1/models/{name}": {"parameters": model, "get": _get("ModelReady", unknown)},
        "/v2/models/{name}": {"parameters": model, "get": _get("ModelMetadata", unknown)},
        "/v2/models/{name}/ready": {"parameters": model, "get": _get("ModelReady", unknown)},
        "/v2/models/{name}/versions/{version}": {"parameters": versioned, "get": _get("ModelMetadata", unknown)},
        "/v2/models/{name}/versions/{version}/ready": {"parameters": versioned, "get": _get("ModelReady", unknown)},
    }


def _scoring_paths(name: str) -> Schema:
    model, versioned = _parameters(name)
    key: Schema = {
        "name": "Idempotency-Key",
        "in": "header",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    }
    conflict: Schema = {"409": _error("the key came with another body")}
    return {
        "/v2/models/{name}/infer": {"parameters": model, "post": _post("InferRequest", "InferResponse", binary=True)},
        "/v2/models/{name}/versions/{version}/infer": {
            "parameters": versioned,
            "post": _post("InferRequest", "InferResponse", binary=True),
        },
        "/v1/models/{name}:predict": {"parameters": model, "post": _post("Instances", "Predictions")},
        "/v1/models/{name}:explain": {"parameters": model, "post": _post("Instances", "Explanations")},
        "/score": {"post": {"parameters": [key], **_post("ScoreRequest", "ScoreResponse", conflict)}},
    }


def _parameters(name: str) -> tuple[Json, Json]:
    """Of a model's path, and of one of its versions."""
    model: Schema = {"name": "name", "in": "path", "required": True, "schema": {"type": "string", "enum": [name]}}
    version: Schema = {"name": "version", "in": "path", "required": True, "schema": {"type": "string"}}
    return [model], [model, version]


def _get(schema: str, more: Schema | None = None) -> Schema:
    return {"responses": {"200": _json(schema, "answered"), **_ANY_REQUEST, **(more or {})}}


def _post(asked: str, given: str, more: Schema | None = None, *, binary: bool = False) -> Schema:
    raw: Schema = {"application/octet-stream": {}} if binary else {}
    return {
        "requestBody": {"required": True, "content": {"application/json": {"schema": _ref(asked)}}},
        "responses": {
            "200": {"description": "scored", "content": {"application/json": {"schema": _ref(given)}, **raw}},
            **_ANY_REQUEST,
            "404": _error("another model, another version, or a user without history"),
            "413": _error("the body, the rows or the values of the answer are over the limit"),
            "415": _error("another media type, or a compressed body"),
            **(more or {}),
        },
    }


def _json(schema: str, description: str) -> Schema:
    return {"description": description, "content": {"application/json": {"schema": _ref(schema)}}}


def _error(description: str) -> Schema:
    return _json("Error", description)


def _responses() -> Schema:
    """Errors that any request can meet, by the names that `_ANY_REQUEST` refers to."""
    retry: Schema = {"Retry-After": _header({"type": "integer", "minimum": 0}, "seconds after which to come again")}
    allow: Schema = {"Allow": _header({"type": "string"}, "the methods of the path")}
    return {
        "BadRequest": _error("the place and the fault; what is no HTTP request, or does not name one host"),
        "OtherMethod": {**_error("another method on this path"), "headers": allow},
        "Slow": _error("a head or a body that does not come; the connection ends"),
        "TooMany": _error("too many requests that wait on one connection"),
        "HeadTooLarge": _error("a head over the limit of bytes or lines; the connection ends"),
        "Fault": _error("a fault of the server, logged under the request id"),
        "Unavailable": {**_error("no model, no database, overloaded, or ending"), "headers": retry},
    }


def _header(schema: Schema, description: str) -> Schema:
    return {"description": description, "required": True, "schema": schema}


def _ref(schema: str) -> Schema:
    return {"$ref": f"#/components/schemas/{schema}"}


def _object(required: Mapping[str, Json], optional: Mapping[str, Json] | None = None, *, closed: bool = True) -> Schema:
    properties: Schema = {**required, **(optional or {})}
    return {
        "type": "object",
        "required": list(required),
        "properties": properties,
        **({"additionalProperties": False} if closed else {}),
    }


def _list(items: Json, *, least: int = 0) -> Schema:
    return {"type": "array", "items": items, **({"minItems": least} if least else {})}


def _schemas(features: Sequence[Feature]) -> Schema:
    row: Schema = _object({}, {feature.name: _value(feature) for feature in features})
    cell = _CELL if any(feature.categories for feature in features) else _VALUE
    whole: Schema = {**_list(cell), "minItems": len(features), "maxItems": len(features)}
    subject = _object({"user_id": _TEXT}, {"features": row})
    return {
        **_said_of_models(),
        **_inference([feature.name for feature in features]),
        "Instances": _object(
            {"instances": _list({"oneOf": [row, whole]}, least=1)}, {"parameters": _object({}, {"subject_id": _TEXT})}
        ),
        "Predictions": _object(_V1_ANSWER, closed=False),
        "Explanations": _object({**_V1_ANSWER, "explanations": _list({"type": "object"})}, closed=False),
        "ScoreRequest": {"oneOf": [subject, _list(subject, least=1)]},
        "ScoreResponse": {"type": ["object", "array"]},
        "Error": _object({"error": {"type": "string"}, "request_id": {"type": "string"}}),
    }


def _value(feature: Feature) -> Schema:
    if not feature.categories:
        return _VALUE
    said = f"One of {', '.join(feature.categories)} (any other text is missing), or its place in this list, from 0."
    return {"type": ["number", "string", "null"], "description": said}


_V1_ANSWER: Mapping[str, Json] = {
    "model_name": {"type": "string"},
    "model_version": {"type": "string"},
    "predictions": _list({"type": "number"}),
}


def _said_of_models() -> Schema:
    tensor = _object({"name": {"type": "string"}, "datatype": {"type": "string"}, "shape": _list({"type": "integer"})})
    text: Schema = {"type": "string"}
    texts = _list(text)
    return {
        "Live": _object({"live": {"type": "boolean"}}),
        "Ready": _object({"ready": {"type": "boolean"}}, {"model": text}),
        "Models": _object({"models": texts}),
        "ModelReady": _object({"name": text, "ready": {"type": "boolean"}}),
        "ServerMetadata": _object({"name": text, "version": text, "extensions": texts}),
        "ModelMetadata": _object(
            {"name": text, "versions": texts, "platform": text, "inputs": _list(tensor), "outputs": _list(tensor)},
            {"parameters": {"type": "object"}},
        ),
    }


def _inference(feature_names: Sequence[str]) -> Schema:
    return {
        "InferRequest": {**_infer_request(len(feature_names)), "example": _example(feature_names)},
        "InferResponse": _object(
            {"model_name": _TEXT, "model_version": _TEXT, "id": _TEXT, "outputs": _list(_given_output(), least=1)},
            {"parameters": {"type": "object"}},
        ),
    }


def _infer_request(features: int) -> Schema:
    known: Schema = {"subject_id": _TEXT, "binary_data_output": {"type": "boolean"}}
    unread: Schema = {"description": "Not read: the path decides."}
    return _object(
        {"inputs": {**_list(_sent_input(), least=1), "maxItems": max(features, 1)}},
        {
            "id": {"oneOf": [{"type": "null"}, {"type": "string", "maxLength": LONGEST_TEXT}]},
            "model_name": unread,
            "model_version": unread,
            "parameters": {"type": ["object", "null"], "properties": known},
            "outputs": {"oneOf": [{"type": "null"}, {**_list(_asked_output()), "uniqueItems": True}]},
        },
    )


def _sent_input() -> Schema:
    return _object(
        {
            "name": _TEXT,
            "shape": {**_list(_SIZE, least=1), "maxItems": 2},
            "datatype": {"enum": list(DATATYPES)},
            "data": _list({"anyOf": [_CELL, _list(_CELL)]}),
        },
        {"parameters": _PARAMETERS},
    )


def _asked_output() -> Schema:
    switch: Schema = {"type": ["object", "null"], "properties": {"binary_data": {"type": "boolean"}}}
    return _object({"name": {"enum": list(OUTPUTS)}}, {"parameters": switch})


def _given_output() -> Schema:
    return _object(
        {
            "name": {"enum": list(OUTPUTS)},
            "datatype": {"enum": sorted(set(OUTPUTS.values()))},
            "shape": _list(_SIZE, least=1),
            "data": _list({"type": ["number", "string"]}),
        }
    )


def _example(feature_names: Sequence[str]) -> Json:
    width = len(feature_names)
    return {"inputs": [{"name": "rows", "shape": [1, width], "datatype": "FP64", "data": [1.0] * width}]}
