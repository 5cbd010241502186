"""Each feature once more, straightforwardly, from plain rows: what `cash_flow.sql` has to agree with, to the bit."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from math import sqrt
from statistics import median
from zoneinfo import ZoneInfo

from tests.postgres.feature_records import Account, Fact, History, Rate, Transaction

HOME = "USD"
PLACES = {"USD": 2, "EUR": 2, "JPY": 0, "BHD": 3}
INCOME = ("salary", "benefit", "cash_in", "transfer_in", "interest")
GRACE = timedelta(hours=72)

Features = dict[str, float | None]


def known(facts: Iterable[Fact], as_of: datetime) -> list[Fact]:
    """The last version of each thing known by as_of, unless that voids it."""
    latest: dict[object, Fact] = {}
    for fact in sorted(facts, key=lambda fact: fact.version):
        if fact.ingested_at <= as_of:
            latest[fact.thing] = fact
    return [fact for fact in latest.values() if not fact.voided]


@dataclass(frozen=True)
class Flow:
    """A transaction of the last 90 days; `minor` is in the portfolio's currency, None without a rate."""

    row: Transaction
    ago: int
    minor: int | None

    @property
    def out(self) -> int:
        return max(-(self.minor or 0), 0)

    @property
    def pay(self) -> int:
        return max(self.minor or 0, 0) if self.row.category in {"salary", "benefit"} else 0

    @property
    def is_pay(self) -> bool:
        return self.row.amount > 0 and self.row.category in {"salary", "benefit"}


class Money:
    def __init__(self, rates: Sequence[Rate], as_of: datetime) -> None:
        self.rates = [rate for rate in known(rates, as_of) if rate.valid_at <= as_of]

    def home(self, amount: int, currency: str) -> int | None:
        if currency == HOME:
            return amount
        fitting = [rate for rate in self.rates if {rate.base, rate.quote} == {currency, HOME}]
        if not fitting:
            return None
        best = max(fitting, key=lambda rate: (rate.valid_at, rate.base == currency))
        factor = Fraction(best.rate) if best.base == currency else 1 / Fraction(best.rate)
        exact = amount * factor * Fraction(10) ** (PLACES[HOME] - PLACES[currency])
        sign = -1 if exact < 0 else 1
        return sign * int(abs(exact) + Fraction(1, 2))


def _order(row: Transaction) -> tuple[datetime, int, str]:
    return row.posted_at, len(row.provider_id), row.provider_id


def local_date(moment: datetime, account: Account) -> date:
    return moment.astimezone(ZoneInfo(account.timezone)).date()


def has_history(history: History, as_of: datetime) -> bool:
    return bool(_posted(history, as_of))


def _posted(history: History, as_of: datetime) -> list[Transaction]:
    accounts = {account.provider_id for account in known(history.accounts, as_of)}
    rows = known(history.transactions, as_of)
    return [row for row in rows if row.account in accounts and row.status == "posted" and row.posted_at < as_of]


def expected(history: History, as_of: datetime) -> Features:
    """Every feature of the catalogue by name; None where unknown."""
    accounts = {account.provider_id: account for account in known(history.accounts, as_of)}
    money = Money(history.rates, as_of)
    posted = sorted(_posted(history, as_of), key=_order)
    flows = []
    for row in posted:
        account = accounts[row.account]
        ago = (local_date(as_of, account) - local_date(row.posted_at, account)).days
        if ago <= 90:
            flows.append(Flow(row, ago, money.home(row.amount, row.currency)))
    balances = _balances(accounts, posted, flows, money)
    spent30 = sum(flow.out for flow in flows if flow.ago <= 30 and flow.row.category != "advance_repayment")
    runway = None
    if flows and balances["metric_total_balance"] is not None and spent30 and _all_known(flows, 30):
        runway = balances["total_minor"] * 31 / spent30
    del balances["total_minor"]
    features: Features = _counts(flows, accounts) | _ratios(flows) | _pay(flows) | balances
    return features | {"metric_runway_days": runway} | _advances(history, accounts, money, as_of)


