"""Bad requests of every path, and what they are refused with."""

import gzip
from dataclasses import replace

from tests.postgres.serving.bad_requests import BAD_INSTANCES, BAD_SCORES, BAD_TENSORS
from tests.postgres.serving.conformance_requests import (
    EXPLAIN,
    JSON_TYPE,
    MANY,
    PREDICT,
    ROW,
    WIDTH,
    Bad,
    Request,
    announced,
    as_json,
    binary,
    by_name,
    infer,
)
from tests.postgres.serving.refused_bodies import OF_BINARY, OF_BODIES
from tests.postgres.serving.requests import INFER, tensor
from tests.unit.predictor.serving_example import A2_BODY

MARGIN = {"name": "margin"}

OF_HTTP = (
    Bad(
        "a content type that is none of ours",
        replace(infer(tensor()), headers={"Content-Type": "text/plain"}),
        "Content-Type: application/json or application/octet-stream is needed, but another is given",
        415,
    ),
    Bad(
        "`/score` as a form",
        Request(A2_BODY.encode(), "/score", headers={"Content-Type": "application/x-www-form-urlencoded"}),
        "Content-Type: application/json is needed, but another is given",
        415,
    ),
    Bad(
        "`/score` without a content type",
        Request(A2_BODY.encode(), "/score", headers={}),
        "Content-Type: application/json is needed, but none is given",
        415,
    ),
    Bad(
        "a compressed body",
        Request(gzip.compress(b"{}", mtime=0), headers={**JSON_TYPE, "Content-Encoding": "gzip"}),
        "Content-Encoding: bodies are read uncompressed",
        415,
    ),
    Bad(
        "a body that is compressed and then chunked",
        replace(infer(tensor()), headers={**JSON_TYPE, "transfer-encoding": "gzip"}, chunked=True),
        "Transfer-Encoding: bodies are read chunked and uncompressed",
        415,
    ),
    Bad("no Host", replace(infer(tensor()), hosts=()), "Host: is missing; HTTP/1.1 needs one"),
    Bad(
        "two Hosts", replace(infer(tensor()), hosts=("localhost", "other")), "Host: stands there 2 times; one is needed"
    ),
    Bad("a Host that is none", replace(infer(tensor()), hosts=("http://a",)), "Host: is no host with a port"),
    Bad(
        "`/score` with the same Host twice", Request(A2_BODY.encode(), "/score", hosts=("a", "a")), "Host: stands there"
    ),
    Bad("a body over the limit", Request(b" " * MANY), "body: over the limit of 1048576 bytes", 413),
    Bad(
        "a body over the limit, chunked",
        Request(b" " * MANY, chunked=True),
        "body: over the limit of 1048576 bytes",
        413,
    ),
    Bad("`/score` over the limit", Request(b" " * MANY, "/score"), "body: over the limit of 1048576 bytes", 413),
    Bad("V1 over the limit", Request(b" " * MANY, PREDICT), "body: over the limit of 1048576 bytes", 413),
    Bad(
        "V1, more rows than are scored at once",
        as_json({"instances": [{}] * 10_001}, path=PREDICT),
        "10001 rows; at most 10000 are scored at once",
        413,
    ),
    Bad(
        "V1, more explanations than are given at once",
        as_json({"instances": [{}] * 6579}, path=EXPLAIN),
        "6579 rows are answered with 38 values each; at most 250000 are answered at once, those of 6578 rows",
        413,
    ),
    Bad(
        "V2, more rows than are scored at once",
        binary([announced(WIDTH * 10_001, datatype="INT8", shape=[10_001, WIDTH])], b"\1" * WIDTH * 10_001),
        "10001 rows; at most 10000 are scored at once",
        413,
    ),
    Bad(
        "V2, more values than are answered at once",
        infer(
            *by_name(ROW, shape=[7813], data=[1] * 7813), outputs=[{"name": "shap_values"}, {"name": "points"}, MARGIN]
        ),
        "7813 rows are answered with 32 values each; at most 250000 are answered at once, those of 7812 rows",
        413,
    ),
    Bad(
        "an idempotency key beyond ASCII",
        Request(A2_BODY.encode(), "/score", headers={**JSON_TYPE, "Idempotency-Key": "é"}),
        "Idempotency-Key: one key of 1 to 255 printable ASCII characters is needed",
    ),
    Bad(
        "an unknown model",
        Request(b"{}", "/v2/models/other/infer"),
        "no model 'other' here; this server serves cash_advance",
        404,
    ),
    Bad(
        "an unknown model, V1",
        Request(b"{}", "/v1/models/other:predict"),
        "no model 'other' here; this server serves cash_advance",
        404,
    ),
    Bad(
        "an unknown model's readiness",
        Request(path="/v2/models/other/ready", method="GET"),
        "no model 'other' here; this server serves cash_advance",
        404,
    ),
    Bad(
        "an unknown version",
        Request(b"{}", "/v2/models/cash_advance/versions/model_cash_advance_19700101_000000/infer"),
        "no version 'model_cash_advance_19700101_000000' of cash_advance here; ",
        404,
    ),
    Bad(
        "a path that does not exist",
        Request(b"{}", "/v2/models/cash_advance/explain"),
        "POST /v2/models/cash_advance/explain: Not Found",
        404,
    ),
    Bad(
        "a path with escapes",
        Request(b"{}", "/score%0d%0a%3Fx?y=%20"),
        "POST /score%0d%0a%3Fx: Not Found",
        404,
    ),
    Bad("a path with a slash too many", Request(A2_BODY.encode(), "/score/"), "POST /score/: Not Found", 404),
    Bad(
        "loading a model",
        Request(b"{}", "/v2/repository/models/cash_advance/load"),
        "POST /v2/repository/models/cash_advance/load: Not Found",
        404,
    ),
    Bad(
        "unloading a model",
        Request(b"{}", "/v2/repository/models/cash_advance/unload"),
        "POST /v2/repository/models/cash_advance/unload: Not Found",
        404,
    ),
    Bad("inference by GET", Request(method="GET"), f"GET {INFER}: Method Not Allowed", 405),
    Bad("`/score` by GET", Request(path="/score", method="GET"), "GET /score: Method Not Allowed", 405),
    Bad("V1 inference by GET", Request(path=PREDICT, method="GET"), f"GET {PREDICT}: Method Not Allowed", 405),
    Bad(
        "deleting a model",
        Request(path="/v2/models/cash_advance", method="DELETE"),
        "DELETE /v2/models/cash_advance: Method Not Allowed",
        405,
    ),
)

BAD = (
    *OF_HTTP,
    *OF_BODIES,
    *OF_BINARY,
    *(Bad(name, as_json(body), says) for name, (body, says) in BAD_TENSORS.items()),
    *(
        Bad(f"`/score`: {name}", Request(body if isinstance(body, bytes) else body.encode(), "/score"), says)
        for name, (body, says) in BAD_SCORES.items()
    ),
    *(Bad(f"V1: {name}", as_json(body, path=PREDICT), says) for name, (body, says) in BAD_INSTANCES.items()),
)
