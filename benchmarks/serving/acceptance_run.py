"""The acceptance of a server that is started for it: its document, damaged requests, a soak, and its ledger."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sqlalchemy import Engine

from benchmarks.client import built_client
from benchmarks.comparison import Tell
from benchmarks.machine import described_machine, pinned
from benchmarks.server_benchmark import cores
from benchmarks.server_process import ServerProcess, started
from benchmarks.server_proof import free_ports
from benchmarks.server_registration import crown
from benchmarks.servers import starts
from benchmarks.servers.starts import Place
from benchmarks.serving.acceptance_facts import AcceptanceFacts
from benchmarks.serving.acceptance_models import PORTFOLIO, generated_rows, trained_ensembles, write_models
from benchmarks.serving.fuzz import FuzzWish, fuzz
from benchmarks.serving.fuzz_figures import FuzzFigures
from benchmarks.serving.good_messages import good_messages
from benchmarks.serving.good_requests import good_requests
from benchmarks.serving.grpc_fuzz import GrpcFuzzWish, fuzz_messages
from benchmarks.serving.ledger_figures import LedgerFigures, absent_audits, audit_count, verified
from benchmarks.serving.protocol_document import write_protocol_document
from benchmarks.serving.schema_run import SchemaFigures, run_own_document, run_protocol_document
from benchmarks.serving.server_faults import ServerFaults, server_faults, until_idle
from benchmarks.serving.soak import Soak, SoakWish, soak
from benchmarks.serving.soak_answers import JudgedAnswers, judged
from credit.bundle.reader import Bundle
from credit.scores import score_rows
from forest.engine import Floats

HOST = "127.0.0.1"
_FUZZED_ROWS, _SOAKED_ROWS = 8, 64


@dataclass(frozen=True, slots=True)
class AcceptanceWish:
    """What is asked, and for how long."""

    work: Path
    """Where the load client is kept."""
    folder: Path
    """An empty one, for what the run writes."""
    environment: Mapping[str, str]
    """For the server, without what would tell it of a database."""
    command: str
    """As it is told on the page."""
    fuzz_seconds: float
    minutes: int
    minute_seconds: float = 60.0
    rate_seconds: float = 10.0
    examples: int = 60
    trees: int = 200
    seed: int = 1
    core: int | None = None
    """The server's; clients and the database have another."""


@dataclass(frozen=True, slots=True)
class _Scene:
    """What all parts of a run have in common."""

    wish: AcceptanceWish
    server: ServerProcess
    bundles: Sequence[Bundle]
    """The first serves before the soak; the others become champions within it."""
    owner: Engine
    tell: Tell

    @property
    def port(self) -> int:
        return self.server.start.port

    @property
    def grpc_port(self) -> int:
        """As `starts.following` has it."""
        return self.port + 1


def run(wish: AcceptanceWish, url: str, owner: Engine, tell: Tell) -> AcceptanceFacts:
    """Start a server on the database of that address and put it through everything.

    Args:
        wish: what to ask.
        url: of an empty migrated database.
        owner: an engine on it, as owner.
        tell: is given a line where something begins, and about every minute.

    Raises:
        BenchmarkError: where the server cannot be started, or the load client cannot ask.
    """
    server_core, client_core = cores(wish.core)
    with pinned(client_core), ExitStack() as stack:
        tell("training models")
        models = wish.folder / "models"
        ensembles = trained_ensembles((wish.seed, wish.seed + 1), trees=wish.trees)
        bundles = write_models(models, ensembles, wish.minutes + 1)
        crown(owner, PORTFOLIO, bundles[0])
        place = Place(wish.folder, server_core, wish.environment)
        (port,) = free_ports(1)
        server = stack.enter_context(started(starts.following(PORTFOLIO.name, models, place, port, url)))
        stack.enter_context(server.awake())
        return _facts(_Scene(wish, server, bundles, owner, tell), url)


