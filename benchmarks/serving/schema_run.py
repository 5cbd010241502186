"""Requests made from the server's OpenAPI document by schemathesis, good and bad."""

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
)
_CASES = re.compile(r"([\d,]+) generated")
_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class SchemaFigures:
    """What came of it."""

    examples: int
    """Most for each operation and phase."""
    cases: int | None
    """Requests that were made; None where the tool did not say."""
    holds: bool
    output: str
    """The end of what the tool said."""


def run_schemathesis(address: str, folder: Path, *, examples: int, seed: int) -> SchemaFigures:
    """Try a server at host:port; the tool writes into the folder."""
    command = [
        *(str(Path(sys.executable).with_name("schemathesis")), "run", f"http://{address}/openapi.json"),
        *("--checks", ",".join(CHECKS), "--seed", str(seed), "--phases", "examples,fuzzing"),
        *("--max-examples", str(examples), "--no-color"),
    ]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, cwd=folder, check=False)
    except subprocess.TimeoutExpired:
        return SchemaFigures(examples, None, holds=False, output=f"no end after {_SECONDS} s")
    found = _CASES.search(done.stdout)
    cases = None if found is None else int(found[1].replace(",", ""))
    return SchemaFigures(examples, cases, done.returncode == 0, (done.stdout + done.stderr)[-4000:])
