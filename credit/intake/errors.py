"""Errors of the intake room."""


class IntakeError(Exception):
    """A lender's file cannot be loaded at all; nothing of the load was kept."""


class FileFormatError(IntakeError):
    """A file cannot be read as CSV or Parquet, or lacks columns."""
