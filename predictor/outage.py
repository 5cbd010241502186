"""Whether the database is away, as far as one part of a server has noticed."""

import logging

from credit.database.score_requests import DatabaseAwayError


class Outage:
    """Logged once for each reason that it has, and once when it is over. Safe from any thread."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._reasons: set[str] = set()

    def noticed(self, error: DatabaseAwayError) -> None:
        """The database was away; what the driver says of it, such as an address, is for the log alone."""
        reason = f"{error} ({error.reason})"
        if reason not in self._reasons:
            self._reasons.add(reason)
            self._log.warning("%s", reason)

    def over(self) -> None:
        """The database has answered."""
        if self._reasons:
            self._reasons.clear()
            self._log.warning("the database answers again")
