"""A slot is ready when every one of its pods says so, of this very model: asked over HTTP."""

import socket
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from rollout.readiness import Readiness, ask, model_ready, resolve

PATH = "/v2/models/cash_advance/versions/model_b/ready"


class Pods:
    """Pods by address, each serving one model."""

    def __init__(self, served: dict[str, str]) -> None:
        self.served = served
        self.resolved: list[str] = []
        self.asked: list[tuple[str, int]] = []

    def resolve(self, host: str):
        self.resolved.append(host)
        return list(self.served)

    def ask(self, address: str, port: int, path: str) -> int:
        self.asked.append((address, port))
        if not self.served[address]:
            raise ConnectionRefusedError("refused")
        return 200 if path == PATH.replace("model_b", self.served[address]) else 404


def ready(pods: Pods) -> Readiness:
    return model_ready("slot-pods", "cash_advance", "model_b", resolve=pods.resolve, ask=pods.ask)


@pytest.mark.parametrize("addresses", [["10.0.0.1"], ["10.0.0.1", "10.0.0.2", "fd00::1"]])
def test_every_pod_is_asked_once(addresses):
    pods = Pods(dict.fromkeys(addresses, "model_b"))
    assert ready(pods) == Readiness(ready=True)
    assert (pods.resolved, pods.asked) == (["slot-pods"], [(address, 8080) for address in addresses])


@pytest.mark.parametrize("place", range(10))
def test_one_old_pod_of_ten_is_seen_wherever_it_stands(place):
    pods = Pods({f"10.0.0.{number}": "model_a" if number == place else "model_b" for number in range(10)})
    assert ready(pods) == Readiness(ready=False, message=f"the pod at 10.0.0.{place} answers 404 for model_b")


def test_without_a_pod_nothing_is_ready():
    message = "slot-pods has no address: no pod is ready, or the chart's Service is gone"
    assert ready(Pods({})) == Readiness(ready=False, message=message)


def test_a_pod_that_does_not_answer_is_not_ready():
    pods = Pods({"10.0.0.1": "model_b", "fd00::9": ""})
    assert ready(pods) == Readiness(ready=False, message="the pod at fd00::9 does not answer: refused")


class Answers(BaseHTTPRequestHandler):
    """What a pod answers, and a 400 to who names it wrongly."""

    def do_GET(self):
        address, port = self.server.server_address[:2]
        host = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
        known = 200 if self.path == PATH else 404
        self.send_response(known if self.headers["Host"] == host else 400)
        self.end_headers()

    def log_message(self, *_):
        pass


class Server6(ThreadingHTTPServer):
    address_family = socket.AF_INET6


@pytest.fixture(params=[(ThreadingHTTPServer, "127.0.0.1"), (Server6, "::1")], ids=["IPv4", "IPv6"])
def server(request):
    kind, address = request.param
    with kind((address, 0), Answers) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_pod_is_asked_over_http(server):
    address, port = server.server_address[:2]
    assert (ask(address, port, PATH), ask(address, port, "/")) == (200, 404)


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
    assert resolve("::1") == ["::1"]
    assert resolve("no-such-host.invalid") == ()
