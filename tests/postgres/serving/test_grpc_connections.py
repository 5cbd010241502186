"""Connections of gRPC whose clients take nothing, or have left: how long their answers are kept."""

import asyncio
import re
from contextlib import closing

import grpc
import pytest
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub

from credit.bundle.reader import Bundle
from predictor.grpc_service import MOST_CALLS
from tests.postgres.serving.http2_client import DATA, GOAWAY, PING, SETTINGS, Frame, Http2Client, most_streams
from tests.unit.predictor.serving_example import NAMES, Server, server_process, until_ready

ROWS = 2000
ANSWER = ROWS * len(NAMES) * 8
"""Bytes of the contributions, several times what the client has room for."""

LEAVERS = 20


def explained(rows: int = ROWS) -> pb.ModelInferRequest:
    """Small itself."""
    given = pb.ModelInferRequest.InferInputTensor(name="rows", datatype="UINT8", shape=[rows, len(NAMES)])
    wanted = pb.ModelInferRequest.InferRequestedOutputTensor(name="shap_values")
    content = bytes(rows * len(NAMES))
    return pb.ModelInferRequest(
        model_name="cash_advance", inputs=[given], outputs=[wanted], raw_input_contents=[content]
    )


def asking(server: Server) -> tuple[Http2Client, int]:
    """A client that has asked for an answer that it has no room for."""
    client = Http2Client(server)
    return client, client.call("ModelInfer", explained().SerializeToString())


def frames(client: Http2Client, *, alive: bool) -> list[Frame]:
    """All to the end of the connection; a client that is alive answers PINGs."""
    seen = []
    while (frame := client.next_frame()) is not None:
        seen.append(frame)
        if frame.kind == SETTINGS and not frame.acknowledges:
            client.acknowledge(frame)
        if frame.kind == PING and not frame.acknowledges and alive:
            client.acknowledge(frame)
    return seen


def taken(seen: list[Frame]) -> int:
    return sum(len(frame.content) for frame in seen if frame.kind == DATA)


def check_serves(server: Server) -> None:
    with grpc.insecure_channel(server.grpc) as channel:
        answer = GRPCInferenceServiceStub(channel).ModelInfer(explained(1), timeout=60)
    assert list(answer.outputs[0].shape) == [1, len(NAMES)]


def counted(server: Server, status: str) -> float:
    line = rf'^blink_requests_total{{protocol="grpc",route="ModelInfer",status="{status}"}} (.*)$'
    found = re.findall(line, server.get("/metrics")[2].decode(), re.MULTILINE)
    return float(found[0]) if found else 0.0


def test_a_connection_whose_client_gives_no_sign_of_life_is_ended(bundle: Bundle, capfd: pytest.CaptureFixture[str]):
    with server_process(bundle=str(bundle.path), receive_seconds=1.0, grpc_connection_seconds=600.0) as server:
        until_ready(server)
        client, _ = asking(server)
        with closing(client):
            assert 0 < taken(frames(client, alive=False)) < ANSWER
        check_serves(server)
    assert re.findall("Traceback|ERROR", capfd.readouterr().err) == []


def test_a_connection_at_its_age_whose_answers_nobody_takes_is_ended(bundle: Bundle, capfd: pytest.CaptureFixture[str]):
    with server_process(bundle=str(bundle.path), receive_seconds=1.0, grpc_connection_seconds=0.5) as server:
        until_ready(server)
        client, _ = asking(server)
        with closing(client):
            seen = frames(client, alive=True)
        assert 0 < taken(seen) < ANSWER
        assert GOAWAY in {frame.kind for frame in seen}
        check_serves(server)
    assert re.findall("Traceback|ERROR", capfd.readouterr().err) == []


def test_a_client_that_is_alive_gets_its_answer_however_slow_it_is(bundle: Bundle):
    with server_process(bundle=str(bundle.path), receive_seconds=0.5, grpc_connection_seconds=600.0) as server:
        until_ready(server)
        client, stream = asking(server)
        signs, seen = 0, list[Frame]()
        with closing(client):
            while not (seen and seen[-1].stream == stream and seen[-1].ends_stream):
                frame = client.next_frame()
                assert frame is not None, "the server ended the connection"
                seen.append(frame)
                if frame.kind == PING and not frame.acknowledges:
                    client.acknowledge(frame)
                    signs += 1
                    if signs == 6:  # each a quarter of a second after the one before
                        client.make_room(stream, 2 * ANSWER)
        assert taken(seen) > ANSWER


def test_clients_that_leave_while_their_answers_are_being_sent_are_no_fault(
    bundle: Bundle, capfd: pytest.CaptureFixture[str]
):
    with server_process(bundle=str(bundle.path)) as server:
        until_ready(server)
        for _ in range(LEAVERS):
            client, stream = asking(server)
            with closing(client):
                while (frame := client.next_frame()) is not None and (frame.kind, frame.stream) != (DATA, stream):
                    pass
        check_serves(server)
        assert counted(server, "OK") == LEAVERS + 1
    assert re.findall("Traceback|ERROR", capfd.readouterr().err) == []


async def all_at_once(server: Server, count: int) -> list[list[int]]:
    async with grpc.aio.insecure_channel(server.grpc) as channel:
        stub = GRPCInferenceServiceStub(channel)
        answers = await asyncio.gather(*[stub.ModelInfer(explained(1), timeout=60) for _ in range(count)])
    return [list(answer.outputs[0].shape) for answer in answers]


def test_calls_beyond_those_of_one_connection_wait_at_the_client(scoring: Server):
    with closing(Http2Client(scoring)) as client:
        settings = client.next_frame()
    assert settings is not None
    assert (settings.kind, most_streams(settings)) == (SETTINGS, MOST_CALLS)
    assert asyncio.run(all_at_once(scoring, 3 * MOST_CALLS)) == [[1, len(NAMES)]] * (3 * MOST_CALLS)
