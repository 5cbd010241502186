"""Good requests of every protocol, and the rows whose scores each must get."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.serving.acceptance_models import NAMES, PORTFOLIO
from benchmarks.serving.http_request import BINARY_TYPE, JSON_LENGTH, HttpRequest
from benchmarks.serving.scored_answers import Form
from forest.engine import Floats

INFER = f"/v2/models/{PORTFOLIO.name}/infer"
PREDICT = f"/v1/models/{PORTFOLIO.name}:predict"
EXPLAIN = f"/v1/models/{PORTFOLIO.name}:explain"
SCORE = "/score"
OUTPUTS = ("default_probability", "margin", "shap_values", "base_value", "points", "reason_codes")

Json = Mapping[str, object]

_OFFER = (
    (b"Connection", b"Upgrade, HTTP2-Settings"),
    (b"Upgrade", b"h2c"),
    (b"HTTP2-Settings", b"AAEAAEAAAAIAAAABAAMAAAAAAAQBAAAAAAUAAEAAAAYABgAA"),
)
"""As a JDK's client makes it."""


@dataclass(frozen=True, slots=True)
class Good:
    """A request, and what it must get."""

    name: str
    request: HttpRequest
    rows: tuple[int, ...]
    """Places of the rows that it asks for, among all rows."""
    form: Form = Form.V2


def values_of(row: Floats) -> list[float | None]:
    """A row as JSON has it: null where unknown."""
    return [None if gone else value for value, gone in zip(row.tolist(), np.isnan(row).tolist(), strict=True)]


def features_of(row: Floats) -> dict[str, float]:
    """The known features of a row by name."""
    return {name: value for name, value in zip(NAMES, values_of(row), strict=True) if value is not None}


def whole(rows: Floats, outputs: Sequence[str] = (), **fields: object) -> Json:
    """A V2 body of one tensor [n, d]."""
    data = [value for row in rows for value in values_of(row)]
    tensor = {"name": "rows", "shape": list(rows.shape), "datatype": "FP64", "data": data}
    asked = {"outputs": [{"name": name} for name in outputs]} if outputs else {}
    return {"inputs": [tensor], **asked, **fields}


def good_requests(rows: Floats) -> Sequence[Good]:
    """Every kind of request for every row, and for some rows together."""
    found = [good for place in range(len(rows)) for good in _of_one(rows[place], place)]
    return [*found, *_of_many(rows)]


def _of_one(row: Floats, place: int) -> Iterator[Good]:
    one, own = row[np.newaxis], (place,)
    yield Good("V2", _json(INFER, whole(one)), own)
    yield Good("V2, with an offer of HTTP/2", _offering(_json(INFER, whole(one))), own)
    yield Good("V2, all outputs", _json(INFER, whole(one, OUTPUTS, id=f"row-{place}")), own)
    yield Good("V2, a tensor a feature", _json(INFER, {"inputs": _by_name(row)}), own)
    yield Good("V2, audited", _json(INFER, whole(one, OUTPUTS[:4], parameters=_subject(place))), own)
    yield Good("V2, binary", _binary(one), own)
    yield Good("V2, binary answer", _binary(one, OUTPUTS[:5]), own, Form.BINARY)
    yield Good("V1", _json(PREDICT, {"instances": [features_of(row)]}), own, Form.V1)
    yield Good("V1, explained", _json(EXPLAIN, {"instances": [values_of(row)]}), own, Form.V1)
    yield Good("/score", _json(SCORE, {"user_id": f"u-{place}", "features": features_of(row)}), own, Form.SCORE)


def _of_many(rows: Floats) -> Iterator[Good]:
    everyone = tuple(range(len(rows)))
    yield Good("V2, many rows", _json(INFER, whole(rows, OUTPUTS)), everyone)
    yield Good("V2, many rows in binary", _binary(rows, OUTPUTS[:5]), everyone, Form.BINARY)
    yield Good("V1, many rows", _json(PREDICT, {"instances": [values_of(row) for row in rows]}), everyone, Form.V1)
    some = everyone[:4]
    subjects = [{"user_id": f"u-{place}", "features": features_of(rows[place])} for place in some]
    yield Good("/score of a list", _json(SCORE, subjects), some, Form.SCORE)


def _json(path: str, body: object) -> HttpRequest:
    return HttpRequest(path.encode(), json.dumps(body).encode())


def _offering(request: HttpRequest) -> HttpRequest:
    return replace(request, headers=(*request.headers, *_OFFER))


def _subject(place: int) -> Json:
    return {"subject_id": f"u-{place}"}


def _by_name(row: Floats) -> Sequence[Json]:
    return [
        {"name": name, "shape": [1], "datatype": "FP64", "data": [value]}
        for name, value in zip(NAMES, values_of(row), strict=True)
    ]


def _binary(rows: Floats, outputs: Sequence[str] = ()) -> HttpRequest:
    content = rows.astype("<f8").tobytes()
    parameters = {"binary_data_size": len(content)}
    tensor = {"name": "rows", "shape": list(rows.shape), "datatype": "FP64", "parameters": parameters}
    asked = [{"name": name, "parameters": {"binary_data": True}} for name in outputs]
    head = json.dumps({"inputs": [tensor], **({"outputs": asked} if asked else {})}).encode()
    return HttpRequest(INFER.encode(), head + content, headers=(BINARY_TYPE, (JSON_LENGTH, b"%d" % len(head))))
