"""The kinds of money movement: at most one of each a user and day."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Slot:
    """A kind of movement: its category, its local hours, its account, and whether it is paid by card."""

    name: str
    category: str
    hours: tuple[float, float]
    savings: bool = False
    card: bool = False


SLOTS = (
    Slot("overdraft_fee", "overdraft_fee", (3.1, 5)),
    Slot("salary", "salary", (5.5, 7.5)),
    Slot("benefit", "benefit", (5.5, 7.5)),
    Slot("rent", "rent", (12.2, 15)),
    Slot("energy", "utilities", (12.2, 15)),
    Slot("telephone", "utilities", (12.2, 15)),
    Slot("insurance", "insurance", (12.2, 15)),
    Slot("first_loan", "loan_payment", (12.2, 15)),
    Slot("second_loan", "loan_payment", (12.2, 15)),
    Slot("fee", "fee", (15, 16)),
    Slot("groceries", "groceries", (12.2, 21), card=True),
    Slot("shopping", "shopping", (12.2, 22), card=True),
    Slot("transport", "transport", (12.2, 22), card=True),
    Slot("leisure", "leisure", (14, 23), card=True),
    Slot("cash_out", "cash_out", (12.2, 22)),
    Slot("gambling", "gambling", (16, 23.9), card=True),
    Slot("bill", "other", (12.2, 18)),
    Slot("windfall", "other", (12.2, 18)),
    Slot("gift", "transfer_in", (12.2, 20)),
    Slot("refund", "refund", (12.2, 20)),
    Slot("cash_in", "cash_in", (12.2, 18)),
    Slot("to_savings", "transfer_out", (18, 18.5)),
    Slot("from_savings", "transfer_in", (18.6, 19)),
    Slot("payout", "advance_payout", (8, 12)),
    Slot("repayment", "advance_repayment", (12.2, 14)),
    Slot("saved", "transfer_in", (18, 18.5), savings=True),
    Slot("unsaved", "transfer_out", (18.6, 19), savings=True),
    Slot("interest", "interest", (3.1, 4), savings=True),
)
INDEX = {slot.name: position for position, slot in enumerate(SLOTS)}
"""Position of each slot in the flow arrays."""
SAVINGS = [position for position, slot in enumerate(SLOTS) if slot.savings]
MAIN = [position for position, slot in enumerate(SLOTS) if not slot.savings]
OWN_TRANSFERS = [INDEX[name] for name in ("to_savings", "from_savings", "saved", "unsaved")]
