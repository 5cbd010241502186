"""The page of the server's acceptance."""

from collections.abc import Sequence

from benchmarks.acceptance_pages import demands_table
from benchmarks.serving.acceptance_facts import AcceptanceFacts, criteria
from benchmarks.serving.damage import kinds_of_damage
from benchmarks.serving.frame_damage import FRAME_DAMAGE
from benchmarks.serving.fuzz import CONNECTIONS as SENDERS
from benchmarks.serving.fuzz_figures import FuzzFigures
from benchmarks.serving.fuzz_tables import answers_table, failures_table
from benchmarks.serving.grpc_fuzz import CHANNELS
from benchmarks.serving.memory import later_thirds
from benchmarks.serving.message_damage import kinds_of_message_damage
from benchmarks.serving.message_rules import ALLOWED
from benchmarks.serving.schema_run import OWN_CHECKS, PROTOCOL_CHECKS, SchemaFigures
from benchmarks.serving.soak import CONNECTIONS, MIX, Minute, Soak
from benchmarks.tables import duration, machine_line, table

_HOW = """\
One `blink serve cash_advance` process on one core follows the champion of an embedded PostgreSQL (`synchronous_commit`
on, the settings of `blink up`) and goes through all of it; clients and database have the other core."""

_OWN = """\
From the server's own document (`/openapi.json`) schemathesis made {cases:,} requests, at most {examples} an operation
in its fuzzing phase. Checks: {checks}."""

_PROTOCOL = """\
From the Open Inference Protocol's own document schemathesis made {cases:,} requests, at most {examples} an operation in
its fuzzing phase. Checks: {checks}.

The document is the copy in MLServer's wheel. Its paths are filled with this model and its version, since of the ready
paths it has no 404; a request that the model can answer, for all its outputs, is added as an example. Left out are
paths that only MLServer has (`infer_stream`, `generate`, `generate_stream`), and a type of tensor data that JSON has
not. The protocol's repository (index, load, unload) is a document of its own and is not asked for: by design no client
loads or unloads here. Not checked is that what the document calls right is accepted (it does not know the model's
tensors), and that what it calls wrong is refused (null is taken for an optional field)."""

_FUZZ = """\
{seconds:,.0f} s on {senders} kept-alive connections: good requests of V2 (JSON and binary), V1 and `/score`, damaged as
a seed says, each followed by a good one on the same connection, whose every value must be the model's to the bit. Where
the framing itself was broken, or answers were left unread (the last {broken} kinds), the server may end the connection;
everywhere else that is a failure, as are a 5xx, an undocumented status, and an error that is not `{{"error",
"request_id"}}`. {connections:,} connections were opened."""

_MESSAGES = """\
In the same time, on {senders} channels of their own: good `ModelInferRequest`s (typed and raw contents, one tensor or
one a feature, audited), damaged as a seed says in their bytes or in their fields, and now and then a `ModelReady` or
`ModelMetadata` of an odd model; each followed by a good one on the same channel, whose every value must be the model's
to the bit. A failure is a code other than {allowed}; an answer without `x-request-id` behind it; and more
connections than their age of ten seconds explains. What is over 1 MiB gRPC itself refuses, before there is an id; where
its refusal is lost with a connection at its age (UNAVAILABLE) the message is sent again. {connections:,} connections
were opened."""

_SOAK = """\
A quarter of the requests are audited `/score`, a quarter V2 with contributions, half plain V2, one row each, on
{connections} connections. As fast as answers came: {fastest:,.0f} requests/s, p99 {fastest_p99}. Asked then:
{rate:,.0f} requests/s, at even times; a latency counts from when its request was due. In each minute a model is
registered and deployed under the load: two ensembles of trees in turn, each time with a calibration of its own, so that
no two models give a row the same probability. All {right:,} answers were compared, whole: probability, contributions,
base value, points and reasons must be those of the model that the answer names. Memory is what the server has in RAM,
read every two seconds, as medians: {middle:.1f} MiB in the middle third of the soak, {last:.1f} MiB in the last."""


