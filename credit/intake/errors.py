"""Errors of the intake room."""


class IntakeError(Exception):
    """A lender's file cannot be loaded at all; nothing of the load was kept."""


class FileFormatError(IntakeError):
    """A file cannot be read as CSV or Parquet, or lacks columns."""


class MalformedTableError(IntakeError):
    """A lender's own table has a row that cannot be read as the portfolio says; the message names row and column."""
