"""Programs that the chart's tests run, built with Go at pinned versions where this machine has none of them."""

import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

BIN = Path(__file__).parents[2] / ".build" / "bin"


class GoToolError(AssertionError):
    """A program cannot be had; the message says what is missing. A test that needs it fails with it."""


@dataclass(frozen=True, slots=True)
class GoTool:
    """A program in one version of a Go module."""

    package: str
    version: str
    on_path: bool = False
    """Whether a machine's own one will do, whatever its version."""

    @property
    def name(self) -> str:
        return self.package.rpartition("/")[2]

    def path(self) -> str:
        """Where the program is; built first where it is not there yet, which takes minutes."""
        return _found(self)


HELM = GoTool("helm.sh/helm/v4/cmd/helm", "v4.1.1", on_path=True)
KUBE_SCORE = GoTool("github.com/zegl/kube-score/cmd/kube-score", "v1.20.0")


@cache
def _found(tool: GoTool) -> str:
    built = BIN / tool.version / tool.name
    if built.exists():
        return str(built)
    if tool.on_path and (own := shutil.which(tool.name)):
        return own
    return str(_build(tool, built))


def _build(tool: GoTool, built: Path) -> Path:
    if shutil.which("go") is None:
        raise GoToolError(
            f"{tool.name} is missing, and so is Go, which builds it: install Go 1.25 or newer, or {tool.name}"
        )
    with _alone():
        if not built.exists():
            _install(tool, built)
    return built


@contextmanager
def _alone() -> Iterator[None]:
    """Let one test worker build: four would compile the same packages four times."""
    BIN.mkdir(parents=True, exist_ok=True)
    with (BIN / "build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _install(tool: GoTool, built: Path) -> None:
    place = built.parent / "unfinished"
    shutil.rmtree(place, ignore_errors=True)  # of a build that was killed
    # Without C, what a debugger reads and inlined calls, building takes two thirds of the time.
    options = ["-gcflags=all=-l -dwarf=false", "-ldflags=-s -w"]
    command = ["go", "install", *options, f"{tool.package}@{tool.version}"]
    environment = os.environ | {"GOBIN": str(place), "CGO_ENABLED": "0"}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise GoToolError(f"{' '.join(command)} failed: {ended.stderr.strip()[-2000:]}")
    (place / tool.name).replace(built)
    place.rmdir()
