"""More requests at once than may wait: those beyond are told to come later, and those that wait get their answers."""

import asyncio
import json
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from threading import Event

import grpc
import pytest
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub

from credit.bundle.reader import Bundle
from credit.database import models
from credit.database.models import ModelStatus
from credit.scores import score_rows
from predictor import following
from predictor.pace import UNKNOWN
from predictor.server import Limits, ServeSettings
from tests.postgres.serving.requests import INFER, ROWS, check_refused
from tests.postgres.serving.served import registered
from tests.postgres.serving.test_ending import infer_request
from tests.unit.predictor.serving_example import NAMES, PORTFOLIO, Server, server_thread, until_ready

PLACES = 3
SUBJECT = {"subject_id": "u-17"}
FEATURES = dict(zip(NAMES, ROWS[0].tolist(), strict=True))


class HeldEngine:
    """Answers as another engine does, when it may."""

    def __init__(self, engine) -> None:
        self._engine = engine
        self.may_answer = Event()
        self.may_answer.set()

    def __getattr__(self, name: str):
        return getattr(self._engine, name)

    def margins(self, rows):
        assert self.may_answer.wait(20)
        return self._engine.margins(rows)


@dataclass(frozen=True)
class Overload:
    """A queue, and requests that wait in it."""

    queue: str
    says: str
    requests: tuple[tuple[str, str], ...]
    """Path and body of some; the first is the one that fills the queue."""
    subject_id: str = ""
    """Of the request over gRPC; empty: none."""


def v2(**fields: object) -> tuple[str, str]:
    rows = {"name": "rows", "shape": [1, len(NAMES)], "datatype": "FP64"}
    data = [None if value != value else value for value in ROWS[0].tolist()]  # noqa: PLR0124 - NaN is not itself
    return INFER, json.dumps({"inputs": [{**rows, "data": data}], **fields})


def v1(**fields: object) -> tuple[str, str]:
    return "/v1/models/cash_advance:predict", json.dumps({"instances": [FEATURES], **fields})


OVERLOADS = (
    Overload("model", f"overloaded: {PLACES} requests run or wait for the model already", (v2(), v1())),
    Overload(
        "audit",
        f"overloaded: {PLACES} requests wait for their audits already",
        (
            ("/score", json.dumps({"user_id": "u-17", "features": FEATURES})),
            v2(parameters=SUBJECT),
            v1(parameters=SUBJECT),
        ),
        subject_id="u-17",
    ),
)


@pytest.fixture
def engine(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> HeldEngine:
    held = HeldEngine(bundle.engine)
    monkeypatch.setattr(following, "load_bundle", lambda _path: replace(bundle, engine=held))
    # What is quick is done in the event loop's thread, which nothing may hold.
    monkeypatch.setattr(following, "pace_of", lambda _bundle: UNKNOWN)
    return held


@pytest.fixture
def small(bundle: Bundle, engine: HeldEngine, database) -> Iterator[Server]:
    """A server in which few requests may wait."""
    with database.engine("blink_trainer").begin() as connection:
        models.register(connection, registered(bundle, ModelStatus.CHAMPION))
    settings = ServeSettings(
        portfolio=PORTFOLIO,
        bundle=bundle.path,
        database=database.engine("blink_scorer"),
        http_port=0,
        grpc_port=0,
        limits=Limits(waiting=PLACES, database_seconds=30.0),  # a statement runs while the engine is held
    )
    with server_thread(settings) as running:
        yield until_ready(running)


@pytest.fixture
def clients() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(PLACES) as pool:
        yield pool


def waiting(server: Server, queue: str) -> float:
    start = f'blink_waiting_requests{{queue="{queue}"}} '
    (line,) = [line for line in server.get("/metrics")[2].decode().splitlines() if line.startswith(start)]
    return float(line.removeprefix(start))


def filled(server: Server, overload: Overload, clients: ThreadPoolExecutor) -> list[Future]:
    """As many requests as there are places, all of which wait."""
    held = [clients.submit(server.post, *overload.requests[0]) for _ in range(PLACES)]
    while waiting(server, overload.queue) < PLACES:
        assert not any(request.done() for request in held)
    return held


def probability(answer: tuple[int, dict[str, str], bytes]) -> tuple[int, float]:
    status, _, content = answer
    said = json.loads(content)
    return status, said["default_probability"] if "default_probability" in said else said["outputs"][0]["data"][0]


def refused_over_grpc(server: Server, overload: Overload) -> tuple[grpc.StatusCode, str]:
    async def ask() -> tuple[grpc.StatusCode, str]:
        request = infer_request()
        if overload.subject_id:
            del request.inputs[0].contents.fp64_contents[len(NAMES) :]
            request.inputs[0].shape[0] = 1
            request.parameters["subject_id"].string_param = overload.subject_id
        async with grpc.aio.insecure_channel(server.grpc) as channel:
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await GRPCInferenceServiceStub(channel).ModelInfer(request, metadata=(("x-request-id", "mine"),))
        return refused.value.code(), refused.value.details() or ""

    return asyncio.run(ask())


@pytest.mark.parametrize("overload", OVERLOADS, ids=lambda overload: overload.queue)
def test_who_comes_beyond_the_places_is_told_when_to_come_again_and_who_waits_is_answered(
    small, engine, bundle, clients, overload
):
    expected = 200, score_rows(bundle, ROWS[:1]).default_probabilities.item()
    engine.may_answer.clear()
    try:
        held = filled(small, overload, clients)
        refused = [small.post(path, body) for path, body in overload.requests]
        over_grpc = refused_over_grpc(small, overload)
        assert not any(request.done() for request in held)
    finally:
        engine.may_answer.set()
    for answer in refused:
        check_refused(answer, 503, overload.says)
    assert [(headers["retry-after"], headers.get("connection")) for _, headers, _ in refused] == (
        [("2", None)] * len(overload.requests)
    )
    assert over_grpc == (grpc.StatusCode.UNAVAILABLE, f"{overload.says} (request mine)")
    assert [probability(request.result(timeout=30)) for request in held] == [expected] * PLACES
    assert waiting(small, overload.queue) == 0
    assert probability(small.post(*overload.requests[0])) == expected