def _all_known(flows: Sequence[Flow], days: int) -> bool:
    return all(flow.minor is not None for flow in flows if flow.ago <= days)


def _counts(flows: Sequence[Flow], accounts: dict[str, Account]) -> Features:
    fees = [flow for flow in flows if flow.row.category == "overdraft_fee" and flow.row.amount < 0]
    low = {flow.ago for flow in flows if (flow.row.balance_after or 0) < 0} | {flow.ago for flow in fees}
    return {
        "metric_transaction_count90": float(len(flows)) if accounts else None,
        "metric_overdraft_count90": float(len(low)) if flows else None,
        "metric_overdraft_count30": float(len([ago for ago in low if ago <= 30])) if flows else None,
        "metric_overdraft_fee_count90": float(len(fees)) if flows else None,
        "metric_fee_count90": float(len([f for f in flows if f.row.category == "fee" and f.row.amount < 0]))
        if flows
        else None,
    }


def _divided(above: int, below: int, *, known: bool) -> float | None:
    return above / below if known and below else None


def _ratios(flows: Sequence[Flow]) -> Features:
    def income(days: int) -> int:
        return sum(max(f.minor or 0, 0) for f in flows if f.ago <= days and f.row.category in INCOME)

    def out(days: int, *categories: str) -> int:
        return sum(f.out for f in flows if f.ago <= days and f.row.category in categories)

    def spent(days: int) -> int:
        return sum(f.out for f in flows if f.ago <= days and f.row.category != "advance_repayment")

    net30 = sum(f.minor or 0 for f in flows if f.ago <= 30 and not f.row.category.startswith("advance_"))
    known30, known90 = bool(flows) and _all_known(flows, 30), bool(flows) and _all_known(flows, 90)
    return {
        "metric_debt_load30": _divided(out(30, "loan_payment", "advance_repayment"), income(30), known=known30),
        "metric_income30": income(30) / 100 if known30 else None,
        "metric_income_trend": _divided(3 * income(30), income(90), known=known90),
        "metric_net_flow30": _divided(net30, income(30), known=known30),
        "metric_fixed_cost_share90": _divided(out(90, "rent", "utilities", "insurance"), income(90), known=known90),
        "metric_rent_share90": _divided(out(90, "rent"), income(90), known=known90),
        "metric_spend_trend": _divided(3 * spent(30), spent(90), known=known90),
        "metric_gambling_share90": _divided(out(90, "gambling"), spent(90), known=known90),
        "metric_cash_out_share90": _divided(out(90, "cash_out"), spent(90), known=known90),
        "metric_volatility90": _volatility(flows) / income(90) if known90 and income(90) else None,
    }


def _volatility(flows: Sequence[Flow]) -> float:
    days = [0] * (max(flow.ago for flow in flows) + 1)
    for flow in flows:
        if not flow.row.category.startswith("advance_"):
            days[flow.ago] += (flow.minor or 0) - flow.pay
    return sqrt(len(days) * sum(day * day for day in days) - sum(days) ** 2)


def _pay(flows: Sequence[Flow]) -> Features:
    paydays = sorted({flow.ago for flow in flows if flow.is_pay})
    pays = [sum(flow.pay for flow in flows if flow.is_pay and flow.ago == ago) for ago in paydays]
    gaps = [older - newer for newer, older in pairwise(paydays)]
    known90 = _all_known(flows, 90)
    after = sum(
        flow.out
        for flow in flows
        if flow.row.category != "advance_repayment" and any(0 <= ago - flow.ago <= 3 for ago in paydays)
    )
    spread = sqrt(len(gaps) * sum(gap * gap for gap in gaps) - sum(gaps) ** 2)
    return {
        "metric_median_paycheck": median(pays) / 100 if sum(pays) and known90 else None,
        "metric_last_pay_ratio": pays[0] / median(pays) if len(pays) >= 2 and known90 and median(pays) else None,
        "metric_pay_irregularity": spread / sum(gaps) if len(gaps) >= 2 else None,
        "metric_pay_overdue": paydays[0] * len(gaps) / sum(gaps) if gaps else None,
        "metric_days_since_pay": float(paydays[0]) if paydays else None,
        "metric_payday_spend": after / sum(pays) if sum(pays) and known90 else None,
    }


