"""What gRPC logs of answers that nobody took is left out; all else that it logs is not."""

import logging
import sys

import pytest
from grpc._cython import cygrpc

from predictor.grpc_log import LOGGER, leave_out_the_left


def logged(error: Exception) -> None:
    """Log the error as gRPC does where a call fails with it."""
    try:
        raise error
    except type(error):
        logging.getLogger(LOGGER).exception("%s raised in core by servicer method [%s]", type(error).__name__, "/A/B")


def test_an_answer_that_nobody_took_is_no_line_and_all_else_is_one(caplog: pytest.LogCaptureFixture):
    leave_out_the_left()
    leave_out_the_left()
    logged(cygrpc.ExecuteBatchError('Failed "execute_batch": (<grpc._cython.cygrpc.SendMessageOperation object>,)'))
    logged(cygrpc.ExecuteBatchError("Failed grpc_call_start_batch: 8 with grpc_call_error value: 'INVALID_METADATA'"))
    logged(cygrpc.InternalError("a fault of gRPC's"))
    logged(ValueError("a fault of ours"))
    logging.getLogger(LOGGER).error("without an exception")
    logging.getLogger(LOGGER).error("nor here", exc_info=sys.exc_info())
    logging.getLogger("predictor").error("of another", exc_info=cygrpc.ExecuteBatchError("the same"))
    assert [record.getMessage() for record in caplog.records] == [
        "ExecuteBatchError raised in core by servicer method [/A/B]",
        "InternalError raised in core by servicer method [/A/B]",
        "ValueError raised in core by servicer method [/A/B]",
        "without an exception",
        "nor here",
        "of another",
    ]
