"""What the acceptance of the server asks, and its page, from made-up findings."""

from collections import Counter
from dataclasses import replace

import pytest

from benchmarks.client import Answered, KindFigures
from benchmarks.serving.acceptance_facts import AcceptanceFacts, criteria
from benchmarks.serving.acceptance_page import page
from benchmarks.serving.fuzz_figures import FuzzFailure, FuzzFigures
from benchmarks.serving.ledger_figures import LedgerFigures, Verified
from benchmarks.serving.schema_run import SchemaFigures
from benchmarks.serving.server_faults import ServerFaults, counted_faults, logged_faults
from benchmarks.serving.soak import MIX, Minute, Soak
from benchmarks.serving.soak_answers import JudgedAnswers


def answered(**changes):
    kinds = {kind: KindFigures(150, 0.002, 0.02) for kind in MIX}
    given = Answered(600, 60.0, {"200": 600}, 0, 0, p50_seconds=0.002, p99_seconds=0.02, kinds=kinds)
    return replace(given, **changes)


def minutes(*, champion="b", resident=(150.0, 150.0), **changes):
    read = [int(mebibytes * 2**20) for mebibytes in resident]
    first = Minute(answered(**changes), [100 * 2**20, 149 * 2**20], "a")
    return [first, Minute(answered(), read[:1] * 2, champion), Minute(answered(), read[1:] * 2, champion)]


def fuzz_figures(*failures):
    found = FuzzFigures(seconds=600.0, good=Counter({"V2": 1500}), connections=9, audits={"x"})
    found.count("cut", "400")
    found.count("noise for a request", "none")
    for failure in failures:
        found.fail(failure)
    return found


def message_figures(*failures):
    found = FuzzFigures(seconds=600.0, good=Counter({"contents": 1200}), connections=132, audits={"y"})
    found.count("an odd id", "INVALID_ARGUMENT")
    found.count("an odd id", "OK")
    for failure in failures:
        found.fail(failure)
    return found


GOOD_FACTS = AcceptanceFacts(
    command="python -m benchmarks.serving_acceptance",
    machine={"processor": "A processor", "cores": 2, "kernel": "Linux 6", "python": "3.11.7"},
    schema=SchemaFigures(8, 1234, holds=True, output=""),
    protocol=SchemaFigures(8, 567, holds=True, output=""),
    fuzz=fuzz_figures(),
    messages=message_figures(),
    soak=Soak(answered(seconds=10.0), 30.0, minutes()),
    judged=JudgedAnswers(right=2400, audited=600, by_model=Counter({"a": 1000, "b": 1400})),
    ledger=LedgerFigures(1, 0, 600, 600, Verified(holds=True, said="online/cash_advance/0: 9 batches")),
    server=ServerFaults(alive=True, counted=0, logged=0),
)
BROKEN = SchemaFigures(8, 9, holds=False, output="Undocumented status: 418")
UNTOLD = SchemaFigures(8, None, holds=True, output="")
CUT = FuzzFailure((1, 2, 3), "cut", "status 500", b"POST /score|" + bytes(200))
AFTER = FuzzFailure((1, 2, 4), "V2, behind: cut", "status 400", b"POST", good=True)


def unmet(facts):
    return [one.asked for one in criteria(facts) if not one.holds]


def test_nothing_is_unmet_where_all_is_well():
    assert unmet(GOOD_FACTS) == []


@pytest.mark.parametrize(
    ("changes", "asked"),
    [
        ({"schema": BROKEN}, "schemathesis on its own document: a check that does not hold"),
        ({"schema": UNTOLD}, "schemathesis on its own document: requests made, at least 1"),
        ({"protocol": BROKEN}, "schemathesis on the protocol's own document: a check that does not hold"),
        ({"protocol": UNTOLD}, "schemathesis on the protocol's own document: requests made, at least 1"),
        ({"fuzz": fuzz_figures(CUT)}, "damaged requests with a 5xx, a closed connection"),
        ({"fuzz": fuzz_figures(AFTER)}, "good requests among them that did not get their scores"),
        ({"messages": message_figures(CUT)}, "gRPC: damaged messages with a fault's code"),
        ({"messages": message_figures(AFTER)}, "gRPC: good messages among them that did not get their scores"),
        ({"messages": replace(message_figures(), good=Counter())}, "gRPC: good messages among them, at least 1"),
        ({"messages": replace(message_figures(), statuses={})}, "gRPC: damaged messages, at least 1"),
        ({"soak": Soak(answered(), 30, minutes(failures=1))}, "soak: failed requests"),
        ({"soak": Soak(answered(), 30, minutes(statuses={"200": 1, "503": 1}))}, "soak: failed requests"),
        ({"soak": Soak(answered(closed=1), 30, minutes())}, "soak: connections that the server closed"),
        ({"soak": Soak(answered(), 30, minutes(champion="c"))}, "soak: champions, of 3, that answered nothing"),
        ({"soak": Soak(answered(), 30, minutes(resident=(100, 106)))}, "soak: memory of the last third, median"),
        ({"judged": replace(GOOD_FACTS.judged, wrong=1)}, "soak: answers that are not, whole, of the one model"),
        ({"judged": replace(GOOD_FACTS.judged, right=0)}, "soak: right answers, at least 1"),
        ({"ledger": replace(GOOD_FACTS.ledger, absent=1)}, "audits named in answers that are not in the ledger"),
        ({"ledger": replace(GOOD_FACTS.ledger, soak_audits=599)}, "soak: audits in the ledger − audited answers"),
        ({"ledger": replace(GOOD_FACTS.ledger, soak_audits=601)}, "soak: audits in the ledger − audited answers"),
        ({"ledger": replace(GOOD_FACTS.ledger, verify=Verified(holds=False, said=""))}, "`blink audit verify` finds"),
        ({"server": ServerFaults(alive=False, counted=0, logged=0)}, "the server ended before it was told to"),
        ({"server": ServerFaults(alive=True, counted=1, logged=0)}, "requests that it counted with a 5xx"),
        ({"server": ServerFaults(alive=True, counted=0, logged=1)}, "faults in its log"),
    ],
)
def test_each_thing_that_is_wrong_is_told_alone(changes, asked):
    (told,) = unmet(replace(GOOD_FACTS, **changes))
    assert told.startswith(asked)