def _facts(scene: _Scene, url: str) -> AcceptanceFacts:
    at_start = _faults(scene.server)
    schema, protocol = _own_document(scene), _protocol_document(scene)
    fuzzed, messages = _fuzzed(scene)
    named = fuzzed.audits | messages.audits
    until_idle(scene.port)  # who left did not wait for his audits
    before = audit_count(scene.owner)
    soaked, answers = _soaked(scene)
    audits = audit_count(scene.owner) - before
    scene.tell("verifying the ledger")
    ledger = LedgerFigures(
        named=len(named),
        absent=absent_audits(scene.owner, named),
        soak_answers=answers.audited,
        soak_audits=audits,
        verify=verified({**scene.wish.environment, "DATABASE_URL": url}),
    )
    faults = _faults(scene.server).since(at_start)
    machine = dict(described_machine())
    return AcceptanceFacts(
        scene.wish.command, machine, schema, protocol, fuzzed, messages, soaked, answers, ledger, faults
    )


def _faults(server: ServerProcess) -> ServerFaults:
    return server_faults(server.start.port, server.start.log, alive=server.process.poll() is None)


def _own_document(scene: _Scene) -> SchemaFigures:
    wish = scene.wish
    scene.tell("schemathesis on the server's own document")
    found = run_own_document(f"{HOST}:{scene.port}", wish.folder, examples=wish.examples, seed=wish.seed)
    return _told(scene, found)


def _protocol_document(scene: _Scene) -> SchemaFigures:
    wish = scene.wish
    scene.tell("schemathesis on the protocol's own document")
    document = write_protocol_document(HOST, scene.port, PORTFOLIO.name, wish.folder)
    address = f"{HOST}:{scene.port}"
    return _told(scene, run_protocol_document(document, address, wish.folder, examples=wish.examples, seed=wish.seed))


def _told(scene: _Scene, found: SchemaFigures) -> SchemaFigures:
    scene.tell(f"schemathesis: {found.cases} requests, {'all as documented' if found.holds else 'FAILED'}")
    return found


def _fuzzed(scene: _Scene) -> tuple[FuzzFigures, FuzzFigures]:
    """HTTP and gRPC, at the same time."""
    wish = scene.wish
    scene.tell(f"damaged requests for {wish.fuzz_seconds:g} s")
    rows = generated_rows(_FUZZED_ROWS, np.random.default_rng([wish.seed, 7]))
    scored = score_rows(scene.bundles[0], rows)
    asked = FuzzWish(HOST, scene.port, wish.seed, wish.fuzz_seconds, good_requests(rows), scored)
    messages = GrpcFuzzWish(HOST, scene.grpc_port, wish.seed, wish.fuzz_seconds, good_messages(rows), scored)
    with ThreadPoolExecutor(1) as beside:
        over_grpc = beside.submit(fuzz_messages, messages)
        found = fuzz(asked, scene.tell), over_grpc.result()
    _tell_fuzzed(scene, found[0], "requests")
    _tell_fuzzed(scene, found[1], "messages")
    return found


def _tell_fuzzed(scene: _Scene, found: FuzzFigures, name: str) -> None:
    """Say what came of it, and keep the bytes of what failed."""
    scene.tell(f"damaged {name}: {found.damaged:,}, good {sum(found.good.values()):,}, failures {found.failed}")
    for number, failure in enumerate(found.failures):
        (scene.wish.folder / f"failed-{name}-{number}").write_bytes(failure.sent)
        scene.tell(f"{failure.kind}: {failure.why}; seed {failure.seed}; {failure.shown}")


def _soaked(scene: _Scene) -> tuple[Soak, JudgedAnswers]:
    wish = scene.wish
    rows: Floats = generated_rows(_SOAKED_ROWS, np.random.default_rng([wish.seed, 8]))
    asked = SoakWish(
        client=built_client(wish.work),
        port=scene.port,
        folder=wish.folder,
        rows=rows,
        minutes=wish.minutes,
        minute_seconds=wish.minute_seconds,
        rate_seconds=wish.rate_seconds,
    )
    scene.tell(f"soak of {wish.minutes} minutes")

    def swap(minute: int) -> str:
        champion = scene.bundles[minute + 1]
        crown(scene.owner, PORTFOLIO, champion)
        return champion.model_id

    soaked = soak(asked, swap, scene.server.resident_bytes, scene.tell)
    return soaked, judged(soaked.answers, {bundle.model_id: score_rows(bundle, rows) for bundle in scene.bundles})
