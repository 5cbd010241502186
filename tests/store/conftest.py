"""A real S3 server, as a process: versitygw over a folder, built with Go where it is not there yet."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from uuid import uuid4

import pytest

ROOT = Path(__file__).parents[2]
MODULE = "github.com/versity/versitygw/cmd/versitygw@v1.8.0"
PROGRAM = ROOT / ".build" / "bin" / "versitygw"


@dataclass(frozen=True)
class S3Server:
    url: str
    root: Path
    """Each bucket is a folder of it."""
    access_key: str = "test"
    secret_key: str = "testtest"

    @property
    def environment(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }


@pytest.fixture(scope="session")
def s3_program() -> Path:
    if not PROGRAM.exists():
        assert shutil.which("go"), f"the S3 server of these tests is built with Go: install Go, or put it at {PROGRAM}"
        PROGRAM.parent.mkdir(parents=True, exist_ok=True)
        environment = {**os.environ, "GOBIN": str(PROGRAM.parent), "GOFLAGS": "-mod=mod"}
        subprocess.run(["go", "install", MODULE], env=environment, check=True)
    return PROGRAM


@pytest.fixture(scope="session")
def s3_server(s3_program: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    folder, port = tmp_path_factory.mktemp("s3"), _free_port()
    root, log = folder / "buckets", folder / "log"
    root.mkdir()
    server = S3Server(f"http://127.0.0.1:{port}", root)
    command = [str(s3_program), "--port", f"127.0.0.1:{port}", "--access", server.access_key]
    command += ["--secret", server.secret_key, "--health", "/health", "posix", str(root)]
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=output) as process:
        try:
            while not _healthy(port):
                assert process.poll() is None, log.read_text()
            yield server
        finally:
            process.terminate()


@pytest.fixture
def bucket(s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A bucket of the test's own, as its folder; the environment names the server."""
    for name, value in s3_server.environment.items():
        monkeypatch.setenv(name, value)
    folder = s3_server.root / f"bucket-{uuid4().hex[:12]}"
    folder.mkdir()
    return folder


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _healthy(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    except ConnectionError:
        return False
    finally:
        connection.close()
