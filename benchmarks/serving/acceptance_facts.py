"""All that the acceptance of the server found, and what is asked of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.criteria import Criterion
from benchmarks.serving.fuzz_figures import FuzzFigures
from benchmarks.serving.ledger_figures import LedgerFigures
from benchmarks.serving.memory import GROWTH, growth
from benchmarks.serving.schema_run import SchemaFigures
from benchmarks.serving.server_faults import ServerFaults
from benchmarks.serving.soak import Soak
from benchmarks.serving.soak_answers import JudgedAnswers


@dataclass(frozen=True, slots=True)
class AcceptanceFacts:
    """What was found."""

    command: str
    machine: Mapping[str, object]
    schema: SchemaFigures
    """By the server's own document."""
    protocol: SchemaFigures
    """By the Open Inference Protocol's."""
    fuzz: FuzzFigures
    messages: FuzzFigures
    """Of gRPC."""
    soak: Soak
    judged: JudgedAnswers
    ledger: LedgerFigures
    server: ServerFaults


def criteria(facts: AcceptanceFacts) -> Sequence[Criterion]:
    """What is asked: most of it is that something never happened."""
    return [
        *_of_requests(facts),
        *_of_messages(facts.messages),
        *_of_soak(facts),
        *_of_ledger(facts),
        *_of_server(facts),
    ]


def _of_requests(facts: AcceptanceFacts) -> Iterator[Criterion]:
    yield from _of_document("its own", facts.schema)
    yield from _of_document("the protocol's own", facts.protocol)
    fuzz = facts.fuzz
    yield Criterion("damaged requests, at least 1", fuzz.damaged, 1)
    yield _never(
        "damaged requests with a 5xx, a closed connection or an error of another form", fuzz.failed - fuzz.failed_good
    )
    yield Criterion("good requests among them, at least 1", sum(fuzz.good.values()), 1)
    yield _never("good requests among them that did not get their scores, to the bit", fuzz.failed_good)


def _of_document(whose: str, found: SchemaFigures) -> Iterator[Criterion]:
    on = f"schemathesis on {whose} document"
    yield _never(f"{on}: a check that does not hold", int(not found.holds))
    yield Criterion(f"{on}: requests made, at least 1", found.cases, 1)


def _of_messages(messages: FuzzFigures) -> Iterator[Criterion]:
    yield Criterion("gRPC: damaged messages, at least 1", messages.damaged, 1)
    yield _never(
        "gRPC: damaged messages with a fault's code, a broken channel or a refusal without an id",
        messages.failed - messages.failed_good,
    )
    yield Criterion("gRPC: good messages among them, at least 1", sum(messages.good.values()), 1)
    yield _never("gRPC: good messages among them that did not get their scores, to the bit", messages.failed_good)


def _of_soak(facts: AcceptanceFacts) -> Iterator[Criterion]:
    minutes = facts.soak.minutes
    answered = [facts.soak.fastest, *(minute.answered for minute in minutes)]
    yield Criterion("soak: right answers, at least 1", facts.judged.right, 1)
    yield _never("soak: failed requests", sum(one.errors for one in answered))
    yield _never("soak: connections that the server closed", sum(one.closed for one in answered))
    yield _never("soak: answers that are not, whole, of the one model that they name", facts.judged.wrong)
    unseen = [minute.champion for minute in minutes if not facts.judged.by_model[minute.champion]]
    yield _never(f"soak: champions, of {len(minutes)}, that answered nothing", len(unseen))
    yield Criterion(
        f"soak: memory of the last third, median, over the middle third's: ≤ {GROWTH}",
        growth(facts.soak.resident_bytes),
        GROWTH,
        at_most=True,
    )


def _of_ledger(facts: AcceptanceFacts) -> Iterator[Criterion]:
    ledger = facts.ledger
    yield _never("audits named in answers that are not in the ledger", ledger.absent)
    yield _never("soak: audits in the ledger − audited answers", abs(ledger.soak_audits - ledger.soak_answers))
    yield Criterion("soak: audited answers, at least 1", ledger.soak_answers, 1)
    yield _never("`blink audit verify` finds something", int(not ledger.verify.holds))


def _of_server(facts: AcceptanceFacts) -> Iterator[Criterion]:
    yield _never("the server ended before it was told to", int(not facts.server.alive))
    yield _never("requests that it counted with a 5xx, a fault's code of gRPC, or nothing", facts.server.counted)
    yield _never("faults in its log", facts.server.logged)


def _never(asked: str, found: int) -> Criterion:
    return Criterion(asked, found, 0, at_most=True)
