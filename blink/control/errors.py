"""What the control API answers with instead of what was asked for. HTTP's numbers are in `http_errors`."""

from uuid import UUID


class ControlError(Exception):
    """A request cannot be answered as asked; the message names the place and the fault."""


class BadRequestError(ControlError):
    """The request is not well formed."""


class NobodyError(ControlError):
    """The request carries no token of anybody."""


class NotFoundError(ControlError):
    """There is nothing of that name."""


class ActiveError(ControlError):
    """The same is being done already."""

    def __init__(self, message: str, run_id: UUID) -> None:
        super().__init__(message)
        self.run_id = run_id
        """Of the run that is active."""


class TooLargeError(ControlError):
    """The body is over the limit."""


class UnavailableError(ControlError):
    """Something that the answer needs does not work now; a later try may succeed."""
