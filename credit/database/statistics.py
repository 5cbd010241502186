"""The planner's statistics, refreshed after a load of many rows."""

from sqlalchemy import Engine, text

INPUTS = ("accounts", "transactions", "advances", "repayments", "fx_rates")


def refresh_statistics(engine: Engine) -> None:
    """Count the input tables anew, as a plan made for empty tables sorts a subject's whole history.

    A login that is not the owner's is skipped by the server with a warning; its autovacuum comes by later.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for table in INPUTS:
            connection.execute(text(f"ANALYZE blink.{table}"))
