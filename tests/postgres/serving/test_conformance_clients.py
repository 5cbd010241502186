"""The same requests through clients that others wrote, over HTTP and gRPC."""

import asyncio
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import grpc
import httpx
import numpy as np
import pytest
from kserve import InferenceGRPCClient, InferenceRESTClient, InferInput, InferRequest, RESTConfig
from kserve.protocol.infer_type import RequestedOutput
from tritonclient import http as triton

from credit.scores import score_rows
from tests.postgres.serving.client_requests import (
    ASKED,
    KSERVE_BINARY,
    KSERVE_GRPC,
    KSERVE_JSON,
    NOT_FINITE,
    OTHERWISE,
    TRITON_BINARY,
    TRITON_GRPC,
    TRITON_JSON,
    WAYS,
    WRITTEN,
    Asked,
    tokens,
)
from tests.unit.predictor.serving_example import Server

SENDER = Path(__file__).with_name("triton_grpc_requests.py")

Answer = tuple[object, object]
"""A status or a code, and scores or an error."""
Send = Callable[[Server, Asked], Answer]


def triton_parts(asked: Asked, *, binary: bool) -> tuple[list[triton.InferInput], list[triton.InferRequestedOutput]]:
    inputs = [triton.InferInput(sent.name, list(sent.array.shape), sent.datatype) for sent in asked.tensors]
    for sent, made in zip(asked.tensors, inputs, strict=True):
        made.set_data_from_numpy(sent.array, binary_data=binary)
    return inputs, [triton.InferRequestedOutput(name, binary_data=binary) for name in asked.outputs]


def by_triton(server: Server, asked: Asked, *, binary: bool) -> Answer:
    inputs, outputs = triton_parts(asked, binary=binary)
    with triton.InferenceServerClient(server.http) as client:
        try:
            given = client.infer(asked.model, inputs, outputs=outputs)
        except triton.InferenceServerException as error:
            return int(error.status()), error.message()
    return 200, given.as_numpy("default_probability").tolist()


def kserve_request(asked: Asked, *, binary: bool) -> InferRequest:
    inputs = [InferInput(sent.name, list(sent.array.shape), sent.datatype) for sent in asked.tensors]
    for sent, made in zip(asked.tensors, inputs, strict=True):
        made.set_data_from_numpy(sent.array, binary_data=binary)
    outputs = [RequestedOutput(name, {"binary_data": binary}) for name in asked.outputs]
    return InferRequest(asked.model, inputs, request_outputs=outputs)


def by_kserves_rest(
    address: str, asked: Asked, *, binary: bool, transport: httpx.MockTransport | None = None
) -> Answer:
    async def ask() -> Answer:
        client = InferenceRESTClient(RESTConfig(protocol="v2", transport=transport))
        request = kserve_request(asked, binary=binary)
        try:
            given = await client.infer(f"http://{address}", request, model_name=asked.model)
        except httpx.HTTPStatusError as error:
            return error.response.status_code, error.response.json()["error"]
        finally:
            await client.close()
        return 200, given.outputs[0].as_numpy().tolist()

    return asyncio.run(ask())


def by_kserves_grpc(server: Server, asked: Asked) -> Answer:
    async def ask() -> Answer:
        async with InferenceGRPCClient(server.grpc) as client:
            try:
                given = await client.infer(kserve_request(asked, binary=True))
            except grpc.RpcError as error:
                return error.code().name, error.details()
            return "OK", given.outputs[0].as_numpy().tolist()

    return asyncio.run(ask())


@pytest.fixture(scope="module")
def triton_grpc_answers(conforming: Server) -> Mapping[str, Answer]:
    """What each request was answered, by its name: all are sent by one process of their own."""
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
    answers = json.loads(done.stdout)
    return {asked.name: (code, answer) for asked, (code, answer) in zip(ASKED, answers, strict=True)}


@pytest.fixture
def ways(triton_grpc_answers: Mapping[str, Answer]) -> Mapping[str, Send]:
    return {
        TRITON_BINARY: partial(by_triton, binary=True),
        TRITON_JSON: partial(by_triton, binary=False),
        TRITON_GRPC: lambda _, asked: triton_grpc_answers[asked.name],
        KSERVE_BINARY: lambda server, asked: by_kserves_rest(server.http, asked, binary=True),
        KSERVE_JSON: lambda server, asked: by_kserves_rest(server.http, asked, binary=False),
        KSERVE_GRPC: by_kserves_grpc,
    }


def check(asked: Asked, bundle, status: object, answer: object) -> None:
    """Scores to the bit, or the error."""
    if asked.rows:
        assert answer == score_rows(bundle, np.array(asked.rows)).default_probabilities.tolist()
    else:
        assert str(answer)[: len(asked.says)] == asked.says
    assert status in {asked.status, asked.code}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: asked.name)
def test_each_request_is_answered_in_each_way(conforming, picky, ways, asked, way):
    check(asked.in_way(way), picky, *ways[way](conforming, asked))


# ------------------------------------------------------------------ what is not finite, as JSON


def written_by_triton(asked: Asked) -> bytes:
    inputs, outputs = triton_parts(asked, binary=False)
    body, _ = triton.InferenceServerClient.generate_request_body(inputs, outputs=outputs)
    return body


def written_by_kserve(asked: Asked) -> bytes:
    sent = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request.content)
        return httpx.Response(503, json={"error": "only looked at"})

    by_kserves_rest("localhost", asked, binary=False, transport=httpx.MockTransport(answer))
    (body,) = sent
    return body


WRITERS = {TRITON_JSON: written_by_triton, KSERVE_JSON: written_by_kserve}


@pytest.mark.parametrize("way", WRITTEN)
@pytest.mark.parametrize("asked", NOT_FINITE, ids=lambda asked: asked.name)
def test_a_client_writes_what_is_not_finite_so(asked, way):
    said = json.loads(WRITERS[way](asked), parse_constant=str)
    values = [value for tensor in said["inputs"] for value in tensor["data"]]
    found = ["null" if value is None else value for value in values if value is None or isinstance(value, str)]
    assert found == list(tokens(asked, way))


def test_no_name_comes_twice_and_each_has_its_request():
    assert Counter(asked.name for asked in ASKED).most_common(1)[0][1] == 1
    assert {name for name, _ in OTHERWISE} <= {asked.name for asked in NOT_FINITE}
    assert {way for _, way in OTHERWISE} <= set(WRITTEN) <= set(WAYS)
