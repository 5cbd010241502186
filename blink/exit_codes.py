"""Which exit code an error ends with; an error of no room of ours is a fault and keeps its traceback."""

from sqlalchemy.exc import DBAPIError, OperationalError

from blink.outcome import WrongCallError
from blink.settings import SettingsError
from credit.database.errors import ReleaseOutdatedError, SchemaOutdatedError
from credit.errors import TryAgainError
from credit.model_store.errors import ModelStoreAddressError
from credit.portfolios import PortfolioError

FAILED = 1
WRONG_CALL = 2
TRY_AGAIN = 75
WRONG_CONFIGURATION = 78

_OURS = {"benchmarks", "blink", "credit", "drift", "forest", "predictor", "rollout", "trainer", "workflows"}


_WRONG_CONFIGURATION = (
    SettingsError,
    PortfolioError,
    SchemaOutdatedError,
    ReleaseOutdatedError,
    ModelStoreAddressError,
)

# PostgreSQL's SQLSTATE
INSUFFICIENT_PRIVILEGE = "42501"
LOCK_NOT_AVAILABLE = "55P03"


def message(error: Exception) -> str:
    """What to tell a person: of the database's errors its own words, without the statement and its values."""
    if not isinstance(error, DBAPIError):
        return str(error)
    said = " ".join(str(error.orig).split())
    if getattr(error.orig, "pgcode", None) == LOCK_NOT_AVAILABLE:
        return (
            f"a lock was not free in time: {said}. Wait for the transaction that holds it, or end it "
            "(pg_stat_activity and pg_locks show it), then try again (docs/database.md)"
        )
    if isinstance(error, OperationalError):
        return _operational(error, said)
    return f"the database refuses this login: {said}. Grant it the role that its work needs (docs/database.md)"


def _operational(error: OperationalError, said: str) -> str:
    # What a server that was reached says has an SQLSTATE; a connection that failed has none.
    if error.connection_invalidated or getattr(error.orig, "pgcode", None) is None:
        return f"the database cannot be reached: {said}"
    return f"the database could not do it now: {said}. Try again"


def exit_code(error: Exception) -> int | None:
    """The exit code of an expected error; None for a fault."""
    if isinstance(error, WrongCallError):
        return WRONG_CALL
    if isinstance(error, _WRONG_CONFIGURATION):
        return WRONG_CONFIGURATION
    if isinstance(error, DBAPIError) and getattr(error.orig, "pgcode", None) == INSUFFICIENT_PRIVILEGE:
        return WRONG_CONFIGURATION
    if isinstance(error, (TryAgainError, OperationalError)):
        return TRY_AGAIN
    if _is_ours(error):
        return FAILED
    return None


def _is_ours(error: Exception) -> bool:
    # Each room defines its own tree of errors; all of them carry a message for people.
    return type(error).__module__.split(".")[0] in _OURS
