"""Records on a disk: what was appended is found again, what was torn is not, and damage is told."""

import errno
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit.database.score_requests import FirstAnswer
from credit.database.written_audits import WrittenAudit
from predictor.draining import Drainer
from predictor.spool import FILE, Spool, SpoolError, SpoolFullError, claimed, has_records, left_behind
from predictor.spool_record import SpoolRecord, from_payload, to_payload
from predictor.spooled_audits import SpooledAudits
from tests.unit.credit.audit_examples import AUDITS, GOLDEN

MOST = 10_000
PAYLOADS = [b"first", b"", b"third" * 20]


def spool(folder: Path, *, most_bytes: int = MOST) -> Spool:
    return Spool(folder, most_bytes=most_bytes)


def contents(opened: Spool) -> list[bytes]:
    return [opened.read(place) for place in opened.places()]


def written(folder: Path) -> bytes:
    """The file of the three payloads, closed."""
    opened = spool(folder)
    for payload in PAYLOADS:
        opened.append(payload)
    opened.close()
    return (folder / FILE).read_bytes()


def test_what_was_appended_is_found_by_the_next_process_in_order(tmp_path):
    written(tmp_path)
    again = spool(tmp_path)
    assert contents(again) == PAYLOADS
    assert again.filled.is_set()
    again.append(b"fourth")
    again.drop(2)
    assert contents(again) == [PAYLOADS[2], b"fourth"]
    again.drop(2)
    assert (contents(again), again.size, again.filled.is_set()) == ([], 0, False)
    assert (tmp_path / FILE).stat().st_size == 0
    again.append(b"after")
    again.close()
    assert contents(spool(tmp_path)) == [b"after"]


def test_what_was_dropped_in_part_is_found_again_after_a_kill(tmp_path):
    written(tmp_path)
    first = spool(tmp_path)
    first.drop(1)
    first.close()
    assert contents(spool(tmp_path)) == PAYLOADS


@pytest.mark.parametrize("damage", ["cut", "zeros", "flipped"])
def test_a_torn_last_record_is_cut_off_wherever_it_was_torn(tmp_path, damage):
    whole = written(tmp_path)
    start = len(whole) - len(PAYLOADS[2]) - 48
    for at in range(start, len(whole), 5):
        rest = {"cut": b"", "zeros": bytes(len(whole) - at), "flipped": bytes([whole[at] ^ 1]) + whole[at + 1 :]}
        (tmp_path / FILE).write_bytes(whole[:at] + rest[damage])
        opened = spool(tmp_path)
        assert contents(opened) == PAYLOADS[:2]
        opened.append(b"next")
        opened.close()
        opened = spool(tmp_path)
        assert contents(opened) == [*PAYLOADS[:2], b"next"]
        opened.close()


@pytest.mark.parametrize("at", [0, 9, 20, 48, 50, 60])
def test_damage_before_the_last_record_is_told_and_nothing_is_cut(tmp_path, at):
    whole = bytearray(written(tmp_path))
    whole[at] ^= 1
    (tmp_path / FILE).write_bytes(whole)
    with pytest.raises(SpoolError, match=r"the record at byte \d+ is damaged, and others follow it"):
        spool(tmp_path)
    assert (tmp_path / FILE).read_bytes() == bytes(whole)


def test_a_full_spool_takes_nothing_and_keeps_what_it_has(tmp_path):
    small = spool(tmp_path, most_bytes=120)
    small.append(b"x" * 60)
    with pytest.raises(SpoolFullError, match="108 of 120 bytes are taken"):
        small.append(b"y" * 60)
    assert contents(small) == [b"x" * 60]


def failing(code: int) -> Callable[..., int]:
    def fail(*_arguments: object) -> int:
        raise OSError(code, os.strerror(code))

    return fail


