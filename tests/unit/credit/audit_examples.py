"""Audits of every kind, and one that stays as it is."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

from hypothesis import strategies as st

from credit.database.audit_record import Audit
from credit.database.snapshots import Snapshot
from credit.reasons import Reason
from credit.scores import Score

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
TIMES = st.datetimes(
    datetime(1901, 1, 1),  # noqa: DTZ001 - in the zones below
    datetime(8999, 12, 31),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=-5))]),
)
REASONS = st.builds(Reason, code=TEXTS, sentence=TEXTS, amount=NUMBERS, features=st.lists(TEXTS, max_size=3).map(tuple))
SCORES = st.builds(
    Score,
    subject_id=TEXTS,
    as_of=TIMES,
    model_id=TEXTS,
    engine=TEXTS,
    engine_version=TEXTS,
    margin=NUMBERS,
    default_probability=st.floats(0, 1),
    points=st.integers(-(10**6), 10**6),
    base_value=NUMBERS,
    contributions=st.dictionaries(TEXTS, NUMBERS, max_size=4),
    scale=st.sampled_from(["log_odds_default", "probability"]),
    reasons=st.lists(REASONS, max_size=2).map(tuple),
    missing=st.lists(TEXTS, max_size=2).map(tuple),
)
SNAPSHOTS = st.builds(
    Snapshot,
    snapshot_id=st.uuids(),
    as_of=TIMES,
    portfolio=TEXTS,
    subject_id=TEXTS,
    source=st.sampled_from(["computed", "supplied"]),
    origin=st.sampled_from(["batch", "online"]),
    pg_snapshot=st.just("1:2:"),
    run_id=st.none() | st.uuids(),
    features=st.dictionaries(TEXTS, st.none() | NUMBERS, max_size=4),
    null_reasons=st.dictionaries(TEXTS, TEXTS, max_size=3),
)
AUDITS = st.builds(
    lambda score, **others: Audit(score=replace(score, subject_id=others["snapshot"].subject_id), **others),
    audit_id=st.uuids(),
    scored_at=TIMES,
    origin=st.sampled_from(["batch", "online", "shadow"]),
    role=st.sampled_from(["champion", "challenger"]),
    run_id=st.none() | st.uuids(),
    request_id=st.none() | TEXTS,
    score=SCORES,
    snapshot=SNAPSHOTS,
)

GOLDEN = Audit(
    audit_id=UUID(int=1),
    scored_at=datetime(2026, 3, 1, 4, 5, 6, 7, tzinfo=UTC),
    origin="online",
    role="champion",
    run_id=None,
    request_id="r-1",
    score=Score(
        subject_id='ü"1',
        as_of=datetime(2026, 3, 1, 4, 5, 6, tzinfo=UTC),
        model_id="model_x_20260301_040506",
        engine="treelite",
        engine_version="4",
        margin=-0.0,
        default_probability=0.1,
        points=600,
        base_value=1e-7,
        contributions={"b": 1e22, "a": -0.0},
        scale="log_odds_default",
        reasons=(Reason("income", "Low.", 0.25, ("b",)),),
        missing=("a",),
    ),
    snapshot=Snapshot(
        snapshot_id=UUID(int=2),
        as_of=datetime(2026, 3, 1, 4, 5, 6, tzinfo=UTC),
        portfolio="cash_advance",
        subject_id='ü"1',
        source="supplied",
        origin="online",
        pg_snapshot="1:2:",
        run_id=None,
        features={"b": 5.0, "a": None},
        null_reasons={"a": "not supplied"},
    ),
)
