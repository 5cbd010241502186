"""Scoring with a spool in processes of their own: `python -m tests.postgres.serving.spooling URL SPOOL BUNDLE RUNS`.

RUNS is JSON, a list of [where it kills itself (synced, committed, nowhere), user ids]; each runs in a fork of its own,
which scores the users, says each answer, drains, and says `drained`. Behind each run stands how it ended, as a line.
"""

import json
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
    url, folder, bundle, runs = sys.argv[1:]
    for dies, users in json.loads(runs):
        child = os.fork()
        if child == 0:
            run(url, Path(folder), Path(bundle), dies, users)
            os._exit(0)
        say(f"ended {os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}")


def run(url: str, folder: Path, bundle: Path, dies: str, users: Sequence[str]) -> None:
    spool = claimed(folder, most_bytes=1_000_000)
    if dies == "synced":
        spool.close()
        spool = DyingSpool(spool.folder, most_bytes=1_000_000)
    spooled, metrics = SpooledAudits(spool), Metrics()
    away = connect(f"postgresql://postgres@/x?host={folder}")
    scoring = AuditedScoring(away, PORTFOLIO, metrics, writers=["online/test"], clock=None, seconds=1.0)
    group = SpooledScoring(scoring, spooled, PORTFOLIO, metrics, clock=lambda: datetime.now(UTC))
    deployed = Deployed(load_bundle(bundle), "champion")
    for user in users:
        body = f'{{"user_id":"{user}","features":{{}}}}'.encode()
        request = asked_for(parse_score_wish(body, most=1), Asked(f"r-{user}", f"k-{user}", body), deployed)
        (outcome,) = group.score([request])
        say(outcome.answer.decode() if isinstance(outcome, Audited) else str(outcome))
    write = SpoolWriter(connect(url, role="blink_scorer"), PORTFOLIO.name, metrics, seconds=5.0)

    def commit(records: Sequence[SpoolRecord]) -> None:
        write(records)
        if dies == "committed":
            die()

    spooled.drain(commit)
    say("drained")


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


main()
