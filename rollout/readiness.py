"""Whether every pod of a slot has proved a model: asked of the pods themselves, not of the controller's summary.

KServe's Ready condition stays true while old pods still serve the model before, and its observedGeneration is the
Deployment's, not its own (docs/rollout.md). A pod answers for one version of its model alone.
"""

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Protocol

POD_PORT = 8080
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
    """The addresses of a host name, of IPv4 and IPv6; none where it is not known."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return ()
    return sorted({str(address[4][0]) for address in found})


def ask(address: str, port: int, path: str) -> int:
    """The status of a GET on a connection of its own. An IPv6 address has no brackets.

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
    """Whether every pod behind `host`, the name of a headless Service, answers that this very version is ready."""
    addresses = resolve(host)
    if not addresses:
        return Readiness(ready=False, message=f"{host} has no address: no pod is ready, or the chart's Service is gone")
    path = f"/v2/models/{model_name}/versions/{model_id}/ready"
    for address in addresses:
        try:
            status = ask(address, POD_PORT, path)
        except OSError as error:
            return Readiness(ready=False, message=f"the pod at {address} does not answer: {error}")
        if status != OK:
            return Readiness(ready=False, message=f"the pod at {address} answers {status} for {model_id}")
    return Readiness(ready=True)
