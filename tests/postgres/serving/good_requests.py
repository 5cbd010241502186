"""Good requests, and the rows whose scores they get."""

import json
import struct
from collections.abc import Sequence
from dataclasses import replace
from math import inf, nan

from tests.postgres.serving.conformance_requests import (
    CODED,
    JSON_TYPE,
    NEEDED,
    PREDICT,
    ROW,
    SIZE,
    WIDTH,
    Good,
    Request,
    announced,
    as_json,
    binary,
    by_name,
    infer,
    packed,
    with_value,
)
from tests.postgres.serving.requests import tensor
from tests.unit.predictor.serving_example import NAMES

TENTH = struct.unpack("<f", struct.pack("<f", 0.1))[0]
OFFER = {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c", "HTTP2-Settings": "AAEAAEAAAAIAAAAB"}
EDGES = [1.0, 1.0, 5e-324, 1.7976931348623157e308, -0.0, *ROW[5:]]


def numbers_by_name(row: Sequence[float]) -> list[dict]:
    """A tensor for each feature but the category."""
    return [one for one in by_name(row) if one["name"] != CODED]


def texts_of(text: str | None, **changes: object) -> Request:
    """A row with a text for the category."""
    sent = tensor(**{"name": CODED, "shape": [1], "datatype": "BYTES", "data": [text], **changes})
    return infer(*numbers_by_name(ROW), sent)


GOOD = (
    Good("one tensor, flat", infer(tensor(data=ROW)), [ROW]),
    Good(
        "one tensor, nested as its shape is",
        infer(tensor(shape=[2, WIDTH], data=[ROW, with_value(3, 7.5)])),
        [ROW, with_value(3, 7.5)],
    ),
    Good("one tensor a feature, in any order", infer(*by_name(with_value(3, 7.5))[::-1]), [with_value(3, 7.5)]),
    Good("one tensor a feature, of shape `[n, 1]`", infer(*by_name(ROW, shape=[1, 1])), [ROW]),
    Good("missing as `null`", infer(tensor(data=with_value(2, None))), [with_value(2, nan)]),
    Good("missing as the token `NaN`", infer(tensor(data=with_value(2, nan))), [with_value(2, nan)]),
    Good("whole numbers for FP64", infer(tensor(data=[1] * WIDTH)), [ROW]),
    Good("the smallest and the largest double, and -0.0", infer(tensor(data=EDGES)), [EDGES]),
    Good(
        "INT32 with `null`",
        infer(tensor(datatype="INT32", data=[1, 1, None, *[1] * (WIDTH - 3)])),
        [with_value(2, nan)],
    ),
    Good(
        "UINT64 beyond the whole doubles",
        infer(tensor(datatype="UINT64", data=[1, 1, 2**63 + 1, *[1] * (WIDTH - 3)])),
        [with_value(2, 2.0**63)],
    ),
    Good(
        "FP32, rounded as a client's own array is",
        infer(tensor(datatype="FP32", data=with_value(2, 0.1))),
        [with_value(2, TENTH)],
    ),
    Good("binary FP64", binary([announced(SIZE)], packed("d", *ROW)), [ROW]),
    Good(
        "binary FP32, widened",
        binary([announced(SIZE // 2, datatype="FP32")], packed("f", *with_value(2, 0.1))),
        [with_value(2, TENTH)],
    ),
    Good("binary INT16", binary([announced(SIZE // 4, datatype="INT16")], packed("h", *[1] * WIDTH)), [ROW]),
    Good("missing as a binary NaN", binary([announced(SIZE)], packed("d", *with_value(2, nan))), [with_value(2, nan)]),
    Good(
        "missing as a signalling NaN of FP32",
        binary(
            [announced(SIZE // 2, datatype="FP32")], packed("f", 1.0, 1.0) + b"\1\0\x80\x7f" + packed("f", *ROW[3:])
        ),
        [with_value(2, nan)],
    ),
    Good(
        "missing as a signalling NaN of FP64, a category",
        binary([announced(SIZE)], packed("d", 1.0) + b"\1\0\0\0\0\0\xf0\x7f" + packed("d", *ROW[2:])),
        [with_value(1, nan)],
    ),
    Good("`null` for the id and for the outputs", infer(tensor(data=ROW), id=None, outputs=None), [ROW]),
    Good("an empty id, and no outputs", infer(tensor(data=ROW), id="", outputs=[]), [ROW]),
    Good(
        "binary infinities",
        binary([announced(SIZE)], packed("d", *with_value(2, inf)[:3], -inf, *ROW[4:])),
        [[*with_value(2, inf)[:3], -inf, *ROW[4:]]],
    ),
    Good(
        "binary and JSON tensors in one request",
        binary([*by_name(ROW)[1:], announced(8, name=NEEDED, shape=[1])], packed("d", 1.0)),
        [ROW],
    ),
    Good("a category as text", texts_of("often"), [with_value(1, 2.0)]),
    Good("a category as text, of shape `[n, 1]`, with blanks around it", texts_of(" once", shape=[1, 1]), [ROW]),
    Good("a text that the model does not know is missing", texts_of("weekly"), [with_value(1, nan)]),
    Good("an empty text is missing", texts_of(""), [with_value(1, nan)]),
    Good("`null` among texts is missing", texts_of(None), [with_value(1, nan)]),
    Good(
        "binary texts",
        binary([*numbers_by_name(ROW), announced(9, name=CODED, shape=[1], datatype="BYTES")], b"\5\0\0\0often"),
        [with_value(1, 2.0)],
    ),
    Good("no content type", replace(infer(tensor(data=ROW)), headers={}), [ROW]),
    Good(
        "a content type with parameters",
        replace(infer(tensor(data=ROW)), headers={"content-type": "application/json; charset=utf-8"}),
        [ROW],
    ),
    Good("chunked", replace(infer(tensor(data=ROW)), chunked=True), [ROW]),
    Good(
        "with an offer of HTTP/2, as a JDK's client makes it",
        replace(infer(tensor(data=ROW)), headers={**JSON_TYPE, **OFFER}),
        [ROW],
    ),
    Good(
        "chunked, with an offer of HTTP/2",
        replace(infer(tensor(data=ROW)), headers={**JSON_TYPE, **OFFER}, chunked=True),
        [ROW],
    ),
    Good(
        "with an offer of WebSocket",
        replace(infer(tensor(data=ROW)), headers={**JSON_TYPE, "Connection": "Upgrade", "Upgrade": "websocket"}),
        [ROW],
    ),
    Good(
        "escaped names",
        Request(json.dumps({"inputs": [tensor(data=ROW)]}).replace("rows", "\\u0072ows").encode()),
        [ROW],
    ),
    Good("unknown parameters", infer(tensor(data=ROW, parameters={"mine": 1}), parameters={"mine": {"a": [1]}}), [ROW]),
    Good(
        "the model's name and version in the body, as KServe's client sends them",
        infer(tensor(data=ROW), model_name="cash_advance", model_version=None),
        [ROW],
    ),
    Good(
        "V1, objects and lists",
        as_json({"instances": [dict(zip(NAMES, ROW, strict=True)), list(ROW)]}, path=PREDICT),
        [ROW, ROW],
    ),
    Good(
        "V1, a category as text, and one that the model does not know",
        as_json(
            {"instances": [{**dict(zip(NAMES, ROW, strict=True)), CODED: "often"}, with_value(1, "?")]}, path=PREDICT
        ),
        [with_value(1, 2.0), with_value(1, nan)],
    ),
    Good(
        "V1, absent features are missing",
        as_json({"instances": [{NEEDED: 1.0}]}, path=PREDICT),
        [[1.0, *[nan] * (WIDTH - 1)]],
    ),
)
