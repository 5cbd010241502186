"""Scoring with a spool in a process of its own: `python -m tests.postgres.serving.spooling URL SPOOL BUNDLE DIES`.

Each line of its input is a user id; it answers with a line when the score may be answered. At the end of the input it
drains, says `drained`, and ends. DIES says where it kills itself: synced, committed, or nowhere.
"""

import os
import signal
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from credit.bundle.reader import load_bundle
from credit.database.connection import connect
from credit.portfolio_file import load_portfolio
from predictor.audit_request import Asked, asked_for
from predictor.audited_scoring import AuditedScoring
from predictor.composition import Audited
from predictor.deployment import Deployed
from predictor.draining import SpoolWriter
from predictor.metrics import Metrics
from predictor.score_request import parse_score_wish
from predictor.spool import Place, Spool, claimed
from predictor.spool_record import SpoolRecord
from predictor.spooled_audits import SpooledAudits
from predictor.spooled_scoring import SpooledScoring

PORTFOLIO = load_portfolio("cash_advance")


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class DyingSpool(Spool):
    """Dies when a record is synced, before anybody is told."""

    def append(self, payload: bytes) -> Place:
        super().append(payload)
        die()
        raise AssertionError


def main() -> None:
    url, folder, bundle, dies = sys.argv[1:]
    engine = connect(url, role="blink_scorer")
    spool = claimed(Path(folder), most_bytes=1_000_000)
    if dies == "synced":
        spool.close()
        spool = DyingSpool(spool.folder, most_bytes=1_000_000)
    spooled, metrics = SpooledAudits(spool), Metrics()
    away = connect(f"postgresql://postgres@/x?host={folder}")
    scoring = AuditedScoring(away, PORTFOLIO, metrics, clock=None, seconds=1.0)
    group = SpooledScoring(scoring, spooled, PORTFOLIO, metrics, clock=lambda: datetime.now(UTC))
    deployed = Deployed(load_bundle(Path(bundle)), "champion")
    for user in map(str.strip, sys.stdin):
        body = f'{{"user_id":"{user}","features":{{}}}}'.encode()
        request = asked_for(parse_score_wish(body, most=1), Asked(f"r-{user}", f"k-{user}", body), deployed)
        (outcome,) = group.score([request], "w")
        sys.stdout.write(f"{outcome.answer.decode() if isinstance(outcome, Audited) else outcome}\n")
        sys.stdout.flush()
    write = SpoolWriter(engine, PORTFOLIO.name, metrics, seconds=5.0)

    def commit(records: Sequence[SpoolRecord]) -> None:
        write(records)
        if dies == "committed":
            die()

    spooled.drain(commit)
    sys.stdout.write("drained\n")


main()
