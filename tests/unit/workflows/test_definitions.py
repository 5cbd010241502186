"""What the definitions promise to those who run them."""

import re
from types import SimpleNamespace

import pytest

from workflows.rendering import DEFINITIONS
from workflows.retries import WORTH_ANOTHER_TRY
from workflows.step_container import FACTS

MANIFESTS = {name: definition().to_dict() for name, definition in DEFINITIONS.items()}
SPECS = {kind: MANIFESTS[f"{kind}-template.yaml"]["spec"] for kind in ("score", "train")}
CRONS = {kind: MANIFESTS[f"{kind}-cron.yaml"]["spec"] for kind in ("score", "train")}
KINDS = pytest.mark.parametrize("kind", ["score", "train"])
CONTAINERS = [(kind, each) for kind, spec in SPECS.items() for each in spec["templates"] if "container" in each]
STEPS = pytest.mark.parametrize(
    "template", [each for _, each in CONTAINERS], ids=[f"{kind}-{each['name']}" for kind, each in CONTAINERS]
)
SCRATCH = "/tmp"  # noqa: S108 - the container's own
PERIODS = {"score": 300, "train": 7 * 86400}


def named(kind, name):
    return next(each for each in SPECS[kind]["templates"] if each["name"] == name)


def placeholders(value, kind):
    """The names behind `{{kind.…}}` and inside expressions, anywhere in `value`."""
    text = str(value)
    plain = re.findall(rf"{re.escape(kind)}\.([a-z-]+)", text)
    return {*plain, *re.findall(rf"{re.escape(kind)}\[\\*'([a-z-]+)\\*'\]", text)}


@KINDS
def test_never_two_at_once_and_never_longer_than_the_period(kind):
    assert CRONS[kind]["concurrencyPolicy"] == "Forbid"
    assert CRONS[kind]["workflowSpec"]["activeDeadlineSeconds"] < PERIODS[kind]
    assert CRONS[kind]["startingDeadlineSeconds"] < PERIODS[kind]


@KINDS
def test_a_workflow_that_has_ended_stays_longer_than_a_start_can_be_late(kind):
    # Argo looks for the workflow of a start it may have missed: gone, it would be started again.
    assert min(SPECS[kind]["ttlStrategy"].values()) > CRONS[kind]["startingDeadlineSeconds"]


@KINDS
def test_a_schedule_runs_its_template_with_parameters_that_it_has(kind):
    cron = CRONS[kind]["workflowSpec"]
    assert cron["workflowTemplateRef"] == {"name": f"__RELEASE__-{kind}"}
    given = {each["name"] for each in cron["arguments"]["parameters"]}
    declared = {each["name"]: each.get("value") for each in SPECS[kind]["arguments"]["parameters"]}
    assert given <= set(declared)
    assert {name for name, value in declared.items() if value is None} == {"portfolio"} <= given


@KINDS
def test_every_parameter_that_is_read_is_declared_and_the_other_way_round(kind):
    declared = {each["name"] for each in SPECS[kind]["arguments"]["parameters"]}
    assert placeholders(SPECS[kind], "workflow.parameters") == declared


@STEPS
def test_a_step_reads_the_inputs_that_it_declares(template):
    declared = {each["name"] for each in template.get("inputs", {}).get("parameters", ())}
    assert placeholders(template, "inputs.parameters") == declared


@KINDS
def test_every_call_gives_a_step_its_inputs(kind):
    for template in SPECS[kind]["templates"]:
        for call in (call for group in template.get("steps", ()) for call in group):
            inputs = named(kind, call["template"]).get("inputs", {}).get("parameters", ())
            given = call.get("arguments", {}).get("parameters", ())
            assert [each["name"] for each in given] == [each["name"] for each in inputs]


def test_what_is_read_of_the_plan_is_among_its_outputs():
    outputs = {each["name"]: each["valueFrom"]["path"] for each in named("score", "plan")["outputs"]["parameters"]}
    assert placeholders(SPECS["score"], "steps.plan.outputs.parameters") == set(outputs)
    assert outputs == {name: f"{FACTS}/{name.replace('-', '_')}" for name in outputs}


