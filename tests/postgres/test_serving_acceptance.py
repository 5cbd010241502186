"""The acceptance of the server in half a minute; `make acceptance` also runs it for its full time."""

import subprocess
import sys

import pytest


@pytest.mark.acceptance
def test_a_short_run_holds_and_writes_its_page(tmp_path):
    page = tmp_path / "serving.md"
    command = [sys.executable, "-m", "benchmarks.serving_acceptance", "--out", page, "--work", tmp_path / "work"]
    times = ["--fuzz-minutes", "0.1", "--soak-minutes", "0.4", "--rate-seconds", "2", "--examples", "2"]
    done = subprocess.run([*command, *times], capture_output=True, text=True, timeout=600)  # noqa: PLW1510
    assert done.returncode == 0, done.stderr[-5000:]
    assert done.stderr.endswith("all of it holds\n")
    assert "**no**" not in page.read_text("utf-8")
    assert list((tmp_path / "work").glob("acceptance-*")) == []
