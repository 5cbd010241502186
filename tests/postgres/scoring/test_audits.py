"""Audits on real servers: what was written reads back to the bit, once, and no change goes unseen."""

from dataclasses import replace
from datetime import timedelta
from itertools import product
from math import log
from uuid import uuid4

import numpy as np
import pytest
from sqlalchemy import Connection, select, text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from credit.database.audit_reading import audits_of_batch, latest_audit, verify_writer
from credit.database.audits import Audit, append, audit_record
from credit.database.schema import AUDIT_BATCHES
from credit.database.scoring_runs import ScoringRun
from credit.database.snapshots import SnapshotError
from credit.features.query import Key, compute_features
from credit.ledger import AuditBatch, LedgerError, canonical_bytes, merkle_root, record_hash
from credit.scores import score_of, score_rows
from predictor.batch.plan import Wish
from predictor.batch.scoring import audits_of_subjects
from predictor.batch.steps import plan
from tests.postgres.scoring.world import FIRST, PORTFOLIO, World, names

WRITER = "batch/cash_advance/0"
SUBJECTS = names(7)


@pytest.fixture
def scored(world: World) -> World:
    world.score(batch_size=4)
    return world


def test_contributions_and_base_add_up_to_the_logit_of_the_probability_as_stored(scored: World):
    with scored.owner.connect() as connection:
        rows = connection.execute(
            text("""
                SELECT base_value, default_probability,
                       (SELECT array_agg(CAST(value AS float8)) FROM jsonb_each_text(contributions)) AS contributions
                FROM blink.risk_score_audits
            """)
        ).all()
    assert len(rows) == 7
    for row in rows:
        assert len(row.contributions) == len(PORTFOLIO.features)
        logit = log(row.default_probability / (1 - row.default_probability))
        assert abs(sum(row.contributions) + row.base_value - logit) < 1e-9


def test_what_was_scored_reads_back_to_the_bit_and_replays(scored: World):
    with scored.owner.connect() as connection:
        read = audits_of_batch(connection, WRITER, 1) + audits_of_batch(connection, WRITER, 2)
        assert [audit.score.subject_id for audit in read] == SUBJECTS
        keys = [Key(audit.score.subject_id, audit.score.as_of, audit.snapshot.pg_snapshot) for audit in read]
        values = compute_features(connection, PORTFOLIO, keys).values
    again = score_rows(scored.load_model(FIRST), values)
    for row, audit in enumerate(read):
        features = [np.nan if value is None else value for value in audit.snapshot.features.values()]
        assert dict(audit.snapshot.features).keys() == set(PORTFOLIO.feature_names)
        np.testing.assert_array_equal(sorted(features), sorted(values[row].tolist()))
        expected = score_of(again, row, subject_id=audit.score.subject_id, as_of=audit.score.as_of)
        assert audit.score == expected
        assert canonical_bytes({"x": audit.score.contributions}) == canonical_bytes({"x": expected.contributions})


