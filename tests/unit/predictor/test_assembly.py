"""What was counted last is counted when everything has ended."""

from unittest.mock import Mock, call

import pytest

from predictor.assembly import Assembly


@pytest.mark.parametrize("error", [None, OSError("the port is taken")])
def test_metrics_are_settled_behind_the_servers_and_the_last_transactions(error):
    parts = Mock()
    parts.server.run.side_effect = error
    assembly = Assembly.__new__(Assembly)
    assembly._compute, assembly._auditing, assembly._metrics = parts.compute, parts.auditing, parts.metrics
    assembly._server, assembly._rest, assembly._grpc = parts.server, parts.rest, parts.grpc
    if error is None:
        assembly.run(print)
    else:
        with pytest.raises(OSError, match="the port is taken"):
            assembly.run(print)
    assert [one for one in parts.mock_calls if one[0] != "server.run"] == [
        call.auditing.start(),
        call.compute.close(),
        call.auditing.close(),
        call.metrics.settle(),
    ]
