from datetime import date

import pytest

from trainer.simulator.population import Chunk, simulate

END = date(2026, 1, 1)


@pytest.fixture(scope="session")
def year() -> list[Chunk]:
    """1,500 users over 12 months."""
    return list(simulate(1500, 12, 1, END))
