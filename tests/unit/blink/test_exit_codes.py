"""Which exit code an error ends with, and what a person is told."""

import pytest
from psycopg2 import errors
from sqlalchemy.exc import OperationalError, ProgrammingError

from blink.exit_codes import exit_code, message
from blink.settings import SettingsError
from credit.bundle.errors import BundleError
from credit.database.errors import BusyError, ReleaseOutdatedError, SchemaOutdatedError
from trainer.errors import InsufficientRowsError


class AdminShutdown(errors.AdminShutdown):
    pgcode = "57P01"


class DeadlockDetected(errors.DeadlockDetected):
    pgcode = "40P01"


STATEMENT = ("SELECT secret FROM t WHERE subject_id = %(s)s", {"s": "u1"})


class InsufficientPrivilege(errors.InsufficientPrivilege):
    pgcode = "42501"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (SettingsError("x"), 78),
        (SchemaOutdatedError("x"), 78),
        (ReleaseOutdatedError("x"), 78),
        (BusyError("x"), 75),
        (BundleError("x"), 1),
        (InsufficientRowsError("x"), 1),
        (ZeroDivisionError("x"), None),
    ],
)
def test_an_expected_error_has_a_code_and_a_fault_has_none(error, code):
    assert exit_code(error) == code


def test_a_database_that_is_away_is_told_without_the_statement():
    error = OperationalError(*STATEMENT, Exception("connection refused\n\tIs the server running?"))
    assert exit_code(error) == 75
    assert message(error) == "the database cannot be reached: connection refused Is the server running?"


def test_a_connection_that_was_lost_is_a_database_that_is_away():
    lost = OperationalError(*STATEMENT, AdminShutdown("terminating connection"), connection_invalidated=True)
    assert exit_code(lost) == 75
    assert message(lost) == "the database cannot be reached: terminating connection"


def test_what_a_reached_database_cannot_do_now_is_told_in_its_own_words():
    error = OperationalError(*STATEMENT, DeadlockDetected("deadlock detected\nDETAIL:  Process 1 waits"))
    assert exit_code(error) == 75
    assert message(error) == "the database could not do it now: deadlock detected DETAIL: Process 1 waits. Try again"


def test_a_login_without_rights_is_told_what_to_do_without_the_statement():
    error = ProgrammingError(*STATEMENT, InsufficientPrivilege("permission denied for table advances"))
    assert exit_code(error) == 78
    assert message(error) == (
        "the database refuses this login: permission denied for table advances. "
        "Grant it the role that its work needs (docs/database.md)"
    )
