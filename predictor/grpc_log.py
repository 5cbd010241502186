"""What gRPC logs of clients that leave while an answer is being sent: it is no fault of ours, and counts as none."""

import logging

from grpc._cython import cygrpc  # type: ignore[import-untyped]  # its stubs are no part of it

LOGGER = "grpc._cython.cygrpc"

_NOT_SENT: type[BaseException] | None = getattr(cygrpc, "ExecuteBatchError", None)
"""What gRPC raises, and logs with a traceback, where an answer cannot be sent; a private name, which may go."""

_NOBODY_TOOK_IT = 'Failed "execute_batch"'


class _LeftOut(logging.Filter):
    """Passes over records of answers that nobody took, and over nothing else."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        # The same type also says that gRPC was called wrongly, which would be our fault.
        return _NOT_SENT is None or not (isinstance(error, _NOT_SENT) and str(error).startswith(_NOBODY_TOOK_IT))


_left_out = _LeftOut()


def leave_out_the_left() -> None:
    """From now on, leave such records out. May be called again, to no effect."""
    logging.getLogger(LOGGER).addFilter(_left_out)
