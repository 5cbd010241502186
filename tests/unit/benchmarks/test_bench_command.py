"""`blink bench` as a caller meets it."""

import json
import os
import subprocess
import sys

import pytest

from blink.cli.main import run


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--model", "big"], 2, "--model: 'big' is no size of a model: give TREESxLEAVES, such as 500x31"),
        (["--rows", "7"], 1, "no batch of 7 rows; there are 1, 32, 1000, 10000"),
        (["--contestant", "nobody"], 1, "no contestant nobody; there are lightgbm_predict, ours_margins, "),
        (["--core", "4096"], 1, "core 4096 is not among those that this process may use: ["),
    ],
)
def test_what_cannot_be_measured_is_refused_with_the_reason(options, code, message, tmp_path, capsys):
    assert run(["bench", "engine", "--work", str(tmp_path), *options]) == code
    assert message in capsys.readouterr().err


def test_a_small_comparison(tmp_path, capfd):
    allowed = os.sched_getaffinity(0)
    size = ["--model", "4x5", "--rows", "1", "--rows", "32", "--rounds", "2"]
    who = [f"--contestant={name}" for name in ("ours_margins", "treelite_gtil", "lightgbm_single_row")]
    out = tmp_path / "out"
    place = ["--work", str(tmp_path), "--out", str(out), "--json"]
    assert run(["bench", "engine", *size, *who, *place]) == 0
    facts = json.loads(capfd.readouterr().out)
    measured = {(one["batch"], one["contestant"]) for one in facts["measured"]}
    expected = {(rows, name) for rows in (1, 32) for name in ("LightGBM", "ours", "Treelite GTIL")}
    assert measured == expected | {(1, "LightGBM C, one row")}
    assert {one["difference"] for one in facts["proved"]} == {0.0}
    assert facts == json.loads((out / "engine.json").read_text("utf-8"))
    assert (
        (out / "engine.md")
        .read_text("utf-8")
        .startswith("# Margins: ours and peers\n\n`blink bench engine --model 4x5")
    )
    assert (out / "engine.svg").read_text("utf-8").startswith("<?xml")
    assert os.sched_getaffinity(0) == allowed


WITHOUT_MATPLOTLIB = """
import sys
sys.modules["matplotlib"] = None
import forest.lightgbm_import  # without pandas, which takes seconds to import
from blink.cli.main import run
print([run(["bench", command]) for command in ("engine", "server")])
"""


def test_without_what_draws_it_is_said_what_to_install():
    # In a process of its own: here the modules are imported already, and a whole benchmark would begin.
    call = [sys.executable, "-c", WITHOUT_MATPLOTLIB]
    done = subprocess.run(call, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (0, "[2, 2]\n")
    assert done.stderr == 2 * (
        "blink: benchmarks need the package matplotlib: install blinkscoring[bench], or run from a source checkout"
        " after `make setup`\n"
    )
