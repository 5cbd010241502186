import pytest

from trainer.defi_loans.loans import BLOCK_LOANS, simulate_loans


@pytest.fixture(scope="session")
def loans():
    """A block of simulated loans."""
    (table,) = simulate_loans(BLOCK_LOANS, 7)
    return table
