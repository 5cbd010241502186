"""What ends a connection, behind good requests on it: answers in their order, a refusal, then the end."""

import json
import os
import re
import select
import socket
import sys
from contextlib import contextmanager, suppress
from subprocess import PIPE, Popen
from threading import Thread

import pytest

from benchmarks.serving.wire import Wire, WireAnswer, WireError
from predictor.ending import Ending
from predictor.kserve_server import ScoringRestServer
from predictor.server import Limits, ServeSettings
from tests.postgres.serving.broken_requests import BROKEN, IN_FRONT, KEPT_SECONDS, PLAIN, Broken
from tests.postgres.serving.requests import INFER, check_refused, tensor
from tests.postgres.serving.served import audits_of
from tests.unit.predictor.serving_example import (
    NAMES,
    PORTFOLIO,
    Server,
    server_process,
    server_thread,
    until_ended,
    until_ready,
)


def scored(user: str) -> bytes:
    body = json.dumps({"user_id": user, "features": {"metric_total_balance": 5000}}).encode()
    head = b"POST /score HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    return head % len(body) + body


@contextmanager
def wire_to(server: Server):
    wire = Wire(server.listening.host, server.listening.http_port, seconds=60)
    try:
        yield wire
    finally:
        wire.close()


def all_answers(wire: Wire, sent: bytes, count: int) -> list[WireAnswer]:
    """So many answers; after them the server must have ended the connection."""
    sending = Thread(target=lambda: suppress_end(wire, sent))
    sending.start()
    found = [wire.ask(b"") for _ in range(count)]
    with pytest.raises(WireError, match=r"the server closed the connection|was reset"):
        wire.ask(b"")
    sending.join()
    return found


def suppress_end(wire: Wire, sent: bytes) -> None:
    """Send; a server that has read enough may end the connection before all is sent."""
    with suppress(BrokenPipeError, ConnectionResetError):
        wire._socket.sendall(sent)


def counted(server: Server, route: str, status: str) -> float:
    line = rf'^blink_requests_total{{protocol="http",route="{re.escape(route)}",status="{status}"}} (.*)$'
    found = re.findall(line, server.get("/metrics")[2].decode(), re.MULTILINE)
    return float(found[0]) if found else 0.0


@pytest.fixture(scope="module")
def hasty(picky):
    """As `conforming`, but what does not come within a second is given up."""
    limits = Limits(receive_seconds=1.0)
    settings = ServeSettings(portfolio=PORTFOLIO, bundle=picky.path, http_port=0, grpc_port=0, limits=limits)
    with server_thread(settings) as running:
        yield until_ready(running)


@pytest.mark.parametrize("case", BROKEN, ids=lambda case: case.name)
def test_good_ones_are_answered_first_and_then_it_is_refused(conforming, hasty, case: Broken):
    server = hasty if case.late else conforming
    route = INFER.replace("cash_advance", "{name}") if case.headed else "malformed"
    before = counted(server, route, str(case.status))
    with wire_to(server) as wire:
        *good, refused = all_answers(wire, PLAIN * IN_FRONT + case.sent, case.answered + 1)
    assert [answer.status for answer in good] == [200] * case.answered
    assert refused.closes
    check_refused((refused.status, dict(refused.headers), refused.body), case.status, case.says)
    assert counted(server, route, str(case.status)) == before + 1
    assert b"GARBAGE" not in server.get("/metrics")[2]


def test_no_name_comes_twice():
    assert len({case.name for case in BROKEN}) == len(BROKEN)


@pytest.mark.parametrize("count", [1, 3])
def test_scores_in_front_of_noise_are_audited_and_answered(served, count):
    users = [f"in front of noise {count} {number}" for number in range(count)]
    with wire_to(served.server) as wire:
        *scores, refused = all_answers(wire, b"".join(map(scored, users)) + b"GARBAGE\r\n\r\n", count + 1)
    assert [answer.status for answer in scores] == [200] * count
    said = [json.loads(answer.body)["audit_id"] for answer in scores]
    assert [[str(audit.audit_id) for audit in audits_of(served, user)] for user in users] == [[one] for one in said]
    check_refused((refused.status, dict(refused.headers), refused.body), 400, "no HTTP/1.1 request: ")


# ------------------------------------------------------------------ what does not come


def connected(server: Server, sent: bytes) -> socket.socket:
    connection = socket.create_connection((server.listening.host, server.listening.http_port), timeout=60)
    connection.sendall(sent)
    return connection


def to_the_end(connection: socket.socket) -> tuple[int, dict]:
    """The one answer on a connection that the server ends; 0 without one."""
    read = b""
    while part := connection.recv(65_536):
        read += part
    connection.close()
    if not read:
        return 0, {}
    head, _, body = read.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)


HALF = scored("half")[:-5]


