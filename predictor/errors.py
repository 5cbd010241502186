"""Errors of the predictor; what they mean on a wire is decided in the transports."""


class PredictorError(Exception):
    """A request cannot be answered, or a server cannot start."""


class BadInputError(PredictorError):
    """A request is wrong. The message names the place (field, tensor, row) and the reason."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(f"{place}: {reason}")
        self.place = place
        self.reason = reason


class TooLargeError(PredictorError):
    """A body is over the limit."""

    def __init__(self, message: str, *, read: bool) -> None:
        """`read` says whether all of it was read, so that its connection can go on."""
        super().__init__(message)
        self.read = read


class MediaTypeError(PredictorError):
    """A body is of a type, or in an encoding, that is not read here."""


class MalformedError(PredictorError):
    """What came on a connection is no request of its protocol."""


class HeadTooLargeError(PredictorError):
    """A request's head is longer than any that is read."""


class TooManyError(PredictorError):
    """More requests came on one connection than wait there for their turn."""


class SlowError(PredictorError):
    """A request did not come whole in time."""


class NotOfferedError(PredictorError):
    """The protocol has such a call, and this server does not offer it."""


class UnknownModelError(PredictorError):
    """No model of that name or version is served here."""


class UnknownSubjectError(PredictorError):
    """A subject has no history to compute features from."""


class KeyConflictError(PredictorError):
    """An idempotency key came before with another body."""


class UnavailableError(PredictorError):
    """The work cannot be done now, through no fault of the request; a later try may succeed."""

    def __init__(self, message: str, *, unwritten: bool = False) -> None:
        """`unwritten` says that the database is away and has surely committed nothing of the work."""
        super().__init__(message)
        self.unwritten = unwritten


class FaultError(PredictorError):
    """A fault of ours, which no answer of a transport stands for: an honest 500."""


class ServerError(PredictorError):
    """The server cannot start as asked."""
