"""What Argo 3.7.4 hands to an exit handler as `{{workflow.failures}}`, as people read it."""

import json

import pytest

from blink.argo_failures import readable_failures

# As seen on a cluster, shortened by the fields that nobody reads.
RETRIED = (
    r'"[{\"displayName\":\"shard(2:2)(0)\",\"message\":\"main: Error (exit code 75)\",\"templateName\":\"shard\"},'
    r'{\"displayName\":\"shard(0:0)(0)\",\"message\":\"pod deleted\",\"templateName\":\"shard\"}]"'
)


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ('"null"', ""),
        ("", ""),
        (RETRIED, "shard(2:2)(0): main: Error (exit code 75)\nshard(0:0)(0): pod deleted"),
        (" by hand ", "by hand"),
    ],
)
def test_failures_are_lines_and_no_failure_is_nothing(given, read):
    assert readable_failures(given) == read


FAILURES = json.dumps(
    [
        {
            "displayName": "shard(1:1)",
            "message": "OOMKilled (exit code 137)",
            "templateName": "shard",
            "phase": "Failed",
        },
        {"displayName": "finish", "message": "", "templateName": "finish", "phase": "Error"},
    ]
)


@pytest.mark.parametrize("text", [FAILURES, json.dumps(FAILURES)])
def test_a_line_for_each_failed_step_whether_argo_quotes_its_list_or_not(text):
    assert readable_failures(text) == "shard(1:1): OOMKilled (exit code 137)\nfinish: Error"


@pytest.mark.parametrize("text", ["", "stopped by anna", "[1, 2", '{"a": 1}', "[1]"])
def test_any_other_text_stays_as_it_is(text):
    assert readable_failures(f" {text}\n") == text
