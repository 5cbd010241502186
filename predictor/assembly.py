"""The parts of a server put together; importing this imports KServe."""

import socket
from collections.abc import Callable
from functools import partial

from predictor.answering import Answering, LoopLimits
from predictor.auditing import Auditing
from predictor.deployment import Deployment
from predictor.ending import Ending
from predictor.errors import ServerError
from predictor.gathering import Gathering, GatheringLimits
from predictor.grpc_service import ScoringGrpcServer, ScoringServicer
from predictor.http_app import Endpoints, http_app
from predictor.http_errors import ErrorAnswers
from predictor.http_infer import InferPath
from predictor.http_score import ScorePath
from predictor.kserve_model import ScoringModel
from predictor.kserve_server import ScoringRestServer, ScoringServer
from predictor.listening import listening_socket
from predictor.metrics import Metrics
from predictor.row_limits import RowLimits
from predictor.settings import Listening, ServeSettings
from predictor.work import WorkThreads


class Assembly:
    """One server, ready to run."""

    def __init__(self, settings: ServeSettings, deployment: Deployment, metrics: Metrics) -> None:
        """Bind the HTTP port.

        Raises:
            ServerError: where it is taken, or a spool is asked for without a database.
            SpoolError: where the spool cannot be used.
        """
        limits = settings.limits
        self._settings = settings
        self._metrics = metrics
        self._compute = WorkThreads("model", threads=limits.compute_threads, waiting=limits.waiting)
        self._ending = Ending()
        # REST ends first, then gRPC: half the time each.
        self._drain_seconds = limits.drain_seconds // 2
        self._server = ScoringServer(self._ending, version=settings.version, drain_seconds=self._drain_seconds)
        self._auditing = Auditing(settings, deployment, metrics)
        answering = self._answering(deployment, metrics)
        self._server.register_model(ScoringModel(settings.served_name, deployment, answering))
        self._rest = self._rest_server(deployment, answering, metrics)
        self._grpc = self._grpc_server(deployment, metrics)

    def run(self, announce: Callable[[Listening], None]) -> None:
        """Serve until stopped.

        Raises:
            ServerError: where the gRPC port is taken.
        """
        self._auditing.start()
        try:
            self._server.run(self._rest, self._grpc, lambda port: announce(self._listening(port)))
        finally:
            try:
                self._compute.close()
                self._auditing.close()
            finally:
                self._metrics.settle()  # of the last second; the pages of other workers go on with it

    def stop(self) -> None:
        """Take no more requests and end. Safe from any thread."""
        self._server.stop()

    def _listening(self, grpc_port: int) -> Listening:
        return Listening(self._settings.host, self._rest.port, grpc_port)

    def _answering(self, deployment: Deployment, metrics: Metrics) -> Answering:
        limits = self._settings.limits
        gathered = GatheringLimits(seconds=limits.gather_seconds, waiting=limits.waiting)
        return Answering(
            deployment,
            self._auditing.group,
            Gathering(self._compute, metrics, gathered),
            name=self._settings.served_name,
            compute=self._compute,
            limits=LoopLimits(),
            row_limits=RowLimits(limits.rows, limits.answer_values),
            audited_only=self._settings.audited_only,
        )

    def _rest_server(self, deployment: Deployment, answering: Answering, metrics: Metrics) -> ScoringRestServer:
        settings = self._settings
        endpoints = Endpoints(
            settings.served_name,
            self._server.dataplane,
            deployment,
            answering=answering,
            metrics=metrics,
            limits=settings.limits,
        )
        errors = ErrorAnswers(retry_seconds=settings.limits.retry_seconds)
        infer_path = partial(
            InferPath,
            name=settings.served_name,
            deployment=deployment,
            answering=answering,
            errors=errors,
            body_bytes=settings.limits.body_bytes,
        )
        score_path = partial(ScorePath, answering=answering, errors=errors, body_bytes=settings.limits.body_bytes)
        app = http_app(
            endpoints,
            lambda others: infer_path(score_path(others)),
            metrics,
            self._ending,
            errors=errors,
            spans=settings.spans,
        )
        return ScoringRestServer(
            app,
            _listener(settings),
            self._ending,
            goodbye_seconds=settings.limits.goodbye_seconds,
            drain_seconds=self._drain_seconds,
            receive_seconds=settings.limits.receive_seconds,
            every_second=metrics.settle,
        )

    def _grpc_server(self, deployment: Deployment, metrics: Metrics) -> ScoringGrpcServer:
        settings = self._settings
        return ScoringGrpcServer(
            ScoringServicer(
                self._server.dataplane, deployment, metrics, name=settings.served_name, spans=settings.spans
            ),
            settings.host,
            settings.grpc_port,
            most_bytes=settings.limits.body_bytes,
            shared=settings.worker is not None,
            connection_seconds=settings.limits.grpc_connection_seconds,
            receive_seconds=settings.limits.receive_seconds,
            drain_seconds=self._drain_seconds,
        )


def _listener(settings: ServeSettings) -> socket.socket:
    host, port = settings.host, settings.http_port
    try:
        return listening_socket(host, port, shared=settings.worker is not None)
    except OSError as error:
        raise ServerError(f"HTTP cannot listen on {host}:{port}: {error.strerror}") from error
