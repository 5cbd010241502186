"""`blink serve`: the model server of a portfolio's champion, or of one bundle, which may be brought from a store."""

import sys
from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from sqlalchemy import Engine

from blink import __version__
from blink.database import open_database
from blink.garbage import collect_seldom
from blink.json_log import start_log, tell
from blink.model_source import bringing
from blink.named_portfolio import named_portfolio
from blink.outcome import Outcome, WrongCallError
from blink.ports import choose_port
from blink.settings import Loading, Settings, SettingsError, read_settings
from blink.spool_volume import check_spool
from credit.bundle.reader import verify_hashes
from credit.database.connection import Role, connect
from credit.portfolios import Portfolio
from predictor.server import Limits, Listening, ServeSettings
from predictor.server import serve as run_server
from predictor.spans import Spans
from predictor.supervisor import Supervisor
from predictor.worker_states import WorkerPlace

HTTP_PORT = 8080
GRPC_PORT = 8081

ROLE: Role = "blink_scorer"
LIMITS = Limits()

Bring = Callable[[], Path]
"""Brings a bundle and gives its directory."""


def serve(arguments: Namespace) -> Outcome:
    """Serve until stopped."""
    start_log(arguments.log_format)
    if arguments.spool is not None:
        check_spool(arguments.spool)
    settings = read_settings(home=arguments.home)
    source = settings.model_source if arguments.bundle is None else None
    bring = None if source is None else bringing(source, settings)
    if source is not None and bring is not None and source.loading is Loading.START:
        arguments, bring = Namespace(**{**vars(arguments), "bundle": bring()}), None
    _check_served(arguments, bring)
    if arguments.workers > 1 and arguments.worker is None:
        return _supervise(arguments, settings)
    if arguments.bundle is not None or bring is not None:
        return _serve_one(arguments, settings, bring)
    with open_database(settings, ROLE, silent_seconds=LIMITS.silent_seconds) as engine:
        served = _asked(arguments, named_portfolio(arguments.portfolio, settings), engine)
        _run(replace(served, model_dir=settings.model_dir), arguments, settings)
    return Outcome()


def on_free_ports(served: ServeSettings, arguments: Namespace) -> ServeSettings:
    """The settings with the address and the ports that the caller asked for, or the next free ones."""
    http_port, grpc_port = _free_ports(arguments)
    return replace(served, host=arguments.host, http_port=http_port, grpc_port=grpc_port)


def _free_ports(arguments: Namespace) -> tuple[int, int]:
    http_port = choose_port(arguments.host, arguments.http_port, HTTP_PORT)
    return http_port, choose_port(arguments.host, arguments.grpc_port, max(GRPC_PORT, http_port + 1))


def _check_served(arguments: Namespace, bring: Bring | None) -> None:
    if arguments.bundle is not None:
        _require_bundle(arguments.bundle)
    elif arguments.portfolio is None and bring is not None:
        raise WrongCallError(
            "MODEL_LOADING=first_request needs a PORTFOLIO, whose name is served before there is a model"
        )
    elif arguments.portfolio is None:
        raise WrongCallError(
            "nothing to serve: give a PORTFOLIO, whose champion is served, or --bundle DIR, or set MODEL_SOURCE"
        )


def _serve_one(arguments: Namespace, settings: Settings, bring: Bring | None) -> Outcome:
    """Serve one bundle, which is here already or is brought on the first request."""
    portfolio = named_portfolio(arguments.portfolio or verify_hashes(arguments.bundle).portfolio, settings)
    with _database_whenever_it_comes(settings) as engine:
        _run(replace(_asked(arguments, portfolio, engine), bring=bring), arguments, settings)
    return Outcome()


def _asked(arguments: Namespace, portfolio: Portfolio, database: Engine | None) -> ServeSettings:
    """What the command's options say, but for the ports."""
    return ServeSettings(
        portfolio=portfolio,
        model_name=arguments.model_name,
        bundle=arguments.bundle,
        database=database,
        spool=arguments.spool,
        audited_only=arguments.audited_only,
        limits=LIMITS,
        version=__version__,
    )


