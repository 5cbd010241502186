"""One portfolio served: its model loaded and followed, HTTP and gRPC answered. Importing this is light."""

import logging
import threading
from collections.abc import Callable

from predictor.deployment import Deployment
from predictor.errors import ServerError
from predictor.following import ChampionFollower, RegistrationFollower, pinned_bundle
from predictor.kserve_import import kserve_server_only
from predictor.metrics import Metrics
from predictor.settings import Limits, Listening, ServeSettings

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
    needs no database for that; what the registry says of it is followed.

    Raises:
        BundleError: where the one bundle that is to be served cannot be.
        ServerError: where a port is taken, or the settings name no model.
    """
    metrics = Metrics()
    deployment = Deployment(metrics)
    with kserve_server_only():
        from predictor.assembly import Assembly  # noqa: PLC0415 - KServe takes seconds to import
    ended = threading.Event()
    follower = _deploy(settings, deployment)
    assembly = Assembly(settings, deployment, metrics)
    threads = [threading.Thread(target=_stop_when, args=(stop or ended, ended, assembly.stop), daemon=True)]
    if follower is not None:
        threads.append(threading.Thread(target=_follow, args=(follower, ended, settings.poll_seconds), daemon=True))
    for thread in threads:
        thread.start()
    try:
        assembly.run(announce)
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def _deploy(settings: ServeSettings, deployment: Deployment) -> Follower | None:
    name, seconds = settings.portfolio.name, settings.limits.database_seconds
    if settings.bundle is not None:
        deployment.replace(pinned_bundle(settings.bundle, name, looked_up_later=settings.database is not None))
        if settings.database is None:
            return None
        return RegistrationFollower(deployment, settings.database, seconds=seconds)
    if settings.database is None or settings.model_dir is None:
        raise ServerError("nothing to serve: give a bundle, or a database and the folder of its models")
    return ChampionFollower(deployment, settings.database, settings.model_dir, name, seconds=seconds)


def _follow(follower: Follower, ended: threading.Event, poll_seconds: float) -> None:
    while not ended.is_set():
        try:
            follower.look()
        except Exception:  # noqa: BLE001 - logged; the serving model goes on, and the next look may succeed
            _log.exception("following the registry failed")
        ended.wait(poll_seconds)


def _stop_when(stop: threading.Event, ended: threading.Event, end: Callable[[], None]) -> None:
    while not ended.is_set():
        if stop.wait(0.2):
            end()
            return
