"""What a lender's files look like: five kinds of file and their columns."""

from dataclasses import dataclass
from enum import Enum, auto

CATEGORIES = (
    "salary",
    "benefit",
    "transfer_in",
    "cash_in",
    "interest",
    "refund",
    "rent",
    "utilities",
    "groceries",
    "shopping",
    "transport",
    "leisure",
    "cash_out",
    "transfer_out",
    "insurance",
    "loan_payment",
    "fee",
    "overdraft_fee",
    "gambling",
    "advance_payout",
    "advance_repayment",
    "other",
)
"""The closed vocabulary of transactions."""

STATUSES = ("posted", "pending")


class Kind(Enum):
    """How a column's values are read and what they must be."""

    IDENTIFIER = auto()
    """Text of 1 to 200 characters."""
    CURRENCY = auto()
    CATEGORY = auto()
    STATUS = auto()
    TIMEZONE = auto()
    TIME = auto()
    """A time with its offset from UTC."""
    PAST = auto()
    """A time that does not lie in the future."""
    AMOUNT = auto()
    """Major units of the row's currency."""
    POSITIVE_AMOUNT = auto()
    NON_NEGATIVE_AMOUNT = auto()
    OWNER_AMOUNT = auto()
    """Major units of the currency of the account."""
    RATE = auto()
    VERSION = auto()
    FLAG = auto()


@dataclass(frozen=True, slots=True)
class FileColumn:
    """One column of a lender's file.

    A file may leave an `optional` column out; a `nullable` one may be empty, others take `default` there if
    they have one.
    """

    name: str
    kind: Kind
    optional: bool = False
    nullable: bool = False
    default: str | int | bool | None = None


@dataclass(frozen=True, slots=True)
class FileLayout:
    """One kind of file.

    `key` are the columns that name a row, `owner` the column that refers to an account or an advance.
    `own_times` tell when a row happened: the latest of them plus the portfolio's lag is when history was known.
    `ordered` are pairs of times of which the first may not come after the second, or not be equal where strict.
    `at_once` says that rows depend on other rows of the same file, so that it is stored as a whole.
    """

    name: str
    columns: tuple[FileColumn, ...]
    key: tuple[str, ...]
    own_times: tuple[str, ...]
    owner: str | None = None
    ordered: tuple[tuple[str, str, bool], ...] = ()
    at_once: bool = False

    def column(self, name: str) -> FileColumn:
        """The column of that name."""
        return next(column for column in self.columns if column.name == name)

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns that no file may leave out."""
        return tuple(column.name for column in self.columns if not column.optional)


_SHARED = (
    FileColumn("version", Kind.VERSION, optional=True, default=1),
    FileColumn("voided", Kind.FLAG, optional=True, default=False),
    FileColumn("ingested_at", Kind.TIME, optional=True, nullable=True),
)

ACCOUNTS = FileLayout(
    name="accounts",
    columns=(
        FileColumn("account_id", Kind.IDENTIFIER),
        FileColumn("subject_id", Kind.IDENTIFIER),
        FileColumn("currency", Kind.CURRENCY),
        FileColumn("timezone", Kind.TIMEZONE),
        FileColumn("opened_at", Kind.PAST),
        *_SHARED,
    ),
    key=("account_id",),
    own_times=("opened_at",),
    at_once=True,
)

TRANSACTIONS = FileLayout(
    name="transactions",
    columns=(
        FileColumn("transaction_id", Kind.IDENTIFIER),
        FileColumn("account_id", Kind.IDENTIFIER),
        FileColumn("posted_at", Kind.PAST),
        FileColumn("amount", Kind.AMOUNT),
        FileColumn("currency", Kind.CURRENCY),
        FileColumn("balance_after", Kind.OWNER_AMOUNT, optional=True, nullable=True),
        FileColumn("category", Kind.CATEGORY),
        FileColumn("status", Kind.STATUS, optional=True, default="posted"),
        *_SHARED,
    ),
    key=("transaction_id",),
    own_times=("posted_at",),
    owner="account_id",
)

ADVANCES = FileLayout(
    name="advances",
    columns=(
        FileColumn("advance_id", Kind.IDENTIFIER),
        FileColumn("account_id", Kind.IDENTIFIER),
        FileColumn("requested_at", Kind.PAST),
        FileColumn("due_at", Kind.TIME),
        FileColumn("amount", Kind.POSITIVE_AMOUNT),
        FileColumn("fee", Kind.NON_NEGATIVE_AMOUNT),
        FileColumn("currency", Kind.CURRENCY),
        FileColumn("written_off_at", Kind.PAST, optional=True, nullable=True),
        FileColumn("extended_due_at", Kind.TIME, optional=True, nullable=True),
        *_SHARED,
    ),
    key=("advance_id",),
    own_times=("requested_at", "written_off_at"),
    owner="account_id",
    ordered=(
        ("requested_at", "due_at", True),
        ("requested_at", "written_off_at", False),
        ("requested_at", "extended_due_at", True),
    ),
    at_once=True,
)

REPAYMENTS = FileLayout(
    name="repayments",
    columns=(
        FileColumn("repayment_id", Kind.IDENTIFIER),
        FileColumn("advance_id", Kind.IDENTIFIER),
        FileColumn("paid_at", Kind.PAST),
        FileColumn("amount", Kind.POSITIVE_AMOUNT),
        FileColumn("currency", Kind.CURRENCY),
        *_SHARED,
    ),
    key=("repayment_id",),
    own_times=("paid_at",),
    owner="advance_id",
)

FX_RATES = FileLayout(
    name="fx_rates",
    columns=(
        FileColumn("base", Kind.CURRENCY),
        FileColumn("quote", Kind.CURRENCY),
        FileColumn("valid_at", Kind.PAST),
        FileColumn("rate", Kind.RATE),
        *_SHARED,
    ),
    key=("base", "quote", "valid_at"),
    own_times=("valid_at",),
)

LAYOUTS = (ACCOUNTS, TRANSACTIONS, ADVANCES, REPAYMENTS, FX_RATES)
"""In the order of loading: what refers to a row comes after it."""
