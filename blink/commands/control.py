"""`blink control`: the control API with its loop; and tokens for those who use it."""

import signal
import sys
from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event

from sqlalchemy import Engine

from blink.control.tokens import is_name, new_token, token_hash
from blink.database import open_database
from blink.outcome import Outcome, WrongCallError
from blink.ports import choose_port
from blink.settings import Settings, read_settings
from credit.database.connection import connect
from credit.portfolio_file import load_portfolio
from credit.portfolios import PortfolioError

PORT = 8090
CLUSTER_TOKENS = Path("/etc/blink/tokens")


def control(arguments: Namespace) -> Outcome:
    """Serve until stopped."""
    settings = read_settings(home=arguments.home)
    if arguments.config is None:
        _on_one_machine(arguments, settings)
    else:
        _on_a_cluster(arguments, settings)
    return Outcome("stopped; nothing was left half done")


def control_token(arguments: Namespace) -> Outcome:
    """Print a new token once, and store its hash."""
    if not is_name(arguments.name):
        raise WrongCallError(f"name {arguments.name!r}: letters, digits, ., _ and - are possible, no sign first")
    path = read_settings(home=arguments.home).home / "tokens" / arguments.name
    token = new_token()
    digest = token_hash(token)
    known = path.exists()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.write_text(f"{digest}\n", "ascii")
    path.chmod(0o600)
    before = "; the token before it is no longer valid" if known else ""
    lines = [
        f"token of {arguments.name}, shown this once{before}:",
        f"  {token}",
        f"its hash is in {path}; on a cluster this line belongs under stringData of the Secret of tokens:",
        f"  {arguments.name}: {digest}",
    ]
    return Outcome("\n".join(lines), {"name": arguments.name, "token": token, "sha256": digest, "file": str(path)})


def _on_a_cluster(arguments: Namespace, settings: Settings) -> None:
    from blink.control.assembly import cluster_loop, with_api  # noqa: PLC0415 - heavy, and not for control_token
    from blink.control.config import read_config  # noqa: PLC0415
    from rollout.cluster import connect_cluster  # noqa: PLC0415

    config = read_config(arguments.config)
    cluster = connect_cluster(config.namespace)
    with _database(settings) as engine:
        tables = _tables([portfolio.name for portfolio in config.portfolios], settings)
        loop = cluster_loop(config, engine, cluster, tables=tables)
        built = with_api(loop, arguments.tokens or CLUSTER_TOKENS)
        _serve(arguments, built.app, loop.run)


def _on_one_machine(arguments: Namespace, settings: Settings) -> None:
    from blink.control.assembly import local_loop, with_api  # noqa: PLC0415 - heavy, and not for control_token
    from blink.control.local_training import ProcessTraining  # noqa: PLC0415
    from credit.portfolio_file import known_names  # noqa: PLC0415

    carrier = ProcessTraining(settings.home)
    with _database(settings) as engine:
        names = known_names(settings.portfolio_dir)
        loop = local_loop(carrier, engine, names, tables=_tables(names, settings))
        built = with_api(loop, arguments.tokens or settings.home / "tokens")
        try:
            _serve(arguments, built.app, loop.run)
        finally:
            carrier.stop()


def _tables(names: Iterable[str], settings: Settings) -> frozenset[str]:
    """Portfolios whose rows are a lender's own table; one whose file is wrong is told when it is trained."""
    tables = set()
    for name in names:
        with suppress(PortfolioError):
            if load_portfolio(name, folder=settings.portfolio_dir).table is not None:
                tables.add(name)
    return frozenset(tables)


def _serve(arguments: Namespace, app, work: Callable[[Event], None]) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001 - FastAPI is imported late
    from blink.control.server import control_listener, log_to_stderr, serve  # noqa: PLC0415

    log_to_stderr()
    port = choose_port(arguments.host, arguments.port, PORT)
    with control_listener(arguments.host, port) as listener, _stopped_by_signals() as stop:
        sys.stderr.write(f"control API on http://{arguments.host}:{port}\n")
        serve(app, listener, work, stop)


@contextmanager
def _database(settings: Settings) -> Iterator[Engine]:
    """The database. A server that is away now is waited for: /readyz says so meanwhile, and no pod restarts for it."""
    if settings.database_url is None:
        with open_database(settings, "blink_trainer") as engine:
            yield engine
        return
    engine = connect(settings.database_url, role="blink_trainer")
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def _stopped_by_signals() -> Iterator[Event]:
    stop = Event()
    kinds = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(kind, lambda *_: stop.set()) for kind in kinds]
    try:
        yield stop
    finally:
        for kind, handler in zip(kinds, before, strict=True):
            signal.signal(kind, handler)
