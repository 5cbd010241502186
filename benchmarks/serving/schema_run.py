"""Requests made from OpenAPI documents by schemathesis, good and bad: the server's own document, and the protocol's."""

import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PROTOCOL_CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "allow_header_conformance",
)
"""What holds for a document of all models.

`positive_data_acceptance` cannot: a request that is right by the document has tensors that this model has not.
`negative_data_rejection` does not: the server takes null for an optional field. Headers the document does not describe.
"""
OWN_CHECKS = (*PROTOCOL_CHECKS, "response_headers_conformance", "negative_data_rejection")
"""`positive_data_acceptance` cannot hold: that a tensor has as many values as its shape says, that columns are those of
the model or that a subject has one row is not sayable in a JSON schema, and the server refuses what breaks it."""
PHASES = ("examples", "coverage", "fuzzing")

_CASES = re.compile(r"([\d,]+) generated")
_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class SchemaFigures:
    """What came of it."""

    examples: int
    """Most for each operation in the fuzzing phase."""
    cases: int | None
    """Requests that were made; None where the tool did not say."""
    holds: bool
    output: str
    """The end of what the tool said."""


def run_own_document(
    address: str, folder: Path, *, examples: int, seed: int, phases: Sequence[str] = PHASES
) -> SchemaFigures:
    """Try a server at host:port by the document that it gives; the tool writes into the folder."""
    asked = [f"http://{address}/openapi.json", "--phases", ",".join(phases)]
    return _run(asked, OWN_CHECKS, folder, examples=examples, seed=seed)


def run_protocol_document(document: Path, address: str, folder: Path, *, examples: int, seed: int) -> SchemaFigures:
    """Try a server at host:port by the protocol's document, as `write_protocol_document` writes it."""
    asked = [str(document.resolve()), "--url", f"http://{address}", "--phases", ",".join(PHASES)]
    return _run(asked, PROTOCOL_CHECKS, folder, examples=examples, seed=seed)


def _run(asked: Sequence[str], checks: Sequence[str], folder: Path, *, examples: int, seed: int) -> SchemaFigures:
    command = [
        *(str(Path(sys.executable).with_name("schemathesis")), "run", *asked),
        *("--checks", ",".join(checks), "--seed", str(seed), "--max-examples", str(examples), "--no-color"),
    ]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, cwd=folder, check=False)
    except subprocess.TimeoutExpired:
        return SchemaFigures(examples, None, holds=False, output=f"no end after {_SECONDS} s")
    found = _CASES.search(done.stdout)
    cases = None if found is None else int(found[1].replace(",", ""))
    return SchemaFigures(examples, cases, done.returncode == 0, (done.stdout + done.stderr)[-4000:])
