"""A slot is ready when every one of its pods says so, of this very model: asked over HTTP."""

import socket
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from rollout.readiness import ASKS_OF_A_SERVICE, POD_PORT, SERVICE_PORT, Readiness, ask, model_ready, resolve

PATH = "/v2/models/cash_advance/versions/model_b/ready"


class Pods:
    """Pods by address, each serving one model; a Service's address has no pods' port."""

    def __init__(self, served: dict[str, str], *, service: str | None = None) -> None:
        self.served = served
        self.service = service
        self.asked: list[tuple[str, int]] = []

    def resolve(self, host: str):
        return [self.service] if self.service else list(self.served)

    def ask(self, address: str, port: int, path: str) -> int:
        self.asked.append((address, port))
        if address == self.service:
            if port != SERVICE_PORT:
                raise ConnectionRefusedError("refused")
            pods = list(self.served)
            address = pods[len(self.asked) % len(pods)]
        elif port != POD_PORT or address not in self.served:
            raise ConnectionRefusedError("refused")
        return 200 if path == PATH.replace("model_b", self.served[address]) else 404


def ready(pods: Pods) -> Readiness:
    return model_ready("slot-predictor", "cash_advance", "model_b", resolve=pods.resolve, ask=pods.ask)


def test_all_pods_of_a_headless_service_are_asked():
    pods = Pods({"10.0.0.1": "model_b", "10.0.0.2": "model_b"})
    assert ready(pods) == Readiness(ready=True)
    assert pods.asked == [("10.0.0.1", 8080), ("10.0.0.2", 8080)]


def test_the_one_pod_of_a_headless_service_is_told_from_a_service_by_its_ports():
    pods = Pods({"10.0.0.1": "model_b"})
    assert ready(pods) == Readiness(ready=True)
    assert pods.asked == [("10.0.0.1", 80), ("10.0.0.1", 8080)]


def test_one_pod_that_still_serves_the_model_before_is_enough_to_wait():
    pods = Pods({"10.0.0.1": "model_b", "10.0.0.2": "model_a"})
    assert ready(pods) == Readiness(ready=False, message="10.0.0.2:8080 answers 404 for model_b")


def test_a_service_with_an_address_of_its_own_is_asked_until_every_pod_will_have_answered():
    pods = Pods({"10.0.0.1": "model_b"}, service="10.96.0.1")
    assert ready(pods) == Readiness(ready=True)
    assert pods.asked == [("10.96.0.1", 80)] * (1 + ASKS_OF_A_SERVICE)
    half = Pods({"10.0.0.1": "model_b", "10.0.0.2": "model_a"}, service="10.96.0.1")
    assert ready(half) == Readiness(ready=False, message="10.96.0.1:80 answers 404 for model_b")


def test_without_a_pod_nothing_is_ready():
    assert ready(Pods({})) == Readiness(ready=False, message="slot-predictor has no address: no pod is ready")


def test_a_pod_that_does_not_answer_is_not_ready():
    pods = Pods({"10.0.0.1": "model_b"})
    pods.resolve = lambda host: ["10.0.0.1", "10.0.0.9"]
    assert ready(pods) == Readiness(ready=False, message="slot-predictor does not answer: refused")


@pytest.fixture
def port():
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path == PATH else 404)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_pod_is_asked_over_http(port):
    assert (ask("127.0.0.1", port, PATH), ask("127.0.0.1", port, "/")) == (200, 404)


def test_who_does_not_speak_http_is_told_as_not_answering():
    with socket.create_server(("127.0.0.1", 0)) as deaf:

        def hang_up():
            deaf.accept()[0].close()

        thread = Thread(target=hang_up)
        thread.start()
        with pytest.raises(OSError, match=r"no HTTP answer|reset"):
            ask("127.0.0.1", deaf.getsockname()[1], "/")
        thread.join()


def test_names_are_resolved_and_unknown_ones_have_no_address():
    assert resolve("127.0.0.1") == ["127.0.0.1"]
    assert resolve("no-such-host.invalid") == ()