def _balances(accounts: dict[str, Account], posted: Sequence[Transaction], flows: Sequence[Flow], money: Money):
    sums: dict[str, list[int | None]] = {"latest": [], "low7": [], "low30": []}
    for account in accounts.values():
        known_balances = [row.balance_after for row in posted if row.account == account.provider_id]
        stated = [balance for balance in known_balances if balance is not None]
        if not stated:
            continue
        sums["latest"].append(money.home(stated[-1], account.currency))
        for days in (7, 30):
            lowest = _lowest([flow for flow in flows if flow.row.account == account.provider_id], days)
            sums[f"low{days}"].append(money.home(stated[-1] if lowest is None else lowest, account.currency))
    total = _sum(sums["latest"])
    return {
        "total_minor": total,
        "metric_total_balance": None if total is None else total / 100,
        "metric_clean_buffer7": None if total is None else _sum(sums["low7"]) / 100,
        "metric_lowest_balance30": None if total is None else _sum(sums["low30"]) / 100,
    }


def _sum(amounts: Sequence[int | None]):
    return None if not amounts or None in amounts else sum(amounts)


def _lowest(flows: Sequence[Flow], days: int) -> int | None:
    """Of one account's flows in their order: the lowest balance before or after a row of the last days."""
    stated = []
    for index, flow in enumerate(flows):
        if flow.ago <= days:
            stated.append(flow.row.balance_after)
            stated.append(flows[index - 1].row.balance_after if index else None)
    return min((balance for balance in stated if balance is not None), default=None)


def _advances(history: History, accounts: dict[str, Account], money: Money, as_of: datetime) -> Features:
    requested90 = late = due = outstanding = 0
    most = Fraction(0)
    known_amounts = True
    for advance in known(history.advances, as_of):
        account = accounts.get(advance.account)
        if account is None or advance.requested_at >= as_of:
            continue
        ago = (local_date(as_of, account) - local_date(advance.requested_at, account)).days
        if ago > 365:
            continue
        due_at = min(
            row.due_at
            for row in history.advances
            if row.thing == advance.thing and row.ingested_at <= as_of and not row.voided
        )
        paid = [row for row in known(history.repayments, as_of) if row.advance == advance.thing and row.paid_at < as_of]
        owed = money.home(advance.amount + advance.fee, advance.currency)
        parts = [money.home(row.amount, row.currency) for row in paid]
        requested90 += ago <= 90
        if owed is None or None in parts:
            known_amounts = False
            continue
        outstanding += max(owed - sum(parts), 0)
        if due_at + GRACE <= as_of:
            in_time = sum(p for row, p in zip(paid, parts, strict=True) if row.paid_at < due_at + GRACE)
            settled = sum(parts) * 100 >= owed * 99
            end = max(row.paid_at for row in paid) if settled and paid else as_of
            due += 1
            late += in_time * 100 < owed * 99
            most = max(most, Fraction((end - due_at) // timedelta(microseconds=1), 10**6))
    sound = bool(accounts) and known_amounts
    return {
        "metric_advance_count90": float(requested90) if accounts else None,
        "metric_advance_outstanding": outstanding / 100 if sound else None,
        "metric_advance_late_count": float(late) if sound else None,
        "metric_advance_late_share": _divided(late, due, known=sound),
        "metric_advance_most_days_late": float(most) / 86400 if sound and due else None,
    }
