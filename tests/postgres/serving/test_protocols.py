"""V1 and V2 over HTTP and gRPC with clients that others wrote."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from kserve import InferenceGRPCClient, InferenceRESTClient, InferInput, InferRequest, RESTConfig
from kserve.protocol.infer_type import RequestedOutput
from tritonclient import http as triton

from credit.scores import score_rows
from tests.postgres.serving.bad_requests import WHOLE
from tests.postgres.serving.requests import INFER, ROWS, infer, tensor
from tests.unit.predictor.serving_example import A2_FEATURES, NAMES

CLIENT = Path(__file__).with_name("triton_grpc_client.py")


def test_tritonclient_over_http_with_binary_tensors(scoring, bundle, expected):
    with triton.InferenceServerClient(scoring.http) as client:
        assert client.is_server_live()
        assert client.is_model_ready("cash_advance")
        sent = triton.InferInput("rows", list(ROWS.shape), "FP64")
        sent.set_data_from_numpy(ROWS)
        answer = client.infer("cash_advance", [sent], request_id="mine")
        assert answer.as_numpy("default_probability").tolist() == expected
        response = answer.get_response()
        assert (response["id"], response["model_version"]) == ("mine", bundle.model_id)


@pytest.mark.parametrize("binary", [True, False])
def test_tritonclient_is_given_every_output_that_it_asks_for(scoring, bundle, binary):
    scored = score_rows(bundle, ROWS)
    sent = triton.InferInput("rows", list(ROWS.shape), "FP64")
    sent.set_data_from_numpy(ROWS, binary_data=binary)
    names = ("default_probability", "margin", "shap_values", "base_value", "points", "reason_codes")
    wanted = [triton.InferRequestedOutput(name, binary_data=binary) for name in names]
    with triton.InferenceServerClient(scoring.http) as client:
        answer = client.infer("cash_advance", [sent], outputs=wanted)
    given = {name: answer.as_numpy(name) for name in names}
    codes = [[reason.code for reason in reasons] for reasons in scored.reasons]
    shown = [[code.decode() if binary else code for code in row if code] for row in given.pop("reason_codes").tolist()]
    assert shown == codes
    assert {name: array.tolist() for name, array in given.items()} == {
        "default_probability": scored.default_probabilities.tolist(),
        "margin": scored.margins.tolist(),
        "shap_values": scored.contributions.tolist(),
        "base_value": scored.base_values.tolist(),
        "points": scored.points.tolist(),
    }


def test_tritonclient_over_grpc(scoring, bundle, expected):
    command = [sys.executable, str(CLIENT), scoring.grpc, json.dumps(NAMES), json.dumps(ROWS.tolist())]
    said = json.loads(subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout)
    assert said == {
        "ready": [True, True, True],
        "versions": [bundle.model_id],
        "id": "mine",
        "version": bundle.model_id,
        "probabilities": expected,
        "shap_shape": [3, len(NAMES)],
        "codes_shape": [3, 4],
        "by_name": expected,
        "wrong_shape": [
            "StatusCode.INVALID_ARGUMENT",
            f"tensor rows: shape [1, 3]; {WHOLE}",
        ],
        "unknown_model": ["StatusCode.NOT_FOUND", "no model 'nothing' here; this server serves cash_advance"],
        "other_version": [
            "StatusCode.NOT_FOUND",
            "no version 'model_cash_advance_19700101_000000' of cash_advance here",
        ],
        "too_large": "StatusCode.RESOURCE_EXHAUSTED",
    }


def kserve_request(*, binary: bool) -> InferRequest:
    sent = InferInput("rows", list(ROWS.shape), "FP64")
    sent.set_data_from_numpy(ROWS, binary_data=binary)
    outputs = [RequestedOutput("default_probability"), RequestedOutput("shap_values")]
    return InferRequest("cash_advance", [sent], request_id="mine", request_outputs=outputs)


@pytest.mark.parametrize("binary", [True, False])
def test_kserves_rest_client_with_v2(scoring, expected, binary):
    async def ask():
        client = InferenceRESTClient(RESTConfig(protocol="v2"))
        answer = await client.infer(f"http://{scoring.http}", kserve_request(binary=binary), model_name="cash_advance")
        ready = await client.is_model_ready(f"http://{scoring.http}", "cash_advance")
        await client.close()
        return answer, ready

    answer, ready = asyncio.run(ask())
    assert (ready, answer.id) == (True, "mine")
    assert answer.get_output_by_name("default_probability").as_numpy().tolist() == expected
    assert answer.get_output_by_name("shap_values").as_numpy().shape == ROWS.shape


def test_kserves_rest_client_with_v1(scoring, bundle):
    async def ask():
        client = InferenceRESTClient(RESTConfig(protocol="v1"))
        body = {"instances": [A2_FEATURES, [1.5] * len(NAMES)]}
        predicted = await client.infer(f"http://{scoring.http}", body, model_name="cash_advance")
        explained = await client.explain(f"http://{scoring.http}", "cash_advance", body)
        await client.close()
        return predicted, explained

    predicted, explained = asyncio.run(ask())
    rows = np.array([[A2_FEATURES.get(name, np.nan) for name in NAMES], [1.5] * len(NAMES)])
    scored = score_rows(bundle, rows)
    assert predicted == {
        "model_name": "cash_advance",
        "model_version": bundle.model_id,
        "predictions": scored.default_probabilities.tolist(),
    }
    assert explained == predicted | {
        "explanations": [
            {
                "default_probability": scored.default_probabilities[row],
                "margin": scored.margins[row],
                "base_value": scored.base_values[row],
                "points": scored.points[row],
                "scale": "log_odds_default",
                "contributions": dict(zip(NAMES, scored.contributions[row].tolist(), strict=True)),
                "reason_codes": [reason.code for reason in scored.reasons[row]],
            }
            for row in range(2)
        ]
    }


def test_kserves_grpc_client(scoring, expected):
    async def ask():
        async with InferenceGRPCClient(scoring.grpc) as client:
            return await client.infer(kserve_request(binary=True)), await client.is_model_ready("cash_advance")

    answer, ready = asyncio.run(ask())
    assert ready
    assert answer.get_output_by_name("default_probability").as_numpy().tolist() == expected


# ------------------------------------------------------------------ forms of input


@pytest.mark.parametrize("datatype", ["FP32", "FP64", "INT8", "INT32", "INT64", "UINT16"])
def test_every_numeric_datatype_is_widened(scoring, bundle, datatype):
    status, answer = infer(scoring, tensor(datatype=datatype, data=[3] * len(NAMES)))
    threes = score_rows(bundle, np.full((1, len(NAMES)), 3.0)).default_probabilities.tolist()
    assert (status, answer["outputs"][0]["data"]) == (200, threes)


@pytest.mark.parametrize("missing", ["null", "NaN"])
def test_missing_is_null_or_nan(scoring, bundle, missing):
    body = f'{{"inputs": [{json.dumps(tensor(data=["?"] * len(NAMES)))}]}}'.replace('"?"', missing)
    status, _, content = scoring.post(INFER, body)
    nothing = score_rows(bundle, np.full((1, len(NAMES)), np.nan)).default_probabilities.tolist()
    assert (status, json.loads(content)["outputs"][0]["data"]) == (200, nothing)


def test_one_tensor_a_feature_in_any_order_and_nested_rows(scoring):
    by_name = [tensor(name=name, shape=[2], data=[1.5, 2.5]) for name in reversed(NAMES)]
    nested = tensor(shape=[2, len(NAMES)], data=[[1.5] * len(NAMES), [2.5] * len(NAMES)])
    assert infer(scoring, *by_name)[1]["outputs"] == infer(scoring, nested)[1]["outputs"]


def test_infer_takes_a_body_without_content_type_and_gives_an_id_where_none_came(scoring):
    status, headers, content = scoring.request("POST", INFER, json.dumps({"inputs": [tensor()]}))
    assert (status, json.loads(content)["id"]) == (200, headers["x-request-id"])


def test_the_version_is_the_model_id(scoring, bundle):
    body = json.dumps({"inputs": [tensor()]})
    assert scoring.post(f"/v2/models/cash_advance/versions/{bundle.model_id}/infer", body)[0] == 200
    status, _, content = scoring.post("/v2/models/cash_advance/versions/7/infer", body)
    assert (status, json.loads(content)["error"]) == (
        404,
        f"no version '7' of cash_advance here; {bundle.model_id} serves",
    )


@pytest.mark.parametrize("path", ["/v1/models/cash_advance:predict", INFER, "/score", "/made/up"])
@pytest.mark.parametrize(
    "name",
    [
        *("Authorization", "Content-Type", "Content-Encoding", "Transfer-Encoding", "Idempotency-Key", "Host"),
        *("Expect", "Accept", "Cookie", "Inference-Header-Content-Length", "X-Request-Id", "Upgrade"),
    ],
)
def test_no_answer_quotes_a_header(scoring, path, name):
    marked = "marked marked"  # no id that a request may have
    status, headers, content = scoring.post(path, b"{}", {"Content-Type": "application/json", name: marked})
    assert 400 <= status < 500
    assert marked not in str(headers) + content.decode()


def test_explain_echoes_no_header_of_the_request(scoring):
    body = json.dumps({"instances": [A2_FEATURES]})
    _, headers, _ = scoring.post(
        "/v1/models/cash_advance:explain", body, {"Authorization": "Bearer secret", "X-A": "b"}
    )
    assert headers.keys() == {"date", "content-length", "content-type", "x-request-id"}