def test_roots_recompute_from_the_rows(scored: World):
    with scored.owner.connect() as connection:
        batches = connection.execute(select(AUDIT_BATCHES).order_by(AUDIT_BATCHES.c.sequence)).mappings().all()
        previous = None
        for batch in batches:
            audits = audits_of_batch(connection, WRITER, batch["sequence"])
            header = {
                "writer": WRITER,
                "sequence": batch["sequence"],
                "count": len(audits),
                "previous_root": None if previous is None else previous.hex(),
            }
            hashes = [record_hash(audit_record(audit)) for audit in audits]
            root = merkle_root([canonical_bytes(header), *hashes])
            assert (bytes(batch["merkle_root"]), batch["previous_root"] and bytes(batch["previous_root"])) == (
                root,
                previous,
            )
            previous = root
        head = verify_writer(connection, WRITER)
    assert (head.sequence, head.root) == (2, previous)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("UPDATE blink.risk_score_audits SET points = points + 1 WHERE subject_id = 'u-0001'", "'u-0001' was changed"),
        (
            """UPDATE blink.feature_store_snapshots SET features = features || '{"metric_total_balance": 1}'
               WHERE subject_id = 'u-0005'""",
            "'u-0005' was changed",
        ),
        ("UPDATE blink.risk_score_audits SET portfolio = 'other' WHERE subject_id = 'u-0001'", "subject 'u-0001'"),
        ("DELETE FROM blink.risk_score_audits WHERE subject_id = 'u-0002'", "batch 1: count is 4, recomputed 3"),
        ("UPDATE blink.audit_batches SET count = 2, merkle_root = previous_root WHERE sequence = 2", "batch 2: count"),
        ("DELETE FROM blink.audit_batches WHERE sequence = 1", "batch 2: sequence is 2, recomputed 1"),
        (
            "DELETE FROM blink.feature_store_snapshots WHERE subject_id = 'u-0001'",
            "batch 1: count is 4, recomputed 3",
        ),
        (
            "UPDATE blink.risk_score_audits SET batch_position = 9 WHERE subject_id = 'u-0001'",
            "batch 1: merkle_root is [0-9a-f]{64}, recomputed [0-9a-f]{64}",
        ),
        ("DELETE FROM blink.audit_batches WHERE sequence = 2", "audits of batch 2, but the chain ends with batch 1"),
        ("DELETE FROM blink.audit_batches", "audits of batch 2, but the chain is empty"),
    ],
)
def test_whoever_turns_the_triggers_off_and_changes_a_row_is_found(
    scored: World, monkeypatch: pytest.MonkeyPatch, change: str, message: str
):
    with scored.owner.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text(change))
        for audits in (5000, 1):  # both batches at once, and one after the other
            monkeypatch.setattr("credit.database.audit_reading._AUDITS_AT_ONCE", audits)
            with pytest.raises(LedgerError, match=message):
                verify_writer(connection, WRITER)


def test_the_scorer_cannot_change_what_it_wrote(scored: World):
    columns = {"risk_score_audits": "points", "feature_store_snapshots": "features", "audit_batches": "count"}
    changes = ("UPDATE blink.{0} SET {1} = {1}", "DELETE FROM blink.{0}", "TRUNCATE blink.{0}")
    with scored.scorer.connect() as connection:
        for change, (table, column) in product(changes, columns.items()):
            with pytest.raises(ProgrammingError, match="permission denied"):
                connection.execute(text(change.format(table, column)))
            connection.rollback()


def test_a_retry_writes_nothing_twice_and_part_of_it_only_the_rest(world: World):
    with world.scorer.connect() as connection:
        _, audits = planned_audits(world, connection)
        first = append(connection, writer=WRITER, audits=audits[:3])
        rest = append(connection, writer=WRITER, audits=audits)
        nothing = append(connection, writer=WRITER, audits=audits)
        connection.commit()
        assert (first.audits, rest.audits, nothing.audits) == (audits[:3], audits[3:], ())
        assert nothing.batch is None
        assert verify_writer(connection, WRITER).sequence == 2
    assert [subject for subject, _, _ in world.audited()] == SUBJECTS


def test_nothing_of_a_transaction_that_is_not_committed_stays(world: World):
    with world.scorer.connect() as connection:
        _, audits = planned_audits(world, connection)
        append(connection, writer=WRITER, audits=audits)
        connection.rollback()
    assert (world.audited(), world.batches(), world.latest()) == ([], [], {})


def test_a_score_from_other_features_than_the_stored_snapshot_is_refused(world: World):
    with world.scorer.connect() as connection:
        _, audits = planned_audits(world, connection)
        append(connection, writer=WRITER, audits=audits)
        first = audits[0]
        features = {**first.snapshot.features, "metric_total_balance": 1.0}
        other = replace(first, audit_id=uuid4(), snapshot=replace(first.snapshot, features=features))
        with pytest.raises(SnapshotError, match=r"subject 'u-0000' as of .*: a snapshot with other content is stored"):
            append(connection, writer=WRITER, audits=[other])