def page(facts: AcceptanceFacts) -> str:
    """What was asked, what was found, and how, as Markdown."""
    parts = [
        "# The server under damaged requests, load and changing champions",
        demands_table(criteria(facts)),
        f"`{facts.command}`",
        machine_line(facts.machine),
        _HOW,
        "## From OpenAPI documents",
        _schema(_OWN, OWN_CHECKS, facts.schema),
        _schema(_PROTOCOL, PROTOCOL_CHECKS, facts.protocol),
        "## Damaged requests",
        _fuzz(facts.fuzz),
        answers_table(facts.fuzz, kinds_of_damage(), "Good requests"),
        *failures_table(facts.fuzz),
        "## Damaged messages of gRPC",
        _messages(facts.messages),
        answers_table(facts.messages, kinds_of_message_damage(), "Good messages"),
        *failures_table(facts.messages),
        "## Soak",
        _soak(facts),
        _minutes(facts.soak),
        *(f"- {fault}" for fault in facts.judged.faults),
        "## Ledger",
        _ledger(facts),
    ]
    return "\n\n".join(parts) + "\n"


def _schema(text: str, checks: Sequence[str], found: SchemaFigures) -> str:
    named = ", ".join(f"`{check}`" for check in checks)
    said = text.format(cases=found.cases or 0, examples=found.examples, checks=named)
    return said if found.holds else f"{said} It failed:\n\n```text\n{found.output}\n```"


def _fuzz(fuzz: FuzzFigures) -> str:
    return _FUZZ.format(seconds=fuzz.seconds, senders=SENDERS, broken=len(FRAME_DAMAGE), connections=fuzz.connections)


def _messages(messages: FuzzFigures) -> str:
    *codes, last = sorted(ALLOWED)
    allowed = f"{', '.join(codes)} and {last}"
    return _MESSAGES.format(senders=CHANNELS, allowed=allowed, connections=messages.connections)


def _soak(facts: AcceptanceFacts) -> str:
    fastest = facts.soak.fastest
    middle, last = later_thirds(facts.soak.resident_bytes)
    return _SOAK.format(
        connections=CONNECTIONS,
        fastest=fastest.requests / fastest.seconds,
        fastest_p99=duration(fastest.p99_seconds),
        rate=facts.soak.rate,
        right=facts.judged.right,
        middle=middle / 2**20,
        last=last / 2**20,
    )


def _minutes(soak: Soak) -> str:
    kinds = list(dict.fromkeys(MIX))
    header = ["minute", "answers", "failed", "closed", *(f"p50, p99 of {kind}" for kind in kinds), "memory", "champion"]
    return table(header, [_minute(number, minute, kinds) for number, minute in enumerate(soak.minutes, 1)])


def _minute(number: int, minute: Minute, kinds: Sequence[str]) -> list[str]:
    answered = minute.answered
    latencies = [answered.kinds.get(kind) for kind in kinds]
    return [
        str(number),
        f"{answered.requests:,}",
        str(answered.errors),
        str(answered.closed),
        *("" if one is None else f"{duration(one.p50_seconds)}, {duration(one.p99_seconds)}" for one in latencies),
        f"{minute.resident / 2**20:.1f} MiB",
        minute.champion,
    ]


def _ledger(facts: AcceptanceFacts) -> str:
    ledger = facts.ledger
    counted = (
        f"Audits that answers to damaged and good requests named: {ledger.named:,}, of these not in the ledger: "
        f"{ledger.absent}. Audited answers of the soak: {ledger.soak_answers:,}; audits that the ledger got meanwhile: "
        f"{ledger.soak_audits:,}. `blink audit verify`:"
    )
    return f"{counted}\n\n```text\n{ledger.verify.said}\n```"
