"""Errors of the database room."""


class DatabaseError(Exception):
    """The database cannot be used as asked; the message says what to do."""


class SchemaOutdatedError(DatabaseError):
    """The schema is not at the version that this release needs."""


class ReleaseOutdatedError(DatabaseError):
    """The schema is newer than this release can work on."""


class BusyError(DatabaseError):
    """Somebody else does the same work now; try again later."""
