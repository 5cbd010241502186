"""A server that brings its model from S3, as `blink serve` with MODEL_SOURCE=s3."""

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from threading import Event

import pytest

from credit.bundle.reader import load_bundle
from credit.model_store.address import open_store
from tests.unit.credit.model_store.store_contract import bundle
from tests.unit.predictor.serving_example import NAMES

__all__ = ["bundle"]

PAUSE = Event()
INFER = "/v2/models/cash_advance/infer"
ROW = json.dumps(
    {"inputs": [{"name": "rows", "shape": [1, len(NAMES)], "datatype": "FP64", "data": [1.0] * len(NAMES)}]}
)


@pytest.fixture
def key(bucket: Path, bundle: Path) -> str:
    open_store(f"s3://{bucket.name}/lynq").put(bundle)
    return f"lynq/{bundle.name}"


@pytest.fixture
def environment(bucket: Path, key: str, tmp_path: Path) -> dict[str, str]:
    own = {"MODEL_SOURCE": "s3", "S3_BUCKET": bucket.name, "S3_KEY": key, "BLINK_HOME": str(tmp_path / "home")}
    return {**{name: value for name, value in os.environ.items() if name != "DATABASE_URL"}, **own}


@contextmanager
def served(environment: Mapping[str, str], *arguments: str) -> Iterator[int]:
    """A server that listens, by its port."""
    ports = [f"--http-port={_free_port()}", f"--grpc-port={_free_port()}"]
    command = [sys.executable, "-m", "blink", "serve", *arguments, *ports]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        try:
            said = []
            for line in process.stderr:
                said.append(line)
                if line.startswith("REST on http://"):
                    break
            else:
                raise AssertionError("".join(said))
            # What it says from now on is read, or it would wait for a reader.
            with ThreadPoolExecutor(1) as pool:
                pool.submit(process.stderr.read)
                yield int(ports[0].partition("=")[2])
                process.terminate()
        finally:
            process.terminate()


def ask(port: int, path: str, body: str | None = None) -> tuple[int, dict, dict[str, str]]:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET" if body is None else "POST", path, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read()), {name.lower(): value for name, value in answer.getheaders()}
    finally:
        connection.close()


def refused(environment: Mapping[str, str], *arguments: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "blink", "serve", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


def test_at_the_start_the_model_is_there_when_the_server_listens(environment, bundle):
    with served(environment) as port:
        assert ask(port, "/v2/health/ready")[:2] == (200, {"ready": True})
        status, answer, _ = ask(port, INFER, ROW)
        assert (status, answer["model_version"]) == (200, bundle.name)


def test_at_the_start_workers_share_one_download(environment, bundle):
    with served(environment, "--workers", "2") as port:
        while ask(port, "/v2/health/ready")[0] != 200:
            PAUSE.wait(0.05)
        assert {ask(port, INFER, ROW)[1]["model_version"] for _ in range(8)} == {bundle.name}


@pytest.mark.parametrize("workers", ["1", "2"])
def test_the_first_requests_load_the_model_once_and_all_are_answered(environment, bundle, tmp_path, workers):
    environment["MODEL_LOADING"] = "first_request"
    with served(environment, "cash_advance", "--workers", workers) as port:
        while (ready := ask(port, "/v2/health/ready"))[0] != 200:
            PAUSE.wait(0.05)
        assert ready[1] == {"ready": True, "model": "it is loaded when a request first needs it"}
        assert not (tmp_path / "home" / "models" / bundle.name).exists()
        with ThreadPoolExecutor(12) as pool:
            answers = list(pool.map(lambda _: ask(port, INFER, ROW), range(12)))
        assert {(status, answer.get("model_version")) for status, answer, _ in answers} == {(200, bundle.name)}
        assert load_bundle(tmp_path / "home" / "models" / bundle.name).model_id == bundle.name


def test_a_model_that_comes_late_is_awaited_after_the_first_request(environment, bucket, key, bundle):
    environment["MODEL_LOADING"] = "first_request"
    last = bucket / key / "manifest.sha256"
    content = last.read_bytes()
    last.unlink()
    with served(environment, "cash_advance") as port:
        status, answer, headers = ask(port, INFER, ROW)
        assert (status, headers["retry-after"]) == (503, "2")
        assert f"no model is ready: no complete model at s3://{bucket.name}/{key}: manifest.sha256" in answer["error"]
        assert ask(port, "/v2/health/ready")[0] == 503
        last.write_bytes(content)
        while ask(port, "/v2/health/ready")[0] != 200:
            PAUSE.wait(0.05)
        assert ask(port, INFER, ROW)[1]["model_version"] == bundle.name


def test_a_damaged_model_ends_the_start_and_is_named(environment, bucket, key):
    (bucket / key / "forest.bin").write_bytes(b"damaged")
    code, said = refused(environment)
    assert (code, f"s3://{bucket.name}/{key}/forest.bin: sha256 is" in said) == (1, True)


AWAY = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_MAX_ATTEMPTS": "1"}


def test_a_store_that_is_away_asks_for_another_start(environment):
    code, said = refused(environment | AWAY)
    assert (code, "does not answer" in said) == (75, True)


def test_a_store_that_is_away_is_not_needed_for_a_model_that_is_here(environment, bundle, tmp_path):
    shutil.copytree(bundle, tmp_path / "home" / "models" / bundle.name)
    with served(environment | AWAY) as port:
        status, answer, _ = ask(port, INFER, ROW)
        assert (status, answer["model_version"]) == (200, bundle.name)


def test_a_model_of_another_portfolio_is_refused(environment):
    code, said = refused(environment, "trade_credit")
    assert (code, "a model of portfolio cash_advance, not trade_credit" in said) == (1, True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