def test_an_audit_whose_snapshot_is_not_stored_is_refused(scored: World):
    copied = """
        INSERT INTO blink.risk_score_audits
        SELECT (jsonb_populate_record(audit, jsonb_build_object(
            'audit_id', gen_random_uuid(), 'origin', 'online', 'snapshot_id', CAST(:snapshot AS uuid)))).*
        FROM blink.risk_score_audits audit WHERE snapshot_id = :stored
    """
    absent = uuid4()
    with scored.owner.connect() as connection:
        stored = connection.scalar(text("SELECT snapshot_id FROM blink.risk_score_audits LIMIT 1"))
        written = connection.execute(text(copied), {"snapshot": stored, "stored": stored})
        assert written.rowcount == 1
        with pytest.raises(IntegrityError, match=f"snapshot {absent} as of .* is not stored"):
            connection.execute(text(copied), {"snapshot": absent, "stored": stored})
        connection.rollback()


def test_latest_scores_only_move_forward_and_shadows_and_challengers_leave_them(world: World):
    with world.scorer.connect() as connection:
        run, audits = planned_audits(world, connection)
        now, earlier = audits[0], moved(audits[0], -timedelta(seconds=1))
        append(connection, writer="online/cash_advance/0", audits=[now])
        append(connection, writer="online/cash_advance/0", audits=[earlier])
        later = moved(audits[0], timedelta(seconds=1))
        shadow, challenger = replace(later, origin="shadow"), replace(later, role="challenger", audit_id=uuid4())
        append(connection, writer="online/cash_advance/0", audits=[shadow, challenger])
        connection.commit()
        assert world.latest() == {"u-0000": (run.as_of, FIRST)}
        latest = latest_audit(connection, PORTFOLIO.name, "u-0000")
        assert latest is not None
        assert latest.score.as_of == later.score.as_of
        assert latest_audit(connection, PORTFOLIO.name, "nobody") is None


def test_supplied_features_are_audited_and_say_nothing_of_where_a_subject_stands(world: World):
    with world.scorer.connect() as connection:
        run, audits = planned_audits(world, connection)
        later = moved(audits[0], timedelta(seconds=1))
        asked = replace(later, origin="online", snapshot=replace(later.snapshot, source="supplied", origin="online"))
        append(connection, writer="online/cash_advance/0", audits=[audits[0], asked])
        connection.commit()
        latest = latest_audit(connection, PORTFOLIO.name, "u-0000")
    assert latest is not None
    assert latest.snapshot.source == "supplied"
    assert world.latest() == {"u-0000": (run.as_of, FIRST)}


def test_two_scores_of_one_subject_in_one_batch_leave_the_later_as_its_latest(world: World):
    with world.scorer.connect() as connection:
        _, audits = planned_audits(world, connection)
        later = moved(audits[0], timedelta(seconds=1))
        appended = append(connection, writer="online/cash_advance/0", audits=[later, audits[0]])
        connection.commit()
    assert isinstance(appended.batch, AuditBatch)
    assert world.latest() == {"u-0000": (later.score.as_of, FIRST)}


def planned_audits(world: World, connection: Connection) -> tuple[ScoringRun, tuple[Audit, ...]]:
    planned = plan(connection, Wish(PORTFOLIO.name))
    assert planned is not None
    bundle, run = world.load_model(FIRST), planned.run
    return run, audits_of_subjects(connection, run, PORTFOLIO, bundle, SUBJECTS, scored_at=run.as_of)


def moved(audit: Audit, by: timedelta) -> Audit:
    """The same score as of another time, as an online one."""
    as_of = audit.score.as_of + by
    return replace(
        audit,
        audit_id=uuid4(),
        origin="online",
        score=replace(audit.score, as_of=as_of),
        snapshot=replace(audit.snapshot, snapshot_id=uuid4(), as_of=as_of, origin="online"),
    )