def test_half_requests_and_idle_connections_end_in_time(bundle):
    with server_process(bundle=str(bundle.path), receive_seconds=1.0, goodbye_seconds=0.1) as server:
        until_ready(server)
        head, body, idle = (connected(server, sent) for sent in (PLAIN[:-3], HALF, b""))
        assert b"blink_requests_in_flight 2.0" in server.get("/metrics")[2]
        assert to_the_end(idle) == (0, {})
        assert [to_the_end(one)[0] for one in (head, body)] == [408, 408]
        assert b"blink_requests_in_flight 1.0" in server.get("/metrics")[2]
        assert (counted(server, "malformed", "408"), counted(server, "/score", "408")) == (1, 1)


def test_a_kept_connection_ends_when_the_page_says():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        rest = ScoringRestServer(
            lambda: None,
            listener,
            Ending(),
            goodbye_seconds=1.0,
            drain_seconds=1,
            receive_seconds=1.0,
            every_second=lambda: None,
        )
    assert rest.config.timeout_keep_alive == KEPT_SECONDS


def explained(rows: int) -> bytes:
    """A request for the contributions of so many rows; of 4,000 they are more than two megabytes."""
    tensors = [tensor(shape=[rows, len(NAMES)], data=[1.5] * len(NAMES) * rows)]
    body = json.dumps({"inputs": tensors, "outputs": [{"name": "shap_values"}]}).encode()
    head = f"POST {INFER} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    return head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body


def test_an_answer_that_nobody_takes_is_not_kept(bundle, capfd):
    asked = explained(4000)
    with server_process(bundle=str(bundle.path), receive_seconds=1.0, goodbye_seconds=0.1) as server:
        until_ready(server)
        with connected(server, b"") as asking, pytest.raises(ConnectionResetError):
            asking.sendall(asked * 100)  # their answers are more than the kernel's buffers hold
        assert server.get("/v2/health/ready")[0] == 200
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize("requests", [1, 3])
def test_who_takes_nothing_does_not_hold_up_the_end(bundle, capfd, requests):
    with server_process(bundle=str(bundle.path), goodbye_seconds=0.1, drain_seconds=2) as server:
        until_ready(server)
        with socket.socket() as asking:
            asking.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            asking.connect((server.listening.host, server.listening.http_port))
            asking.sendall(explained(6000) * requests)
            while counted(server, "/v2/models/{name}/infer", "200") < 1:
                assert server.alive()
            server.stop()
            until_ended(server)
            ended = select.poll()
            ended.register(asking, 0)
            assert ended.poll(60_000)  # a reset
    assert "ERROR" not in capfd.readouterr().err


def test_who_ends_his_side_behind_whole_requests_gets_their_answers(bundle):
    with server_process(bundle=str(bundle.path), goodbye_seconds=0.1) as server:
        until_ready(server)
        with wire_to(server) as wire:
            wire._socket.sendall(explained(1000) * 3)
            wire._socket.shutdown(socket.SHUT_WR)
            found = [wire.ask(b"") for _ in range(3)]
            with pytest.raises(WireError, match="the server closed the connection"):
                wire.ask(b"")
        assert [(answer.status, answer.closes) for answer in found] == [(200, False), (200, False), (200, True)]
        assert len({answer.body for answer in found}) == 3  # each has its id
        assert counted(server, "/v2/models/{name}/infer", "200") == 3


def test_half_a_body_at_the_end_is_a_408_and_no_fault(bundle, capfd):
    with server_process(bundle=str(bundle.path), goodbye_seconds=0.1, drain_seconds=4) as server:
        until_ready(server)
        body = connected(server, HALF)
        while b"blink_requests_in_flight 2.0" not in server.get("/metrics")[2]:
            pass
        server.stop()
        status, said = to_the_end(body)
    assert (status, said["error"]) == (408, "body: had not come when the server ended")
    assert "Traceback" not in capfd.readouterr().err


# ------------------------------------------------------------------ the log


def test_a_log_of_json_is_json_only_whatever_is_sent(bundle, tmp_path):
    command = [sys.executable, "-m", "blink", "serve", "--bundle", str(bundle.path), "--log-format", "json"]
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    environment["BLINK_HOME"] = str(tmp_path)
    ports = [f"--http-port={_free_port()}", f"--grpc-port={_free_port()}"]
    with Popen([*command, *ports], stderr=PIPE, text=True, env=environment) as process:
        try:
            lines = _until_it_listens(process)
            port = int(re.findall(r"REST on http://127.0.0.1:(\d+)", lines[-1])[0])
            wire = Wire("127.0.0.1", port, seconds=60)
            assert [answer.status for answer in all_answers(wire, PLAIN + b"GARBAGE\r\n\r\n", 2)] == [200, 400]
            wire.close()
        finally:
            process.terminate()
        lines += process.stderr.read().splitlines()
        assert process.wait(60) == 0
    assert {json.loads(line)["level"] for line in lines} <= {"INFO"}


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


def _until_it_listens(process: Popen[str]) -> list[str]:
    lines = []
    for line in process.stderr:
        lines.append(line)
        if "REST on" in line:
            return lines
    raise AssertionError("".join(lines))
