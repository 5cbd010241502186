"""What the ledger holds after all that was audited, and whether it proves itself."""

import subprocess
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Engine, func, select

from credit.database.schema import RISK_SCORE_AUDITS

_VERIFY_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Verified:
    """What `blink audit verify` said."""

    holds: bool
    """Whether it recomputed every hash and root."""
    said: str


@dataclass(frozen=True, slots=True)
class LedgerFigures:
    """What the ledger says of audited answers."""

    named: int
    """Audits that answers of the damaged and good requests named."""
    absent: int
    """Of these, audits that are not in the ledger."""
    soak_answers: int
    """Audited answers of the soak."""
    soak_audits: int
    """Audits that the ledger got meanwhile."""
    verify: Verified


def audit_count(owner: Engine) -> int:
    """Audits in the ledger."""
    with owner.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(RISK_SCORE_AUDITS)).scalar_one())


def absent_audits(owner: Engine, audit_ids: Collection[str]) -> int:
    """How many of the audits are not in the ledger."""
    with owner.connect() as connection:
        known = set(connection.scalars(select(RISK_SCORE_AUDITS.c.audit_id)))
    return sum(UUID(audit_id) not in known for audit_id in audit_ids)


def verified(environment: Mapping[str, str]) -> Verified:
    """Run `blink audit verify` on the database of the environment."""
    command = [sys.executable, "-m", "blink", "audit", "verify"]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_VERIFY_SECONDS, env=dict(environment), check=False
        )
    except subprocess.TimeoutExpired:  # hours of figures are not to be lost for it
        return Verified(holds=False, said=f"no answer after {_VERIFY_SECONDS} s")
    return Verified(done.returncode == 0, (done.stdout + done.stderr).strip()[-2000:])
