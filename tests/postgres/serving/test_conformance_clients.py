"""The same requests through clients that others wrote, over HTTP and gRPC."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import grpc
import httpx
import numpy as np
import pytest
from kserve import InferenceGRPCClient, InferenceRESTClient, InferInput, InferRequest, RESTConfig
from kserve.protocol.infer_type import RequestedOutput
from tritonclient import http as triton

from credit.scores import score_rows
from tests.postgres.serving.client_requests import ASKED, Asked

SENDER = Path(__file__).with_name("triton_grpc_requests.py")


def check(asked: Asked, bundle, status: object, answer: object) -> None:
    """Scores to the bit, or the error."""
    if asked.rows:
        assert answer == score_rows(bundle, np.array(asked.rows)).default_probabilities.tolist()
    else:
        assert str(answer)[: len(asked.says)] == asked.says
    assert status in {asked.status, asked.code}


@pytest.mark.parametrize("binary", [True, False])
@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: asked.name)
def test_tritonclient_over_http(conforming, picky, asked, binary):
    if not (binary or asked.json_can_carry_it):
        return
    inputs = [triton.InferInput(sent.name, list(sent.array.shape), sent.datatype) for sent in asked.tensors]
    for sent, made in zip(asked.tensors, inputs, strict=True):
        made.set_data_from_numpy(sent.array, binary_data=binary)
    outputs = [triton.InferRequestedOutput(name, binary_data=binary) for name in asked.outputs]
    with triton.InferenceServerClient(conforming.http) as client:
        try:
            given = client.infer(asked.model, inputs, outputs=outputs)
        except triton.InferenceServerException as error:
            check(asked, picky, int(error.status()), error.message())
            return
    check(asked, picky, 200, given.as_numpy("default_probability").tolist())


def kserve_request(asked: Asked) -> InferRequest:
    inputs = [InferInput(sent.name, list(sent.array.shape), sent.datatype) for sent in asked.tensors]
    for sent, made in zip(asked.tensors, inputs, strict=True):
        made.set_data_from_numpy(sent.array, binary_data=True)
    outputs = [RequestedOutput(name) for name in asked.outputs]
    return InferRequest(asked.model, inputs, request_outputs=outputs)


@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: asked.name)
def test_kserves_rest_client(conforming, picky, asked):
    async def ask():
        client = InferenceRESTClient(RESTConfig(protocol="v2"))
        try:
            given = await client.infer(f"http://{conforming.http}", kserve_request(asked), model_name=asked.model)
        except httpx.HTTPStatusError as error:
            return error.response.status_code, error.response.json()["error"]
        finally:
            await client.close()
        return 200, given.outputs[0].as_numpy().tolist()

    check(asked, picky, *asyncio.run(ask()))


def test_kserves_grpc_client(conforming, picky):
    async def ask(asked: Asked):
        async with InferenceGRPCClient(conforming.grpc) as client:
            try:
                given = await client.infer(kserve_request(asked))
            except grpc.RpcError as error:
                return error.code().name, error.details()
            return "OK", given.outputs[0].as_numpy().tolist()

    for asked in ASKED:
        check(asked, picky, *asyncio.run(ask(asked)))


def test_tritonclient_over_grpc(conforming, picky):
    said = [
        {
            "model": asked.model,
            "outputs": asked.outputs,
            "tensors": [
                {
                    "name": sent.name,
                    "datatype": sent.datatype,
                    "dtype": sent.array.dtype.name,
                    "shape": sent.array.shape,
                    "values": [value if isinstance(value, str) else float(value).hex() for value in sent.array.ravel()],
                }
                for sent in asked.tensors
            ],
        }
        for asked in ASKED
    ]
    command = [sys.executable, str(SENDER), conforming.grpc]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60, input=json.dumps(said))
    for asked, (code, answer) in zip(ASKED, json.loads(done.stdout), strict=True):
        check(asked, picky, code, answer)
