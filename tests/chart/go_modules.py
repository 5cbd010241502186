"""Files of pinned Go modules, fetched by the go command, which checks them against Go's checksum database."""

import json
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path


class GoModuleError(AssertionError):
    """A module cannot be had; the message says what is missing. A test that needs it fails with it."""


@dataclass(frozen=True, slots=True)
class GoModule:
    """One version of a module, and the hash of its content as go.sum writes it."""

    path: str
    version: str
    content_hash: str

    def folder(self) -> Path:
        """Where the module's files are on this machine; fetched where they are not there yet."""
        return _fetched(self)


@cache
def _fetched(module: GoModule) -> Path:
    facts = _download(f"{module.path}@{module.version}")
    if facts.get("Sum") != module.content_hash:
        raise GoModuleError(
            f"{module.path}@{module.version} has the hash {facts.get('Sum')}, not {module.content_hash}"
        )
    return Path(facts["Dir"])


def _download(module: str) -> dict[str, str]:
    if shutil.which("go") is None:
        raise GoModuleError(
            f"the go command is missing: {module} is read with it; install Go 1.21 or newer and put it on the PATH"
        )
    with tempfile.TemporaryDirectory() as nowhere:  # a go.mod or go.work around the caller must not matter
        ended = subprocess.run(
            ["go", "mod", "download", "-json", module], cwd=nowhere, capture_output=True, text=True, check=False
        )
    facts = json.loads(ended.stdout or "{}")
    if ended.returncode:
        raise GoModuleError(f"{module} cannot be fetched: {facts.get('Error') or ended.stderr.strip()}")
    return facts
