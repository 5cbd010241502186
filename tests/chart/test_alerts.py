"""One alert a file, one runbook an alert; alerts and dashboards ask for metrics that exist."""

import json
import re
from pathlib import Path

import pytest
import yaml

from predictor.http_app import Endpoints, routes_of
from predictor.http_infer import ROUTE, VERSION_ROUTE
from predictor.http_score import ROUTE as SCORE_ROUTE
from predictor.settings import Limits
from tests.chart.rendering import CHART, rendered

DOCS = CHART.parents[1] / "docs"
ALERTS = sorted((CHART / "files" / "alerts").glob("*.yaml"))
METRICS = {
    # docs/serving.md
    "blink_requests_total": {"protocol", "route", "status"},
    "blink_request_seconds": {"protocol", "route", "le"},
    "blink_scored_rows_total": {"portfolio", "audited"},
    "blink_default_probability": {"portfolio", "model_id", "le"},
    "blink_model_info": {"portfolio", "model_id", "engine_version"},
    "blink_model_refusals_total": set(),
    "blink_requests_in_flight": set(),
    "blink_waiting_requests": {"queue"},
    "blink_audit_lag_seconds": set(),
    "blink_spool_bytes": set(),
    # control's exporter
    "blink_champion_info": {"portfolio", "model_id"},
    "blink_scoring_age_seconds": {"portfolio"},
    "blink_training_age_seconds": {"portfolio"},
    "blink_runs": {"portfolio", "kind", "state"},
    "blink_slot_weight": {"portfolio", "slot"},
    "blink_slot_ready": {"portfolio", "slot", "model_id"},
    "blink_reconcile_errors_total": {"portfolio"},
    "blink_reconcile_last_success_timestamp_seconds": {"portfolio"},
    "blink_reconcile_leader": set(),
    "blink_control_database_up": set(),
}
TARGET = {"namespace", "job", "pod"}
"""Labels that a scrape adds."""


def rules():
    (group,) = rendered("all")["PrometheusRule", "blink"]["spec"]["groups"]
    return {each["alert"]: each for each in group["rules"]}


def dashboards():
    folder = CHART / "files" / "dashboards"
    return {path.name: json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))}


@pytest.mark.parametrize("path", ALERTS, ids=lambda path: path.stem)
def test_an_alert_has_a_runbook_of_its_name(path):
    alert = yaml.safe_load(path.read_text("utf-8"))
    runbook = DOCS / "runbooks" / f"{path.stem}.md"
    assert alert["annotations"]["runbook_url"] == f"__RUNBOOKS__/{path.stem}.md"
    text = runbook.read_text("utf-8")
    assert text.startswith(f"# {alert['alert']}\n")
    for heading in ("## What it means", "## Look", "## Do"):
        assert heading in text, heading


def test_a_runbook_has_an_alert_of_its_name():
    assert {path.stem for path in (DOCS / "runbooks").glob("*.md")} == {path.stem for path in ALERTS}


def test_alerts_are_rendered_for_this_release_and_these_limits():
    found = rules()
    assert len(found) == len(ALERTS)
    assert not re.findall(r"__[A-Z_]+__", json.dumps(found))
    late = found["BlinkScoringLate"]
    assert late == {
        "alert": "BlinkScoringLate",
        "expr": 'max by (portfolio) (blink_scoring_age_seconds{namespace="credit", job="blink-control"})\n> 1800',
        "for": "5m",
        "labels": {"severity": "critical"},
        "annotations": {
            "summary": "Scores of {{ $labels.portfolio }} are late",
            "description": "The latest scoring run of {{ $labels.portfolio }} ended {{ $value | humanizeDuration }} "
            "ago; users with new data keep their old scores.",
            "runbook_url": "https://runbooks.lender.example/blink/scoring-late.md",
        },
    }


def test_alerts_and_panels_ask_for_metrics_that_exist_by_labels_that_they_have():
    panels = {name: panel["targets"] for board in dashboards().values() for name, panel in titled(board)}
    asked = {name: [alert["expr"]] for name, alert in rules().items()} | {
        name: [target["expr"] for target in targets] for name, targets in panels.items()
    }
    for name, expressions in asked.items():
        for expression in expressions:
            metrics = re.findall(r"\b(blink_[a-z_]+)\b", expression)
            assert metrics, name
            for metric in metrics:
                assert base(metric) in METRICS, f"{name}: {metric}"
            labels = set(re.findall(r"(\w+)\s*[=!]~?\s*\"", expression)) | set(
                re.findall(r"\w+", " ".join(re.findall(r"by \(([^)]*)\)", expression)))
            )
            known = TARGET.union(*(METRICS[base(metric)] for metric in metrics))
            assert labels <= known, f"{name}: {labels - known}"


