"""Damaged messages against servers that answer rightly, and against some that do not."""

import numpy as np
import pytest
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb

from benchmarks.serving.byte_damage import LIMIT
from benchmarks.serving.good_messages import good_messages
from benchmarks.serving.grpc_fuzz import CHANNELS, GrpcFuzzWish, fuzz_messages
from benchmarks.serving.message_damage import DamagedMessage
from benchmarks.serving.message_rules import broken_message_rule, cut_at_its_age
from benchmarks.serving.message_wire import MessageAnswer
from tests.unit.benchmarks.fake_grpc_server import REFUSED, fake_grpc_server, response
from tests.unit.benchmarks.scored import ROWS, models

GOOD = {good.name: good for good in good_messages(ROWS[:1])}
NAMED = {"x-request-id": "r"}
ONE = ("default_probability",)


def right(good, **changes):
    audit = {"audit": "a"} if good.audits else {}
    return "OK", response(models()[0], good.rows, sorted(good.outputs), **audit, **changes), NAMED


def fuzzed(refuse=REFUSED, answer=None, *, name="contents", seconds=0.4, **options):
    """What is found of a server that gives `answer` (or the right one) to the good message, `refuse` to all others."""
    good = GOOD[name]
    given = answer or right(good)
    with fake_grpc_server(lambda _, sent: given if sent == good.sent else refuse, **options) as port:
        return fuzz_messages(GrpcFuzzWish("127.0.0.1", port, 4, seconds, [good], models()[0]))


@pytest.mark.parametrize("name", GOOD)
def test_a_server_that_answers_rightly_has_no_failures(name):
    found = fuzzed(name=name)
    assert (found.failed, found.failures) == (0, [])
    assert found.good[name] > 0
    assert {code for counts in found.statuses.values() for code in counts} <= {
        "OK",
        "INVALID_ARGUMENT",
        "RESOURCE_EXHAUSTED",
    }
    assert found.audits == ({"a"} if name == "audited" else set())
    assert found.connections == CHANNELS


@pytest.mark.parametrize(
    ("refuse", "why"),
    [
        (("INTERNAL", "a fault", NAMED), "INTERNAL: a fault"),
        (("UNKNOWN", "", NAMED), "UNKNOWN: "),
        (("UNAVAILABLE", "gone", NAMED), "UNAVAILABLE: gone"),
        (("UNIMPLEMENTED", "no", NAMED), "UNIMPLEMENTED: no"),
        (("INVALID_ARGUMENT", "no (request r)", {}), "INVALID_ARGUMENT without x-request-id behind it"),
        (("NOT_FOUND", "no (request s)", NAMED), "NOT_FOUND of another request id than its metadata's"),
        (("OK", b"\xff", NAMED), "OK with no ModelInferResponse: Error parsing message"),
        (("OK", b"", {}), "OK without x-request-id behind it"),
    ],
)
def test_a_damaged_message_that_is_answered_wrongly_is_kept_with_its_seed(refuse, why):
    found = fuzzed(refuse)
    assert (found.failed > 0, found.failed_good) == (True, 0)
    assert why in {failure.why[: len(why)] for failure in found.failures}
    assert {len(failure.seed) for failure in found.failures} == {3}


def with_raw(content, raw=()):
    """A response with other raw contents."""
    said = pb.ModelInferResponse.FromString(content)
    said.raw_output_contents[:] = raw
    return said.SerializeToString()


def one_row(outputs=ONE, **changes):
    return response(models()[0], (0,), outputs, **changes)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda: REFUSED, "INVALID_ARGUMENT: no (request r)"),
        (lambda: ("OK", one_row(), {}), "OK without x-request-id behind it"),
        (lambda: ("OK", one_row(default_probability=[0.25]), NAMED), "default_probability: not the value of model_"),
        (lambda: ("OK", one_row(model_version="other"), NAMED), "model_version ['other'], not model_cash_advance_"),
        (lambda: ("OK", one_row(audit="a"), NAMED), "1 audits, not 0"),
        (lambda: ("OK", one_row((*ONE, "margin")), NAMED), "outputs ['default_probability', 'margin'], not ['default_"),
        (
            lambda: ("OK", one_row(default_probability=[0.5, 0.5]), NAMED),
            "default_probability: not the value of model_",
        ),
        (lambda: ("OK", with_raw(one_row()), NAMED), "0 raw contents of 1 outputs"),
        (lambda: ("OK", with_raw(one_row(), [b"1234567"]), NAMED), "default_probability is not FP64: ValueError: "),
        (lambda: ("OK", with_raw(one_row(), [bytes(16)]), NAMED), "default_probability has 2 values of shape [1]"),
    ],
)
def test_a_good_message_that_is_answered_wrongly_is_a_failure(answer, why):
    found = fuzzed(answer=answer())
    assert (found.failed_good > 0, found.good["contents"]) == (True, 0)
    assert {failure.why[: len(why)] for failure in found.failures if failure.good} == {why}


def test_the_bit_that_is_not_the_models_is_seen():
    right_value = float(models()[0].default_probabilities[0])
    content = response(models()[0], (0,), ONE, default_probability=[np.nextafter(right_value, 1.0)])
    assert fuzzed(answer=("OK", content, NAMED)).failed_good > 0


def test_a_connection_that_ends_before_its_age_is_a_failure():
    found = fuzzed(seconds=2.5, max_connection_age_ms=500)
    # A message over the limit may meet the age twice, half a second being so short.
    told = [failure for failure in found.failures if failure.kind != "too large"]
    assert [failure.kind for failure in told] == ["the channel"] * CHANNELS
    assert all(failure.why.startswith("connected ") for failure in told)


def test_a_server_that_is_gone_is_given_up():
    with fake_grpc_server(lambda *_: REFUSED) as port:
        pass
    found = fuzz_messages(GrpcFuzzWish("127.0.0.1", port, 1, 60.0, [GOOD["contents"]], models()[0]))
    assert found.failed >= CHANNELS * 200
    assert found.seconds < 60
    assert found.failures[0].why.startswith("UNAVAILABLE: ")


@pytest.mark.parametrize(("code", "broken"), [("RESOURCE_EXHAUSTED", False), ("INVALID_ARGUMENT", True), ("OK", True)])
def test_what_is_over_the_limit_is_refused_by_grpc_itself(code, broken):
    sent = DamagedMessage("too large", bytes(LIMIT + 1))
    answer = MessageAnswer(code, "larger than max", b"", {})
    why = f"{LIMIT + 1:,} bytes: {code}: larger than max" if broken else ""
    assert broken_message_rule(sent, answer) == why


@pytest.mark.parametrize(
    ("size", "code", "details", "cut"),
    [
        (LIMIT + 1, "UNAVAILABLE", "Socket closed (GOAWAY received; Debug Text: max_age)", True),
        (LIMIT + 1, "UNAVAILABLE", "Socket closed", False),
        (LIMIT + 1, "RESOURCE_EXHAUSTED", "max_age", False),
        (LIMIT, "UNAVAILABLE", "Socket closed (GOAWAY received; Debug Text: max_age)", False),
    ],
)
def test_only_a_message_over_the_limit_may_be_cut_at_a_connections_age(size, code, details, cut):
    assert cut_at_its_age(DamagedMessage("cut", bytes(size)), MessageAnswer(code, details, b"", {})) is cut
