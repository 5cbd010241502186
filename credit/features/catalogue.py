"""The catalogue of cash-flow features: what each means, its window, unit, direction and reason group.

`cash_flow.sql` computes them; a test recomputes each from plain rows.
"""

from credit.features import unknown
from credit.features.definition import Definition, define

CASH_FLOW: tuple[Definition, ...] = (
    define(
        "metric_debt_load30",
        "ratio",
        -1,
        "debt_load",
        window="30 days",
        definition="Payments to lenders (loan payments and repayments of advances) divided by income.",
        null_when=unknown.NO_INCOME,
    ),
    define(
        "metric_overdraft_count90",
        "days",
        -1,
        "overdrafts",
        window="90 days",
        definition="Local days on which a transaction left an account below zero, or an overdraft fee was charged. A "
        "day counts once, however many transactions or accounts.",
    ),
    define(
        "metric_median_paycheck",
        "currency",
        1,
        "income",
        window="90 days",
        definition="Median over the paydays of the pay received on that day. A payday is a local day with pay.",
        null_when=unknown.NO_PAY,
    ),
    define(
        "metric_clean_buffer7",
        "currency",
        1,
        "buffer",
        window="7 days",
        definition="The lowest balance that each account stood at, the balance carried into the window included, added"
        " up over the accounts. An account without a transaction in the window stands at its last known "
        "balance.",
        null_when=unknown.NO_BALANCE,
    ),
    define(
        "metric_volatility90",
        "ratio",
        -1,
        "volatility",
        window="90 days",
        definition="Standard deviation of the daily net flow other than pay, divided by the average daily income. Days"
        " without a transaction count as zero, from the first transaction in the window to the current day."
        " Pay is left out, so that being paid monthly rather than weekly does not read as volatile.",
        null_when=unknown.NO_INCOME,
    ),
    define(
        "metric_total_balance",
        "currency",
        1,
        "balance",
        window="none",
        definition="Last known balance of each account, however old, added up over the accounts.",
        null_when=unknown.NO_BALANCE,
    ),
    define(
        "metric_transaction_count90",
        "count",
        0,
        "activity",
        window="90 days",
        definition="Posted transactions; 0 where there is an account without any.",
        null_when=unknown.NO_ACCOUNT,
    ),
    define(
        "metric_income30",
        "currency",
        1,
        "income",
        window="30 days",
        definition="Income of the window.",
        null_when=unknown.NO_MONEY,
    ),
    define(
        "metric_income_trend",
        "ratio",
        0,
        "income_stability",
        window="30 and 90 days",
        definition="Income of 30 days, three times, divided by the income of 90 days: 1 is steady, below 1 falling. "
        "Free of direction, because a monthly pay may fall into 30 days twice or not at all.",
        null_when=unknown.NO_INCOME,
    ),
    define(
        "metric_last_pay_ratio",
        "ratio",
        1,
        "income_stability",
        window="90 days",
        definition="Pay of the last payday divided by the median pay: below 1 the last pay was smaller than usual.",
        null_when=unknown.FEW_PAYS,
    ),
    define(
        "metric_pay_irregularity",
        "ratio",
        -1,
        "income_stability",
        window="90 days",
        definition="Standard deviation of the days between successive paydays, divided by their mean: 0 for pay like "
        "clockwork.",
        null_when=unknown.THREE_PAYDAYS,
    ),
    define(
        "metric_pay_overdue",
        "ratio",
        0,
        "income_stability",
        window="90 days",
        definition="Days since the last payday divided by the mean days between paydays: well above 1 pay is late. "
        "Free of direction, because below 1 it only says where in the pay cycle the user is.",
        null_when=unknown.TWO_PAYDAYS,
    ),
    define(
        "metric_days_since_pay",
        "days",
        0,
        "income_stability",
        window="90 days",
        definition="Local days since the last payday; 0 where it is the current day.",
        null_when=unknown.NO_PAYDAY,
    ),
    define(
        "metric_net_flow30",
        "ratio",
        1,
        "spending",
        window="30 days",
        definition="Sum of all amounts other than payouts and repayments of advances, divided by income: below 0 the "
        "accounts are being emptied.",
        null_when=unknown.NO_INCOME,
    ),
    define(
        "metric_fixed_cost_share90",
        "ratio",
        -1,
        "spending",
        window="90 days",
        definition="Rent, utilities and insurance paid, divided by income.",
        null_when=unknown.NO_INCOME,
    ),
    define(
        "metric_rent_share90",
        "ratio",
        -1,
        "spending",
        window="90 days",
        definition="Rent paid, divided by income.",
        null_when=unknown.NO_INCOME,
    ),
    define(
        "metric_spend_trend",
        "ratio",
        0,
        "spending",
        window="30 and 90 days",
        definition="Money out of 30 days, three times, divided by the money out of 90 days.",
        null_when=unknown.NO_SPENDING,
    ),
    define(
        "metric_payday_spend",
        "ratio",
        -1,
        "spending",
        window="90 days",
        definition="Money out on paydays and the three days after each, divided by the pay: how fast pay is gone.",
        null_when=unknown.NO_PAY,
    ),
    define(
        "metric_gambling_share90",
        "ratio",
        -1,
        "spending",
        window="90 days",
        definition="Money out to gambling divided by all money out.",
        null_when=unknown.NO_SPENDING,
    ),
    define(
        "metric_cash_out_share90",
        "ratio",
        0,
        "spending",
        window="90 days",
        definition="Cash withdrawn divided by all money out. Free of direction: cash is a habit of some, a sign of "
        "trouble in others.",
        null_when=unknown.NO_SPENDING,
    ),
    define(
        "metric_overdraft_count30",
        "days",
        -1,
        "overdrafts",
        window="30 days",
        definition="As metric_overdraft_count90, over 30 days.",
    ),
    define(
        "metric_overdraft_fee_count90",
        "count",
        -1,
        "overdrafts",
        window="90 days",
        definition="Overdraft fees charged.",
    ),
    define(
        "metric_fee_count90",
        "count",
        -1,
        "overdrafts",
        window="90 days",
        definition="Fees charged other than for overdrafts, such as for a payment that was returned unpaid.",
    ),
    define(
        "metric_lowest_balance30",
        "currency",
        1,
        "buffer",
        window="30 days",
        definition="As metric_clean_buffer7, over 30 days.",
        null_when=unknown.NO_BALANCE,
    ),
    define(
        "metric_runway_days",
        "days",
        1,
        "buffer",
        window="30 days",
        definition="Total balance divided by the average money out a day: how long the money would last without "
        "income. Below 0 where the accounts are overdrawn.",
        null_when=unknown.NO_RUNWAY,
    ),
    define(
        "metric_advance_count90",
        "count",
        0,
        "advance_history",
        window="90 days",
        definition="Advances requested. Free of direction: practice and need both ask for more.",
        null_when=unknown.NO_ACCOUNT,
    ),
    define(
        "metric_advance_outstanding",
        "currency",
        -1,
        "advance_history",
        window="365 days",
        definition="What is still owed of the advances requested in the window, fees included, by the repayments "
        "known; 0 where there is none.",
        null_when=unknown.NO_RATE,
    ),
    define(
        "metric_advance_late_count",
        "count",
        -1,
        "advance_history",
        window="365 days",
        definition="How many advances metric_advance_late_share counts as late; 0 where none has fallen due.",
        null_when=unknown.NO_RATE,
    ),
    define(
        "metric_advance_late_share",
        "ratio",
        -1,
        "advance_history",
        window="365 days",
        definition="Of the advances requested in the window whose first due date lies 72 hours back or more, the share"
        " of which less than 99 % had been repaid within 72 hours of that date. The hours leave room for "
        "settlement, the hundredth for rounding and exchange rates. An extension does not cure.",
        null_when=unknown.NOTHING_DUE,
    ),
    define(
        "metric_advance_most_days_late",
        "days",
        -1,
        "advance_history",
        window="365 days",
        definition="Over the same advances, the most days from the first due date to the last repayment, or to now "
        "where less than 99 % is repaid; 0 where every one was in time.",
        null_when=unknown.NOTHING_DUE,
    ),
)
"""The features of a cash-flow portfolio in the model's order."""

NAMED = tuple(definition.feature.name for definition in CASH_FLOW[:7])
"""The metrics that the requirements name; the others are engineered, and an ablation leaves them out."""
