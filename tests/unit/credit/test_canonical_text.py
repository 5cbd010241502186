"""Audits written part by part have the bytes that the ledger's definition gives the whole record."""

import math
from dataclasses import replace
from datetime import datetime
from hashlib import sha256

import numpy as np
import pytest
from hypothesis import given

from credit.canonical_text import named_numbers, named_rows, time_text
from credit.database.audit_record import Audit, audit_record
from credit.database.copying import bytes_field, json_field, text_field
from credit.database.snapshots import snapshot_record
from credit.database.written_audits import WrittenAudit
from credit.database.written_snapshots import WrittenSnapshot
from credit.ledger import LedgerError, canonical_bytes
from tests.unit.credit.audit_examples import AUDITS, GOLDEN


@given(AUDITS)
def test_an_audit_written_in_parts_has_the_ledgers_bytes(audit: Audit) -> None:
    written = WrittenAudit.of(audit)
    assert written.canonical == canonical_bytes(audit_record(audit))
    assert written.sha256 == sha256(written.canonical).digest()
    assert written.snapshot.canonical.encode() == canonical_bytes(snapshot_record(audit.snapshot))


def test_an_audits_bytes_are_these_forever() -> None:
    assert WrittenAudit.of(GOLDEN).canonical.decode() == (
        '{"as_of":"2026-03-01T04:05:06.000000Z","audit_id":"00000000-0000-0000-0000-000000000001","base_value":1e-07,'
        '"contributions":{"a":0.0,"b":1e+22},"default_probability":0.1,"engine":"treelite","engine_version":"4",'
        '"margin":0.0,"missing":["a"],"model_id":"model_x_20260301_040506","origin":"online","points":600,'
        '"reasons":[{"amount":0.25,"code":"income","features":["b"],"sentence":"Low."}],"request_id":"r-1",'
        '"role":"champion","run_id":null,"scale":"log_odds_default","scored_at":"2026-03-01T04:05:06.000007Z",'
        '"snapshot":{"as_of":"2026-03-01T04:05:06.000000Z","features":{"a":null,"b":5.0},'
        '"null_reasons":{"a":"not supplied"},"origin":"online","pg_snapshot":"1:2:","portfolio":"cash_advance",'
        '"run_id":null,"snapshot_id":"00000000-0000-0000-0000-000000000002","source":"supplied",'
        '"subject_id":"ü\\"1"},"subject_id":"ü\\"1"}'
    )


@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), -float("inf")])
def test_a_number_that_is_not_finite_is_named(wrong: float) -> None:
    with pytest.raises(LedgerError, match=r"^b: -?(nan|inf) has no canonical form; a missing number is null$"):
        named_numbers({"a": None, "b": wrong})
    with pytest.raises(LedgerError, match="has no canonical form"):
        WrittenAudit.of(replace(GOLDEN, score=replace(GOLDEN.score, margin=wrong)))


def test_numbers_are_written_in_the_order_given_too() -> None:
    numbers = named_numbers({"b": -0.0, "a": None, "é": 0.1})
    assert numbers.as_given == '{"b":0.0,"a":null,"é":0.1}'
    assert numbers.canonical == '{"a":null,"b":0.0,"é":0.1}'
    assert named_numbers({"a": 1.0}).canonical == '{"a":1.0}'
    assert named_numbers({}).canonical == "{}"


def test_rows_of_numbers_are_written_as_each_alone() -> None:
    rows = np.array([[-0.0, 1e-7], [math.nan, 2.5]])
    assert [(one.canonical, one.as_given) for one in named_rows(("b", "a"), rows, may_be_unknown=True)] == [
        ('{"a":1e-07,"b":0.0}', '{"b":0.0,"a":1e-07}'),
        ('{"a":2.5,"b":null}', '{"b":null,"a":2.5}'),
    ]
    with pytest.raises(LedgerError, match=r"^a: -inf has no canonical form; a missing number is null$"):
        named_rows(("b", "a"), np.array([[math.nan, -math.inf], [math.nan, 2.5]]), may_be_unknown=True)
    with pytest.raises(LedgerError, match=r"^b: nan has no canonical form; a missing number is null$"):
        named_rows(("b", "a"), np.array([[1.0, 2.0], [math.nan, 2.5]]))


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(LedgerError, match="has no time zone"):
        time_text(datetime(2026, 3, 1))  # noqa: DTZ001
    with pytest.raises(LedgerError, match="has no time zone"):
        WrittenSnapshot.of(replace(GOLDEN.snapshot, as_of=datetime(2026, 3, 1)))  # noqa: DTZ001


def test_fields_of_copy_are_escaped() -> None:
    assert text_field("a\tb\nc\rd\\Né") == "a\\tb\\nc\\rd\\\\Né"
    assert json_field('{"a":"\\n"}') == '{"a":"\\\\n"}'
    assert bytes_field(b"\x00\xff") == "\\\\x00ff"