def test_a_disk_without_room_refuses_one_record_and_takes_a_later_one(tmp_path, monkeypatch):
    opened = spool(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(os, "pwrite", failing(errno.ENOSPC))
        with pytest.raises(SpoolFullError, match="No space left"):
            opened.append(b"refused")
    opened.append(b"taken")
    assert contents(opened) == [b"taken"]


def test_after_a_failed_sync_nothing_is_promised_any_more(tmp_path, monkeypatch):
    opened = spool(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", failing(errno.EIO))
        with pytest.raises(SpoolError, match="the disk failed"):
            opened.append(b"refused")
    with pytest.raises(SpoolError, match="the disk failed"):
        opened.append(b"refused too")
    assert contents(opened) == []


def test_two_processes_never_have_one_place(tmp_path):
    first = claimed(tmp_path, most_bytes=MOST)
    second = claimed(tmp_path, most_bytes=MOST)
    assert [first.folder.name, second.folder.name] == ["0", "1"]
    with pytest.raises(BlockingIOError):
        spool(first.folder)
    second.append(b"left")
    second.close()
    (left,) = left_behind(tmp_path, most_bytes=MOST)
    assert (left.folder.name, contents(left)) == ("1", [b"left"])
    left.close()
    assert claimed(tmp_path, most_bytes=MOST).folder.name == "1", "records come before an empty place"
    assert has_records(tmp_path / "1")


def test_a_folder_that_cannot_be_one_is_told(tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(SpoolError, match="a folder on a persistent volume"):
        claimed(tmp_path / "file", most_bytes=MOST)


def answer(key: str) -> FirstAnswer:
    at = datetime(2026, 3, 1, 2, 3, 4, 5, tzinfo=UTC)
    return FirstAnswer(key, bytes(range(32)), at, (UUID(int=1), UUID(int=2)), f'{{"ü":"\\u0000{key}"}}', at)


@given(st.lists(AUDITS, min_size=1, max_size=2), st.lists(st.sampled_from("abc"), max_size=2))
def test_a_record_reads_back_as_it_was(audits, keys):
    answers = [answer(key) for key in keys]
    payload = to_payload([WrittenAudit.of(audit) for audit in audits], answers)
    read = from_payload(payload)
    assert read == SpoolRecord(tuple(audits), tuple(answers))
    assert [WrittenAudit.of(audit).canonical for audit in read.audits] == [
        WrittenAudit.of(one).canonical for one in audits
    ]


def test_audits_are_drained_in_order_and_their_keys_are_known_until_then(tmp_path):
    spooled = SpooledAudits(spool(tmp_path))
    for key in "abc":
        spooled.put([WrittenAudit.of(GOLDEN)], [answer(key)])
    assert spooled.first_answer("b") == answer("b")
    assert spooled.first_answer("d") is None
    assert spooled.oldest == GOLDEN.scored_at
    spooled.close()
    again = SpooledAudits(spool(tmp_path))
    assert again.first_answer("c") == answer("c")
    written: list[SpoolRecord] = []
    again.drain(written.extend)
    assert [record.answers[0].key for record in written] == ["a", "b", "c"]
    assert [record.audits for record in written] == [(GOLDEN,)] * 3
    assert (again.first_answer("a"), again.oldest, again.filled.is_set()) == (None, None, False)


def test_what_could_not_be_written_stays(tmp_path):
    spooled = SpooledAudits(spool(tmp_path))
    spooled.put([WrittenAudit.of(GOLDEN)], [answer("a")])

    def refuse(_records: object) -> None:
        raise RuntimeError("refused")

    with pytest.raises(RuntimeError, match="refused"):
        spooled.drain(refuse)
    assert spooled.first_answer("a") == answer("a")


def test_at_the_end_no_further_transaction_is_begun(tmp_path):
    other = claimed(tmp_path, most_bytes=MOST)
    own = SpooledAudits(claimed(tmp_path, most_bytes=MOST))
    left = SpooledAudits(other)
    for spooled in (left, own):
        for key in "ab":
            spooled.put([WrittenAudit.of(GOLDEN)], [answer(key)])
    other.close()
    ended, keys, told = Event(), [], []

    def write(records: list[SpoolRecord]) -> None:
        keys.extend(record.answers[0].key for record in records)
        ended.set()

    drainer = Drainer(own, tmp_path, write, reach=lambda: None, most_bytes=MOST, poll_seconds=60)
    drainer.run(ended, lambda: told.append(1))
    assert (keys, own.filled.is_set(), has_records(tmp_path / "0"), told) == (["a", "b"], False, True, [])
    own.put([WrittenAudit.of(GOLDEN)], [answer("c")])
    assert own.drain(write, ended.is_set) is False
    assert own.first_answer("c") == answer("c")
    ended.clear()
    assert own.drain(write, ended.is_set) is True
    assert keys == ["a", "b", "c"]


def test_a_drainer_tells_once_when_all_is_drained_and_takes_what_others_left(tmp_path):
    other = claimed(tmp_path, most_bytes=MOST)
    own = claimed(tmp_path, most_bytes=MOST)
    SpooledAudits(other).put([WrittenAudit.of(GOLDEN)], [answer("left")])
    other.close()
    spooled = SpooledAudits(own)
    spooled.put([WrittenAudit.of(GOLDEN)], [answer("own")])
    ended, failures, told, keys = Event(), iter([True, True]), [], []

    def write(records: list[SpoolRecord]) -> None:
        if next(failures, False):
            raise RuntimeError("the database refuses")
        assert not told
        keys.extend(record.answers[0].key for record in records)

    def caught_up() -> None:
        told.append(list(keys))
        ended.set()

    Drainer(spooled, tmp_path, write, reach=lambda: None, most_bytes=MOST, poll_seconds=0.001).run(ended, caught_up)
    assert told == [["own", "left"]]
    assert not has_records(tmp_path / "0")


def test_while_a_drainer_tries_to_reach_the_database_scores_are_kept(tmp_path):
    spooled = SpooledAudits(claimed(tmp_path, most_bytes=MOST))
    spooled.put([WrittenAudit.of(GOLDEN)], [answer("a")])
    ended, reaching, reached = Event(), Event(), Event()

    def reach() -> None:
        reaching.set()
        assert reached.wait(timeout=60)

    drainer = Drainer(spooled, tmp_path, lambda _: None, reach=reach, most_bytes=MOST, poll_seconds=0.001)
    with ThreadPoolExecutor(2) as threads:
        running = threads.submit(drainer.run, ended, ended.set)
        assert reaching.wait(timeout=60)
        threads.submit(spooled.put, [WrittenAudit.of(GOLDEN)], [answer("b")]).result(timeout=60)
        assert spooled.first_answer("b") == answer("b")
        reached.set()
        running.result(timeout=60)
    assert not spooled.filled.is_set()
