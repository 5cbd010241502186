"""Values: the schema refuses what is wrong, checks say what to do, and one file sets every value there is."""

import json

import pytest
import yaml

from credit.portfolio_file import builtin_names
from tests.chart.rendering import CHART, VALUES, refusal, rendered

SCHEMA = json.loads((CHART / "values.schema.json").read_text("utf-8"))
NOT_TOGETHER = {"global"}
"""Values that the file of all values leaves out: `global` holds nothing of ours."""

KUBERNETES = {"peer"}
"""Parts of the schema that are Kubernetes' own: one of their alternatives is set, not all of them."""


def parts(schema):
    """Every schema inside a schema, itself included."""
    if isinstance(schema, dict):
        yield schema
        for each in schema.values():
            yield from parts(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from parts(each)


def test_no_object_takes_what_it_does_not_name():
    for part in parts(SCHEMA):
        if isinstance(part.get("properties"), dict) and part.get("type") == "object":
            assert part["additionalProperties"] is False, part.get("description")


def test_everything_is_described():
    for part in parts(SCHEMA):
        for name, inner in part.get("properties", {}).items() if isinstance(part.get("properties"), dict) else ():
            assert "description" in inner or "$ref" in inner, name


def test_one_file_sets_every_value():
    values = yaml.safe_load((VALUES / "all.yaml").read_text("utf-8"))
    assert sorted(unset(values, SCHEMA)) == sorted(NOT_TOGETHER)


def unset(value, schema, path=""):
    """Paths that the schema has and the values do not: a list's or map's entries together set what they may."""
    schema = resolved(schema)
    for name, inner in schema.get("properties", {}).items():
        below = f"{path}.{name}".lstrip(".")
        found = (
            [each[name] for each in value if name in each]
            if isinstance(value, list)
            else [value[name]]
            if name in value
            else []
        )
        if not found:
            yield below
        else:
            yield from unset_below(found, resolved(inner), below)


def unset_below(found, schema, path):
    entries = found
    if schema["type"] == "array":
        entries = [entry for each in found for entry in each]
        schema = resolved(schema["items"])
        path += "[]"
    elif isinstance(schema.get("additionalProperties"), dict):
        entries = [entry for each in found for entry in each.values()]
        schema = resolved(schema["additionalProperties"])
    if "properties" in schema:
        yield from unset(entries, schema, path)
    elif not entries:
        yield path


def resolved(schema):
    for each in [schema, *schema.get("allOf", ())]:
        if "$ref" in each:
            name = each["$ref"].rpartition("/")[2]
            return {"type": "object"} if name in KUBERNETES else SCHEMA["definitions"][name]
    return schema


def test_every_default_is_in_the_values_file():
    values = yaml.safe_load((CHART / "values.yaml").read_text("utf-8"))
    assert set(values) == set(SCHEMA["properties"]) - {"global"}


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("contorl.replicas=2", "contorl"),
        ("control.replica=2", "replica"),
        ("control.replicas=0", "minimum"),
        ("images.jobs.tag=latest", "tag"),
        ("images.pullPolicy=Sometimes", "pullPolicy"),
        ("models.store=gs", "store"),
        ("workflows.score.schedule=hourly", "schedule"),
        ("slots.resources.limits.cpu=much", "cpu"),
        ("portfolios[0].name=Cash", "name"),
        ("demo.months=0", "months"),
        ("serving.workers=0", "workers"),
        ("serving.logFormat=xml", "logFormat"),
    ],
)
def test_the_schema_refuses(option, said):
    assert said in refusal("--set", option)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            ("--set-json", 'portfolios=[{"name":"mortgages"}]'),
            (
                "portfolios: mortgages is unknown; built in are cash_advance, defi_lending, trade_credit, and "
                "ownPortfolios has none. Put its TOML text under ownPortfolios.mortgages"
            ),
        ),
        (
            ("--set-json", 'portfolios=[{"name":"cash_advance"},{"name":"cash_advance"}]'),
            "portfolios: a name stands twice in cash_advance, cash_advance",
        ),
        (("--set", "slots.minReplicas=3"), "slots: minReplicas 3 is above maxReplicas 1"),
        (
            ("--set", "slots.minAvailable=1"),
            "slots: minAvailable 1 of minReplicas 1 would block every node drain; set minReplicas above it",
        ),
        (("--set", "models.store=s3"), "models: the store s3 needs models.s3.bucket"),
        (("--set", "models.store=s3,models.s3.bucket=models"), "models: the store s3 needs models.s3.secret"),
    ],
)
def test_a_check_says_what_to_do(options, said):
    assert said in " ".join(refusal(*options).split())


def test_names_that_are_too_long_for_kserve_or_argo_are_refused_with_the_room_there_is():
    fitting, over = "b" * 21, "b" * 22
    objects = rendered("default", release=fitting)
    assert ("CronWorkflow", f"{fitting}-train-cash-advance") in objects
    services = {name: each["spec"]["selector"] for (kind, name), each in objects.items() if kind == "Service"}
    assert max(map(len, services)) == 45
    assert max(len(label) for selector in services.values() for label in selector.values()) == 55
    said = " ".join(refusal(release=over).split())
    assert f"the slot's name {over}-cash-advance-green has 41 characters" in said
    assert "choose a release name of at most 21" in said


def test_the_chart_knows_the_built_in_portfolios():
    checks = (CHART / "templates" / "_checks.tpl").read_text("utf-8")
    known = checks.partition('{{- define "blink.builtin" -}}\n')[2].partition("\n")[0]
    assert json.loads(known) == list(builtin_names())
