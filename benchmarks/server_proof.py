"""Whether a server answers what the model says, before its speed means anything."""

import json
import socket
from collections.abc import Sequence
from http.client import HTTPConnection

import numpy as np

from benchmarks.errors import BenchmarkError
from benchmarks.served_model import NAME, ServedModel, infer_body
from benchmarks.server_process import ServerProcess

INFER = f"/v2/models/{NAME}/infer"
LARGEST_DIFFERENCE = 1e-9
_FIRST_PORT = 21_000


def prove(server: ServerProcess, model: ServedModel) -> None:
    """Ask a halted server every row once and compare with the model's probabilities.

    Raises:
        BenchmarkError: where an answer is not 200, or differs by more than `LARGEST_DIFFERENCE`.
    """
    margins = model.bundle.engine.margins(model.rows)
    expected = 1 / (1 + np.exp(-margins))
    with server.awake():
        answers = np.array([_probability(server.start.port, infer_body(row)) for row in model.rows])
    difference = float(np.max(np.abs(answers - expected)))
    if not difference <= LARGEST_DIFFERENCE:
        raise BenchmarkError(f"{server.start.name} answers otherwise than the model, by {difference:g}")


def _probability(port: int, body: str) -> float:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("POST", INFER, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        said = answer.read()
        if answer.status != 200:
            raise BenchmarkError(f"{answer.status} to a good request: {said[:300].decode('utf-8', 'replace')}")
        (value,) = json.loads(said)["outputs"][0]["data"]
        return float(value)
    finally:
        connection.close()


def free_ports(count: int) -> Sequence[int]:
    """Ports of which this one and the two above it were free a moment ago, for HTTP, gRPC and metrics."""
    found: list[int] = []
    port = _FIRST_PORT
    while len(found) < count:
        if all(_is_free(port + step) for step in range(3)):
            found.append(port)
        port += 3
    return found


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
