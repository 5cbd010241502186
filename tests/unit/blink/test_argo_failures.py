"""What Argo says of failed steps, for people."""

import json

import pytest

from blink.argo_failures import readable_failures

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


@pytest.mark.parametrize("text", ["", "stopped by anna", "[1, 2", "null", '{"a": 1}', "[1]"])
def test_any_other_text_stays_as_it_is(text):
    assert readable_failures(f" {text}\n") == text
