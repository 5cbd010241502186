"""Requests as bytes, and what each is answered."""

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.postgres.serving.requests import INFER, tensor
from tests.unit.predictor.serving_example import NAMES

NEEDED, CODED = NAMES[0], NAMES[1]
"""In the model that this is tried on, the first feature must not be missing, and the second is a category."""
CATEGORIES = ("never", "once", "often")
"""Of the second feature."""

WIDTH = len(NAMES)
ROW = (1.0,) * WIDTH
JSON_TYPE = {"Content-Type": "application/json"}
BINARY_TYPE = {"Content-Type": "application/octet-stream"}
PREDICT = "/v1/models/cash_advance:predict"
EXPLAIN = "/v1/models/cash_advance:explain"
LENGTH = "Inference-Header-Content-Length"
SIZE = 8 * WIDTH
"""Bytes of a row of doubles."""
MANY = 1024 * 1024 + 1


@dataclass(frozen=True)
class Request:
    """What is written to a socket."""

    body: bytes = b""
    path: str = INFER
    method: str = "POST"
    headers: Mapping[str, str] | None = None
    """None: the content type of JSON."""
    chunked: bool = False
    hosts: Sequence[str] = ("localhost",)

    @property
    def sent(self) -> bytes:
        length = {"Transfer-Encoding": "chunked"} if self.chunked else {"Content-Length": str(len(self.body))}
        headers = {**(JSON_TYPE if self.headers is None else self.headers), **length}
        head = [f"{self.method} {self.path} HTTP/1.1", *(f"Host: {host}" for host in self.hosts)]
        head += [f"{name}: {value}" for name, value in headers.items()]
        body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(self.body), self.body) if self.chunked else self.body
        return "\r\n".join([*head, "", ""]).encode("latin-1") + body


@dataclass(frozen=True)
class Good:
    """A request, and the rows whose scores it gets."""

    name: str
    request: Request
    rows: Sequence[Sequence[float]]


@dataclass(frozen=True)
class Bad:
    """A request, the status that it gets, and the beginning of the error."""

    name: str
    request: Request
    says: str
    status: int = 400


def as_json(value: object, **more: object) -> Request:
    return Request(json.dumps(value).encode(), **more)


def infer(*inputs: dict, **fields: object) -> Request:
    return as_json({"inputs": list(inputs), **fields})


def with_value(column: int, value: float | None) -> list[float | None]:
    return [*ROW[:column], value, *ROW[column + 1 :]]


def by_name(row: Sequence[float], **changes: object) -> list[dict]:
    return [
        tensor(**{"name": name, "shape": [1], "data": [value], **changes})
        for name, value in zip(NAMES, row, strict=True)
    ]


def binary(inputs: Sequence[dict], *parts: bytes, length: str | None = None, **fields: object) -> Request:
    """A body of the protocol's binary extension; `length` is what the header says of the JSON, if not the truth."""
    head = json.dumps({"inputs": list(inputs), **fields}).encode()
    return Request(
        head + b"".join(parts), headers={**BINARY_TYPE, LENGTH: str(len(head)) if length is None else length}
    )


def announced(size: object, **changes: object) -> dict:
    return tensor(data=..., parameters={"binary_data_size": size}, **changes)


def packed(code: str, *values: float) -> bytes:
    return struct.pack(f"<{len(values)}{code}", *values)
