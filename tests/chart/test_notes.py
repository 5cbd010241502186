"""NOTES.txt tells the next command and warns of what people get wrong."""

from functools import cache

import pytest

from tests.chart.rendering import CHART, VALUES, helm


@cache
def notes(*options):
    """What `helm install` would say, without a cluster."""
    ended = helm("install", "blink", str(CHART), "--namespace", "credit", "--dry-run=client", *options)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.partition("\nNOTES:\n")[2]


def test_the_next_command_is_told():
    said = notes()
    assert "kubectl -n credit create -f - <<END" in said
    assert "workflowTemplateRef: {name: blink-train}" in said
    assert "helm -n credit test blink" in said
    assert "-H 'Host: cash-advance.example'" in said


def test_what_must_exist_is_named():
    said = notes()
    for secret in ("blink-database-owner", "blink-database-scorer", "blink-database-trainer"):
        assert f"{secret}, key url" in said
    assert "blink-database-loader" not in said
    assert "blink-database-loader, key url" in notes("--set", "demo.enabled=true")
    assert "kubectl -n gateway get gateway gateway" in said


@pytest.mark.parametrize(
    ("option", "warning"),
    [
        ("control.argoUrl=", "control.tokensSecret is empty: nobody can start training"),
        ("control.argoUrl=", "demo.enabled is false: without data"),
        ("control.argoUrl=", "the models' claim is not ReadWriteMany"),
        ("workflows.suspend=true", "workflows.suspend is true"),
        ("promoteToProd=false", "promoteToProd is false"),
        ("migration.enabled=false", "migration.enabled is false: run `blink db migrate` as the owner"),
        ("networkPolicy.enabled=false", "networkPolicy.enabled is false"),
        ("portfolios[0].name=cash_advance", "portfolio cash_advance has no hostnames"),
    ],
)
def test_a_likely_mistake_is_warned_of(option, warning):
    assert f"  - {warning}" in notes("--set", option)


def test_a_release_without_mistakes_is_told_of_none():
    said = notes("--values", str(VALUES / "all.yaml"), "--set", "workflows.suspend=false,promoteToProd=true")
    assert "Mind:" not in said
