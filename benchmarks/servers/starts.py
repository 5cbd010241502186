"""How each server is started: ours, KServe's own for LightGBM, and MLServer."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.errors import BenchmarkError
from benchmarks.served_model import NAME, ServedModel
from benchmarks.server_process import Start

READY = f"/v2/models/{NAME}/ready"


@dataclass(frozen=True, slots=True)
class Place:
    """Where servers run and what they are given."""

    folder: Path
    """For their files and logs."""
    core: int
    environment: Mapping[str, str]
    """Of this process, without what would tell a server of a database."""

    def log(self, name: str) -> Path:
        """A server's log."""
        return self.folder / f"{name}.log"


def ours(model: ServedModel, place: Place, port: int, *, database_url: str | None = None) -> Start:
    """Our server of one bundle; with a database it can audit."""
    name = "ours" if database_url is None else "ours-audited"
    home = place.folder / name
    home.mkdir()
    database = {} if database_url is None else {"DATABASE_URL": database_url}
    return Start(
        name=name,
        command=[
            *(sys.executable, "-m", "blink", "serve", str(model.portfolio), "--bundle", str(model.bundle.path)),
            *("--http-port", str(port), "--grpc-port", str(port + 1), "--home", str(home)),
        ],
        environment={**place.environment, **database},
        port=port,
        ready=READY,
        log=place.log(name),
        core=place.core,
    )


def following(portfolio: str, models: Path, place: Place, port: int, database_url: str) -> Start:
    """Our server of a portfolio's champion, whoever that becomes."""
    home = place.folder / "following"
    home.mkdir()
    return Start(
        name="following",
        command=[
            *(sys.executable, "-m", "blink", "serve", portfolio, "--home", str(home)),
            *("--http-port", str(port), "--grpc-port", str(port + 1)),
        ],
        environment={**place.environment, "DATABASE_URL": database_url, "MODEL_DIR": str(models)},
        port=port,
        ready=f"/v2/models/{portfolio}/ready",
        log=place.log("following"),
        core=place.core,
    )


def kserve(model: ServedModel, place: Place, port: int) -> Start:
    """KServe's LightGBM server, with its defaults."""
    return Start(
        name="kserve",
        command=[
            *(sys.executable, "-m", "benchmarks.servers.kserve_lightgbm", "--model_name", NAME),
            *("--model_file", str(model.text), "--http_port", str(port), "--grpc_port", str(port + 1)),
        ],
        environment=place.environment,
        port=port,
        ready=READY,
        log=place.log("kserve"),
        core=place.core,
    )


def mlserver(model: ServedModel, place: Place, port: int, venv: Path) -> Start:
    """MLServer with its LightGBM runtime, inference in the server's own process: on one core that is its fastest.

    Raises:
        BenchmarkError: where it is not installed.
    """
    program = venv / "bin" / "mlserver"
    if not program.exists():
        raise BenchmarkError("not installed: `make bench-peers` installs it")
    folder = place.folder / "mlserver"
    folder.mkdir()
    settings = {
        "host": "127.0.0.1",
        "http_port": port,
        "grpc_port": port + 1,
        "metrics_port": port + 2,
        "debug": False,
        "parallel_workers": 0,
    }
    described = {
        "name": NAME,
        "implementation": "mlserver_lightgbm.LightGBMModel",
        "parameters": {"uri": str(model.text.resolve())},
    }
    (folder / "settings.json").write_text(json.dumps(settings), "utf-8")
    (folder / "model-settings.json").write_text(json.dumps(described), "utf-8")
    return Start(
        name="mlserver",
        command=[str(program.absolute()), "start", str(folder)],
        environment=place.environment,
        port=port,
        ready=READY,
        log=place.log("mlserver"),
        core=place.core,
    )