def test_the_page():
    text = page(GOOD_FACTS)
    assert "(`/openapi.json`) schemathesis made 1,234 requests, at most 8 an operation\nin" in text
    assert "Protocol's own document schemathesis made 567 requests, at most 8 an operation in" in text
    assert "its fuzzing phase. Checks: `not_a_server_error`, `status_code_conformance`, `content_type_" in text
    assert [line for line in text.splitlines() if line.startswith(("| cut ", "| all "))] == [
        "| cut                           | 1   |      |",
        "| all                           | 1   | 1    |",
        "| cut                              |                  |    |",
        "| all                              | 1                | 1  |",
    ]
    assert "| an odd id                        | 1                | 1  |" in text
    assert "A failure is a code other than INVALID_ARGUMENT, NOT_FOUND, OK and RESOURCE_EXHAUSTED;" in text
    assert "Good messages among them: 1,200." in text
    assert "As fast as answers came: 60 requests/s, p99 20 ms. Asked then:\n30 requests/s" in text
    assert "| 2      | 600     | 0      | 0      | 2 ms, 20 ms    | 2 ms, 20 ms " in text
    assert "150.0 MiB in the middle third of the soak, 150.0 MiB in the last" in text
    assert "```text\nonline/cash_advance/0: 9 batches\n```" in text
    assert "**no**" not in text


def test_the_page_shows_a_failure_with_its_seed_and_its_bytes_shortened():
    text = page(replace(GOOD_FACTS, fuzz=fuzz_figures(CUT)))
    assert f"| cut    | status 500 | (1, 2, 3) | `{CUT.sent[:120].hex()}… (212 bytes)` |" in text
    assert "**no**" in text


@pytest.mark.parametrize("document", ["schema", "protocol"])
def test_what_the_document_has_not_is_shown(document):
    text = page(replace(GOOD_FACTS, **{document: BROKEN}))
    assert "It failed:\n\n```text\nUndocumented status: 418\n```" in text


def test_figures_of_connections_add_up():
    total = fuzz_figures(CUT)
    total.add(fuzz_figures(AFTER, CUT))
    assert (total.damaged, total.failed, total.failed_good, total.connections) == (4, 3, 1, 18)
    assert total.good == Counter({"V2": 3000})
    assert total.failures == [CUT, AFTER, CUT]


def test_faults_that_a_server_counts_and_logs():
    metrics = (
        "# HELP blink_requests_total Requests answered\n"
        'blink_requests_total{protocol="http",route="/score",status="200"} 5.0\n'
        'blink_requests_total{protocol="http",route="/score",status="500"} 2.0\n'
        'blink_requests_total{protocol="http",route="other",status="none"} 1.0\n'
        'blink_requests_total{protocol="http",route="/score",status="499"} 9.0\n'
        'blink_requests_total{protocol="grpc",route="ModelInfer",status="INVALID_ARGUMENT"} 9.0\n'
        'blink_requests_total{protocol="grpc",route="ModelInfer",status="INTERNAL"} 4.0\n'
    )
    assert counted_faults(metrics) == 7
    log = "WARNING Invalid HTTP request received.\nERROR request abc: POST /score failed\nTraceback (most recent"
    assert logged_faults(log) == 2
    later = ServerFaults(alive=True, counted=5, logged=2)
    assert later.since(ServerFaults(alive=True, counted=5, logged=1)) == ServerFaults(alive=True, counted=0, logged=1)
