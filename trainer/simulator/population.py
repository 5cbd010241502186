"""The simulator's entry: a population as the files that a lender would have, in chunks of users.

Users come in blocks of `BLOCK_USERS`, each with a random stream of its own (`SeedSequence(seed, spawn_key=(1, block))`)
and always simulated whole. So neither the size of the chunks nor the number of users changes what a user does.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trainer.simulator import bank_files, columns, loan_book, provider
from trainer.simulator.cash_flow import live
from trainer.simulator.currencies import CURRENCIES, dollar_rates
from trainer.simulator.horizon import DAY_US, Floats, Horizon, months_before

BLOCK_USERS = 500
LARGEST = 999_999
"""Users that the six digits of an id can name."""


class SimulatorError(ValueError):
    """The population that was asked for cannot be simulated."""


@dataclass(frozen=True)
class Chunk:
    """The files of some consecutive users, as Arrow tables with the columns of the lender's file contract.

    Amounts are decimal128(18, 2) in major units, times timestamp[us, UTC]. `truth` has advance_id, requested_at,
    p_latent, p_observable (float64, 0..1) and defaulted (bool), and is no file of the lender's.
    """

    users: int
    accounts: pa.Table
    transactions: pa.Table
    advances: pa.Table
    repayments: pa.Table
    truth: pa.Table


def simulate(users: int, months: int, seed: int, end: date, chunk_users: int = BLOCK_USERS) -> Iterator[Chunk]:
    """Simulates `users` over the `months` before `end` (exclusive, midnight UTC).

    Args:
        users: 1..999,999.
        months: 1 or more; advances begin on the 91st day.
        seed: 0 or more; the same arguments give the same bytes.
        end: everything in the tables happened, and was known, before this day.
        chunk_users: users a chunk, rounded up to whole blocks; it changes no value.

    Raises:
        SimulatorError: an argument is out of range.
    """
    _check(users, months, seed, chunk_users)
    horizon = Horizon(months_before(end, months), end)
    return _chunks(users, horizon, seed, chunk_users)


def fx_rates(months: int, seed: int, end: date) -> pa.Table:
    """Daily dollar rates of every other currency (base, quote, valid_at, rate), known from the day before the start.

    The rates are those that `simulate` with the same arguments moved money and measured incomes with.
    """
    _check(1, months, seed, 1)
    horizon = Horizon(months_before(end, months), end)
    rates = dollar_rates(horizon, seed)[:, 1:]
    valid = (horizon.end_us - (horizon.days + 1 - np.arange(len(rates), dtype=np.int64)) * DAY_US)[:, None]
    codes = tuple(currency.code for currency in CURRENCIES[1:])
    valid_at = columns.times(np.broadcast_to(valid, rates.shape).ravel())
    count = rates.size
    return pa.table(
        {
            "base": columns.choices(codes, np.tile(np.arange(len(codes)), len(rates))),
            "quote": columns.words(["USD"] * count),
            "valid_at": valid_at,
            "rate": columns.decimals(np.rint(rates * 1e8).astype(np.int64).ravel(), columns.RATE),
            "version": np.ones(count, dtype=np.int64),
            "voided": columns.flags(np.zeros(count, dtype=bool)),
            "ingested_at": valid_at,
        }
    )


def _check(users: int, months: int, seed: int, chunk_users: int) -> None:
    if not 1 <= users <= LARGEST:
        raise SimulatorError(f"users is {users}: give a number from 1 to {LARGEST}")
    if months < 1:
        raise SimulatorError(f"months is {months}: give 1 or more")
    if seed < 0:
        raise SimulatorError(f"seed is {seed}: give 0 or more")
    if chunk_users < 1:
        raise SimulatorError(f"chunk_users is {chunk_users}: give 1 or more")


def _chunks(users: int, horizon: Horizon, seed: int, chunk_users: int) -> Iterator[Chunk]:
    rates = dollar_rates(horizon, seed)
    blocks = -(-users // BLOCK_USERS)
    step = -(-chunk_users // BLOCK_USERS)
    for first in range(0, blocks, step):
        numbers = range(first, min(first + step, blocks))
        yield _joined([_block(number, users, horizon, rates, seed) for number in numbers])


def _joined(parts: list[Chunk]) -> Chunk:
    names = [field.name for field in fields(Chunk)[1:]]
    tables = {name: pa.concat_tables([getattr(part, name) for part in parts]) for name in names}
    return Chunk(sum(part.users for part in parts), **tables)


def _block(number: int, users: int, horizon: Horizon, rates: Floats, seed: int) -> Chunk:
    """The block's tables, of its users among the first `users`."""
    streams = np.random.SeedSequence(seed, spawn_key=(1, number)).spawn(4)
    life, bank, lender, origin = (np.random.default_rng(stream) for stream in streams)
    history = live(number * BLOCK_USERS, BLOCK_USERS, horizon, rates, life)
    rows = provider.deliver(history, horizon, bank)
    time = loan_book.clock(history, horizon)
    return Chunk(
        users=min(BLOCK_USERS, users - history.first_user),
        accounts=_first(users, bank_files.account_table(history, horizon, origin)),
        transactions=_first(users, bank_files.transaction_table(history, rows)),
        advances=_first(users, loan_book.advance_table(history, time, horizon)),
        repayments=_first(users, loan_book.repayment_table(history, time, horizon, lender)),
        truth=_first(users, loan_book.truth_table(history, time)),
    )


def _first(users: int, table: pa.Table) -> pa.Table:
    """The rows of the first `users`: the digits of an id begin with the padded number of its user."""
    digits = pc.utf8_slice_codeunits(pc.utf8_ltrim(table.column(0), characters="adeprtv"), 0, 6)
    return table.filter(pc.less_equal(digits, f"{users:06d}"))
