"""Workers that end are started again; a server of several workers is ready, counts and ends as one."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue

import grpc
import pytest
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub

from predictor.errors import ServerError
from predictor.supervisor import Patience, Supervisor
from predictor.worker_states import WorkerPlace
from tests.postgres.serving.requests import INFER, ROWS, tensor
from tests.postgres.serving.test_ending import infer_request
from tests.unit.predictor.serving_example import Listening, Server

# A worker that says that it listens, writes its number and process into a file, and ends when its input ends.
WORKER = """
import json, os, pathlib, sys
number, directory, seen = int(sys.argv[1]), pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
with seen.open("a") as file:
    file.write(f"{number} {os.getpid()}\\n")
(directory / "new").mkdir(exist_ok=True)
path = directory / "new" / f"worker_{number}.json"
path.write_text(json.dumps({"listening": True, "trouble": "", "model_id": "m", "obstacle": ""}))
path.replace(directory / path.name)
sys.stdin.read()
"""
AT_ONCE = Patience(first_seconds=0.01)


@contextmanager
def supervised(code: str, seen: Path, *, workers: int = 2) -> Iterator[tuple[Supervisor, SimpleQueue]]:
    def command(place: WorkerPlace, _listening: Listening) -> list[str]:
        return [sys.executable, "-c", code, str(place.number), str(place.directory), str(seen)]

    supervisor, announced = Supervisor(command, workers=workers, patience=AT_ONCE), SimpleQueue()
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(supervisor.run, "127.0.0.1", 0, 0, announced.put)
        running.add_done_callback(lambda _: announced.put(None))
        try:
            yield supervisor, announced
        finally:
            supervisor.stop()
            running.result(timeout=30)


def until(condition: Callable[[], bool]) -> None:
    """Wait; the test's own time limit is the caller's."""
    for _ in range(3000):
        if condition():
            return
        threading.Event().wait(0.01)
    raise AssertionError("it did not come to pass")


def starts(seen: Path) -> list[tuple[int, int]]:
    """Worker and process of each start so far."""
    if not seen.exists():
        return []
    return [(int(number), int(process)) for number, process in map(str.split, seen.read_text().splitlines())]


def test_all_workers_run_before_the_server_is_announced_and_end_with_it(tmp_path):
    seen = tmp_path / "seen"
    with supervised(WORKER, seen, workers=3) as (_, announced):
        listening = announced.get(timeout=30)
        assert sorted(number for number, _ in starts(seen)) == [0, 1, 2]
        assert listening.http_port != listening.grpc_port
    for _, process in starts(seen):
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)


def test_a_worker_that_is_killed_is_started_again_and_the_others_stay(tmp_path):
    seen = tmp_path / "seen"
    with supervised(WORKER, seen) as (_, announced):
        assert announced.get(timeout=30) is not None
        before = dict(starts(seen))
        os.kill(before[0], signal.SIGKILL)
        until(lambda: len(starts(seen)) == 3)
        number, process = starts(seen)[2]
        assert (number, process != before[0]) == (0, True)
        os.kill(before[1], 0)


def test_a_worker_that_cannot_start_ends_the_server_with_the_reason(tmp_path):
    def command(place: WorkerPlace, _listening: Listening) -> list[str]:
        code = "raise SystemExit(7)" if place.number else "import sys; sys.stdin.read()"
        return [sys.executable, "-c", code]

    with pytest.raises(ServerError, match="worker 2 of 2 ended with 7 before it listened"):
        Supervisor(command, workers=2).run("127.0.0.1", 0, 0, lambda _: None)


def test_a_port_that_others_share_is_taken(tmp_path):
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(ServerError, match=f"HTTP cannot listen on 127.0.0.1:{port}"):
            Supervisor(lambda *_: [], workers=2).run("127.0.0.1", port, 0, lambda _: None)


@pytest.fixture(scope="module")
def two(bundle, tmp_path_factory) -> Iterator[tuple[Server, subprocess.Popen]]:
    """`blink serve --workers 2`, and its process."""
    ports = []
    for _ in range(2):
        with socket.create_server(("127.0.0.1", 0)) as free:
            ports.append(free.getsockname()[1])
    home = tmp_path_factory.mktemp("home")
    command = [Path(sys.executable).with_name("blink"), "serve", "--workers", "2", "--bundle", bundle.path]
    command += ["--home", home, "--http-port", str(ports[0]), "--grpc-port", str(ports[1])]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            for line in process.stderr:
                if line.startswith("REST on"):
                    break
            rest = threading.Thread(target=process.stderr.read, daemon=True)  # nobody else reads it
            rest.start()
            server = Server(Listening("127.0.0.1", *ports), lambda: process.poll() is None, process.terminate)
            yield server, process
        finally:
            process.terminate()
            assert process.wait(timeout=60) == 0


def workers_of(process: subprocess.Popen) -> list[int]:
    """Processes of a server's workers."""
    found = subprocess.run(["pgrep", "-P", str(process.pid)], check=True, capture_output=True, text=True)
    return list(map(int, found.stdout.split()))


