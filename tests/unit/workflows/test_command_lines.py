"""Every step's command line is one that `blink` takes, with the parameters left empty and with all of them given."""

import re
import sys
from datetime import UTC, datetime
from uuid import UUID

import pytest

import workflows
from blink.cli.main import run
from blink.cli.parser import build_parser
from workflows.rendering import DEFINITIONS

RUN = "5f0e1c1e-0000-4000-8000-000000000001"
WORKFLOW = "0d0e1c1e-0000-4000-8000-000000000002"
FAILURES = '"[{\\"displayName\\":\\"shard(0:0)\\",\\"message\\":\\"main: Error (exit code 1)\\"}]"'

EMPTY = {
    "workflow.parameters.portfolio": "cash_advance",
    "workflow.parameters.shards": "2",
    "workflow.parameters.as-of": "",
    "workflow.parameters.batch-id": "",
    "workflow.parameters.force-reason": "",
    "workflow.parameters.run-id": "",
    "workflow.name": "blink-score-cash-advance-1795536000",
    "workflow.status": "Failed",
    "workflow.failures": '"null"',
    "inputs.parameters.run-id": WORKFLOW,
    "inputs.parameters.shard": "1",
    "=workflow.parameters.deploy == 'true' ? '--deploy' : '--no-deploy'": "--no-deploy",
    "=workflow.parameters['force-reason'] == '' ? '--no-force' : '--force'": "--no-force",
}
GIVEN = {
    **EMPTY,
    "workflow.parameters.as-of": "2026-01-31T12:00Z",
    "workflow.parameters.batch-id": "BATCH_001",
    "workflow.parameters.force-reason": "--the board said so",
    "workflow.parameters.run-id": RUN,
    "workflow.failures": FAILURES,
    "inputs.parameters.run-id": RUN,
    "=workflow.parameters.deploy == 'true' ? '--deploy' : '--no-deploy'": "--deploy",
    "=workflow.parameters['force-reason'] == '' ? '--no-force' : '--force'": "--force",
}


def arguments(kind, step, values):
    """The step's arguments to `blink` as Argo fills them; a placeholder without a value is a KeyError."""
    templates = DEFINITIONS[f"{kind}-template.yaml"]().to_dict()["spec"]["templates"]
    (container,) = (each["container"] for each in templates if each["name"] == step)
    return [re.sub(r"\{\{(.+?)\}\}", lambda found: values[found[1]], each) for each in container["args"]]


def read(kind, step, values):
    chosen = vars(build_parser().parse_args(arguments(kind, step, values)))
    return {name: value for name, value in chosen.items() if name not in {"json", "home", "out", "source", "seed"}}


@pytest.mark.parametrize(
    ("kind", "step", "empty", "given"),
    [
        (
            "score",
            "plan",
            {"handler": "blink.commands.score:plan", "as_of": None, "shards": 2},
            {"as_of": datetime(2026, 1, 31, 12, tzinfo=UTC)},
        ),
        ("score", "shard", {"handler": "blink.commands.score:shard", "shard": 1, "run_id": UUID(WORKFLOW)}, {}),
        ("score", "finish", {"handler": "blink.commands.score:finish"}, {"run_id": UUID(RUN)}),
        (
            "train",
            "train",
            {
                "handler": "blink.commands.train:train",
                "run_id": UUID(WORKFLOW),
                "batch_id": None,
                "deploy": False,
                "force": False,
                "reason": None,
            },
            {
                "run_id": UUID(RUN),
                "batch_id": "BATCH_001",
                "deploy": True,
                "force": True,
                "reason": "--the board said so",
            },
        ),
        (
            "train",
            "rollout",
            {"handler": "blink.commands.rollout:wait", "run_id": UUID(WORKFLOW), "timeout": 1800},
            {"run_id": UUID(RUN)},
        ),
        (
            "train",
            "record",
            {"handler": "blink.commands.runs:record", "kind": "train", "status": "Failed", "run_id": None},
            {"run_id": UUID(RUN), "message": FAILURES},
        ),
        ("score", "record", {"kind": "score", "workflow": EMPTY["workflow.name"]}, {"message": FAILURES}),
    ],
)
def test_a_step_is_a_command_that_blink_takes(kind, step, empty, given):
    assert empty.items() <= read(kind, step, EMPTY).items()
    assert (empty | given).keys() <= read(kind, step, GIVEN).keys()
    assert given.items() <= read(kind, step, GIVEN).items()


def test_render_writes_and_check_names_what_differs(tmp_path, capsys):
    folder = tmp_path / "files"
    assert run(["workflows", "render", str(folder)]) == 0
    assert capsys.readouterr().out == f"4 files written in {folder}\n"
    assert run(["workflows", "check", str(folder)]) == 0
    (folder / "score-cron.yaml").write_text("", "utf-8")
    for command in (["check"], ["render", "--check"]):
        assert run(["workflows", *command, str(folder)]) == 1
        assert capsys.readouterr().out.splitlines()[-1] == (
            f"out of date: {folder}/score-cron.yaml; run `blink workflows render {folder}`"
        )
    assert (folder / "score-cron.yaml").read_text("utf-8") == ""


def test_without_hera_it_is_said_what_to_install(monkeypatch, capsys):
    monkeypatch.delitem(sys.modules, "blink.commands.workflows", raising=False)
    monkeypatch.delitem(sys.modules, "workflows.rendering", raising=False)
    monkeypatch.setattr(workflows, "rendering", None, raising=False)
    monkeypatch.delattr(workflows, "rendering")
    monkeypatch.setitem(sys.modules, "hera.workflows", None)
    assert run(["workflows", "check"]) == 2
    assert capsys.readouterr().err == "blink: rendering needs the package hera: install blinkscoring[workflows]\n"
