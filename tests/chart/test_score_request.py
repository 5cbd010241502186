"""What `helm test` runs, against real HTTP servers."""

import json
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.chart.rendering import CHART, rendered

SCRIPT = (CHART / "files" / "tests" / "score_request.py").read_text("utf-8")


@contextmanager
def model_server(*, status=200):
    """A server that speaks as much V2 as the script asks; gives its address and the requests that it got."""
    seen = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            seen.append((self.path, self.headers["Host"], None))
            self.answer({"name": "cash_advance", "parameters": {"features": ["a", "b", "c"]}})

        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            seen.append((self.path, self.headers["Host"], body))
            self.answer({"model_version": "model_1", "outputs": [{"name": "default_probability", "data": [0.25]}]})

        def answer(self, body):
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_):
            """Keep the tests' output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", seen
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def run(*targets):
    return subprocess.run([sys.executable, "-c", SCRIPT, *targets], capture_output=True, text=True, check=False)


def test_a_customer_of_whom_nothing_is_known_is_scored():
    with model_server() as (address, seen):
        ended = run(f"cash_advance={address}@cash-advance.example")
    assert (ended.returncode, ended.stdout) == (0, "cash_advance: model_1 answers 0.25\n")
    rows = {"name": "rows", "shape": [1, 3], "datatype": "FP64", "data": [None, None, None]}
    assert seen == [
        ("/v2/models/cash_advance", "cash-advance.example", None),
        ("/v2/models/cash_advance/infer", "cash-advance.example", {"inputs": [rows]}),
    ]


def test_a_slot_that_does_not_answer_leaves_it_to_the_other():
    with model_server() as (address, _), model_server(status=503) as (away, _):
        ended = run(f"cash_advance={away},{address}")
    assert ended.returncode == 0
    assert ended.stdout.splitlines() == [
        f"cash_advance: {away}: HTTP Error 503: Service Unavailable",
        "cash_advance: model_1 answers 0.25",
    ]


def test_one_portfolio_without_a_model_fails_the_test():
    with model_server() as (address, _), model_server(status=404) as (away, _):
        ended = run(f"cash_advance={address}", f"berka={away}")
    assert ended.returncode == 1
    assert ended.stdout.splitlines()[-1] == "berka: no model answers; has one been trained and deployed?"


def test_the_pod_asks_the_slots_or_the_gateway():
    assert arguments("default") == [
        "cash_advance=http://blink-cash-advance-blue-predictor,http://blink-cash-advance-green-predictor"
    ]
    assert arguments("all") == [
        "cash_advance=http://gateway.edge@cash-advance.lender.example",
        "berka=http://gateway.edge@berka.lender.example",
    ]


def arguments(profile):
    (container,) = rendered(profile)["Pod", "blink-test-score"]["spec"]["containers"]
    assert container["args"][0] == SCRIPT
    return container["args"][1:]
