"""A process that stands for a server: started on its core, halted, woken, ended; and one that ends at once."""

import os
import sys

import psutil
import pytest

from benchmarks.errors import BenchmarkError
from benchmarks.server_process import Start, started
from benchmarks.server_proof import free_ports

SERVER = """
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.send_header("Content-Length", "0"); self.end_headers()
    def log_message(self, *_): pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def start(tmp_path, program, port=1):
    return Start(
        name="stand-in",
        command=[sys.executable, "-c", program, str(port)],
        environment=dict(os.environ),
        port=port,
        ready="/ready",
        log=tmp_path / "log",
        core=min(os.sched_getaffinity(0)),
    )


def test_a_server_is_halted_but_while_it_is_measured_and_ended_afterwards(tmp_path):
    allowed = os.sched_getaffinity(0)
    (port,) = free_ports(1)
    with started(start(tmp_path, SERVER, port)) as server:
        process = psutil.Process(server.process.pid)
        assert process.cpu_affinity() == [min(allowed)]
        with server.awake():
            assert process.status() != psutil.STATUS_STOPPED
        assert process.status() == psutil.STATUS_STOPPED
        assert server.cpu_seconds() > 0
    assert not process.is_running()
    assert os.sched_getaffinity(0) == allowed


def test_a_server_that_ends_at_its_start_is_told_with_its_last_words(tmp_path):
    with (
        pytest.raises(BenchmarkError, match=r"stand-in ended at its start: no model \| give one"),
        started(start(tmp_path, "import sys; sys.exit('no model\\ngive one')")),
    ):
        pass
