"""Whether a table's labels are of both classes."""

from credit.intake.errors import MalformedTableError
from credit.portfolios import TableRule


def check_classes(labelled: int, bads: int, *, file: str, rule: TableRule) -> None:
    """Do nothing where some labelled rows of a file are bad and some are good.

    Raises:
        MalformedTableError: naming the label's column.
    """
    if bads not in {0, labelled}:
        return
    which = (
        f"all {labelled} labelled rows are {'bad' if bads else 'good'}" if labelled else "none of its rows has a label"
    )
    raise MalformedTableError(
        f"{file}: column {rule.label.column}: {which} by {str(rule.label)!r}; rows of both classes are needed"
    )
