"""What each column of a table is proposed to be."""

from dataclasses import dataclass
from enum import StrEnum

from credit.profiling.column import Column
from credit.profiling.table_profile import TableProfile

OTHERWISE_WRITTEN = "otherwise written"
"""Of a time that the observation's format does not read."""


class Role(StrEnum):
    """What a portfolio's file does with a column."""

    LABEL = "label"
    SUBJECT = "subject"
    OBSERVED = "observed"
    FEATURE = "feature"
    CATEGORY = "category"
    PROTECTED = "protected"
    EXCLUDED = "excluded"
    """Known only after the outcome, as it looks."""
    LEFT_OUT = "left out"


@dataclass(frozen=True, slots=True)
class Proposed:
    """A column, what it is to be, and why."""

    column: Column
    role: Role
    because: str = ""
    auc: float | None = None
    """Of the column alone against the label, on the sampled rows, in [0.5, 1]; None where not measured."""


@dataclass(frozen=True, slots=True)
class LabelProposal:
    """The label, or what it might be."""

    text: str | None
    """As a portfolio's file writes it; None where it is not clear."""
    candidates: tuple[str, ...] = ()
    """Texts that it might be, where it is not clear."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A portfolio's file before it is written."""

    profile: TableProfile
    label: LabelProposal
    columns: tuple[Proposed, ...]
    """In the order of the file."""
    date_formats: tuple[str, ...] = ()
    """By which the observation's times can be read, the likeliest first; the empty one is ISO 8601."""

    def having(self, *roles: Role) -> tuple[Proposed, ...]:
        """The columns of these roles."""
        return tuple(one for one in self.columns if one.role in roles)

    def one(self, role: Role) -> Column | None:
        """The column of a role that at most one has."""
        return next((one.column for one in self.having(role)), None)