@STEPS
def test_a_step_is_one_blink_command_that_writes_its_facts(template):
    container = template["container"]
    assert container["command"] == ["blink"]
    assert container["args"][-1] == "--out=/tmp/facts"
    # A value beside its option could be read as an option: a reason that begins with a dash.
    assert [each for each in container["args"] if each.startswith("--") and "=" not in each] == []


@STEPS
def test_a_step_may_do_nothing_that_it_need_not(template):
    container = template["container"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
        "runAsNonRoot": True,
    }
    mounts = {each["mountPath"]: (each["name"], each.get("readOnly", False)) for each in container["volumeMounts"]}
    writable = {path for path, (_, read_only) in mounts.items() if not read_only}
    assert writable == ({SCRATCH, "/models"} if template["name"] == "train" else {SCRATCH})
    assert mounts["/var/run/secrets/kubernetes.io/serviceaccount"] == ("no-api-token", True)
    assert set(container["resources"]) == {"requests", "limits"}


@STEPS
def test_a_step_names_volumes_that_the_pod_has(template):
    volumes = {each["name"] for spec in SPECS.values() for each in spec["volumes"]}
    assert {each["name"] for each in template["container"]["volumeMounts"]} <= volumes


@KINDS
def test_each_kind_has_the_login_of_its_role(kind):
    token = {"score": "SCORER", "train": "TRAINER"}[kind]
    for each in (each["container"] for each in SPECS[kind]["templates"] if "container" in each):
        assert each["env"] == [
            {
                "name": "DATABASE_URL",
                "valueFrom": {"secretKeyRef": {"name": f"__{token}_SECRET__", "key": f"__{token}_KEY__"}},
            }
        ]


@KINDS
def test_pods_are_not_root(kind):
    assert SPECS[kind]["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": 10001,
        "runAsGroup": 10001,
        "fsGroup": 10001,
        "fsGroupChangePolicy": "OnRootMismatch",
        "seccompProfile": {"type": "RuntimeDefault"},
    }


@KINDS
def test_the_end_is_recorded_by_a_step_inside_a_template(kind):
    # Argo fails a retried step that is the exit handler itself once the workflow is past its deadline.
    handler = named(kind, SPECS[kind]["onExit"])
    assert handler["steps"] == [[{"name": "record", "template": "record"}]]


@STEPS
def test_every_step_is_retried_by_the_one_rule(template):
    strategy = template["retryStrategy"]
    assert (strategy["retryPolicy"], strategy["expression"]) == ("Always", WORTH_ANOTHER_TRY)
    assert 1 < int(strategy["limit"]) < 9


def test_training_outlasts_half_an_hour_without_its_database():
    strategy = named("train", "train")["retryStrategy"]
    first, longest = (int(strategy["backoff"][each].rstrip("s")) for each in ("duration", "cap"))
    waits = [min(first * 2**each, longest) for each in range(int(strategy["limit"]))]
    assert 1800 < sum(waits) < SPECS["train"]["activeDeadlineSeconds"] / 2


def test_only_a_step_that_reads_or_writes_bundles_waits_for_their_volume():
    mounting = {
        (kind, each["name"])
        for kind, each in CONTAINERS
        if "models" in {mount["name"] for mount in each["container"]["volumeMounts"]}
    }
    assert mounting == {("score", "shard"), ("train", "train")}


@pytest.mark.parametrize(
    ("status", "code", "again"),
    [
        ("Failed", 75, True),  # blink asks for it
        ("Failed", 137, True),  # killed
        ("Failed", 143, True),  # told to stop
        ("Failed", -1, True),  # evicted
        ("Error", -1, True),  # the pod was deleted
        ("Error", 0, True),  # argoexec could not report
        ("Error", 64, True),  # argoexec's own
        ("Failed", 64, False),
        ("Failed", 1, False),
        ("Failed", 2, False),
        ("Failed", 78, False),
        ("Error", 1, False),
        ("Error", 2, False),
        ("Error", 78, False),
    ],
)
def test_what_is_worth_another_try(status, code, again):
    # The expression is Python too, where `asInt` is `int`.
    last = SimpleNamespace(status=status, exitCode=str(code))
    assert eval(WORTH_ANOTHER_TRY, {"asInt": int, "lastRetry": last}) is again  # noqa: S307 - our own constant