def _supervise(arguments: Namespace, settings: Settings) -> Outcome:
    """Several processes, each of which is this command again."""
    if arguments.bundle is not None:
        verify_hashes(arguments.bundle)
    http_port, grpc_port = _free_ports(arguments)
    supervisor = Supervisor(partial(worker_command, arguments, settings), workers=arguments.workers)
    supervisor.run(arguments.host, http_port, grpc_port, _announce)
    return Outcome()


def worker_command(arguments: Namespace, settings: Settings, place: WorkerPlace, listening: Listening) -> Sequence[str]:
    """The command of one worker: all that its server was asked for, and its place."""
    # A command that ends when we are gone, however we ended.
    options = {
        "--home": settings.home,
        "--bundle": arguments.bundle,
        "--model-name": arguments.model_name,
        "--log-format": arguments.log_format,
        "--spool": arguments.spool,
        "--workers": place.workers,
        "--worker": place.number,
        "--worker-directory": place.directory,
        "--host": listening.host,
        "--http-port": listening.http_port,
        "--grpc-port": listening.grpc_port,
    }
    named = [] if arguments.portfolio is None else [arguments.portfolio]
    given = [f"{option}={value}" for option, value in options.items() if value is not None]
    if arguments.audited_only:
        given.append("--audited-only")
    return [sys.executable, "-m", "blink.supervised", "serve", *named, *given]


def _run(served: ServeSettings, arguments: Namespace, settings: Settings) -> None:
    with _spans(settings) as spans:
        served = replace(served, spans=spans)
        if arguments.worker is None:
            run_server(on_free_ports(served, arguments), announce=_serving)
        else:
            run_server(_beside_others(served, arguments), announce=lambda _: collect_seldom())


def _beside_others(served: ServeSettings, arguments: Namespace) -> ServeSettings:
    """The settings of one worker: its ports are shared, and chosen already."""
    return replace(
        served,
        host=arguments.host,
        http_port=arguments.http_port,
        grpc_port=arguments.grpc_port,
        worker=WorkerPlace(arguments.worker, arguments.workers, arguments.worker_directory),
    )


@contextmanager
def _spans(settings: Settings) -> Iterator[Spans | None]:
    """Where requests are traced to; None where no collector is named."""
    if settings.otlp_endpoint is None:
        yield None
        return
    try:
        from predictor.opentelemetry_spans import OpenTelemetrySpans  # noqa: PLC0415 - an extra that few have
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"OTEL_EXPORTER_OTLP_ENDPOINT is set, and {error.name} is not installed: install blinkscoring[trace]"
        ) from error
    spans = OpenTelemetrySpans.sent_to(settings.otlp_endpoint)
    try:
        yield spans
    finally:
        spans.close()


def _require_bundle(path: Path) -> None:
    # Ending is better than waiting for files to appear. In a pod the kubelet starts the container again and mounts
    # the path anew, which a waiting process never gets (a bundle is published by a rename, and the mount would stay
    # on the empty directory); and the reason stands in `kubectl describe` of the pod and of the InferenceService.
    if not path.is_dir() or not any(path.iterdir()):
        state = "is empty" if path.is_dir() else "does not exist"
        raise SettingsError(
            f"--bundle {path}: the directory {state}; a model bundle is needed (docs/bundle.md). In a pod: KServe "
            "mounts an empty directory where the PATH of pvc://CLAIM/PATH is not on the volume; compare "
            "spec.predictor.model.storageUri with `blink model list`"
        )


@contextmanager
def _database_whenever_it_comes(settings: Settings) -> Iterator[Engine | None]:
    """An engine that nobody has used yet; None where there is no database to wait for."""
    if settings.database_url is not None:
        engine = connect(settings.database_url, role=ROLE, silent_seconds=LIMITS.silent_seconds)
        try:
            yield engine
        finally:
            engine.dispose()
    elif (settings.home / "postgresql").is_dir():
        with open_database(settings, ROLE, silent_seconds=LIMITS.silent_seconds) as engine:
            yield engine
    else:
        tell("no DATABASE_URL: V1 and V2 are answered, /score is not, because nothing can be audited")
        yield None


def _serving(listening: Listening) -> None:
    collect_seldom()
    _announce(listening)


def _announce(listening: Listening) -> None:
    tell(f"REST on http://{listening.host}:{listening.http_port}, gRPC on port {listening.grpc_port}")