def test_limits_of_a_server_are_where_its_alerts_say():
    found = rules()
    assert found["BlinkSpoolFilling"]["expr"].endswith(f"> 0.5 * {Limits().spool_bytes}")
    waiting = found["BlinkRequestsWaiting"]
    assert waiting["expr"].endswith(f"> {Limits().waiting // 2}")
    assert f"a process that has {Limits().waiting} refuses" in waiting["annotations"]["description"]


def test_audits_are_late_at_the_age_that_the_values_say():
    assert rules()["BlinkAuditLag"]["expr"] == (
        'max by (pod) (blink_audit_lag_seconds{namespace="credit", pod=~"blink-.*"})\n> 120'
    )


def test_the_first_internal_fault_of_a_route_is_seen():
    # A counter that begins at 1 has no increase: the series is counted as well where there was none before.
    expression = rules()["BlinkInternalFaults"]["expr"]
    (faults,) = set(re.findall(r"blink_requests_total\{[^}]*\}", expression))
    assert 'status=~"500|INTERNAL"' in faults
    by = "sum by (pod, route)"
    assert expression == (
        f"{by} (increase({faults}[10m]))\n> 0\nor ({by} ({faults}) unless {by} ({faults} offset 10m))"
    )


def test_probes_of_ours_are_no_requests_that_are_watched():
    panels = [
        target["expr"] for board in dashboards().values() for _, panel in titled(board) for target in panel["targets"]
    ]
    expressions = [*panels, *(rule["expr"] for rule in rules().values())]
    counted = re.compile(r"blink_request(?:s_total|_seconds_bucket)\{[^}]*\}")
    selectors = [each for expression in expressions for each in counted.findall(expression)]
    assert len(selectors) == 12
    (left_out,) = {re.search(r'route!~"([^"]+)"', each)[1] for each in selectors}
    watched = [
        each for each in [*http_routes(), *GRPC_METHODS, "malformed", "other"] if not re.fullmatch(left_out, each)
    ]
    assert watched == [
        "/score",
        "/v2/models/{name}/infer",
        "/v2/models/{name}/versions/{version}/infer",
        "/v1/models/{name}:predict",
        "/v1/models/{name}:explain",
        "/openapi.json",
        "/v2",
        "/v1/models",
        "/v2/models",
        "/v2/models/{name}",
        "/v2/models/{name}/versions/{version}",
        "ModelMetadata",
        "ModelInfer",
        "malformed",
        "other",
    ]


GRPC_METHODS = ("ModelReady", "ModelMetadata", "ModelInfer")


def http_routes():
    """The paths that a predictor counts its requests by."""
    endpoints = Endpoints("any", None, None, answering=None, metrics=None, limits=None)
    return [SCORE_ROUTE, ROUTE, VERSION_ROUTE, *(route.path for route in routes_of(endpoints))]


def base(metric):
    return metric if metric in METRICS else re.sub(r"_(bucket|sum|count)$", "", metric)


def titled(board):
    return [(panel["title"], panel) for panel in board["panels"]]


def test_dashboards_are_whole():
    boards = dashboards()
    config = rendered("all")["ConfigMap", "blink-dashboards"]
    assert {name: json.loads(text) for name, text in config["data"].items()} == boards
    assert config["metadata"]["labels"]["grafana"] == "main"
    for board in boards.values():
        ids = [panel["id"] for panel in board["panels"]]
        assert len(ids) == len(set(ids))
        assert board["uid"]
        for panel in board["panels"]:
            assert panel["datasource"]["uid"] == "${datasource}"
            assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24


def test_runbooks_name_files_and_commands_that_exist():
    commands = (DOCS / "commands.md").read_text("utf-8")
    for path in sorted((DOCS / "runbooks").glob("*.md")):
        text = path.read_text("utf-8")
        for link in re.findall(r"\]\(([^)#]+)", text):
            assert (path.parent / Path(link)).exists(), f"{path.name}: {link}"
        assert commands.startswith("# The `blink` command"), text
