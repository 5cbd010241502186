"""One portfolio served: its model loaded and followed, HTTP and gRPC answered. Importing this is light."""

import logging
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

from predictor.deployment import Deployment
from predictor.errors import ServerError
from predictor.first_request import FirstRequest
from predictor.following import ChampionFollower, RegistrationFollower, pinned_bundle
from predictor.kserve_import import kserve_server_only
from predictor.metrics import Metrics
from predictor.settings import Limits, Listening, ServeSettings
from predictor.worker_states import WorkerStates

__all__ = ["Limits", "Listening", "ServeSettings", "serve"]

_log = logging.getLogger(__name__)

Follower = ChampionFollower | RegistrationFollower


def _silent(_listening: Listening) -> None:
    """Announce nothing."""


def serve(
    settings: ServeSettings,
    *,
    announce: Callable[[Listening], None] = _silent,
    stop: threading.Event | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM (in a main thread), or until `stop` is set; running requests are finished.

    `announce` is called once both protocols listen. A server that follows the champion listens before it has a
    model; it is ready when it has one. A server of one bundle has loaded and proved it before it listens, and
    needs no database for that; what the registry says of it is followed, and waited for a little before it listens.
    A server that brings its bundle on the first request is ready without it, and no longer when that has failed.

    Raises:
        BundleError: where the one bundle that is to be served cannot be.
        ServerError: where a port is taken, or the settings name no model.
    """
    metrics = Metrics(settings.worker)
    workers = None if settings.worker is None else WorkerStates(settings.worker)
    deployment = Deployment(metrics, workers)
    with kserve_server_only():
        from predictor.assembly import Assembly  # noqa: PLC0415 - KServe takes seconds to import
    ended = threading.Event()
    follower = _deploy(settings, deployment, ended)
    threads = []
    try:
        if follower is not None:
            threads.append(_followed(follower, ended, settings))
        assembly = Assembly(settings, deployment, metrics)
        threads.append(_started(_stop_when, stop or ended, ended, assembly.stop))
        assembly.run(partial(_listens, workers, announce))
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def _listens(workers: WorkerStates | None, announce: Callable[[Listening], None], listening: Listening) -> None:
    if workers is not None:
        workers.tell(listening=True)
    announce(listening)


def _deploy(settings: ServeSettings, deployment: Deployment, ended: threading.Event) -> Follower | None:
    name, seconds = settings.portfolio.name, settings.limits.database_seconds
    if settings.bundle is not None:
        deployment.replace(pinned_bundle(settings.bundle, name, looked_up_later=settings.database is not None))
        return _registration(settings, deployment)
    if settings.bring is not None:
        follower = _registration(settings, deployment)
        load = partial(_bring, settings.bring, settings, deployment, follower)
        deployment.load_on(FirstRequest(load, deployment.refused, ended, settings.limits.first_request))
        return follower
    if settings.database is None or settings.model_dir is None:
        raise ServerError("nothing to serve: give a bundle, or a database and the folder of its models")
    return ChampionFollower(deployment, settings.database, settings.model_dir, name, seconds=seconds)


def _registration(settings: ServeSettings, deployment: Deployment) -> RegistrationFollower | None:
    if settings.database is None:
        return None
    return RegistrationFollower(deployment, settings.database, seconds=settings.limits.database_seconds)


def _bring(
    bring: Callable[[], Path], settings: ServeSettings, deployment: Deployment, follower: RegistrationFollower | None
) -> None:
    """Bring, prove, look up and deploy the one bundle: who waits for it may be about to be audited."""
    pinned = pinned_bundle(bring(), settings.portfolio.name, looked_up_later=follower is not None)
    deployment.replace(pinned if follower is None else follower.looked_up(pinned))


def _followed(follower: Follower, ended: threading.Event, settings: ServeSettings) -> threading.Thread:
    """Follow in a thread; of one bundle, return when the first look has ended or has taken too long.

    A pod that is ready before that would answer `/score` with 503.
    """
    looked = threading.Event()
    thread = _started(_follow, follower, ended, looked, settings.poll_seconds)
    if settings.bundle is not None:
        looked.wait(settings.limits.first_look_seconds)
    return thread


def _started(work: Callable[..., None], *arguments: object) -> threading.Thread:
    thread = threading.Thread(target=work, args=arguments, daemon=True)
    thread.start()
    return thread


def _follow(follower: Follower, ended: threading.Event, looked: threading.Event, poll_seconds: float) -> None:
    while not ended.is_set():
        try:
            follower.look()
        except Exception:  # noqa: BLE001 - logged; the serving model goes on, and the next look may succeed
            _log.exception("following the registry failed")
        looked.set()
        ended.wait(poll_seconds)


def _stop_when(stop: threading.Event, ended: threading.Event, end: Callable[[], None]) -> None:
    while not ended.is_set():
        if stop.wait(0.2):
            end()
            return
