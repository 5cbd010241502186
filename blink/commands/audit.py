"""`blink audit`: stored scores, their explanations, and the proof that nobody changed them."""

import json
from argparse import Namespace

from blink.database import open_database
from blink.named_portfolio import named_portfolio
from blink.outcome import Outcome
from blink.settings import read_settings
from credit.database.audit_reading import latest_audit, ledger_writers, verify_writer
from credit.database.audits import Audit, audit_record
from credit.database.errors import DatabaseError
from credit.ledger import canonical_bytes
from credit.plain_table import table

SCALES = {"log_odds_default": "log-odds of default", "probability": "probability of default before it is clipped"}
"""What contributions add up to, by the score's scale."""
AMOUNTS = (
    "amounts: of a reason, how far its features' contributions lie above their mean over the reference rows; in the "
    "table, the contributions themselves, which with the base add up to the {scale}"
)


def show(arguments: Namespace) -> Outcome:
    """A subject's latest score with its reasons and the contribution of each feature."""
    portfolio = named_portfolio(arguments.portfolio, read_settings(home=arguments.home))
    with open_database(read_settings(home=arguments.home), "blink_reader") as engine, engine.connect() as connection:
        audit = latest_audit(connection, portfolio.name, arguments.subject)
    if audit is None:
        raise DatabaseError(f"{portfolio.name}: subject {arguments.subject!r} has never been scored")
    return Outcome(_text(audit), _facts(audit))


def verify(arguments: Namespace) -> Outcome:
    """Recompute every hash and every root of the ledger from the stored rows."""
    with open_database(read_settings(home=arguments.home), "blink_reader") as engine, engine.connect() as connection:
        heads = {writer: verify_writer(connection, writer) for writer in ledger_writers(connection)}
    lines = [f"{writer}: {head.sequence:,} batches, every hash and root is right" for writer, head in heads.items()]
    return Outcome("\n".join(lines) or "the ledger is empty", {"batches": {w: h.sequence for w, h in heads.items()}})


def _facts(audit: Audit) -> dict[str, object]:
    # The canonical form is what the ledger hashed: the times in it are text already.
    facts: dict[str, object] = json.loads(canonical_bytes(audit_record(audit)))
    return facts


def _text(audit: Audit) -> str:
    score = audit.score
    scale = SCALES[score.scale]
    lines = [
        f"{score.subject_id} as of {score.as_of:%Y-%m-%d %H:%M:%S} UTC, by {score.model_id}",
        f"probability of repayment {score.repayment_probability:.2%}, {score.points} points",
        "",
        "principal reasons:" if score.reasons else "no adverse reason",
        *(f"  {reason.code:20} {reason.amount:+.3f}  {reason.sentence}" for reason in score.reasons),
        "",
        table(("feature", "value", scale), _rows(audit)),
        "",
        AMOUNTS.format(scale=scale),
    ]
    return "\n".join(lines)


def _rows(audit: Audit) -> list[tuple[str, str, str]]:
    by_size = sorted(audit.score.contributions.items(), key=lambda item: -abs(item[1]))
    values = audit.snapshot.features
    rows = [(name, _value(audit, name, values.get(name)), f"{amount:+.4f}") for name, amount in by_size]
    return [*rows, ("base", "", f"{audit.score.base_value:+.4f}")]


def _value(audit: Audit, name: str, value: float | None) -> str:
    """The stored value to its last digit, or why there is none."""
    if value is None:
        return f"unknown: {audit.snapshot.null_reasons.get(name, 'not given')}"
    return f"{value:,}".removesuffix(".0")
