from dataclasses import replace
from datetime import datetime, timedelta, timezone
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit.ledger import (
    EMPTY_CHAIN,
    AuditBatch,
    Canonical,
    ChainHead,
    LedgerError,
    canonical_bytes,
    merkle_root,
    next_batch,
    record_hash,
    verify_batch,
)

HASHES = [sha256(bytes([index])).digest() for index in range(9)]

# Published with the reference implementation of RFC 6962 (certificate-transparency, merkle tree tests).
LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


@pytest.mark.parametrize("size", range(9))
def test_merkle_roots_published_for_rfc_6962(size: int) -> None:
    assert merkle_root(LEAVES[:size]).hex() == ROOTS[size]


def test_a_record_has_one_canonical_form() -> None:
    record = {
        "b": 0.1,
        "a": [1, 1.0, -0.0, 1e22, 5e-324],
        "t": datetime(2026, 3, 1, 1, 2, 3, 4, tzinfo=timezone(timedelta(hours=1))),
        "n": None,
        "o": {"z": True, "é": "é"},
    }
    assert canonical_bytes(record).decode() == (
        '{"a":[1,1.0,0.0,1e+22,5e-324],"b":0.1,"n":null,"o":{"z":true,"é":"é"},"t":"2026-03-01T00:02:03.000004Z"}'
    )
    assert record_hash(record) == record_hash(dict(reversed(record.items())))


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_that_differ_have_bytes_that_differ(one: float, other: float) -> None:
    same = canonical_bytes({"x": one}) == canonical_bytes({"x": other})
    assert same == (one == other)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"f": float("nan")}, r"x\.f: nan has no canonical form"),
        ([0.0, float("inf")], r"x\[1\]: inf has no canonical form"),
        (datetime(2026, 1, 1), "x: 2026-01-01T00:00:00 has no time zone"),  # noqa: DTZ001  # the case tested
        (b"bytes", "x: no canonical form for bytes"),
    ],
)
def test_what_has_no_canonical_form_is_named(value: Canonical, message: str) -> None:
    with pytest.raises(LedgerError, match=message):
        canonical_bytes({"x": value})


def test_batches_follow_each_other_and_verify() -> None:
    first = next_batch("batch", EMPTY_CHAIN, HASHES[:5])
    assert (first.sequence, first.count, first.previous_root) == (1, 5, None)
    head = verify_batch(first, EMPTY_CHAIN, HASHES[:5])
    second = next_batch("batch", head, HASHES[5:])
    assert (second.sequence, second.count, second.previous_root) == (2, 4, first.merkle_root)
    assert verify_batch(second, head, HASHES[5:]).root == second.merkle_root


def test_each_root_commits_to_those_before_it() -> None:
    one = verify_batch(*_first(HASHES[:2]))
    other = verify_batch(*_first([HASHES[0], HASHES[2]]))
    assert next_batch("w", one, HASHES[3:]).merkle_root != next_batch("w", other, HASHES[3:]).merkle_root


@pytest.mark.parametrize(
    "audits", [HASHES[:4], HASHES[:6], [*HASHES[:4], HASHES[8]], HASHES[4::-1]], ids=lambda a: str(len(a))
)
def test_a_removed_inserted_changed_or_moved_row_is_found(audits: list[bytes]) -> None:
    batch = next_batch("w", EMPTY_CHAIN, HASHES[:5])
    with pytest.raises(LedgerError, match=r"writer w, batch 1: (count|merkle_root) is"):
        verify_batch(batch, EMPTY_CHAIN, audits)


def test_a_batch_that_does_not_follow_is_found() -> None:
    batch = next_batch("w", EMPTY_CHAIN, HASHES)
    with pytest.raises(LedgerError, match="sequence is 3, recomputed 1"):
        verify_batch(replace(batch, sequence=3), EMPTY_CHAIN, HASHES)
    with pytest.raises(LedgerError, match="previous_root is"):
        verify_batch(replace(batch, previous_root=HASHES[0]), EMPTY_CHAIN, HASHES)
    with pytest.raises(LedgerError, match="at least one audit"):
        next_batch("w", EMPTY_CHAIN, [])


def _first(hashes: list[bytes]) -> tuple[AuditBatch, ChainHead, list[bytes]]:
    return next_batch("w", EMPTY_CHAIN, hashes), EMPTY_CHAIN, hashes
