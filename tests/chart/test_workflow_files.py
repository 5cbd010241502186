"""The rendered workflow files as the chart uses them: every token filled, right for Argo 3.7 and for Argo 4."""

import copy

import pytest
import yaml

from tests.chart.crd_schemas import ARGO_3_7, ARGO_4, errors_of, errors_of_part
from tests.chart.workflow_samples import SAMPLE_VALUES, WORKFLOW_FILES, filled, tokens_of

TEMPLATES = ["score-template.yaml", "train-template.yaml"]
ARGO = pytest.mark.parametrize("argo", [ARGO_3_7, ARGO_4], ids=["3.7", "4"])


@ARGO
@pytest.mark.parametrize("name", WORKFLOW_FILES)
def test_a_file_is_right_for_argo(name, argo):
    assert errors_of(filled(name), [argo]) == []


@ARGO
def test_a_field_that_argo_does_not_know_is_caught_deep_inside(argo):
    wrong = copy.deepcopy(filled("score-template.yaml"))
    wrong["spec"]["templates"][1]["retryStrategy"]["backoff"]["maxduration"] = "1m"
    assert errors_of(wrong, [argo]) == [
        "spec.templates[1].retryStrategy.backoff.maxduration: there is no such field (meant: maxDuration?)"
    ]


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_patch_of_the_pods_is_part_of_a_pod(name):
    patch = yaml.safe_load(filled(name)["spec"]["podSpecPatch"])
    assert errors_of_part(patch, "PodSpec", "v1", "Pod") == []
    assert [each["name"] for each in patch["initContainers"] + patch["containers"]] == ["init", "wait"]


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_container_of_a_pod_is_bounded_and_may_do_nothing(name):
    spec = filled(name)["spec"]
    patch = yaml.safe_load(spec["podSpecPatch"])
    ours = [each["container"] for each in spec["templates"] if "container" in each]
    for container in ours + patch["initContainers"] + patch["containers"]:
        assert container["securityContext"]["allowPrivilegeEscalation"] is False
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert {*container["resources"]["requests"]} == {*container["resources"]["limits"]} == {"cpu", "memory"}


@pytest.mark.parametrize(
    ("name", "of_its_own"),
    [
        ("score-template.yaml", {"__SCORER_SECRET__", "__SCORER_KEY__", "__IMAGE__", "__PULL_POLICY__"}),
        ("train-template.yaml", {"__TRAINER_SECRET__", "__TRAINER_KEY__", "__IMAGE__", "__PULL_POLICY__"}),
        ("score-cron.yaml", {"__PORTFOLIO__", "__PORTFOLIO_SLUG__", "__SCHEDULE__", "__TIMEZONE__", "__SHARDS__"}),
        ("train-cron.yaml", {"__PORTFOLIO__", "__PORTFOLIO_SLUG__", "__SCHEDULE__", "__TIMEZONE__"}),
    ],
)
def test_a_file_has_the_tokens_that_the_chart_replaces(name, of_its_own):
    assert tokens_of(name) == {"__RELEASE__", *of_its_own}


def test_the_files_fill_to_the_names_of_the_release(workflow_objects):
    assert {name: each["metadata"]["name"] for name, each in workflow_objects.items()} == {
        "score-cron.yaml": "blink-score-cash-advance",
        "score-template.yaml": "blink-score",
        "train-cron.yaml": "blink-train-cash-advance",
        "train-template.yaml": "blink-train",
    }


def test_a_token_without_a_value_is_no_empty_text():
    with pytest.raises(KeyError, match="__IMAGE__"):
        filled("score-template.yaml", {key: value for key, value in SAMPLE_VALUES.items() if key != "__IMAGE__"})
