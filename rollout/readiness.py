"""Whether every pod of a slot has proved a model: asked of the pods themselves, not of the controller's summary.

KServe's Ready condition stays true while old pods still serve the model before, and its observedGeneration is the
Deployment's, not its own (docs/rollout.md). A pod answers for one version of its model alone.
"""

import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Protocol

POD_PORT = 8080
SERVICE_PORT = 80
ASKS_OF_A_SERVICE = 20
"""Of a Service with an address of its own, which hands each connection to a pod at random: with half of the pods new,
all answers are the new ones' once in a million times."""
TIMEOUT_SECONDS = 2.0
OK = 200


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether a model is ready, and if not, why."""

    ready: bool
    message: str = ""


class Probe(Protocol):
    """Asks the pods behind a host name whether all of them serve a model."""

    def __call__(self, host: str, model_name: str, model_id: str) -> Readiness:
        """Never raises: what cannot be asked is not ready."""
        ...


Resolve = Callable[[str], Sequence[str]]
Ask = Callable[[str, int, str], int]


def resolve(host: str) -> Sequence[str]:
    """The addresses of a host name; none where it is not known."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return ()
    return sorted({str(address[4][0]) for address in found})


def ask(address: str, port: int, path: str) -> int:
    """The status of a GET on a connection of its own.

    Raises:
        OSError: where nobody answers.
    """
    connection = HTTPConnection(address, port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except HTTPException as error:
        raise OSError(f"no HTTP answer: {error!r}") from error
    finally:
        connection.close()


def model_ready(host: str, model_name: str, model_id: str, *, resolve: Resolve = resolve, ask: Ask = ask) -> Readiness:
    """Whether every pod behind `host` answers that this very version of the model is ready.

    The predictor's Service is headless, and then each address is a pod; or it has one address, on which the Service's
    own port is open, and then it is asked again and again.
    """
    addresses = resolve(host)
    if not addresses:
        return Readiness(ready=False, message=f"{host} has no address: no pod is ready")
    path = f"/v2/models/{model_name}/versions/{model_id}/ready"
    try:
        targets = _targets(addresses, path, ask)
        for address, port in targets:
            status = ask(address, port, path)
            if status != OK:
                return Readiness(ready=False, message=f"{address}:{port} answers {status} for {model_id}")
    except OSError as error:
        return Readiness(ready=False, message=f"{host} does not answer: {error}")
    return Readiness(ready=True)


def _targets(addresses: Sequence[str], path: str, ask: Ask) -> Sequence[tuple[str, int]]:
    if len(addresses) == 1:
        # In this order: a pod refuses a port that it has not, at once; what a Service's address does is the node's
        # affair, and many drop the packets, which would cost the whole timeout.
        with suppress(OSError):
            ask(addresses[0], SERVICE_PORT, path)
            return [(addresses[0], SERVICE_PORT)] * ASKS_OF_A_SERVICE
    return [(address, POD_PORT) for address in addresses]