def ids_of_workers(server: Server) -> Counter:
    """How many of forty connections each worker took: the first half of a request's id is a worker's own."""
    return Counter(server.get("/v2/health/live")[1]["x-request-id"][:16] for _ in range(40))


def readiness(server: Server) -> tuple[int, set[str]]:
    """Status, and the end of the reason; a connection that a killed worker was given is 0."""
    try:
        status, _, content = server.get("/v2/health/ready")
    except ConnectionError:
        return 0, set()
    return status, {json.loads(content).get("error", "").partition(": ")[2]}


def counted(server: Server, name: str) -> float:
    page = server.get("/metrics")[2].decode().splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in page if line.startswith(name))


def test_workers_share_ports_and_count_and_are_ready_together(two, bundle):
    server, _ = two
    assert server.get("/v2/health/ready")[0] == 200
    assert server.get(f"/v2/models/cash_advance/versions/{bundle.model_id}/ready")[0] == 200
    assert len(ids_of_workers(server)) == 2
    before = counted(server, "blink_scored_rows_total")
    body = json.dumps({"inputs": [tensor()]})
    assert [server.post(INFER, body)[0] for _ in range(20)] == [200] * 20
    until(
        lambda: (
            counted(server, "blink_missing_values_total") >= 0
            and counted(server, "blink_scored_rows_total") == before + 20
        )
    )
    assert counted(server, "blink_model_info") == 1

    async def over_grpc() -> list[str]:
        seen = []
        for _ in range(8):
            async with grpc.aio.insecure_channel(
                server.grpc, options=[("grpc.use_local_subchannel_pool", 1)]
            ) as channel:
                seen.append((await GRPCInferenceServiceStub(channel).ModelInfer(infer_request())).model_version)
        return seen

    assert asyncio.run(over_grpc()) == [bundle.model_id] * 8
    until(lambda: counted(server, "blink_scored_rows_total") == before + 20 + 8 * len(ROWS))


def test_a_worker_that_ends_leaves_all_that_it_counted(two):
    server, process = two
    before, worker = counted(server, "blink_scored_rows_total"), workers_of(process)[0]
    body = json.dumps({"inputs": [tensor()]})
    assert [server.post(INFER, body)[0] for _ in range(20)] == [200] * 20
    os.kill(worker, signal.SIGTERM)  # within the second after which it counts
    until(lambda: worker not in workers_of(process))
    assert counted(server, "blink_scored_rows_total") == before + 20
    until(lambda: len(workers_of(process)) == 2 and readiness(server)[0] == 200)


def test_a_worker_that_is_killed_comes_back_and_no_counter_falls(two):
    server, process = two
    requests = counted(server, "blink_requests_total")
    os.kill(workers_of(process)[0], signal.SIGKILL)
    until(lambda: readiness(server) == (503, {"is starting"}))
    assert counted(server, "blink_requests_total") >= requests
    until(lambda: readiness(server)[0] == 200)
    assert len(ids_of_workers(server)) == 2
    assert counted(server, "blink_requests_total") > requests
