"""One-row requests: our server beside KServe's own LightGBM server and MLServer, in turns, on one core."""

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from benchmarks.client import Load, Question, ask, built_client, write_questions
from benchmarks.comparison import Tell
from benchmarks.contestant import Absent
from benchmarks.errors import BenchmarkError
from benchmarks.machine import described_machine, pinned
from benchmarks.rounds import orders
from benchmarks.served_model import ServedModel, infer_body, score_body, served_model
from benchmarks.server_figures import Turn, Variant, figures
from benchmarks.server_process import ServerProcess, Start, started
from benchmarks.server_proof import INFER, free_ports, prove
from benchmarks.server_registration import register
from benchmarks.servers import starts
from benchmarks.servers.starts import Place
from benchmarks.trees_model import TreesCase, trained_model

EXPLAINED = ("default_probability", "shap_values", "base_value")
WHOLE = (*EXPLAINED, "points", "reason_codes")
"""All that `/score` answers."""

KSERVE, MLSERVER, OURS, AUDITED = "kserve", "mlserver", "ours", "ours-audited"


@dataclass(frozen=True, slots=True)
class ServerWish:
    """What the caller wants."""

    work: Path
    """Where the peers are, and models are kept."""
    folder: Path
    """An empty one, for what servers write."""
    environment: Mapping[str, str]
    """For the servers."""
    case: TreesCase
    rounds: int = 5
    seconds: float = 3.0
    """Of each variant in each round."""
    core: int | None = None
    """The servers'; the client and the database have another."""


def run(wish: ServerWish, database: tuple[str, Engine] | None, tell: Tell) -> dict[str, Any]:
    """Measure every variant in every round; what was found, as JSON.

    Args:
        wish: what to measure.
        database: address and engine (as owner) of an empty migrated one, for audited scores; None: without them.
        tell: is given a line where something begins.

    Raises:
        BenchmarkError: where ours cannot be started or answers wrongly, or there is no second core.
    """
    server_core, client_core = cores(wish.core)
    with pinned(client_core), ExitStack() as stack:
        model = served_model(trained_model(wish.case, wish.work / "models"), wish.folder / "model")
        client = built_client(wish.work)
        place = Place(wish.folder, server_core, wish.environment)
        servers, absent = _started(stack, _wanted(model, place, wish, database), model, tell)
        variants = [one for one in variants_of(model) if one.server in servers]
        tallies = _measured(variants, servers, client, wish, tell)
        return {
            "title": f"One-row requests, {wish.case.name} leaves",
            "machine": dict(described_machine()),
            "rounds": wish.rounds,
            "seconds": wish.seconds,
            "absent": [asdict(one) for one in absent],
            "measured": figures(variants, tallies),
        }


def cores(server: int | None) -> tuple[int, int]:
    """The servers' core, and another for the client and the database.

    Raises:
        BenchmarkError: where this process has fewer than two, or may not use the one asked for.
    """
    allowed = sorted(os.sched_getaffinity(0))
    if len(allowed) < 2:
        raise BenchmarkError("two cores are needed, one for the servers, one for the client; this process has one")
    chosen = allowed[-1] if server is None else server
    if chosen not in allowed:
        raise BenchmarkError(f"core {chosen} is not among those that this process may use: {allowed}")
    return chosen, next(core for core in allowed if core != chosen)


def variants_of(model: ServedModel) -> Sequence[Variant]:
    """What is asked of whom. The same rows in turn, in the same bytes where the protocol is the same."""
    plain = [infer_body(row) for row in model.rows]
    explained = [infer_body(row, EXPLAINED) for row in model.rows]
    whole = [infer_body(row, WHOLE) for row in model.rows]
    scores = [score_body(row, f"u-{number}") for number, row in enumerate(model.rows)]
    return [
        Variant("KServe LightGBM", KSERVE, INFER, plain, 16),
        Variant("MLServer", MLSERVER, INFER, plain, 16),
        Variant("ours", OURS, INFER, plain, 16),
        Variant("ours, with contributions", OURS, INFER, explained, 16),
        Variant("ours, 64 connections", OURS, INFER, plain, 64),
        Variant("ours, all of /score unaudited, 64 connections", OURS, INFER, whole, 64),
        Variant("ours, /score audited, 64 connections", AUDITED, "/score", scores, 64),
    ]


def _measured(
    variants: Sequence[Variant],
    servers: Mapping[str, ServerProcess],
    client: Path,
    wish: ServerWish,
    tell: Tell,
) -> Mapping[str, Sequence[Turn]]:
    by_name = {variant.name: variant for variant in variants}
    questions = {name: _written(wish.folder / f"asked-{number}", by_name[name]) for number, name in enumerate(by_name)}
    tallies: dict[str, list[Turn]] = {name: [] for name in by_name}
    for number, order in enumerate(orders(list(by_name), wish.rounds), 1):
        tell(f"round {number} of {wish.rounds}")
        for name in order:
            variant = by_name[name]
            server = servers[variant.server]
            load = Load(server.start.port, questions[name], variant.connections, wish.seconds)
            with server.awake():
                tallies[name].append(_turn(server, client, load))
    return tallies


def _turn(server: ServerProcess, client: Path, load: Load) -> Turn:
    before = server.cpu_seconds()
    answered = ask(client, load)
    # The client's time to warm up is the server's too: a part of its CPU time is of requests that are not counted.
    share = load.seconds / (load.seconds + load.warm_up)
    return Turn(answered, (server.cpu_seconds() - before) * share)


def _written(path: Path, variant: Variant) -> Path:
    return write_questions(path, (Question(variant.name, variant.path, body) for body in variant.bodies))


def _wanted(
    model: ServedModel, place: Place, wish: ServerWish, database: tuple[str, Engine] | None
) -> Mapping[str, Callable[[], Start]]:
    ports = free_ports(4)
    wanted: dict[str, Callable[[], Start]] = {
        OURS: lambda: starts.ours(model, place, ports[0]),
        KSERVE: lambda: starts.kserve(model, place, ports[1]),
        MLSERVER: lambda: starts.mlserver(model, place, ports[2], wish.work / "mlserver"),
    }
    if database is not None:
        url, owner = database
        register(owner, model)
        wanted[AUDITED] = lambda: starts.ours(model, place, ports[3], database_url=url)
    return wanted


def _started(
    stack: ExitStack, wanted: Mapping[str, Callable[[], Start]], model: ServedModel, tell: Tell
) -> tuple[Mapping[str, ServerProcess], Sequence[Absent]]:
    servers: dict[str, ServerProcess] = {}
    absent: list[Absent] = []
    for name, start in wanted.items():
        tell(f"starting {name}")
        try:
            server = stack.enter_context(started(start()))
            prove(server, model)
        except BenchmarkError as error:
            if name in {OURS, AUDITED}:
                raise
            absent.append(Absent(name, str(error)))
        else:
            servers[name] = server
    return servers, absent
