"""How calls of gRPC are counted whose clients wait no longer."""

import asyncio
from collections.abc import Sequence
from unittest.mock import Mock

import pytest
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb

from predictor.deployment import Deployment
from predictor.grpc_service import ScoringServicer
from predictor.metrics import Metrics


class Context:
    """Of a call whose client waits for so many seconds more; None: for ever."""

    def __init__(self, seconds: float | None) -> None:
        self._seconds = seconds

    def invocation_metadata(self) -> Sequence[tuple[str, str]]:
        return ()

    def set_trailing_metadata(self, named: Sequence[tuple[str, str]]) -> None:
        assert [name for name, _ in named] == ["x-request-id"]

    def time_remaining(self) -> float | None:
        return self._seconds


@pytest.mark.parametrize(("seconds", "status"), [(None, "OK"), (0.5, "OK"), (0, "CANCELLED")])
def test_an_answer_behind_its_clients_deadline_is_counted_as_cancelled(seconds: float | None, status: str):
    metrics = Metrics()
    servicer = ScoringServicer(Mock(), Deployment(metrics), metrics, name="cash_advance", spans=None)
    answer = asyncio.run(servicer.ServerLive(pb.ServerLiveRequest(), Context(seconds)))
    assert answer == pb.ServerLiveResponse(live=True)
    lines = [line for line in metrics.page().decode().splitlines() if line.startswith("blink_requests_total{")]
    assert lines == [f'blink_requests_total{{protocol="grpc",route="ServerLive",status="{status}"}} 1.0']
