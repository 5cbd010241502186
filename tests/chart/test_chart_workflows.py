"""What the chart adds to the workflows that `blink workflows render` writes."""

import pytest
import yaml

from tests.chart.rendering import CHART, refusal, rendered, rendered_text


def container(objects, template, step):
    spec = objects["WorkflowTemplate", template]["spec"]
    return next(each["container"] for each in spec["templates"] if each["name"] == step)


def containers(objects):
    """Every step's container, by template and step."""
    return {
        f"{template} {each['name']}": each["container"]
        for (kind, template), found in objects.items()
        if kind == "WorkflowTemplate"
        for each in found["spec"]["templates"]
        if "container" in each
    }


def volume(objects, template, name):
    spec = objects["WorkflowTemplate", template]["spec"]
    (found,) = [each for each in spec["volumes"] if each["name"] == name]
    return found


def test_no_token_is_left_and_argos_braces_are_kept():
    text = rendered_text("default")
    assert "__RELEASE__" not in text
    assert "{{workflow.parameters.portfolio}}" in text


def test_a_pair_of_crons_a_portfolio():
    objects = rendered("all")
    crons = {name: each["spec"] for (kind, name), each in objects.items() if kind == "CronWorkflow"}
    assert {name: (spec["schedules"], spec["timezone"], spec["suspend"]) for name, spec in crons.items()} == {
        "blink-score-cash-advance": (["*/10 * * * *"], "Europe/Prague", True),
        "blink-train-cash-advance": (["0 4 * * 0"], "Europe/Prague", True),
        "blink-score-berka": (["*/15 * * * *"], "Europe/Prague", True),
        "blink-train-berka": (["0 2 * * 6"], "Europe/Prague", True),
    }
    parameters = crons["blink-score-cash-advance"]["workflowSpec"]["arguments"]["parameters"]
    assert parameters == [{"name": "portfolio", "value": "cash_advance"}, {"name": "shards", "value": "4"}]


def test_one_portfolio_alone_can_be_suspended():
    option = 'portfolios=[{"name":"cash_advance","train":{"enabled":false}}]'
    objects = rendered("default", "--set-json", option)
    assert objects["CronWorkflow", "blink-score-cash-advance"]["spec"]["suspend"] is False
    assert objects["CronWorkflow", "blink-train-cash-advance"]["spec"]["suspend"] is True


def test_models_are_on_the_claim_or_in_a_scratch_folder():
    claim = {"persistentVolumeClaim": {"claimName": "mine"}, "name": "models"}
    objects = rendered("default", "--set", "models.pvc.existingClaim=mine")
    assert volume(objects, "blink-train", "models") == claim
    assert volume(objects, "blink-score", "models") == claim
    assert "emptyDir" in volume(rendered("s3"), "blink-train", "models")


def test_a_step_writes_models_where_it_has_to_fetch_them():
    def writes(name: str) -> dict[str, bool]:
        return {
            step: not mount.get("readOnly", False)
            for step, each in containers(rendered(name)).items()
            for mount in each["volumeMounts"]
            if mount["name"] == "models"
        }

    assert writes("s3") == {"blink-score shard": True, "blink-train train": True}
    assert writes("default") == {"blink-score shard": False, "blink-train train": True}


def test_the_object_stores_keys_come_from_its_secret():
    objects = rendered("s3")
    settings, keys = {"configMapRef": {"name": "blink-jobs"}}, {"secretRef": {"name": "blink-store"}}
    assert {step: each["envFrom"] for step, each in containers(objects).items()} == {
        "blink-score plan": [settings],
        "blink-score shard": [settings, keys],
        "blink-score finish": [settings],
        "blink-score record": [settings],
        "blink-train train": [settings, keys],
        "blink-train rollout": [settings],
        "blink-train record": [settings],
    }
    assert objects["ConfigMap", "blink-jobs"]["data"] == {
        "BLINK_HOME": "/tmp/blink",  # noqa: S108 - a path in a pod
        "BLINK_PORTFOLIOS": "/etc/blink/portfolios",
        "MODEL_DIR": "/models",
        "MODEL_STORE": "s3://models/credit/models",
        "PROMOTE_TO_PROD": "true",
        "AWS_REGION": "eu-central-1",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ENDPOINT_URL": "http://s3.s3:9000",
    }
    assert objects["ServiceAccount", "blink-predictor"]["secrets"] == [{"name": "blink-store"}]


def test_resources_are_set_by_step():
    objects, untouched = rendered("all"), rendered("default")
    assert container(objects, "blink-train", "train")["resources"]["limits"]["memory"] == "16Gi"
    assert container(objects, "blink-score", "shard")["resources"]["requests"]["cpu"] == "1"
    assert (
        container(objects, "blink-score", "plan")["resources"]
        == (container(untouched, "blink-score", "plan")["resources"])
    )


def test_a_step_that_does_not_exist_is_named_with_those_that_do():
    resources = '{"shrad":{"requests":{"cpu":"1","memory":"1Gi"},"limits":{"cpu":"1","memory":"1Gi"}}}'
    said = refusal("--set-json", f"workflows.score.resources={resources}")
    assert "workflows.score.resources: there is no step shrad; the steps are plan, shard, finish, record" in said


def test_placement_and_pull_secrets_reach_every_step():
    for name in ("blink-score", "blink-train"):
        spec = rendered("all")["WorkflowTemplate", name]["spec"]
        assert spec["nodeSelector"] == {"pool": "scoring"}
        assert spec["imagePullSecrets"] == [{"name": "pull-one"}, {"name": "pull-two"}]
        assert spec["tolerations"][0]["key"] == "dedicated"
        assert spec["podMetadata"]["labels"]["cost-centre"] == "credit"


@pytest.mark.parametrize("name", ["score", "train"])
def test_what_the_chart_does_not_touch_stays_as_it_was_rendered(name):
    text = (CHART / "files" / f"{name}-template.yaml").read_text("utf-8")
    for token, value in TOKENS.items():
        text = text.replace(f"__{token}__", value)
    made = yaml.safe_load(text)
    found = rendered("default")["WorkflowTemplate", f"blink-{name}"]
    own = {"podMetadata": found["spec"]["podMetadata"]}
    assert found["spec"] == made["spec"] | own
    assert made["metadata"]["labels"].items() <= found["metadata"]["labels"].items()


TOKENS = {
    "RELEASE": "blink",
    "IMAGE": "blink/jobs:0.1.0",
    "PULL_POLICY": "IfNotPresent",
    "SCORER_SECRET": "blink-database-scorer",
    "SCORER_KEY": "url",
    "TRAINER_SECRET": "blink-database-trainer",
    "TRAINER_KEY": "url",
}
