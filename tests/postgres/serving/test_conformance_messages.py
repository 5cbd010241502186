"""Every message of docs/conformance.md over gRPC, all on one channel, each followed by a good one."""

import asyncio
import logging

import grpc
import numpy as np
import pytest
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb

from credit.scores import score_rows
from tests.postgres.serving.conformance_requests import ROW
from tests.postgres.serving.refused_messages import BAD_MESSAGES, BadMessage, asked, one_row
from tests.unit.predictor.serving_example import Server

SERVICE = "/inference.GRPCInferenceService/"


async def send(channel: grpc.aio.Channel, bad: BadMessage) -> tuple[str, str, str]:
    """Code, details and request id of a refusal."""
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await channel.unary_unary(SERVICE + bad.method)(bad.content)
    named = {key: str(value) for key, value in refused.value.trailing_metadata() or ()}
    return refused.value.code().name, refused.value.details() or "", named["x-request-id"]


async def probabilities(channel: grpc.aio.Channel) -> list[float]:
    answer = pb.ModelInferResponse.FromString(
        await channel.unary_unary(f"{SERVICE}ModelInfer")(asked(one_row()), timeout=60)
    )
    return np.frombuffer(answer.raw_output_contents[0]).tolist()


def counted(server: Server) -> dict[tuple[str, str], float]:
    """Calls over gRPC by method and status."""
    page = server.get("/metrics")[2].decode().splitlines()
    lines = [line for line in page if line.startswith('blink_requests_total{protocol="grpc"')]
    fields = [(line.split('"'), float(line.rpartition(" ")[2])) for line in lines]
    return {(parts[3], parts[5]): count for parts, count in fields}


def test_each_bad_message_is_refused_by_name_and_counted_and_a_good_one_behind_it_is_scored(conforming, picky, caplog):
    async def scenario() -> tuple[list, list]:
        refusals, scores = [], []
        async with grpc.aio.insecure_channel(conforming.grpc) as channel:
            for bad in BAD_MESSAGES:
                refusals.append(await send(channel, bad))
                scores.append(await probabilities(channel))
        return refusals, scores

    before = counted(conforming)
    with caplog.at_level(logging.WARNING):
        refusals, scores = asyncio.run(scenario())
    after = counted(conforming)
    for bad, (code, says, request_id) in zip(BAD_MESSAGES, refusals, strict=True):
        assert (bad.name, code, says[: len(bad.says)]) == (bad.name, bad.code, bad.says)
        assert says.endswith(f" (request {request_id})")
    assert scores == [score_rows(picky, np.array([ROW])).default_probabilities.tolist()] * len(BAD_MESSAGES)
    for method, code in {(bad.method, bad.code) for bad in BAD_MESSAGES}:
        sent = sum((bad.method, bad.code) == (method, code) for bad in BAD_MESSAGES)
        assert after[method, code] - before.get((method, code), 0) == sent
    assert caplog.records == []


def test_calls_about_the_server_are_counted_and_carry_an_id(conforming):
    methods = {name: getattr(pb, f"{name}Request")() for name in ("ServerLive", "ServerReady", "ServerMetadata")}

    async def scenario() -> list[str]:
        async with grpc.aio.insecure_channel(conforming.grpc) as channel:
            calls = [channel.unary_unary(SERVICE + name)(sent.SerializeToString()) for name, sent in methods.items()]
            return [str((await call.trailing_metadata())["x-request-id"]) for call in calls]

    before = counted(conforming)
    assert all(asyncio.run(scenario()))
    after = counted(conforming)
    for name in methods:
        assert after[name, "OK"] - before.get((name, "OK"), 0) == 1


@pytest.mark.parametrize("method", ["RepositoryModelLoad", "RepositoryModelUnload"])
def test_loading_by_clients_is_refused_and_counted(conforming, method):
    async def scenario() -> tuple[str, str, str]:
        async with grpc.aio.insecure_channel(conforming.grpc) as channel:
            return await send(channel, BadMessage("", b"", "", method=method))

    before = counted(conforming).get((method, "UNIMPLEMENTED"), 0)
    code, says, request_id = asyncio.run(scenario())
    said = f"models are deployed by the registry, not by clients (request {request_id})"
    assert (code, says) == ("UNIMPLEMENTED", said)
    assert counted(conforming)[method, "UNIMPLEMENTED"] - before == 1
